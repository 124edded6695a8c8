"""The advice on each error code for developers of apps: the source of docs/errors.md and of `/docs/errors/`.

The error tree (`shared.contract.errors`) has the status, the text and the cause of each code; this has the advice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

PATH = "/docs/errors/"
"""The path of the catalogue, which the service serves where it runs alone."""


def path_of(code: str) -> str:
    """Return the path of the section about an error code, with its anchor."""
    return f"{PATH}#{code}"


def link_to(code: str) -> str:
    """Return an error code as a link in Markdown to the section about it."""
    return f"[`{code}`]({path_of(code)})"


class Step(StrEnum):
    """The next step of an app after an error."""

    RETRY = "retry"
    """Send the same request again after `Retry-After`, or after a few seconds where there is none."""
    RESTART = "restart"
    """Let the person sign in at the provider again, once, and send the new credential."""
    PROVE = "prove"
    """Sign up with a linked account and `Authorization`, then send the refused request again."""
    SIGN_IN = "sign in"
    """Discard the access token, and sign up again without `Authorization`."""
    SHOW = "show"
    """Show the person an error; neither a retry nor a new credential helps."""


STEPS: Mapping[Step, str] = {
    Step.RETRY: "send the same request again after `Retry-After` seconds, or with growing pauses where there is none",
    Step.RESTART: "let the person sign in at the provider again, once, and send the new credential; if that fails in "
    "the same way, show an error",
    Step.PROVE: "let the person sign in at a provider that is linked already, send that credential to "
    "`social_sign_up/` with `Authorization`, and send the refused request again",
    Step.SIGN_IN: "discard the access token of this service, and sign up again without `Authorization`",
    Step.SHOW: "tell the person; neither a retry nor a new credential helps",
}
"""Each step in words, for the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """The advice about one error code."""

    step: Step
    step_with_code: Step
    """The step where the request has an authorization code, which may be used up."""
    app: str
    """What the app does, in sentences."""
    person: str
    """A sentence that the app may show to the person."""
    check: tuple[str, ...]
    """The causes that the developer can check, the most likely first."""


_TRY_LATER = "Signing in does not work at the moment. Please try again in a few minutes."
_OUR_FAULT = "Something went wrong. Please try again later."
_APP_FAULT = "Something went wrong in this app. Please update it, or tell us what you did."
_SIGN_IN_AGAIN = "Please sign in again."


def _always(step: Step, *, app: str, person: str, check: tuple[str, ...]) -> Guidance:
    """Return the advice where a code makes no difference."""
    return Guidance(step=step, step_with_code=step, app=app, person=person, check=check)


def _later(*, app: str, person: str, check: tuple[str, ...]) -> Guidance:
    """Return the advice for a failure on the way: a token is still good, a code may be used up."""
    return Guidance(step=Step.RETRY, step_with_code=Step.RESTART, app=app, person=person, check=check)


def _bug(*check: str) -> Guidance:
    """Return the advice for a request that no person can cause: the app has to be corrected."""
    return _always(
        Step.SHOW,
        app="Report it to your own error tracker, with `X-Request-ID`. The same request is refused again.",
        person=_APP_FAULT,
        check=check,
    )


GUIDANCE: Mapping[str, Guidance] = {
    "invalid_json": _bug(
        "The body is empty, or has the form of `key=value` pairs.",
        "The body is an array or a string, or text follows the object.",
        "A key occurs twice, or a number is `NaN` or `Infinity`.",
        "The text is not UTF-8, or begins with a byte order mark.",
    ),
    "invalid_request": _bug(
        "`fields` names each field at fault, with its message; log it.",
        "The fields are not one of the sets of the provider's `accepts` in `provider/`.",
        "A field is null, blank, of the wrong type, or too long. Nothing is trimmed or converted.",
        "`access_token: This field is required.` does not mean that no other credential would do: it is the first of "
        "those that the provider accepts.",
        "`redirect_uri` is not character by character one of those that the operator has registered.",
        "A list has a `limit` above 100, or a parameter twice.",
        "With every call: the host name of the base URL is not one of the service's.",
    ),
    "unknown_provider": _always(
        Step.SHOW,
        app="Offer only the providers that `provider/` lists, by these names.",
        person="Signing in with this provider is not available. Please choose another one.",
        check=(
            "The name is not social-core's: `google-oauth2` and `apple-id`, not `google` and `apple`.",
            "The operator has not enabled the provider on this deployment.",
        ),
    ),
    "account_in_use": _always(
        Step.SHOW,
        app="Stay signed in as before. Offer to sign in with that account instead, which is a sign-up without "
        "`Authorization`.",
        person="That account already belongs to another user here. Sign in with it, or link another one.",
        check=(
            "Only a call with `Authorization` gets it: the person has signed up with that account before.",
            "The app still sends the access token of an earlier person: send none for a plain sign-in.",
        ),
    ),
    "account_conflict": _always(
        Step.SHOW,
        app="Let the person contact support, with `X-Request-ID`.",
        person="We cannot tell which user this account belongs to. Please contact support.",
        check=("Nothing in the app: an older identifier or a user name conflicts. The operator has to resolve it.",),
    ),
    "account_inactive": _always(
        Step.SHOW,
        app="Let the person contact support. Do not offer another provider: the user stays inactive.",
        person="Your account is deactivated. Please contact support.",
        check=("Nothing in the app: the operator has deactivated the user.",),
    ),
    "token_rejected": _always(
        Step.RESTART,
        app="Start again at the provider, once. If the new credential is refused too, show an error.",
        person="Signing in did not work. Please try again.",
        check=(
            "The credential has expired, was revoked, or was cached by the SDK: ask the SDK for a new one.",
            "The token has a nonce and the request has none, or another one. Send the raw value.",
            "A code was sent twice, has expired (X's after 30 seconds), or was exchanged by the app's own library.",
            "`code_verifier` or `redirect_uri` is not that of the authorization request.",
            "The credential is of another kind: an id_token in `access_token`, or an access token in `id_token`.",
            "The build uses the client id of another application, and the provider does not say so.",
        ),
    ),
    "token_audience_mismatch": _always(
        Step.SHOW,
        app="Report it to your own error tracker: every person with this build gets it.",
        person=_APP_FAULT,
        check=(
            "The build has a wrong client id: that of the test environment, of another platform, or of an older app.",
            "On Android and with Google, the SDK must ask for the *server's* client id (`setServerClientId`).",
            "The operator has not listed this client id (`_CLIENT_IDS`).",
        ),
    ),
    "interaction_required": _always(
        Step.SHOW,
        app="Let the person complete the sign-in where the operator offers that step, on a web page for example.",
        person="This sign-in needs a step that this app cannot take. Please contact support.",
        check=("Nothing in the app: the operator's pipeline asks for an input or a redirect. Tell the operator.",),
    ),
    "not_authenticated": _always(
        Step.SIGN_IN,
        app="Sign up, keep `token`, and send it as `Authorization: Bearer <token>`.",
        person=_SIGN_IN_AGAIN,
        check=(
            "The request has no `Authorization`: an HTTP library drops it on a redirect, such as `http` to `https`.",
            "A proxy in front of the service removes the header.",
        ),
    ),
    "invalid_credentials": _always(
        Step.SIGN_IN,
        app="Discard the access token, once for all requests in progress, and sign up again without "
        "`Authorization`. If the call was to link an account, let the person sign in with one that is linked already, "
        "then link it: a sign-up with the new account would create another user.",
        person=_SIGN_IN_AGAIN,
        check=(
            (
                "The access token has expired, or was revoked: by a sign-out, by a newer sign-in beyond the limit of "
                "tokens, or by the operator. The answer is the same for every reason."
            ),
            "It is the provider's token: send the `token` of the answer of `social_sign_up/`.",
            "The form is wrong: `Bearer <token>`, with one space and without quotes.",
            "It is the token of another deployment, test instead of production.",
        ),
    ),
    "credentials_in_url": _bug(
        "The query has a parameter `api_key`: send `Authorization` instead, and replace the key, which is in logs now."
    ),
    "sign_up_not_allowed": _always(
        Step.SHOW,
        app="Let the person sign in with another account.",
        person="This account may not be used here. Please use another one.",
        check=(
            "The operator's allow list does not have this person's address, or the provider has not verified it.",
            "With Google also without an allow list: Google has not verified the address.",
            "A step of the operator's pipeline has refused the person.",
        ),
    ),
    "recent_sign_in_required": _always(
        Step.PROVE,
        app="Let the person sign in at one of their *linked* providers, send that credential to `social_sign_up/` "
        "with `Authorization` (the outcome is `signed_in`), and send the refused request again.",
        person="To change this, please confirm that it is you: sign in again.",
        check=(
            "The access token's last sign-in is older than the operator allows (`RECENT_SIGN_IN`).",
            "The app has signed in with the account that is to be linked. It must be one that is linked already.",
            "The app has repeated the sign-in without `Authorization`: it then has a new token, which is to be used.",
        ),
    ),
    "not_found": _always(
        Step.SHOW,
        app="After a DELETE, treat it as done: the object is gone. Otherwise load the list again.",
        person="This is no longer there.",
        check=(
            "The object belongs to another user: it looks the same as one that does not exist.",
            "The path has a wrong version or a spelling error. Build it from the base URL, or take `resource_uri`.",
        ),
    ),
    "method_not_allowed": _bug(
        "`Allow` lists the methods of the path.",
        "The path is that of a list where an object is meant, or the other way round.",
        "An HTTP library has followed a redirect and made a GET of the POST.",
    ),
    "last_login_method": _always(
        Step.SHOW,
        app="Offer to link another account first, then send the DELETE again.",
        person="This is your only way to sign in. Link another account first.",
        check=("The other linked accounts are of providers that are no longer enabled.",),
    ),
    "version_retired": _always(
        Step.SHOW,
        app="Ask the person to update the app. In the app, replace `v1` by `v2` in the base URL.",
        person="This version of the app is no longer supported. Please update it.",
        check=(
            "The build calls v1. `errors` names the path to use instead.",
            "A brownout is a test that ends; its times are announced, and `Sunset` is the last day.",
        ),
    ),
    "payload_too_large": _bug("The body is larger than 64 KiB. A sign-up needs 2 to 20 KiB at most."),
    "unsupported_media_type": _bug(
        "`Content-Type` is that of a form: send `application/json`. `curl -d` sends "
        "`application/x-www-form-urlencoded` without `-H 'Content-Type: application/json'`.",
        "`charset` is another than UTF-8.",
        "The HTTP library compresses the body (`Content-Encoding`).",
    ),
    "throttled": _always(
        Step.RETRY,
        app="Wait `Retry-After` seconds, then send the same request again. The provider was not called: a code is "
        "still unused, if it lives that long.",
        person="Too many attempts. Please wait a moment.",
        check=(
            "The app repeats refused sign-ups in a loop.",
            (
                "Many people share the address: a test suite, an office, or the service is behind a proxy that it does "
                "not know (`TRUSTED_PROXIES`)."
            ),
        ),
    ),
    "internal_error": _always(
        Step.SHOW,
        app="Report it to the operator with `X-Request-ID`. Offer to try again later, from the start.",
        person=_OUR_FAULT,
        check=("Nothing in the app: it is a bug in the service.",),
    ),
    "provider_bad_response": _always(
        Step.SHOW,
        app="Offer to try again later, from the start.",
        person="The provider does not work as expected. Please try again later, or use another account.",
        check=(
            "Nothing in the app: the provider's answer was no JSON, too large, or without a usable id.",
            "The provider's own status page.",
        ),
    ),
    "provider_unavailable": _later(
        app="Send the same token again after `Retry-After`, a few times. With a code start again at the provider: "
        "the exchange may have happened.",
        person="The provider is not available at the moment. Please try again in a few minutes.",
        check=(
            "The provider is down, limits the service's calls, or too many sign-ups with it are in progress.",
            "The provider's own status page.",
        ),
    ),
    "provider_misconfigured": _always(
        Step.SHOW,
        app="Never repeat it: only the operator can repair it. Offer another provider.",
        person="Signing in with this provider is not available. Please use another account.",
        check=(
            (
                "Nothing in the app: the provider refuses the *service*: its secret, plan, permissions, or a redirect "
                "URI that is registered here and not there. The operator has the provider's code in the log."
            ),
        ),
    ),
    "service_unavailable": _later(
        app="Send the same request again after `Retry-After`. With a code start again at the provider: the exchange "
        "may have happened.",
        person=_TRY_LATER,
        check=("Nothing in the app: the service has no connection to its database.",),
    ),
    "provider_timeout": _later(
        app="Send the same token again, once, after a few seconds; there is no `Retry-After`. With a code start again "
        "at the provider: the exchange may have happened.",
        person="The provider did not answer in time. Please try again.",
        check=(
            "The provider is slow. The service waits `PROVIDER_TIMEOUT` seconds for it in all, 10 by default.",
            "An app that waits less long than that sees its own time-out instead.",
        ),
    ),
}
"""The advice by error code; there is one for each leaf of the error tree."""
