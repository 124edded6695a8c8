"""Tastypie's extension points, as the contract needs them: URLs, dispatch, authentication, serializer, errors."""

# mypy: disable-error-code="misc, no-any-return"
# Tastypie has no types: every class of its is Any, and so is what its methods return.

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path
from django.utils.encoding import force_bytes
from django.views.decorators.csrf import csrf_exempt
from tastypie.api import Api  # type: ignore[import-untyped]  # the package has no types
from tastypie.authentication import Authentication  # type: ignore[import-untyped]  # the package has no types
from tastypie.exceptions import ImmediateHttpResponse  # type: ignore[import-untyped]  # the package has no types
from tastypie.resources import Resource  # type: ignore[import-untyped]  # the package has no types
from tastypie.serializers import Serializer  # type: ignore[import-untyped]  # the package has no types

from shared.contract import wire
from shared.contract.errors import MethodNotAllowed, NotAuthenticated, NotFound
from shared.contract.replies import no_content
from shared.contract.resources import Access, Endpoint, Operation
from shared.http import operations, requests
from shared.http.failures import failure_reply
from shared.http.responses import django_response
from shared.http.urls import mounted
from social import service
from social.models import AccessToken

API = "legacy_api"
View = Callable[..., HttpResponse]


def in_envelope(view: View) -> View:
    """Return a view whose every failure is answered in the error envelope; Tastypie re-raises for some server names."""

    # The service owns its transaction; a project's ATOMIC_REQUESTS would hold one while a provider is waited for.
    # And it decides who is calling: a project's LoginRequiredMiddleware would send a client to a page.
    @csrf_exempt
    @login_not_required
    @transaction.non_atomic_requests
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ImmediateHttpResponse as stopped:
            return stopped.response
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets the envelope
            return django_response(failure_reply(error, request))

    return wrapper


class ContractSerializer(Serializer):
    """JSON alone, in the bytes that every API sends; an installed PyYAML or lxml adds nothing."""

    formats: ClassVar = ["json"]
    content_types: ClassVar = {"json": wire.MEDIA_TYPE}

    def to_json(self, data: Any, options: Any = None) -> bytes:
        """Return a body's bytes."""
        return wire.encode(data)

    def from_json(self, content: str | bytes) -> Any:
        """Return the object in a body, which Tastypie has decoded to text."""
        return wire.decode(force_bytes(content))


class AccessTokenAuthentication(Authentication):
    """Our access tokens, in the three forms of the contract; a key in the URL is refused."""

    def is_authenticated(self, request: HttpRequest, **kwargs: Any) -> bool:
        """Set `request.auth` to the token, its user loaded, or to None for a call without one."""
        request.auth = service.authenticate(  # type: ignore[attr-defined]  # as DRF names it
            requests.read_query(request), request.META
        )
        return True

    def get_identifier(self, request: HttpRequest) -> str:
        """Return the caller's name."""
        token = token_of(request)
        return "anonymous" if token is None else token.user.get_username()


def token_of(request: HttpRequest) -> AccessToken | None:
    """Return the token that a call was made with, or None."""
    token: AccessToken | None = getattr(request, "auth", None)
    return token


class ContractResource(Resource):
    """A declared resource; `endpoints` holds its paths by Tastypie's names for them (`list`, `detail`)."""

    endpoints: ClassVar[dict[str, Endpoint]] = {}

    class Meta:
        """What every resource has in common."""

        serializer = ContractSerializer()
        authentication = AccessTokenAuthentication()
        include_resource_uri = False

    def base_urls(self) -> list[URLPattern]:
        """Return the declared paths alone: Tastypie's `schema/` and `set/` show rows to anyone."""
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
        """Answer every failure in the envelope."""
        return in_envelope(getattr(self, view))

    def dispatch(self, request: HttpRequest, request_type: str = "list", **kwargs: Any) -> HttpResponse:
        """Check in the contract's order, then run the operation; a method override is ignored."""
        endpoint = self.endpoints[request_type]
        self.method_check(request, allowed=endpoint.methods, allow=endpoint.allow)
        operation = endpoint.operation(request.method)
        if operation is None:
            return django_response(no_content({"Allow": endpoint.allow}))
        self.is_authenticated(request)
        if operation.access is Access.REQUIRED and token_of(request) is None:
            raise NotAuthenticated
        self.throttle_check(request, operation)
        api, token = mounted(API), token_of(request)
        return django_response(operations.perform(endpoint, operation, request, api=api, token=token, **kwargs))

    def method_check(self, request: HttpRequest, allowed: Any = None, allow: str = "") -> str:
        """Return the method in lower case.

        :raises MethodNotAllowed: the path lacks it.
        """
        if request.method not in allowed:
            raise MethodNotAllowed(allow)
        return str(request.method).lower()

    def throttle_check(self, request: HttpRequest, operation: Operation) -> None:
        """Count the call in the budget that all versions share."""
        service.count_call(operation, token_of(request), request.META)


class ContractApi(Api):
    """Tastypie's registry, mounted where the settings say rather than under its own name."""

    @property
    def urls(self) -> list[URLPattern]:
        """Return the resources' paths, and "not found" for every other path."""
        return [
            *(pattern for name in sorted(self._registry) for pattern in self._registry[name].urls),
            re_path(r"", in_envelope(_not_found)),
        ]


def _not_found(request: HttpRequest) -> HttpResponse:
    raise NotFound
