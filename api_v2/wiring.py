"""DRF's extension points, holding the contract: negotiation, rendering, authentication, permission, errors.

A project's own REST_FRAMEWORK settings change nothing here: each view names all of its classes.
"""

from typing import Any, cast

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from shared.contract import wire
from shared.contract.authorization import REALM
from shared.contract.errors import NotAuthenticated
from shared.contract.replies import Reply
from shared.contract.resources import Access, Operation
from shared.http import requests
from shared.http.failures import failure_reply
from shared.http.responses import attach_reply
from social import service
from social.models import AccessToken, User


def django_request(request: Request) -> HttpRequest:
    """Give the request that DRF wraps; DRF's own documentation names this as the way to it."""
    wrapped: HttpRequest = request._request  # noqa: SLF001 - see above
    return wrapped


def drf_response(reply: Reply) -> Response:
    """Turn a reply into DRF's response."""
    return attach_reply(Response(reply.body, status=reply.status, headers=dict(reply.headers)), reply)


class ContractNegotiation(BaseContentNegotiation):
    """There is one representation, whatever `Accept` or `?format=` ask for."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Give the one parser."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Give the one renderer."""
        return renderers[0], renderers[0].media_type


class ContractParser(BaseParser):
    """The strict dialect; views read the body through `shared.http.requests`, which DRF would skip for an empty one."""

    media_type = wire.MEDIA_TYPE

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Give the object in the body."""
        return requests.read_object(django_request(parser_context["request"]))


class ContractRenderer(BaseRenderer):
    """The bytes that every API sends."""

    media_type = wire.MEDIA_TYPE
    format = "json"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Give a body's bytes; none for an answer without a body."""
        return b"" if data is None else wire.encode(data)


class AccessTokenAuthentication(BaseAuthentication):
    """Our access tokens, in the three forms of the contract; cookies are not looked at."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return the caller and the token; None for a call without `Authorization`."""
        token = service.authenticate(requests.read_query(django_request(request)), request.META)
        return None if token is None else (token.user, token)

    def authenticate_header(self, request: Request) -> str:
        """Give the challenge; without one DRF makes a 403 of a 401."""
        return f'Bearer realm="{REALM}"'


class AccessPermission(BasePermission):
    """Who may call an operation, as its declaration says."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True, or raise if credentials are missing."""
        operation: Operation = view.operation  # type: ignore[attr-defined]  # every view of ours has one
        if operation.access is Access.REQUIRED and request.auth is None:
            raise NotAuthenticated
        return True


class ContractThrottle(BaseThrottle):
    """The budget that all versions share."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the call; the contract's error answers one over the budget."""
        operation: Operation = view.operation  # type: ignore[attr-defined]  # every view of ours has one
        service.count_call(operation, cast(AccessToken | None, request.auth), request.META)
        return True


def contract_exception_handler(error: Exception, context: Any) -> Response:
    """Give the envelope for whatever a view raised, also under DEBUG."""
    if isinstance(error, APIException):
        # None of DRF's own checks is left in place to raise one; a body of theirs would break sameness.
        error = RuntimeError(f"REST framework raised {type(error).__name__}")
    return drf_response(failure_reply(error, django_request(context["request"])))
