"""The contract as DRF's classes: authentication, permission, throttle, errors.

`api_v2.views.ContractView` names each of them, so a project's REST_FRAMEWORK settings have no effect on it.
"""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from shared.contract.errors import CHALLENGE, NotAuthenticated
from shared.contract.resources import Access, Operation
from shared.http import requests
from shared.http.failures import failure_reply
from shared.http.responses import django_response
from social import service
from social.models import AccessToken, User


def django_request(request: Request) -> HttpRequest:
    """Return the Django request that DRF wraps, by the attribute that DRF's documentation names."""
    wrapped: HttpRequest = request._request  # noqa: SLF001 - see above
    return wrapped


class AccessTokenAuthentication(BaseAuthentication):
    """Authentication by access token, in the three forms of the contract; cookies are ignored."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return the user and the access token; None for a call without `Authorization`."""
        call = django_request(request)
        token = service.authenticate(requests.read_query(call), call.META)
        return None if token is None else (token.user, token)

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge; without it, DRF answers 403 instead of 401."""
        return CHALLENGE


class AccessPermission(BasePermission):
    """Permission by the `access` of the declared operation."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True.

        :raises NotAuthenticated: the operation requires an access token and the call has none.
        """
        operation: Operation = view.operation  # type: ignore[attr-defined]  # every view of ours has one
        if operation.access is Access.REQUIRED and request.auth is None:
            raise NotAuthenticated
        return True


class ContractThrottle(BaseThrottle):
    """The rate limit that all versions share."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the call and return True.

        :raises Throttled: the address or the user has exceeded its rate limit.
        """
        operation: Operation = view.operation  # type: ignore[attr-defined]  # every view of ours has one
        service.count_call(operation, cast(AccessToken | None, request.auth), django_request(request).META)
        return True


def contract_exception_handler(error: Exception, context: Any) -> HttpResponse:
    """Return the error envelope for an exception in a view, also under DEBUG."""
    if isinstance(error, APIException):
        # ContractView replaces every check of DRF that raises one, so this is a bug; DRF's body would differ from v1's.
        error = RuntimeError(f"REST framework raised {type(error).__name__}")
    return django_response(failure_reply(error, django_request(context["request"])))
