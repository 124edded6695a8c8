"""The types of a resource's declaration.

A `Resource` has paths (`Endpoint`), a path has methods (`Operation`), and an operation names the function that runs
it. `shared.contract.registry` collects them. `shared.contract.declarations` declares the contract's resources. Other
apps may register theirs in `AppConfig.ready()`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from shared.contract import errors
from shared.contract.bodies import Body
from shared.contract.dialects import CONTRACT, Dialect
from shared.contract.errors import ApiError
from shared.contract.fields import InputField

UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
ID = f"[0-9]+|{UUID}"
"""An id is a number, or the UUID of a custom user model. `schema` and `set`, for example, are not ids."""
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PREFIX = "{api}"
"""The placeholder for the prefix of a version in examples."""
_EVERYWHERE: tuple[type[ApiError], ...] = (
    errors.InvalidRequest,  # also the answer to a wrong Host
    errors.InvalidCredentials,
    errors.CredentialsInUrl,
    errors.Throttled,
    errors.InternalError,
    errors.ServiceUnavailable,
)


class Access(Enum):
    """Who may call an operation, and whether its calls count towards a rate limit."""

    PUBLIC = "public"
    """Anyone; its calls are not counted."""
    OPTIONAL = "with or without an access token"
    REQUIRED = "with an access token"


@dataclass(frozen=True, slots=True)
class Input:
    """The request body of an operation; `name` is its component in `openapi.yaml`."""

    name: str
    fields: tuple[InputField, ...]
    partial: bool = False
    """Whether required fields may be missing (PATCH)."""
    reader: str = ""
    """Dotted path of a function that takes the JSON object, validates it, and returns the operation's input. If empty,
    `shared.contract.fields.read_fields` is used."""
    sample_fault: str = ""
    """The field that is missing in the documentation's example of an error; if empty, the first field."""
    samples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    """Bodies for `openapi.yaml`, by a title of a few words; if empty, it has that of the operation's example."""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """An example call of an operation; `{api}` in it stands for the prefix of a version, `/api/v2/`."""

    body: Mapping[str, Any] | None = None
    request: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    id: int | None = None

    def body_below(self, prefix: str) -> Any:
        """Return the answer's body as the version mounted at `prefix` sends it."""
        return _below(prefix, self.body)

    def headers_below(self, prefix: str) -> dict[str, str]:
        """Return the answer's headers as the version mounted at `prefix` sends them."""
        return {name: _below(prefix, value) for name, value in self.headers.items()}


@dataclass(frozen=True, slots=True)
class Link:
    """A link from an answer to the operation `target` (OpenAPI 3.0.3, Link Object); `id` is a runtime expression."""

    target: str
    id: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path."""

    name: str
    """The operationId; generated clients name their method by it."""
    method: str
    summary: str
    description: str = ""
    """What it does, its failures and what the client does next: Markdown, for `openapi.yaml`."""
    run: "str | Callable[[Call], Any]"
    """The function that runs it, or its dotted path: it takes a `Call` and returns an object, rows, or None."""
    access: Access = Access.REQUIRED
    status: int = 200
    """The status of a success. A 201 has a `Location`, taken from `locate`, or else from `resource_uri` in the body."""
    takes: Input | None = None
    returns: Body | None = None
    represent: "str | Callable[[Any, Call], Mapping[str, Any]]" = ""
    """A function, or its dotted path, that takes the result of `run`, or one of its rows, and the `Call`, and returns
    the values of `returns`. If empty, `run` returns the values itself."""
    authorize: "Callable[[Call], None] | None" = None
    """A function that takes the `Call` before its body is read, and raises an `ApiError` if it is not allowed."""
    locate: "Callable[[Any, Call], str] | None" = None
    """A function that takes the result of `run` and the `Call`, and returns the `Location` of a 201."""
    dialect: Dialect = CONTRACT
    """How the answer is written."""
    is_list: bool = False
    """Whether `run` returns a queryset or sequence in a stable order, one page of which is sent."""
    filters: tuple[InputField, ...] = ()
    """The query parameters of a list besides `limit` and `offset`."""
    errors: tuple[type[ApiError], ...] = ()
    """The failures besides those that follow from the rest of the declaration (`Endpoint.failures`)."""
    example: Example | None = None
    """For `openapi.yaml`, `check_parity` and the tests of the documents; None for no example."""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, eq=False)
class Endpoint:
    """One path below a version's prefix.

    `path` has no trailing slash and may contain `{id}`. Every path is served with and without a trailing slash.
    """

    path: str
    operations: tuple[Operation, ...]
    belongs_to: str = ""
    """The name of the path's resource if it has a slash; if empty, the first part of `path`."""
    id_pattern: str = ID
    """The regular expression of `{id}`."""

    @property
    def resource(self) -> str:
        """The name of the path's resource; empty for the root."""
        return self.belongs_to or self.path.partition("/")[0]

    @property
    def kind(self) -> str:
        """`list`, `detail`, or the last part of another path: `current` of `token/current`."""
        last = self.path.rpartition("/")[2]
        return "list" if self.path == self.resource else "detail" if last == "{id}" else last

    @property
    def has_id(self) -> bool:
        """Whether the path names one object."""
        return "{id}" in self.path

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The methods that the path supports, in the contract's order."""
        own = {operation.method for operation in self.operations}
        extra = {"OPTIONS", "HEAD"} if "GET" in own else {"OPTIONS"}
        return tuple(method for method in _METHODS if method in own | extra)

    @cached_property
    def allow(self) -> str:
        """The value of `Allow` (RFC 9110 section 10.2.1)."""
        return ", ".join(self.methods)

    @cached_property
    def route(self) -> str:
        """The regular expression of the path, with an optional trailing slash."""
        return (
            "^" + re.escape(self.path).replace(r"\{id\}", f"(?P<id>{self.id_pattern})") + ("/?$" if self.path else "$")
        )

    def operation(self, method: str | None) -> Operation | None:
        """Return the operation of a method, that of GET for HEAD; None for OPTIONS and unsupported methods."""
        wanted = "GET" if method == "HEAD" else method
        return next((operation for operation in self.operations if operation.method == wanted), None)

    def uri(self, prefix: str, **values: object) -> str:
        """Return the path in the form used in answers: with a version's prefix (`/api/v2/`) and a trailing slash."""
        return prefix + (self.path.format(**values) + "/" if self.path else "")

    def failures(self, operation: Operation) -> tuple[type[ApiError], ...]:
        """Return the failures of an operation of this path, except 405 and 410."""
        body = (errors.InvalidJson, errors.PayloadTooLarge, errors.UnsupportedMediaType) if operation.takes else ()
        credentials = (errors.NotAuthenticated,) if operation.access is Access.REQUIRED else ()
        missing = (errors.NotFound,) if self.has_id else ()
        return (*body, *_EVERYWHERE, *credentials, *missing, *operation.errors)


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource: its name in URLs, its tag in `openapi.yaml`, and its paths in the order in which they are matched."""

    name: str
    tag: str
    endpoints: tuple[Endpoint, ...]
    source: Any = None
    """What the resource was declared from, for example its model; None for functions."""

    @property
    def list_endpoint(self) -> Endpoint | None:
        """The path that the root lists; None if the resource has no list."""
        return self.endpoint_of("list")

    def endpoint_of(self, kind: str) -> Endpoint | None:
        """Return the path of a kind, or None."""
        return next((endpoint for endpoint in self.endpoints if endpoint.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation; its parts have been validated as the operation declares them."""

    prefix: str
    """The calling version's prefix, `/api/v2/`, for the paths in the answer."""
    version: str
    """`v1` or `v2`."""
    token: Any = None
    """The access token of the call, with its user loaded; None for an anonymous call."""
    id: str = ""
    """The id in the path, as it was sent."""
    input: Any = None
    """The validated body, as `Input.reader` or `read_fields` returns it; None if the operation takes no body."""
    filters: Mapping[str, Any] = field(default_factory=dict)
    """The values of the declared query parameters that were sent."""
    request: Any = None
    """The Django request, for the functions of a project."""

    @property
    def actor(self) -> Any:
        """The authenticated user making the call, or None."""
        return None if self.token is None else self.token.user


def _below(prefix: str, value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(PREFIX, prefix)
    if isinstance(value, Mapping):
        return {name: _below(prefix, one) for name, one in value.items()}
    return [_below(prefix, one) for one in value] if isinstance(value, list) else value
