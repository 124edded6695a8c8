"""drf-spectacular's view of a view: read from the table of operations, so that nothing is guessed."""

from typing import Any, Protocol, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from api_v2 import components
from api_v2.links import links_of
from api_v2.operations import OTHERWISE, Operation, operation_of
from shared.contract import paging
from shared.contract.endpoints import Access, Endpoint
from shared.contract.errors import ApiError, InvalidRequest, MethodNotAllowed
from shared.contract.exchanges import EXCHANGES
from shared.contract.sign_up import REQUIRED

PREFIX = "/api/v2/"
"""Where the examples say that the API is; the document is the same wherever it is mounted."""
_SECURITY = ("bearer", "token", "apiKey")


class ContractPath(Protocol):
    """A view of ours: it says which path it answers."""

    endpoint: Endpoint


class ContractSchema(AutoSchema):
    """The operation of a view's method, as `api_v2.operations` declares it."""

    @property
    def operation(self) -> Operation:
        """The row of the table."""
        return operation_of(cast(ContractPath, self.view).endpoint, self.method)

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Give the whole operation, with the links that drf-spectacular has no words for."""
        described = super().get_operation(*args, **kwargs)
        operation = self.operation
        if described is not None and (links := links_of(operation.name)):
            described["responses"][str(operation.status)]["links"] = links
        return described

    def get_operation_id(self) -> str:
        """Give the name that generated clients call it by."""
        return self.operation.name

    def get_tags(self) -> list[str]:
        """Give its group."""
        return [self.operation.tag]

    def get_summary(self) -> str:
        """Give its line in a list."""
        return self.operation.summary

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        """Give nothing more: docstrings are for whoever reads the code."""
        return ""

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Give the credentials it takes; registers the schemes."""
        super().get_auth()
        schemes: list[dict[str, list[str]]] = [{name: []} for name in _SECURITY]
        match self.operation.endpoint.access:
            case Access.PUBLIC:
                # No `security` at all: of `[{}]`, which means the same, code generators make "credentials needed".
                return []
            case Access.OPTIONAL:
                # An empty requirement is "none needed" (OpenAPI 3.0.3, Security Requirement Object).
                return [{}, *schemes]
            case Access.REQUIRED:
                return schemes

    def get_request_serializer(self) -> Any:
        """Give the body it takes."""
        return self.operation.takes

    def get_response_serializers(self) -> Any:
        """Give every status it can answer with."""
        operation = self.operation
        found: dict[str, OpenApiResponse] = {
            str(operation.status): OpenApiResponse(operation.gives, "As asked.", examples=_success(operation))
        }
        by_status: dict[int, list[type[ApiError]]] = {}
        for failure in operation.fails_with:
            by_status.setdefault(failure.status, []).append(failure)
        for status, failures in sorted(by_status.items()):
            found[str(status)] = _failure(operation, failures)
        found["default"] = _failure(operation, list(OTHERWISE), "Any other failure; codes may be added.")
        return found

    def get_override_parameters(self) -> list[Any]:
        """Give the query, the path and the headers of its answers."""
        operation = self.operation
        found = [
            _header("X-Request-ID", "The id of this call in the service's logs.", None),
            _header("WWW-Authenticate", "The challenge.", [401]),
            _header("Retry-After", "Seconds to wait.", [429, 503], OpenApiTypes.INT),
        ]
        if operation.status == 201:
            found.append(_header("Location", "Path of the user.", [201]))
        if operation.paged:
            found += [_LIMIT, _OFFSET]
        if "{id}" in operation.endpoint.path:
            found.append(OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description="The id."))
        return found

    def get_examples(self) -> list[OpenApiExample]:
        """Give the sample of the request; answers have theirs at their status."""
        sample = next(one for one in EXCHANGES if one.operation == self.operation.name)
        if sample.request is None:
            return []
        return [OpenApiExample("sample", value=dict(sample.request), request_only=True)]


class AccessTokenScheme(OpenApiAuthenticationExtension):
    """The three forms of the header; they name the same credential."""

    target_class = "api_v2.wiring.AccessTokenAuthentication"
    name = list(_SECURITY)

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Give one definition a form."""
        return [
            {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer <token>`"},
            _in_header("`Authorization: Token <token>`"),
            _in_header("`Authorization: ApiKey <username>:<token>`, what clients of v1 send"),
        ]


def _in_header(description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": "Authorization", "description": description}


def _header(name: str, description: str, statuses: Any, kind: Any = OpenApiTypes.STR) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=description, response=statuses or True)


_LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 0, "maximum": paging.MAX_LIMIT, "default": paging.DEFAULT_LIMIT},
    OpenApiParameter.QUERY,
    description=f"How many objects at most; 0 means {paging.MAX_LIMIT}.",
)
_OFFSET = OpenApiParameter(
    "offset",
    {"type": "integer", "minimum": 0, "maximum": 999_999_999, "default": 0},
    OpenApiParameter.QUERY,
    description="How many objects to pass over.",
)


def _success(operation: Operation) -> list[OpenApiExample]:
    sample = next((one for one in EXCHANGES if one.operation == operation.name and one.body is not None), None)
    if sample is None:
        return []
    return [OpenApiExample("sample", value=sample.body_below(PREFIX), status_codes=[str(operation.status)])]


def _failure(operation: Operation, failures: list[type[ApiError]], description: str = "") -> OpenApiResponse:
    words = "\n".join(f"- `{failure.code}`: {failure.when}" for failure in failures)
    examples = [
        OpenApiExample(
            failure.code,
            summary=failure.when,
            value=_sample_of(failure, operation).body(),
            status_codes=["default", str(failure.status)],
        )
        for failure in failures
    ]
    return OpenApiResponse(components.ERROR, f"{description}\n\n{words}".strip(), examples=examples)


def _sample_of(failure: type[ApiError], operation: Operation) -> ApiError:
    """Give an error as a client of the operation would see it; only the body of these counts here."""
    if failure is MethodNotAllowed:
        return MethodNotAllowed(operation.endpoint.allow)
    if failure is not InvalidRequest:
        return failure()
    if operation.takes is not None:
        return InvalidRequest({"access_token": [REQUIRED]})
    return InvalidRequest({"limit": [paging.LIMIT_MESSAGE]} if operation.paged else None)
