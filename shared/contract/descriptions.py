"""The descriptions of the contract's operations for `openapi.yaml`, in Markdown."""

from shared.contract import errors
from shared.contract.errors import ApiError

ERRORS_PAGE = "/docs/errors/"
"""The path of the page that explains each code, relative to the host of the service."""


def code_of(failure: type[ApiError]) -> str:
    """Return the code of a failure as a link to its explanation."""
    return f"[`{failure.code}`]({ERRORS_PAGE}#{failure.code})"


_RECENT = (
    f"If the operator requires a recent sign-in, an older one is refused with {code_of(errors.RecentSignInRequired)}: "
    "let the person sign in at a linked provider, post the credential to `social_sign_up/` with `Authorization`, and "
    "repeat this call."
)
_REVOKED = f"A call with a revoked access token is {code_of(errors.InvalidCredentials)}."

LIST_RESOURCES = "Returns the path of each resource that has a list. It needs no access token."

LIST_PROVIDERS = f"""\
Returns the providers that this service accepts, and for each of them the sets of fields of which a sign-up sends one.
An app that reads it at its start shows the right buttons without a new release. It needs no access token.

`accepts` is a list of alternatives. `[["access_token"], ["code", "code_verifier", "redirect_uri"]]` means: either the
provider's access token alone, or an authorization code with its PKCE verifier and redirect URI. A provider that is not
in the list is {code_of(errors.UnknownProvider)} in a sign-up."""

SIGN_UP = f"""\
Signs a person up or in by a credential of a provider. The service verifies the credential at the provider, and that it
was issued to this application.

Without `Authorization` the person is signed up or in. `token` is the access token for the other calls: store it.
With `Authorization` the identity is linked to the caller, who keeps the access token of the call: `token` is null.

| `outcome` | meaning |
| --- | --- |
| `created` | The identity was unknown; a new user was created. |
| `signed_in` | The identity was known; its user is returned. With `Authorization`: it was the caller's already. |
| `linked` | The identity was unknown and now belongs to the caller. |

The status is 201 for each of them. More outcomes may be added; treat an unknown one as a success.

Which credential fields to send depends on the provider (`listProviders`); the examples show each kind. If several are
sent, the first of `id_token`, `code` and `access_token` identifies the person. The same call may be sent again, except
with a code, which works once.

What the app does after a failure:

- {code_of(errors.TokenRejected)}, {code_of(errors.TokenAudienceMismatch)}: get a new credential from the provider.
- {code_of(errors.AccountInUse)}: the identity belongs to another user; sign in with it instead of linking it.
- {code_of(errors.ProviderUnavailable)}, {code_of(errors.ProviderTimeout)}, {code_of(errors.Throttled)}: wait for
  `Retry-After`, if there is one, and send the call again.
- {code_of(errors.InvalidCredentials)}: discard the access token and sign in without `Authorization`.
- {code_of(errors.RecentSignInRequired)}: sign in again with an identity that is linked already, then link."""

LIST_USERS = "Returns a list with one user: the caller. An app that does not know its user's id calls this."

GET_USER = f"""\
Returns the caller's own user. The id of another user is {code_of(errors.NotFound)}, like an id that does not exist.

Later sign-ins change none of the fields."""

LIST_SOCIAL_ACCOUNTS = """\
Returns the identities with which the caller can sign in, the oldest first. A user may have several at one provider."""

GET_SOCIAL_ACCOUNT = f"""\
Returns one of the caller's linked identities. That of another user is {code_of(errors.NotFound)}."""

DELETE_SOCIAL_ACCOUNT = f"""\
Removes the link between the caller and an identity, which then can no longer sign in as this user. Access tokens stay
valid. It cannot be undone, but the person can link the identity again.

The last way to sign in cannot be removed: {code_of(errors.LastLoginMethod)}. {_RECENT}"""

LIST_TOKENS = """\
Returns the caller's access tokens, one for each sign-in, the oldest first: for a page where a person sees and ends
sessions. The value of a token is never returned again."""

DELETE_TOKENS = f"""\
Revokes every access token of the caller, that of this call included: sign out everywhere. {_REVOKED}

{_RECENT}"""

GET_CURRENT_TOKEN = f"""\
Returns the access token with which this call was made: when it was issued, and when it expires if it is not used. An
app that calls it at its start learns whether the person is still signed in. {_REVOKED}"""

DELETE_CURRENT_TOKEN = f"""\
Revokes the access token with which this call was made: sign out on this device. {_REVOKED}"""

GET_TOKEN = f"""\
Returns one of the caller's access tokens, without its value. That of another user is {code_of(errors.NotFound)}."""

DELETE_TOKEN = f"""\
Revokes one of the caller's access tokens: sign out on another device. {_REVOKED}"""
