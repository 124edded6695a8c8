"""The declared paths as DRF views."""

from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from api_v2.wiring import (
    AccessPermission,
    AccessTokenAuthentication,
    ContractThrottle,
    contract_exception_handler,
    django_request,
)
from shared.contract.errors import MethodNotAllowed, NotFound
from shared.contract.replies import Reply
from shared.contract.resources import Endpoint, Operation
from shared.http import operations
from shared.http.responses import django_response


class _Schema:
    """The description of a view, loaded with the first document: drf-spectacular would be a tenth of a start."""

    def __get__(self, view: Any, owner: Any) -> Any:
        """Return drf-spectacular's description of the view."""
        from api_v2.schema import SCHEMA  # noqa: PLC0415 - see above

        return SCHEMA.__get__(view, owner)


class ContractView(APIView):
    """The view of a declared path. `perform` is the handler of each declared method (`get`, `post` …)."""

    endpoint: ClassVar[Endpoint]
    operation: Operation
    """The operation of the request's method."""
    # Named for the document alone: bodies are read and answers are made as by the other APIs.
    renderer_classes = (JSONRenderer,)
    parser_classes = (JSONParser,)
    authentication_classes = (AccessTokenAuthentication,)
    permission_classes = (AccessPermission,)
    throttle_classes = (ContractThrottle,)
    content_negotiation_class = DefaultContentNegotiation
    versioning_class = None
    schema = _Schema()
    metadata_class = None

    @property
    def default_response_headers(self) -> dict[str, str]:
        """No headers: the contract has no `Allow` and `Vary` on every answer, which DRF would add."""
        return {}

    def get_exception_handler(self) -> Any:
        """Return the contract's handler instead of the project's EXCEPTION_HANDLER."""
        return contract_exception_handler

    # Without ATOMIC_REQUESTS, which a project may set: the request would hold a transaction during provider calls.
    @transaction.non_atomic_requests
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer a request."""
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the method, then, except for OPTIONS, authentication, permission and rate limit; negotiate nothing."""
        method = _forget_session(request).method
        if method not in self.endpoint.methods:
            raise MethodNotAllowed(self.endpoint.allow)
        if operation := self.endpoint.operation(method):
            self.operation = operation
            self.perform_authentication(request)
            self.check_permissions(request)
            self.check_throttles(request)

    def options(  # type: ignore[override]  # DRF names its own response
        self, request: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Return the supported methods in `Allow`."""
        return django_response(Reply(204, headers={"Allow": self.endpoint.allow}))

    def perform(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Run the declared operation of the request's method."""
        reply = operations.perform(self.endpoint, self.operation, django_request(request), token=request.auth, **kwargs)
        return django_response(reply)


class NotFoundView(ContractView):
    """The view of every other path: 404 for all methods, without authentication."""

    endpoint = Endpoint("", ())

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise NotFound."""
        _forget_session(request)
        raise NotFound


def _forget_session(request: Request) -> HttpRequest:
    """Set the user of a call without an access token; a session of the project's own does not matter."""
    call = django_request(request)
    call.user = AnonymousUser()
    return call


def view_of(endpoint: Endpoint) -> type[ContractView]:
    """Return the view class of a declared path.

    For `user/{id}` it is the same as::

        class UserIdView(ContractView):
            endpoint = USER
            get = ContractView.perform
    """
    name = "".join(part.strip("{}").title().replace("_", "") for part in endpoint.path.split("/"))
    handlers = {operation.method.lower(): ContractView.perform for operation in endpoint.operations}
    return type(f"{name or 'Root'}View", (ContractView,), {"endpoint": endpoint, **handlers})
