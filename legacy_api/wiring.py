"""Tastypie's extension points, holding the contract: URLs, dispatch, authentication, serializer, errors."""

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

from shared.contract import endpoints, wire
from shared.contract.endpoints import Access, Endpoint
from shared.contract.errors import MethodNotAllowed, NotAuthenticated, NotFound
from shared.contract.replies import Reply, no_content, ok
from shared.http import requests
from shared.http.failures import failure_reply
from shared.http.responses import django_response
from shared.http.urls import mounted
from social import limits, representations
from social.limits import client_address
from social.models import AccessToken
from social.service import identify_caller, list_body, refuse_credentials_in_url

API = "legacy_api"
View = Callable[..., HttpResponse]


def safely(view: View) -> View:
    """Give a view whose every failure is answered in the envelope; Tastypie re-raises for some server names."""

    # The service owns its transaction; a project's ATOMIC_REQUESTS would hold one while a provider is waited for.
    # And it decides who is asking: a project's LoginRequiredMiddleware would send a client to a page.
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
        """Give a body's bytes."""
        return wire.encode(data)

    def from_json(self, content: str | bytes) -> Any:
        """Give the object in a body, which Tastypie has made text of."""
        return wire.decode(force_bytes(content))


class AccessTokenAuthentication(Authentication):
    """Our access tokens, in the three forms of the contract; a key in the URL is refused."""

    def is_authenticated(self, request: HttpRequest, **kwargs: Any) -> bool:
        """Put the token, its user loaded, where the resource finds it; None for a call without one."""
        refuse_credentials_in_url(requests.read_query(request))
        request.auth = identify_caller(  # type: ignore[attr-defined]  # as DRF names it
            request.META.get("HTTP_AUTHORIZATION"), client_address(request.META)
        )
        return True

    def get_identifier(self, request: HttpRequest) -> str:
        """Name the caller."""
        token = caller(request)
        return "anonymous" if token is None else token.user.get_username()


def caller(request: HttpRequest) -> AccessToken | None:
    """Give the token that a call was made with."""
    token: AccessToken | None = getattr(request, "auth", None)
    return token


class ContractResource(Resource):
    """A resource of the contract; `endpoints` gives its paths by Tastypie's names for them."""

    endpoints: ClassVar[dict[str, Endpoint]] = {}

    def base_urls(self) -> list[URLPattern]:
        """Give the contract's paths alone: Tastypie's `schema/` and `set/` show rows to anyone."""
        return [
            re_path(endpoint.route, self.wrap_view(f"dispatch_{kind}"), name=f"api_dispatch_{kind}")
            for kind, endpoint in self.endpoints.items()
        ]

    def wrap_view(self, view: str) -> View:
        """Answer every failure in the envelope."""
        return safely(getattr(self, view))

    def dispatch(self, request_type: str, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Check in the contract's order; a method override is ignored."""
        endpoint = self.endpoints[request_type]
        method = self.method_check(request, allowed=endpoint.methods, allow=endpoint.allow)
        self.is_authenticated(request)
        if endpoint.access is Access.REQUIRED and caller(request) is None:
            raise NotAuthenticated
        self.throttle_check(request, endpoint)
        reply: Reply = getattr(self, f"{method}_{request_type}")(request, **kwargs)
        return django_response(reply)

    def method_check(self, request: HttpRequest, allowed: Any = None, allow: str = "") -> str:
        """Give the method in lower case, `get` for HEAD; answer OPTIONS at once."""
        if request.method not in allowed:
            raise MethodNotAllowed(allow)
        if request.method == "OPTIONS":
            raise ImmediateHttpResponse(django_response(no_content({"Allow": allow})))
        return "get" if request.method == "HEAD" else str(request.method).lower()

    def throttle_check(self, request: HttpRequest, endpoint: Endpoint) -> None:
        """Count the call in the budget that all versions share."""
        limits.count_call(endpoint, caller(request), client_address(request.META))

    @property
    def prefix(self) -> str:
        """Where this version is mounted."""
        return mounted(API).prefix

    def list_reply(self, request: HttpRequest, rows: Any, render: Any) -> Reply:
        """Give the part of a list that is asked for."""
        query = requests.read_query(request)
        return ok(list_body(query, rows, render, uri=self.endpoints["list"].uri(self.prefix)))


class ContractMeta:
    """What every resource's `Meta` has in common."""

    serializer = ContractSerializer()
    authentication = AccessTokenAuthentication()
    include_resource_uri = False


class ContractApi(Api):
    """Tastypie's registry, mounted where the settings say rather than under its own name."""

    @property
    def urls(self) -> list[URLPattern]:
        """Give the root, the resources' paths, and "not found" for all the rest."""
        return [
            re_path(endpoints.ROOT.route, safely(self.top_level), name=f"api_{self.api_name}_top_level"),
            *(pattern for name in sorted(self._registry) for pattern in self._registry[name].urls),
            re_path(r"", safely(_not_found)),
        ]

    def top_level(self, request: HttpRequest, api_name: str | None = None) -> HttpResponse:
        """List the resources, after the contract's checks."""
        resource = _Root()
        return resource.dispatch("list", request)


class _Root(ContractResource):
    """The root as a resource of its own, so that it is checked like all others."""

    endpoints: ClassVar = {"list": endpoints.ROOT}

    class Meta(ContractMeta):
        resource_name = "root"

    def get_list(self, request: HttpRequest, **kwargs: Any) -> Reply:
        return ok(representations.root_body(self.prefix))


def _not_found(request: HttpRequest) -> HttpResponse:
    raise NotFound
