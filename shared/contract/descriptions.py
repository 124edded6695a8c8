"""The descriptions of the contract's operations for `openapi.yaml`, in Markdown.

Code generators put a description into one line of a comment, so these have no tables and no links. The responses link
each code to its explanation.
"""

_RECENT = """\
If the operator requires a recent sign-in and that of this access token is too old, the answer is
`recent_sign_in_required`: let the person sign in at a linked provider, post the credential to `social_sign_up/` with
`Authorization`, and repeat this call."""
_REVOKED = "Calls with a revoked access token are `invalid_credentials`."

LIST_RESOURCES = "Returns the path of each resource that has a list. It needs no access token."

LIST_PROVIDERS = """\
Returns the providers that this service accepts, and the credentials that each of them accepts. An app that calls it at
its start shows the right buttons without a new release. It needs no access token.

`accepts` is a list of alternatives. `[["access_token"], ["code", "code_verifier", "redirect_uri"]]` means: either the
provider's access token, or an authorization code with its PKCE verifier and redirect URI."""

SIGN_UP = """\
Signs a person up or in by a credential of a provider. The service verifies the credential at the provider, and that it
was issued to this application.

Without `Authorization` the person is signed up or in, and `token` is the access token for the other calls: store it.
With `Authorization` the identity is linked to the caller, who keeps the access token of the call: `token` is null.

`outcome` is one of these; treat any other as a success:

- `created`: the identity was unknown, and a user was created.
- `signed_in`: the identity was known. With `Authorization`, it was the caller's already.
- `linked`: the identity was unknown and now belongs to the caller.

The provider decides which fields to send (`listProviders`). If there are several credentials, the first of `id_token`,
`code` and `access_token` identifies the person. The same call may be sent again, except with a code, which works once.

After a failure:

- `token_rejected`: get a new credential from the provider, once.
- `token_audience_mismatch`: the build uses the client id of another application; a new credential does not help.
- `account_in_use`: the identity belongs to another user; sign in with it instead of linking it.
- `provider_unavailable`, `provider_timeout`, `throttled`: wait for `Retry-After`, if there is one, and try again.
- `invalid_credentials`: discard the access token and sign in without `Authorization`.
- `recent_sign_in_required`: sign in with an identity that is linked already, with `Authorization`; then link."""

LIST_USERS = "Returns a list with one user, the caller, for an app that does not know its user's id."

GET_USER = """\
Returns the caller's own user; another user's id is `not_found`. Later sign-ins change none of the fields."""

LIST_SOCIAL_ACCOUNTS = """\
Returns the identities with which the caller can sign in, the oldest first. A user may have several at one provider."""

GET_SOCIAL_ACCOUNT = "Returns one of the caller's linked identities; another user's is `not_found`."

DELETE_SOCIAL_ACCOUNT = f"""\
Removes the link between the caller and an identity, which can no longer sign in as this user. Access tokens stay valid.
The person can link the identity again. The last way to sign in cannot be removed: `last_login_method`.

{_RECENT}"""

LIST_TOKENS = """\
Returns the caller's access tokens, one for each sign-in, the oldest first, for a page on which a person sees and ends
sessions. The value of a token is returned by the sign-up alone."""

DELETE_TOKENS = f"""\
Revokes every access token of the caller, that of this call included: sign out everywhere. {_REVOKED}

{_RECENT}"""

GET_CURRENT_TOKEN = f"""\
Returns the access token with which this call was made: when it was issued, and when it expires if it is not used. An
app that calls it at its start learns whether the person is still signed in. {_REVOKED}"""

DELETE_CURRENT_TOKEN = f"""\
Revokes the access token with which this call was made: sign out on this device. {_REVOKED}"""

GET_TOKEN = f"""\
Returns one of the caller's access tokens, without its value; another user's is `not_found`. {_REVOKED}"""

DELETE_TOKEN = f"""\
Revokes one of the caller's access tokens: sign out on another device. {_REVOKED}"""
