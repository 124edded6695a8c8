"""drf-spectacular's description of the views, read from the declarations instead of inspected."""

from typing import Any, Protocol, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentIdentity, ResolvedComponent
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from api_v2 import components
from shared.contract import paging
from shared.contract.declarations import registry
from shared.contract.dialects import Dialect
from shared.contract.error_guidance import link_to
from shared.contract.errors import ApiError, InvalidRequest, MethodNotAllowed
from shared.contract.fields import REQUIRED, BooleanField, InputField, IntegerField
from shared.contract.registry import UNDECLARED
from shared.contract.resources import ID, Access, Endpoint, Operation

PREFIX = "/api/v2/"
"""The prefix in the examples. The document does not depend on where the API is mounted."""
SECURITY = ("bearer", "token", "apiKey")
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
        """Return the operation object with what drf-spectacular has no option for."""
        described = super().get_operation(*args, **kwargs)
        if described is None:
            return None
        responses = described.pop("responses")
        if self.operation.access is Access.PUBLIC:
            described["security"] = []
        if self.operation.takes and self.operation.takes.help:
            described["requestBody"]["description"] = self.operation.takes.help
        if links := _links(self.operation):
            responses[str(self.operation.status)]["links"] = links
        described["responses"] = {status: self._complete(status, response) for status, response in responses.items()}
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
        """Return the declared description."""
        return self.operation.description

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return the security requirements, and let drf-spectacular register the schemes."""
        super().get_auth()
        schemes: list[dict[str, list[str]]] = [{name: []} for name in SECURITY]
        match self.operation.access:
            case Access.PUBLIC:
                # `get_operation` writes `[]`, which drf-spectacular leaves out. Code generators read `[{}]` as
                # "authentication needed", although it means the same.
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
        for status, failures in self._failures().items():
            general = "Any other failure. Codes may be added." if status == "default" else ""
            found[status] = self._failure(failures, general)
        return found

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters in the query and the path."""
        operation = self.operation
        found: list[Any] = []
        if operation.is_list:
            found += [_limit(operation.dialect), _OFFSET, *map(_filter, operation.filters)]
        if self.endpoint.has_id:
            is_text = components.USER_ID_IS_TEXT if self.endpoint.resource == "user" else self.endpoint.id_pattern != ID
            kind = OpenApiTypes.STR if is_text else OpenApiTypes.INT64
            found.append(OpenApiParameter("id", kind, OpenApiParameter.PATH, description="The id of the object."))
        return found

    def get_examples(self) -> list[OpenApiExample]:
        """Return the examples of the request; the responses have their own."""
        example, takes = self.operation.example, self.operation.takes
        first = {} if example is None or example.request is None else {"sample": example.request}
        samples = takes.samples if takes and takes.samples else first
        return [
            OpenApiExample(title, summary=title, value=dict(body), request_only=True) for title, body in samples.items()
        ]

    def _failures(self) -> dict[str, list[type[ApiError]]]:
        """Return the failures of the operation by status; `default` has those that belong to no operation."""
        found: dict[str, list[type[ApiError]]] = {}
        for failure in sorted(self.endpoint.failures(self.operation), key=lambda one: one.status):
            found.setdefault(str(failure.status), []).append(failure)
        return {**found, "default": [*UNDECLARED]}

    def _failure(self, failures: list[type[ApiError]], description: str = "") -> OpenApiResponse:
        listed = "\n".join(f"- {link_to(failure.code)}: {failure.when}" for failure in failures)
        examples = [
            OpenApiExample(
                failure.code,
                summary=failure.when,
                value=self._sample_of(failure).body(),
                status_codes=["default", str(failure.status)],
            )
            for failure in failures
        ]
        component = components.error_component(tuple(failure.code for failure in registry.failures()))
        return OpenApiResponse(component, f"{description}\n\n{listed}".strip(), examples=examples)

    def _complete(self, status: str, response: dict[str, Any]) -> dict[str, Any]:
        """Return a response with its headers, or the reference to it if several operations have it."""
        headers = {
            header: self._component(ResolvedComponent.HEADER, *components.HEADERS[header])
            for header in components.headers_of(status)
        }
        described = {"headers": headers, **response}
        name = components.SHARED_FAILURES.get(frozenset(self._failures().get(status, [])))
        if name == "InvalidRequest" and self.operation.is_list:
            name = "InvalidPage"
        return described if name is None else self._component(ResolvedComponent.RESPONSE, name, described)

    def _component(self, kind: str, name: str, described: dict[str, Any]) -> dict[str, Any]:
        """Return a reference to a component, which is added if it is new."""
        component = ResolvedComponent(name, kind, described, ComponentIdentity(name))
        self.registry.register_on_missing(component)
        reference: dict[str, Any] = component.ref
        return reference

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


SCHEMA = ContractSchema()
"""The description of all our views."""


class AccessTokenScheme(OpenApiAuthenticationExtension):
    """The three forms of `Authorization`, which carry the same access token."""

    target_class = "api_v2.wiring.AccessTokenAuthentication"
    name = list(SECURITY)

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Return one definition for each form."""
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "description": "The `token` of a sign-up, sent as `Authorization: Bearer <token>`. Use this one.",
            },
            _in_header("The whole value of the header: `Token <token>`."),
            _in_header("The whole value of the header: `ApiKey <username>:<token>`, as clients of v1 send it."),
        ]


def _in_header(description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": "Authorization", "description": description}


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
    body = example.body_below(PREFIX)
    for one in body.get("objects", [body]):
        if "username" in one and components.USER_ID_IS_TEXT:
            one["id"] = str(one["id"])
    return [OpenApiExample("sample", value=body, status_codes=[str(operation.status)])]


def _links(operation: Operation) -> dict[str, dict[str, object]]:
    """Return the Link Objects (OpenAPI 3.0.3) of a success, by the id of the linked operation."""
    return {
        link.target: {"operationId": link.target, "parameters": {"id": link.id}, "description": link.description}
        for link in operation.links
    }
