"""drf-spectacular's description of the views, read from the declarations instead of inspected."""

from typing import Any, Protocol, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from api_v2 import components
from shared.contract import paging
from shared.contract.declarations import SIGN_UP, registry
from shared.contract.dialects import Dialect
from shared.contract.errors import ApiError, InvalidRequest, MethodNotAllowed, VersionRetired
from shared.contract.fields import REQUIRED, BooleanField, InputField, IntegerField
from shared.contract.resources import ID, Access, Endpoint, Operation

PREFIX = "/api/v2/"
"""The prefix in the examples. The document does not depend on where the API is mounted."""
_SECURITY = ("bearer", "token", "apiKey")
_DEFAULT_FAILURES = (MethodNotAllowed, VersionRetired)
"""The failures that every operation lists under `default`."""


_DOCUMENTED = "is_in_our_document"


def mark_as_documented(view: object) -> None:
    """Let `ContractSchema` describe a view, which a generator has made for `openapi.yaml`."""
    setattr(view, _DOCUMENTED, True)


class ContractPath(Protocol):
    """The part of `api_v2.views.ContractView` that its schema reads; importing the view would be a cycle."""

    endpoint: Endpoint


class ContractSchema(AutoSchema):
    """The OpenAPI description of one method of a view, taken from its declared operation."""

    @property
    def endpoint(self) -> Endpoint:
        """The declared path of the view."""
        return cast(ContractPath, self.view).endpoint

    @property
    def operation(self) -> Operation:
        """The declared operation of the method."""
        return cast(Operation, self.endpoint.operation(self.method))

    def is_excluded(self) -> bool:
        """Return True in any document but `openapi.yaml`: there our paths have another form, and cause warnings."""
        return not getattr(self.view, _DOCUMENTED, False)

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the operation object with its links, for which drf-spectacular has no option."""
        described = super().get_operation(*args, **kwargs)
        if described is not None and (links := _links(self.operation)):
            described["responses"][str(self.operation.status)]["links"] = links
        return described

    def get_operation_id(self) -> str:
        """Return the declared name; generated clients name their method by it."""
        return self.operation.name

    def get_tags(self) -> list[str]:
        """Return the tag of the resource."""
        return [registry.tag_of(self.endpoint)]

    def get_summary(self) -> str:
        """Return the declared summary."""
        return self.operation.summary

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        """Return no description: the views' docstrings are not for clients."""
        return ""

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return the security requirements, and let drf-spectacular register the schemes."""
        super().get_auth()
        schemes: list[dict[str, list[str]]] = [{name: []} for name in _SECURITY]
        match self.operation.access:
            case Access.PUBLIC:
                # No `security` at all: code generators read `[{}]`, which means the same, as "authentication needed".
                return []
            case Access.OPTIONAL:
                # An empty requirement makes authentication optional (OpenAPI 3.0.3, Security Requirement Object).
                return [{}, *schemes]
            case Access.REQUIRED:
                return schemes

    def get_request_serializer(self) -> Any:
        """Return the component of the request body."""
        takes = self.operation.takes
        return components.request_component(takes) if takes else None

    def get_response_serializers(self) -> Any:
        """Return the responses of the operation by status."""
        operation = self.operation
        success = OpenApiResponse(components.response_of(operation), "Success.", examples=_success(operation))
        found: dict[str, OpenApiResponse] = {str(operation.status): success}
        by_status: dict[int, list[type[ApiError]]] = {}
        for failure in self.endpoint.failures(operation):
            by_status.setdefault(failure.status, []).append(failure)
        for status, failures in sorted(by_status.items()):
            found[str(status)] = self._failure(failures)
        found["default"] = self._failure(list(_DEFAULT_FAILURES), "Any other failure. Codes may be added.")
        return found

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters in the query and the path, and the headers of the responses."""
        operation = self.operation
        found = [
            _header("X-Request-ID", "The id of this request in the service's logs.", None),
            _header("WWW-Authenticate", "The authentication challenge.", [401]),
            _header("Retry-After", "The seconds to wait before trying again.", [429, 503], OpenApiTypes.INT),
        ]
        if operation.status == 201:
            path_of = "the user" if operation is SIGN_UP.operation("POST") else "the new object"
            found.append(_header("Location", f"Path of {path_of}.", [201]))
        if operation.is_list:
            found += [_limit(operation.dialect), _OFFSET, *map(_filter, operation.filters)]
        if self.endpoint.has_id:
            kind = OpenApiTypes.INT if self.endpoint.id_pattern == ID else OpenApiTypes.STR
            found.append(OpenApiParameter("id", kind, OpenApiParameter.PATH, description="The id of the object."))
        return found

    def get_examples(self) -> list[OpenApiExample]:
        """Return the example of the request; the responses have their own."""
        example = self.operation.example
        if example is None or example.request is None:
            return []
        return [OpenApiExample("sample", value=dict(example.request), request_only=True)]

    def _failure(self, failures: list[type[ApiError]], description: str = "") -> OpenApiResponse:
        listed = "\n".join(f"- `{failure.code}`: {failure.when}" for failure in failures)
        examples = [
            OpenApiExample(
                failure.code,
                summary=failure.when,
                value=self._sample_of(failure).body(),
                status_codes=["default", str(failure.status)],
            )
            for failure in failures
        ]
        return OpenApiResponse(components.ERROR, f"{description}\n\n{listed}".strip(), examples=examples)

    def _sample_of(self, failure: type[ApiError]) -> ApiError:
        """Return an error as a client of the operation receives it; only its body is used."""
        if failure is MethodNotAllowed:
            return MethodNotAllowed(self.endpoint.allow)
        if failure is not InvalidRequest:
            return failure()
        takes, is_list = self.operation.takes, self.operation.is_list
        if takes is not None and takes.fields:
            return InvalidRequest({takes.sample_fault or takes.fields[0].name: [REQUIRED]})
        return InvalidRequest({"limit": [paging.LIMIT_MESSAGE]} if is_list else None)


class AccessTokenScheme(OpenApiAuthenticationExtension):
    """The three forms of `Authorization`, which carry the same access token."""

    target_class = "api_v2.wiring.AccessTokenAuthentication"
    name = list(_SECURITY)

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Return one definition for each form."""
        return [
            {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer <token>`"},
            _in_header("`Authorization: Token <token>`"),
            _in_header("`Authorization: ApiKey <username>:<token>`, as clients of v1 send it"),
        ]


def _in_header(description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": "Authorization", "description": description}


def _header(name: str, description: str, statuses: Any, kind: Any = OpenApiTypes.STR) -> OpenApiParameter:
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=description, response=statuses or True)


def _limit(dialect: Dialect) -> OpenApiParameter:
    bounds = {"maximum": dialect.max_limit} if dialect.max_limit and not dialect.is_legacy else {}
    return OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 0, **bounds, "default": dialect.limit},
        OpenApiParameter.QUERY,
        description=f"The maximum number of objects; 0 means {dialect.max_limit or 'all'}.",
    )


_OFFSET = OpenApiParameter(
    "offset",
    {"type": "integer", "minimum": 0, "maximum": 999_999_999, "default": 0},
    OpenApiParameter.QUERY,
    description="The number of objects to skip.",
)


def _filter(field: InputField) -> OpenApiParameter:
    kind = {IntegerField: OpenApiTypes.INT, BooleanField: OpenApiTypes.BOOL}.get(type(field), OpenApiTypes.STR)
    return OpenApiParameter(field.name, kind, OpenApiParameter.QUERY, description=field.help, required=field.required)


def _success(operation: Operation) -> list[OpenApiExample]:
    example = operation.example
    if example is None or example.body is None:
        return []
    return [OpenApiExample("sample", value=example.body_below(PREFIX), status_codes=[str(operation.status)])]


def _links(operation: Operation) -> dict[str, dict[str, object]]:
    """Return the Link Objects (OpenAPI 3.0.3) of a success, by the id of the linked operation."""
    return {
        link.target: {"operationId": link.target, "parameters": {"id": link.id}, "description": link.description}
        for link in operation.links
    }
