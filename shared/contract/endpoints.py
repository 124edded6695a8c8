"""Every path of the API: its route, its methods, whom it serves. Both adapters build their routes from this."""

import re
from dataclasses import dataclass
from enum import Enum

_ID = "[0-9]+|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
"""What can be an id: a number, or a custom user model's UUID. Other words (`schema`, `set`) are no paths at all."""
_ORDER = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")


class Access(Enum):
    """Who may call a path."""

    PUBLIC = "public"
    OPTIONAL = "with or without credentials"
    REQUIRED = "with credentials"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path below a version's prefix.

    `path` has no slash at its end and may hold `{id}`; every path answers with and without that slash.
    """

    resource: str
    path: str
    verbs: frozenset[str]
    access: Access

    @property
    def methods(self) -> tuple[str, ...]:
        """All methods that the path answers, in the contract's order."""
        extra = {"OPTIONS", "HEAD"} if "GET" in self.verbs else {"OPTIONS"}
        return tuple(method for method in _ORDER if method in self.verbs | extra)

    @property
    def allow(self) -> str:
        """The value of `Allow` (RFC 9110 section 10.2.1)."""
        return ", ".join(self.methods)

    @property
    def route(self) -> str:
        """The regular expression of the path, with its optional slash."""
        return "^" + re.escape(self.path).replace(r"\{id\}", f"(?P<id>{_ID})") + ("/?$" if self.path else "$")

    def uri(self, prefix: str, **values: object) -> str:
        """The path as we write it, under a version's prefix (`/api/v2/`), with its slash."""
        return prefix + (self.path.format(**values) + "/" if self.path else "")


def _endpoint(path: str, access: Access, *verbs: str) -> Endpoint:
    return Endpoint(path.partition("/")[0], path, frozenset(verbs), access)


ROOT = _endpoint("", Access.PUBLIC, "GET")
PROVIDERS = _endpoint("provider", Access.PUBLIC, "GET")
SIGN_UP = _endpoint("social_sign_up", Access.OPTIONAL, "POST")
SOCIAL_ACCOUNTS = _endpoint("social_account", Access.REQUIRED, "GET")
SOCIAL_ACCOUNT = _endpoint("social_account/{id}", Access.REQUIRED, "GET", "DELETE")
TOKENS = _endpoint("token", Access.REQUIRED, "GET")
CURRENT_TOKEN = _endpoint("token/current", Access.REQUIRED, "GET", "DELETE")
TOKEN = _endpoint("token/{id}", Access.REQUIRED, "GET", "DELETE")
USERS = _endpoint("user", Access.REQUIRED, "GET")
USER = _endpoint("user/{id}", Access.REQUIRED, "GET")

LISTED = (PROVIDERS, SOCIAL_ACCOUNTS, SIGN_UP, TOKENS, USERS)
"""What the root names, in its order."""

ENDPOINTS = (
    ROOT,
    PROVIDERS,
    SOCIAL_ACCOUNTS,
    SOCIAL_ACCOUNT,
    SIGN_UP,
    TOKENS,
    CURRENT_TOKEN,
    TOKEN,
    USERS,
    USER,
)

_ROUTES = tuple((re.compile(endpoint.route), endpoint) for endpoint in ENDPOINTS)


def endpoint_at(path: str) -> Endpoint | None:
    """Give the endpoint of a path below a version's prefix (`user/7/`), as the routes of both adapters find it."""
    return next((endpoint for route, endpoint in _ROUTES if route.search(path)), None)
