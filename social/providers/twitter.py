"""Twitter (X): OAuth 1.0a token pairs, and codes of the same app's OAuth 2 client.

A code is exchanged with the OAuth 2 client's secret and the PKCE verifier
(https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token). The id is the same for both.

The profile call is signed with our consumer secret and the token's secret (RFC 5849 section 3.4). The signature is
invalid for a token of another consumer, so the profile call is the check. `GET /2/users/me` accepts OAuth 1.0a user
tokens (https://docs.x.com/fundamentals/authentication/guides/v2-authentication-mapping) and replaces v1.1's
`verify_credentials`, which X refuses to many plans and which `_API=1.1` still calls
(https://docs.x.com/x-api/users/lookup/migrate/overview).
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from social_core.backends.twitter import TwitterOAuth
from social_core.backends.twitter_oauth2 import TwitterOAuth2
from social_core.exceptions import AuthResponseError

from shared.contract.sign_up import Credential
from social.engine.addresses import AddressRule
from social.engine.backends import Guarded
from social.engine.faults import Fault, Faults
from social.engine.policy import Policy, get_claims
from social.engine.strategy import Pending

USER_URL = "https://api.twitter.com/2/users/me"
USER_FIELDS = {"user.fields": "confirmed_email"}
"""`id`, `name` and `username` come without being asked for. The address comes if the app may request addresses."""

VERSIONS = ("2", "1.1")
"""The values of `SOCIAL_AUTH_TWITTER_API`, the default first."""

REFUSALS_OF_THE_APP: Faults = {
    **Fault.OPERATOR.of("http_402", "http_403", "http_404", "http_410"),
    **Fault.OPERATOR.of("client-forbidden", "client-not-enrolled", "oauth1-permissions", "unsupported-authentication"),
    **Fault.OPERATOR.of("not-authorized-for-field", "credits", "credits-depleted"),
    **Fault.OPERATOR.of("usage-capped"),  # its status is 429, but a plan's monthly cap does not end soon
}
"""X's statuses and problems that are about our app, its plan, or the call that we make.

https://docs.x.com/x-api/fundamentals/response-codes-and-errors
"""


class TwitterByCode(TwitterOAuth2[Any]):
    """social-core's backend for codes, with the OAuth 2 client's settings and the profile of token pairs."""

    EXTRA_DATA = TwitterOAuth.EXTRA_DATA

    def get_key_and_secret(self) -> tuple[str, str]:
        """Return the id and the secret of the app's OAuth 2 client."""
        return self.setting("OAUTH2_KEY"), self.setting("OAUTH2_SECRET")

    def user_data(self, access_token: str, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Request the profile with the token from the exchange."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return profile_in(self, self.get_json(USER_URL, params=USER_FIELDS, headers=headers))

    def get_user_details(self, response: Any) -> dict[str, Any]:
        """Return the details as for a token pair."""
        details: dict[str, Any] = TwitterOAuth.get_user_details(self, response)  # type: ignore[arg-type]
        return details


class Twitter(Policy):
    """Twitter by an OAuth 1 token and its secret, or by a code."""

    backend = "social_core.backends.twitter.TwitterOAuth"
    protocol = "oauth1"
    accepts = (("access_token", "access_token_secret"),)
    code_backend: ClassVar[str | None] = "social.providers.twitter.TwitterByCode"
    code_needs = ("OAUTH2_KEY", "OAUTH2_SECRET")
    pkce = True
    hosts = frozenset({"api.twitter.com"})
    proof = "the OAuth 1 signature, made with our consumer secret, on the profile call"
    # "The confirmed email of the authenticated user." v1.1 has a like promise for `include_email`: "if the email
    # address is not verified, null will be returned."
    addresses = AddressRule(promised=True, source="https://docs.x.com/x-api/fundamentals/data-dictionary#user")
    faults = {
        **REFUSALS_OF_THE_APP,
        # All but the tokens of the call is ours, so only a 401 can be about them. It can also be about our consumer.
        **Fault.EITHER.of("http_401"),
        **Fault.OPERATOR.of("http_400", "http_406", "http_422", "invalid-request"),
        **Fault.TEMPORARY.of("http_420", "rate-limit-exceeded"),
        # The user is suspended, deleted or withheld; X sends these with a 200.
        **Fault.CREDENTIAL.of("resource-not-found", "resource-unavailable", "not-authorized-for-resource"),
        # v1.1: https://developer.x.com/en/support/x-api/error-troubleshooting
        **Fault.EITHER.of(32),  # "Could not authenticate you": the secret of the token, or of the consumer
        **Fault.CREDENTIAL.of(63, 64, 89, 231, 326),  # the token, or its user, who is suspended or locked
        # The API's version, our access level, credentials and application; 135 is our clock.
        **Fault.OPERATOR.of(68, 87, 99, 135, 215, 220, 251, 416, 453),
        **Fault.TEMPORARY.of(88),
    }
    # The app chooses the scopes of a code: without `tweet.read` and `users.read` the profile call is refused.
    faults_after_code = Fault.EITHER.of("http_403")
    # X has one error for a used, expired or foreign code, a wrong verifier and another redirect URI.
    exchange_faults = {**REFUSALS_OF_THE_APP, **Fault.EITHER.of("invalid_request")}

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Return an error if `_API` is neither of X's versions."""
        version = setting("API")
        if version is None or str(version) in VERSIONS:
            return None
        return f"API is {version!r}, not {' or '.join(VERSIONS)}"

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Request the profile with a signed call."""
        pair = {"oauth_token": credential.access_token, "oauth_token_secret": credential.access_token_secret}
        if str(backend.setting("API", VERSIONS[0])) == VERSIONS[0]:
            answer = get_claims(backend, USER_URL, params=USER_FIELDS, auth=backend.oauth_auth(pair))
            backend.proven_profile = profile_in(backend, answer)
        return backend.do_auth(pair)


def profile_in(backend: Any, answer: Any) -> dict[str, Any]:
    """Return the user of a v2 answer under the names of v1.1, which social-core's backend reads.

    `id` is v1.1's integer as a string, so the uid is the same.

    :raises AuthResponseError: the answer has no user.
    """
    user = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(user, Mapping):
        raise AuthResponseError(backend, code="malformed_response", stage="user_info")
    names = {"id": "id", "name": "name", "screen_name": "username", "email": "confirmed_email"}
    return {ours: user[theirs] for ours, theirs in names.items() if theirs in user}
