"""The declarations of the contract's resources, and their registry (docs/contract.md, sections 4 and 5)."""

from shared.contract import descriptions, errors
from shared.contract.answers import (
    PROVIDER_BODY,
    SIGN_IN_BODY,
    SOCIAL_ACCOUNT_BODY,
    SOCIAL_ACCOUNT_SAMPLE,
    TOKEN_BODY,
    TOKEN_SAMPLE,
    USER_BODY,
    USER_SAMPLE,
    page,
)
from shared.contract.registry import Registry
from shared.contract.resources import Access, Endpoint, Example, Input, Link, Operation, Resource
from shared.contract.sign_up import ACCESS_TOKEN_SAMPLE, FIELDS, SAMPLES

_BODY_ID = "$response.body#/id"
_FIRST_ID = "$response.body#/objects/0/id"
_SAME_ID = "$request.path.id"

# --- provider ---

PROVIDERS = Endpoint(
    "provider",
    (
        Operation(
            name="listProviders",
            method="GET",
            summary="List the enabled providers",
            description=descriptions.LIST_PROVIDERS,
            run="social.service.list_providers",
            access=Access.PUBLIC,
            returns=PROVIDER_BODY,
            represent="social.representations.provider",
            is_list=True,
            example=Example(
                page(
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

USERS = Endpoint(
    "user",
    (
        Operation(
            name="listUsers",
            method="GET",
            summary="List the caller's own user",
            description=descriptions.LIST_USERS,
            run="social.service.list_users",
            returns=USER_BODY,
            represent="social.representations.user",
            is_list=True,
            example=Example(page(USER_SAMPLE)),
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
            description=descriptions.GET_USER,
            run="social.service.get_user",
            returns=USER_BODY,
            represent="social.representations.user",
            example=Example(USER_SAMPLE, id=7),
        ),
    ),
)

# --- social_sign_up ---

SIGN_UP = Endpoint(
    "social_sign_up",
    (
        Operation(
            name="signUp",
            method="POST",
            summary="Sign up, sign in, or link an identity to the caller",
            description=descriptions.SIGN_UP,
            run="social.service.sign_up",
            access=Access.OPTIONAL,
            status=201,
            takes=Input(
                "SignUp",
                FIELDS,
                reader="social.service.read_credential",
                sample_fault="access_token",
                samples=SAMPLES,
                help="A credential of a provider. `listProviders` lists which fields the provider accepts.",
            ),
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
                    **USER_SAMPLE,
                    "provider": "facebook",
                    "outcome": "created",
                    "token": "Jm6XWfQp8vY2nD4sK1hTz7RbLc9EaGu3oVxN5iMqyPw",
                    "token_expires_at": "2027-02-21T20:00:00Z",
                },
                request=ACCESS_TOKEN_SAMPLE,
                headers={"Location": "{api}user/7/"},
            ),
            links=(Link("getUser", _BODY_ID, "The user, in a call with the new access token."),),
        ),
    ),
)

# --- social_account ---

SOCIAL_ACCOUNTS = Endpoint(
    "social_account",
    (
        Operation(
            name="listSocialAccounts",
            method="GET",
            summary="List the caller's linked identities",
            description=descriptions.LIST_SOCIAL_ACCOUNTS,
            run="social.service.list_social_accounts",
            returns=SOCIAL_ACCOUNT_BODY,
            represent="social.representations.social_account",
            is_list=True,
            example=Example(page(SOCIAL_ACCOUNT_SAMPLE)),
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
            description=descriptions.GET_SOCIAL_ACCOUNT,
            run="social.service.get_social_account",
            returns=SOCIAL_ACCOUNT_BODY,
            represent="social.representations.social_account",
            example=Example(SOCIAL_ACCOUNT_SAMPLE, id=3),
            links=(Link("deleteSocialAccount", _BODY_ID, "Disconnect this identity."),),
        ),
        Operation(
            name="deleteSocialAccount",
            method="DELETE",
            summary="Disconnect a linked identity",
            description=descriptions.DELETE_SOCIAL_ACCOUNT,
            run="social.service.delete_social_account",
            status=204,
            errors=(errors.RecentSignInRequired, errors.LastLoginMethod),
            example=Example(id=3),
            links=(Link("getSocialAccount", _SAME_ID, "Returns 404 after this call."),),
        ),
    ),
)

# --- token ---

TOKENS = Endpoint(
    "token",
    (
        Operation(
            name="listTokens",
            method="GET",
            summary="List the caller's access tokens",
            description=descriptions.LIST_TOKENS,
            run="social.service.list_tokens",
            returns=TOKEN_BODY,
            represent="social.representations.token",
            is_list=True,
            example=Example(page(TOKEN_SAMPLE)),
            links=(
                Link("getToken", _FIRST_ID, "The first access token in the list."),
                Link("deleteToken", _FIRST_ID, "Revoke the first access token in the list."),
            ),
        ),
        Operation(
            name="deleteTokens",
            method="DELETE",
            summary="Revoke all access tokens of the caller (sign out everywhere)",
            description=descriptions.DELETE_TOKENS,
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
            description=descriptions.GET_CURRENT_TOKEN,
            run="social.service.get_current_token",
            returns=TOKEN_BODY,
            represent="social.representations.token",
            example=Example(TOKEN_SAMPLE),
            links=(
                Link("getToken", _BODY_ID, "The same access token by its id."),
                Link("deleteToken", _BODY_ID, "Revoke the access token by its id."),
            ),
        ),
        Operation(
            name="deleteCurrentToken",
            method="DELETE",
            summary="Revoke the access token of this call (sign out)",
            description=descriptions.DELETE_CURRENT_TOKEN,
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
            description=descriptions.GET_TOKEN,
            run="social.service.get_token",
            returns=TOKEN_BODY,
            represent="social.representations.token",
            example=Example(TOKEN_SAMPLE, id=5),
            links=(Link("deleteToken", _BODY_ID, "Revoke this access token."),),
        ),
        Operation(
            name="deleteToken",
            method="DELETE",
            summary="Revoke an access token",
            description=descriptions.DELETE_TOKEN,
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
