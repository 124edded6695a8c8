"""The declared paths as views of REST framework."""

from typing import Any, ClassVar

from django.db import transaction
from django.utils.decorators import method_decorator
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api_v2.schema import ContractSchema
from api_v2.wiring import (
    AccessPermission,
    AccessTokenAuthentication,
    ContractNegotiation,
    ContractParser,
    ContractRenderer,
    ContractThrottle,
    contract_exception_handler,
    django_request,
    drf_response,
)
from shared.contract.errors import MethodNotAllowed, NotFound
from shared.contract.replies import no_content
from shared.contract.resources import Endpoint, Operation
from shared.http import operations
from shared.http.urls import mounted

API = "api_v2"


# The service owns its transaction; a project's ATOMIC_REQUESTS would hold one while a provider is waited for.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class ContractView(APIView):
    """A declared path; `view_of` makes the view of each."""

    endpoint: ClassVar[Endpoint]
    operation: Operation
    """The operation of the request's method."""
    renderer_classes = (ContractRenderer,)
    parser_classes = (ContractParser,)
    authentication_classes = (AccessTokenAuthentication,)
    permission_classes = (AccessPermission,)
    throttle_classes = (ContractThrottle,)
    content_negotiation_class = ContractNegotiation
    versioning_class = None
    schema = ContractSchema()
    metadata_class = None

    @property
    def default_response_headers(self) -> dict[str, str]:
        """No headers: DRF's `Allow` and `Vary` on every answer are not the contract's."""
        return {}

    def get_exception_handler(self) -> Any:
        """Return the contract's handler, whatever the project has set."""
        return contract_exception_handler

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check in the contract's order: the method comes before the credentials, OPTIONS needs none."""
        if request.method not in self.endpoint.methods:
            raise MethodNotAllowed(self.endpoint.allow)
        if operation := self.endpoint.operation(request.method):
            self.operation = operation
            super().initial(request, *args, **kwargs)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Answer with the methods that the path has."""
        return drf_response(no_content({"Allow": self.endpoint.allow}))

    def perform(self, request: Request, **kwargs: Any) -> Response:
        """Run the operation: the handler of every declared method."""
        call = django_request(request)
        api, token = mounted(API), request.auth
        return drf_response(operations.perform(self.endpoint, self.operation, call, api=api, token=token, **kwargs))


class NotFoundView(ContractView):
    """Every other path: the first check, before the method and the credentials."""

    endpoint = Endpoint("", ())

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise NotFound."""
        raise NotFound


def view_of(endpoint: Endpoint) -> type[ContractView]:
    """Return the view class of a declared path, with a handler for each of its methods."""
    name = "".join(part.strip("{}").title().replace("_", "") for part in endpoint.path.split("/"))
    handlers = {operation.method.lower(): ContractView.perform for operation in endpoint.operations}
    return type(f"{name or 'Root'}View", (ContractView,), {"endpoint": endpoint, **handlers})
