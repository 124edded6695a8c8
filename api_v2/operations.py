"""What each operation is called, takes, gives and can fail with: the table that `openapi.yaml` is made from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api_v2 import components
from shared.contract import bodies, endpoints, errors
from shared.contract.endpoints import Endpoint
from shared.contract.errors import ApiError

EVERYWHERE: tuple[type[ApiError], ...] = (
    errors.InvalidRequest,
    errors.InvalidCredentials,
    errors.CredentialsInUrl,
    errors.Throttled,
    errors.InternalError,
    errors.ServiceUnavailable,
)
"""What every operation can fail with; `invalid_request` is also the answer to a wrong Host."""
WITH_CREDENTIALS = (*EVERYWHERE, errors.NotAuthenticated)
OF_A_DETAIL = (*WITH_CREDENTIALS, errors.NotFound)
SIGN_UP = tuple(
    leaf
    for leaf in errors.leaves()
    if leaf
    not in {
        errors.NotAuthenticated,
        errors.NotFound,
        errors.MethodNotAllowed,
        errors.LastLoginMethod,
        errors.VersionRetired,
    }
)
OTHERWISE = (errors.MethodNotAllowed, errors.VersionRetired)
"""What no operation lists by status: shown under `default`."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document."""

    endpoint: Endpoint
    method: str
    name: str
    tag: str
    summary: str
    status: int
    gives: components.SerializerClass | None
    fails_with: Sequence[type[ApiError]]
    takes: components.SerializerClass | None = None
    paged: bool = False


def _lists(endpoint: Endpoint, name: str, tag: str, summary: str, shape: Any, fails_with: Any) -> Operation:
    return Operation(endpoint, "GET", name, tag, summary, 200, components.list_component(shape), fails_with, paged=True)


def _shows(
    endpoint: Endpoint, name: str, tag: str, summary: str, shape: Any, fails_with: Any = OF_A_DETAIL
) -> Operation:
    return Operation(endpoint, "GET", name, tag, summary, 200, components.component(shape), fails_with)


def _deletes(endpoint: Endpoint, name: str, tag: str, summary: str, fails_with: Any = OF_A_DETAIL) -> Operation:
    return Operation(endpoint, "DELETE", name, tag, summary, 204, None, fails_with)


OPERATIONS = (
    Operation(
        endpoints.ROOT, "GET", "listResources", "discovery", "List the resources", 200, components.ROOT, EVERYWHERE
    ),
    _lists(
        endpoints.PROVIDERS, "listProviders", "discovery", "List the enabled providers", bodies.PROVIDER, EVERYWHERE
    ),
    Operation(
        endpoints.SIGN_UP,
        "POST",
        "signUp",
        "sign-up",
        "Sign up, sign in, or link an identity to the caller",
        201,
        components.SIGN_IN,
        SIGN_UP,
        takes=components.SIGN_UP_REQUEST,
    ),
    _lists(endpoints.USERS, "listUsers", "user", "The list with oneself in it", bodies.USER, WITH_CREDENTIALS),
    _shows(endpoints.USER, "getUser", "user", "Oneself", bodies.USER),
    _lists(
        endpoints.SOCIAL_ACCOUNTS,
        "listSocialAccounts",
        "social account",
        "List one's linked identities",
        bodies.SOCIAL_ACCOUNT,
        WITH_CREDENTIALS,
    ),
    _shows(
        endpoints.SOCIAL_ACCOUNT, "getSocialAccount", "social account", "One linked identity", bodies.SOCIAL_ACCOUNT
    ),
    _deletes(
        endpoints.SOCIAL_ACCOUNT,
        "deleteSocialAccount",
        "social account",
        "Disconnect a linked identity",
        (*OF_A_DETAIL, errors.LastLoginMethod),
    ),
    _lists(endpoints.TOKENS, "listTokens", "token", "List one's credentials", bodies.TOKEN, WITH_CREDENTIALS),
    _shows(endpoints.TOKEN, "getToken", "token", "One credential", bodies.TOKEN),
    _deletes(endpoints.TOKEN, "deleteToken", "token", "Revoke a credential"),
    _shows(
        endpoints.CURRENT_TOKEN,
        "getCurrentToken",
        "token",
        "The credential of this call",
        bodies.TOKEN,
        WITH_CREDENTIALS,
    ),
    _deletes(endpoints.CURRENT_TOKEN, "deleteCurrentToken", "token", "Sign out", WITH_CREDENTIALS),
)


def operation_of(endpoint: Endpoint, method: str) -> Operation:
    """Give the operation of a path's method."""
    return next(one for one in OPERATIONS if one.endpoint is endpoint and one.method == method)
