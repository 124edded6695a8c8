"""The contract as Tastypie's serializer, authentication and view wrapper; `legacy_api.resources` uses them."""

# mypy: disable-error-code="misc, no-any-return"
# Tastypie has no types, so its classes, and what their methods return, are Any.

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import force_bytes
from django.views.decorators.csrf import csrf_exempt
from tastypie.authentication import Authentication  # type: ignore[import-untyped]  # the package has no types
from tastypie.exceptions import ImmediateHttpResponse  # type: ignore[import-untyped]  # the package has no types
from tastypie.serializers import Serializer  # type: ignore[import-untyped]  # the package has no types

from shared.contract import wire
from shared.http import requests
from shared.http.failures import failure_reply
from shared.http.responses import django_response
from social import service
from social.models import AccessToken

View = Callable[..., HttpResponse]


def contract_view(view: View) -> View:
    """Return a view that answers every exception with the error envelope, in place of Tastypie's `wrap_view`.

    Tastypie's own wrapper re-raises exceptions if the server's name is `testserver`.
    """

    # Without ATOMIC_REQUESTS, which a project may set: the request would hold a transaction during provider calls.
    # Without LoginRequiredMiddleware, which would redirect clients to a page: the resource authenticates its calls.
    @csrf_exempt
    @login_not_required
    @transaction.non_atomic_requests
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Not the user of a session cookie, whom the project's middleware may have set.
        request.user = AnonymousUser()
        try:
            return view(request, *args, **kwargs)
        except ImmediateHttpResponse as stopped:
            return stopped.response
        except Exception as error:  # noqa: BLE001 - the client gets the envelope for every exception
            return django_response(failure_reply(error, request))

    return wrapper


class ContractSerializer(Serializer):
    """A serializer for JSON alone, with the same bytes as v2; an installed PyYAML or lxml adds no format."""

    formats: ClassVar = ["json"]
    content_types: ClassVar = {"json": wire.MEDIA_TYPE}

    def to_json(self, data: Any, options: Any = None) -> bytes:
        """Return the bytes of a body."""
        return wire.encode(data)

    def from_json(self, content: str | bytes) -> Any:
        """Return the JSON object in a body, which Tastypie has decoded to text."""
        return wire.decode(force_bytes(content))


class AccessTokenAuthentication(Authentication):
    """Authentication by access token, in the three forms of the contract; a key in the URL is refused."""

    def is_authenticated(self, request: HttpRequest, **kwargs: Any) -> bool:
        """Set `request.auth` to the access token or None, and `request.user` to its user; return True."""
        token = service.authenticate(requests.read_query(request), request.META)
        request.auth = token  # type: ignore[attr-defined]  # the name that DRF uses
        if token is not None:
            request.user = token.user
        return True

    def get_identifier(self, request: HttpRequest) -> str:
        """Return the user name, or `anonymous`."""
        token = token_of(request)
        return "anonymous" if token is None else token.user.get_username()


def token_of(request: HttpRequest) -> AccessToken | None:
    """Return the access token of an authenticated request, or None."""
    token: AccessToken | None = getattr(request, "auth", None)
    return token
