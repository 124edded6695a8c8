"""The views: parse, one service call, render."""

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
from shared.contract import endpoints
from shared.contract.endpoints import Endpoint
from shared.contract.errors import MethodNotAllowed, NotFound
from shared.contract.replies import created, no_content, ok
from shared.contract.sign_up import read_credential
from shared.http import requests
from shared.http.urls import mounted
from social import accounts, representations, service, tokens
from social.models import AccessToken
from social.providers import registry
from social.service import list_body
from social.sign_up import sign_up

API = "api_v2"


# The service owns its transaction; a project's ATOMIC_REQUESTS would hold one while a provider is waited for.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class ContractView(APIView):
    """One path of the contract; `endpoint` says which."""

    endpoint: ClassVar[Endpoint]
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
        """DRF's `Allow` and `Vary` on every answer are not the contract's."""
        return {}

    def get_exception_handler(self) -> Any:
        """The contract's, whatever the project has set."""
        return contract_exception_handler

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check in the contract's order: the method comes before the credentials, OPTIONS needs none."""
        if request.method not in self.endpoint.methods:
            raise MethodNotAllowed(self.endpoint.allow)
        if request.method != "OPTIONS":
            super().initial(request, *args, **kwargs)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Say what the path takes."""
        return drf_response(no_content({"Allow": self.endpoint.allow}))

    @property
    def prefix(self) -> str:
        """Where this version is mounted."""
        return mounted(API).prefix

    def list_response(self, request: Request, rows: Any, render: Any) -> Response:
        """Give the part of a list that is asked for."""
        query = requests.read_query(django_request(request))
        return drf_response(ok(list_body(query, rows, render, uri=self.endpoint.uri(self.prefix))))


class RootView(ContractView):
    """What there is."""

    endpoint = endpoints.ROOT

    def get(self, request: Request) -> Response:
        """List the resources."""
        return drf_response(ok(representations.root_body(self.prefix)))


class ProvidersView(ContractView):
    """The enabled providers."""

    endpoint = endpoints.PROVIDERS

    def get(self, request: Request) -> Response:
        """List them."""
        return self.list_response(request, representations.provider_bodies(), lambda body: body)


class SignUpView(ContractView):
    """Sign up, sign in or link."""

    endpoint = endpoints.SIGN_UP

    def post(self, request: Request) -> Response:
        """Take a provider's token; give the user and a credential."""
        credential = read_credential(requests.read_object(django_request(request)), registry.accepts_of)
        actor = request.auth.user if isinstance(request.auth, AccessToken) else None
        signed_in = sign_up(credential=credential, actor=actor, api_version=mounted(API).version)
        body = representations.sign_in_body(signed_in, self.prefix)
        return drf_response(created(body, location=body["resource_uri"]))


class UsersView(ContractView):
    """The list with oneself in it."""

    endpoint = endpoints.USERS

    def get(self, request: Request) -> Response:
        """List oneself."""
        return self.list_response(
            request, [_caller(request).user], lambda user: representations.user_body(user, self.prefix)
        )


class UserView(ContractView):
    """Oneself."""

    endpoint = endpoints.USER

    def get(self, request: Request, id: str) -> Response:
        """Show oneself; any other is not found."""
        return drf_response(ok(representations.user_body(service.get_for(_caller(request).user, id), self.prefix)))


class SocialAccountsView(ContractView):
    """The caller's linked identities."""

    endpoint = endpoints.SOCIAL_ACCOUNTS

    def get(self, request: Request) -> Response:
        """List them."""
        rows = accounts.list_for(_caller(request).user)
        return self.list_response(request, rows, lambda account: representations.account_body(account, self.prefix))


class SocialAccountView(ContractView):
    """One linked identity."""

    endpoint = endpoints.SOCIAL_ACCOUNT

    def get(self, request: Request, id: str) -> Response:
        """Show it."""
        return drf_response(ok(representations.account_body(accounts.get_for(_caller(request).user, id), self.prefix)))

    def delete(self, request: Request, id: str) -> Response:
        """Disconnect it."""
        accounts.disconnect(user=_caller(request).user, account_id=id, api_version=mounted(API).version)
        return drf_response(no_content())


class TokensView(ContractView):
    """The caller's credentials."""

    endpoint = endpoints.TOKENS

    def get(self, request: Request) -> Response:
        """List them, never their values."""
        caller = _caller(request)
        rows = tokens.list_for(caller.user)
        return self.list_response(
            request, rows, lambda row: representations.token_body(row, self.prefix, current=caller)
        )


class TokenView(ContractView):
    """One credential."""

    endpoint = endpoints.TOKEN

    def get(self, request: Request, id: str) -> Response:
        """Show it, never its value."""
        caller = _caller(request)
        return drf_response(
            ok(representations.token_body(tokens.get_for(caller.user, id), self.prefix, current=caller))
        )

    def delete(self, request: Request, id: str) -> Response:
        """Revoke it."""
        tokens.revoke(tokens.get_for(_caller(request).user, id))
        return drf_response(no_content())


class CurrentTokenView(ContractView):
    """The credential that the call is made with."""

    endpoint = endpoints.CURRENT_TOKEN

    def get(self, request: Request) -> Response:
        """Show it, never its value."""
        caller = _caller(request)
        return drf_response(ok(representations.token_body(caller, self.prefix, current=caller)))

    def delete(self, request: Request) -> Response:
        """Sign out."""
        tokens.revoke(_caller(request))
        return drf_response(no_content())


class NotFoundView(ContractView):
    """Every other path: the first check, before the method and the credentials."""

    endpoint = endpoints.ROOT

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find nothing."""
        raise NotFound


def _caller(request: Request) -> AccessToken:
    """Give the token of a call that `AccessPermission` has let through."""
    if not isinstance(request.auth, AccessToken):
        raise TypeError("a path with credentials was reached without them")
    return request.auth
