"""The declared resources as Tastypie resources, and the `Api` that mounts them."""

# mypy: disable-error-code="misc, no-any-return"
# Tastypie has no types, so its classes, and what their methods return, are Any.

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path
from tastypie.api import Api  # type: ignore[import-untyped]  # the package has no types
from tastypie.resources import Resource  # type: ignore[import-untyped]  # the package has no types

from legacy_api.wiring import AccessTokenAuthentication, ContractSerializer, View, contract_view, token_of
from shared.contract.errors import MethodNotAllowed, NotAuthenticated, NotFound
from shared.contract.registry import FREQUENT
from shared.contract.replies import Reply
from shared.contract.resources import Access, Endpoint, Operation
from shared.http import operations
from shared.http.responses import django_response
from social import service


class ContractResource(Resource):
    """A declared resource.

    `dispatch` runs the declared operation in place of `get_list`, `post_list`, `get_detail` and `delete_detail`.
    """

    endpoints: ClassVar[dict[str, Endpoint]] = {}
    """The declared paths by Tastypie's request type: `list`, `detail`, or the last part of another path."""

    class Meta:
        """The options of every resource."""

        serializer = ContractSerializer()
        authentication = AccessTokenAuthentication()
        include_resource_uri = False

    def base_urls(self) -> list[URLPattern]:
        """Return the declared paths, without Tastypie's `schema/` and `set/`, which show rows to anyone."""
        return [
            re_path(
                endpoint.route,
                self.wrap_view("dispatch"),
                {"request_type": kind},
                name=f"api_dispatch_{kind}",
            )
            for kind, endpoint in self.endpoints.items()
        ]

    def wrap_view(self, view: str) -> View:
        """Return a view that answers every exception with the error envelope."""
        return contract_view(getattr(self, view))

    def dispatch(self, request: HttpRequest, request_type: str = "list", **kwargs: Any) -> HttpResponse:
        """Check the request in the contract's order, and run the operation. A method override is ignored."""
        endpoint = self.endpoints[request_type]
        self.method_check(request, allowed=endpoint.methods, allow=endpoint.allow)
        operation = endpoint.operation(request.method)
        if operation is None:
            return django_response(Reply(204, headers={"Allow": endpoint.allow}))
        self.is_authenticated(request)
        if operation.access is Access.REQUIRED and token_of(request) is None:
            raise NotAuthenticated
        self.throttle_check(request, operation)
        return django_response(operations.perform(endpoint, operation, request, token=token_of(request), **kwargs))

    def method_check(self, request: HttpRequest, allowed: Any = None, allow: str = "") -> str:
        """Return the method in lower case.

        :raises MethodNotAllowed: the path does not support the method.
        """
        if request.method not in allowed:
            raise MethodNotAllowed(allow)
        return str(request.method).lower()

    def throttle_check(self, request: HttpRequest, operation: Operation) -> None:
        """Count the call towards the rate limit that all versions share.

        :raises Throttled: the address or the user has exceeded its rate limit.
        """
        service.count_call(operation, token_of(request), request.META)


def resource_class(name: str, endpoints: tuple[Endpoint, ...]) -> type[ContractResource]:
    """Return the Tastypie resource of a declared resource.

    For `user` it is the same as::

        class UserResource(ContractResource):
            endpoints = {"list": USERS, "detail": USER}

            class Meta(ContractResource.Meta):
                resource_name = "user"
    """
    meta = type("Meta", (ContractResource.Meta,), {"resource_name": name})
    paths = {endpoint.kind: endpoint for endpoint in endpoints}
    words = name.replace("/", "_").title().replace("_", "")
    return type(f"{words}Resource", (ContractResource,), {"Meta": meta, "endpoints": paths})


class ContractApi(Api):
    """Tastypie's `Api`, without the `api_name` in its URLs: `settings.APIS` has the prefix."""

    @property
    def urls(self) -> list[URLPattern]:
        """Return the resources' paths, and "not found" for every other path."""
        names = sorted(self._registry, key=lambda name: (name not in FREQUENT, name))
        return [
            *(pattern for name in names for pattern in self._registry[name].urls),
            re_path(r"", contract_view(_not_found)),
        ]


def _not_found(request: HttpRequest) -> HttpResponse:
    raise NotFound
