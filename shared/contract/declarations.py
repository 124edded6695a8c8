"""The declarations of the contract's resources, and their registry (docs/contract.md, sections 4 and 5)."""

from shared.contract import errors
from shared.contract.bodies import Body, Field, Kind
from shared.contract.resources import Access, Endpoint, Example, Input, Link, Operation, Registry, Resource
from shared.contract.sign_up import FIELDS

_BODY_ID = "$response.body#/id"
_FIRST_ID = "$response.body#/objects/0/id"
_SAME_ID = "$request.path.id"


def _page(*objects: dict[str, object]) -> dict[str, object]:
    meta = {"limit": 20, "next": None, "offset": 0, "previous": None, "total_count": len(objects)}
    return {"meta": meta, "objects": list(objects)}


# --- provider ---

PROVIDER_BODY = Body(
    "Provider",
    (
        Field("name", Kind.STRING, "The value to send as `provider`."),
        Field("protocol", Kind.STRING, "`oauth2` or `oauth1`."),
        Field(
            "accepts",
            Kind.CREDENTIAL_SETS,
            "The sets of credential fields that the provider accepts; a sign-up sends one of them.",
        ),
    ),
)
PROVIDERS = Endpoint(
    "provider",
    (
        Operation(
            name="listProviders",
            method="GET",
            summary="List the enabled providers",
            run="social.service.list_providers",
            access=Access.PUBLIC,
            returns=PROVIDER_BODY,
            represent="social.representations.provider",
            is_list=True,
            example=Example(
                _page(
                    {"name": "facebook", "protocol": "oauth2", "accepts": [["access_token"], ["id_token"]]},
                    {
                        "name": "github",
                        "protocol": "oauth2",
                        "accepts": [["access_token"], ["code", "code_verifier", "redirect_uri"]],
                    },
                    {"name": "twitter", "protocol": "oauth1", "accepts": [["access_token", "access_token_secret"]]},
                )
            ),
        ),
    ),
)

# --- user ---

_USER_FIELDS = (
    Field("id", Kind.INTEGER, "The user's id."),
    Field("username", Kind.STRING, "The user's name; it never changes."),
    Field("email", Kind.STRING, "E-mail address; empty when not known."),
    Field("first_name", Kind.STRING, "First name; empty when not known."),
    Field("last_name", Kind.STRING, "Last name; empty when not known."),
    Field("resource_uri", Kind.URI, "Path of this object."),
)
_RIPLEY = {
    "id": 7,
    "username": "ripley",
    "email": "ripley@example.com",
    "first_name": "Ellen",
    "last_name": "Ripley",
    "resource_uri": "{api}user/7/",
}
USER_BODY = Body("User", _USER_FIELDS)
USERS = Endpoint(
    "user",
    (
        Operation(
            name="listUsers",
            method="GET",
            summary="List the caller's own user",
            run="social.service.list_users",
            returns=USER_BODY,
            represent="social.representations.user",
            is_list=True,
            example=Example(_page(_RIPLEY)),
            links=(Link("getUser", _FIRST_ID, "The caller's own user."),),
        ),
    ),
)
USER = Endpoint(
    "user/{id}",
    (
        Operation(
            name="getUser",
            method="GET",
            summary="Return the caller's own user",
            run="social.service.get_user",
            returns=USER_BODY,
            represent="social.representations.user",
            example=Example(_RIPLEY, id=7),
        ),
    ),
)

# --- social_sign_up ---

SIGN_IN_BODY = Body(
    "SignIn",
    (
        *_USER_FIELDS,
        Field("provider", Kind.STRING, "The provider that confirmed the identity."),
        Field(
            "outcome",
            Kind.STRING,
            "`created` (a new user), `signed_in` (a known identity) or `linked` (it is now the caller's identity).",
        ),
        Field("token", Kind.STRING, "The new access token; null if the call was authenticated.", nullable=True),
        Field(
            "token_expires_at",
            Kind.TIME,
            "When the new access token expires if it is not used; null if `token` is null.",
            nullable=True,
        ),
    ),
)
SIGN_UP = Endpoint(
    "social_sign_up",
    (
        Operation(
            name="signUp",
            method="POST",
            summary="Sign up, sign in, or link an identity to the caller",
            run="social.service.sign_up",
            access=Access.OPTIONAL,
            status=201,
            takes=Input("SignUp", FIELDS, reader="social.service.read_credential", sample_fault="access_token"),
            returns=SIGN_IN_BODY,
            represent="social.representations.sign_in",
            errors=(
                errors.UnknownProvider,
                errors.AccountInUse,
                errors.AccountConflict,
                errors.AccountInactive,
                errors.TokenRejected,
                errors.TokenAudienceMismatch,
                errors.InteractionRequired,
                errors.SignUpNotAllowed,
                errors.RecentSignInRequired,
                errors.ProviderBadResponse,
                errors.ProviderUnavailable,
                errors.ProviderMisconfigured,
                errors.ProviderTimeout,
            ),
            example=Example(
                {
                    **_RIPLEY,
                    "provider": "facebook",
                    "outcome": "created",
                    "token": "Jm6XWfQp8vY2nD4sK1hTz7RbLc9EaGu3oVxN5iMqyPw",
                    "token_expires_at": "2027-02-21T20:00:00Z",
                },
                request={"provider": "facebook", "access_token": "EAAGm0PX4ZCpsBAKZCk"},
                headers={"Location": "{api}user/7/"},
            ),
            links=(Link("getUser", _BODY_ID, "The user, in a call with the new access token."),),
        ),
    ),
)

# --- social_account ---

SOCIAL_ACCOUNT_BODY = Body(
    "SocialAccount",
    (
        Field("id", Kind.INTEGER, "The id of the linked identity."),
        Field("provider", Kind.STRING, "The provider of the identity."),
        Field("uid", Kind.STRING, "The provider's id of the person."),
        Field("created", Kind.TIME, "When the identity was linked."),
        Field("resource_uri", Kind.URI, "Path of this object."),
    ),
)
_ACCOUNT = {
    "id": 3,
    "provider": "facebook",
    "uid": "10011",
    "created": "2026-11-23T20:00:00Z",
    "resource_uri": "{api}social_account/3/",
}
SOCIAL_ACCOUNTS = Endpoint(
    "social_account",
    (
        Operation(
            name="listSocialAccounts",
            method="GET",
            summary="List the caller's linked identities",
            run="social.service.list_social_accounts",
            returns=SOCIAL_ACCOUNT_BODY,
            represent="social.representations.social_account",
            is_list=True,
            example=Example(_page(_ACCOUNT)),
            links=(
                Link("getSocialAccount", _FIRST_ID, "The first identity in the list."),
                Link("deleteSocialAccount", _FIRST_ID, "Disconnect the first identity in the list."),
            ),
        ),
    ),
)
SOCIAL_ACCOUNT = Endpoint(
    "social_account/{id}",
    (
        Operation(
            name="getSocialAccount",
            method="GET",
            summary="Return one linked identity",
            run="social.service.get_social_account",
            returns=SOCIAL_ACCOUNT_BODY,
            represent="social.representations.social_account",
            example=Example(_ACCOUNT, id=3),
            links=(Link("deleteSocialAccount", _BODY_ID, "Disconnect this identity."),),
        ),
        Operation(
            name="deleteSocialAccount",
            method="DELETE",
            summary="Disconnect a linked identity",
            run="social.service.delete_social_account",
            status=204,
            errors=(errors.RecentSignInRequired, errors.LastLoginMethod),
            example=Example(id=3),
            links=(Link("getSocialAccount", _SAME_ID, "Returns 404 after this call."),),
        ),
    ),
)

# --- token ---

TOKEN_BODY = Body(
    "Token",
    (
        Field("id", Kind.INTEGER, "The id of the access token; never its value."),
        Field("created", Kind.TIME, "When the access token was issued."),
        Field("last_used", Kind.TIME, "When it was last used, updated at most once an hour."),
        Field("expires_at", Kind.TIME, "When it expires if it is not used; null if it does not expire.", nullable=True),
        Field("current", Kind.BOOLEAN, "Whether this call was made with it."),
        Field("resource_uri", Kind.URI, "Path of this object."),
    ),
)
_TOKEN = {
    "id": 5,
    "created": "2026-11-23T20:00:00Z",
    "last_used": "2026-11-23T20:00:00Z",
    "expires_at": None,
    "current": True,
    "resource_uri": "{api}token/5/",
}
TOKENS = Endpoint(
    "token",
    (
        Operation(
            name="listTokens",
            method="GET",
            summary="List the caller's access tokens",
            run="social.service.list_tokens",
            returns=TOKEN_BODY,
            represent="social.representations.token",
            is_list=True,
            example=Example(_page(_TOKEN)),
            links=(
                Link("getToken", _FIRST_ID, "The first access token in the list."),
                Link("deleteToken", _FIRST_ID, "Revoke the first access token in the list."),
            ),
        ),
        Operation(
            name="deleteTokens",
            method="DELETE",
            summary="Revoke all access tokens of the caller (sign out everywhere)",
            run="social.service.delete_tokens",
            status=204,
            errors=(errors.RecentSignInRequired,),
            example=Example(),
        ),
    ),
)
CURRENT_TOKEN = Endpoint(
    "token/current",
    (
        Operation(
            name="getCurrentToken",
            method="GET",
            summary="Return the access token of this call",
            run="social.service.get_current_token",
            returns=TOKEN_BODY,
            represent="social.representations.token",
            example=Example(_TOKEN),
            links=(
                Link("getToken", _BODY_ID, "The same access token by its id."),
                Link("deleteToken", _BODY_ID, "Revoke the access token by its id."),
            ),
        ),
        Operation(
            name="deleteCurrentToken",
            method="DELETE",
            summary="Revoke the access token of this call (sign out)",
            run="social.service.delete_current_token",
            status=204,
            example=Example(),
        ),
    ),
)
TOKEN = Endpoint(
    "token/{id}",
    (
        Operation(
            name="getToken",
            method="GET",
            summary="Return one access token",
            run="social.service.get_token",
            returns=TOKEN_BODY,
            represent="social.representations.token",
            example=Example(_TOKEN, id=5),
            links=(Link("deleteToken", _BODY_ID, "Revoke this access token."),),
        ),
        Operation(
            name="deleteToken",
            method="DELETE",
            summary="Revoke an access token",
            run="social.service.delete_token",
            status=204,
            example=Example(id=5),
            links=(Link("getToken", _SAME_ID, "Returns 404 after this call."),),
        ),
    ),
)

registry = Registry(
    Resource("provider", "discovery", (PROVIDERS,)),
    Resource("social_account", "social account", (SOCIAL_ACCOUNTS, SOCIAL_ACCOUNT)),
    Resource("social_sign_up", "sign-up", (SIGN_UP,)),
    Resource("token", "token", (TOKENS, CURRENT_TOKEN, TOKEN)),
    Resource("user", "user", (USERS, USER)),
)
"""The resources that every mounted API serves."""
