"""The resources: parse, one service call, render."""

# mypy: disable-error-code="misc"
# Tastypie has no types: every class of its is Any.

from typing import Any, ClassVar

from django.http import HttpRequest

from legacy_api.wiring import API, ContractMeta, ContractResource, caller
from shared.contract import endpoints
from shared.contract.errors import NotAuthenticated
from shared.contract.replies import Reply, created, no_content, ok
from shared.contract.sign_up import read_credential
from shared.http import requests
from shared.http.urls import mounted
from social import accounts, representations, service, tokens
from social.models import AccessToken
from social.providers import registry
from social.sign_up import sign_up


class ProviderResource(ContractResource):
    """The enabled providers."""

    endpoints: ClassVar = {"list": endpoints.PROVIDERS}

    class Meta(ContractMeta):
        resource_name = "provider"

    def get_list(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """List them."""
        return self.list_reply(request, representations.provider_bodies(), lambda body: body)


class SocialSignUpResource(ContractResource):
    """Sign up, sign in or link."""

    endpoints: ClassVar = {"list": endpoints.SIGN_UP}

    class Meta(ContractMeta):
        resource_name = "social_sign_up"

    def post_list(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """Take a provider's token; give the user and a credential."""
        credential = read_credential(requests.read_object(request), registry.accepts_of)
        token = caller(request)
        signed_in = sign_up(
            credential=credential, actor=token.user if token else None, api_version=mounted(API).version
        )
        body = representations.sign_in_body(signed_in, self.prefix)
        return created(body, location=body["resource_uri"])


class UserResource(ContractResource):
    """Oneself, alone and in a list."""

    endpoints: ClassVar = {"list": endpoints.USERS, "detail": endpoints.USER}

    class Meta(ContractMeta):
        resource_name = "user"

    def get_list(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """List oneself."""
        return self.list_reply(
            request, [_token(request).user], lambda user: representations.user_body(user, self.prefix)
        )

    def get_detail(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """Show oneself; any other is not found."""
        return ok(representations.user_body(service.get_for(_token(request).user, kwargs["id"]), self.prefix))


class SocialAccountResource(ContractResource):
    """The caller's linked identities."""

    endpoints: ClassVar = {"list": endpoints.SOCIAL_ACCOUNTS, "detail": endpoints.SOCIAL_ACCOUNT}

    class Meta(ContractMeta):
        resource_name = "social_account"

    def get_list(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """List them."""
        rows = accounts.list_for(_token(request).user)
        return self.list_reply(request, rows, lambda account: representations.account_body(account, self.prefix))

    def get_detail(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """Show one."""
        return ok(representations.account_body(accounts.get_for(_token(request).user, kwargs["id"]), self.prefix))

    def delete_detail(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """Disconnect one."""
        accounts.disconnect(user=_token(request).user, account_id=kwargs["id"], api_version=mounted(API).version)
        return no_content()


class TokenResource(ContractResource):
    """The caller's credentials, never their values."""

    endpoints: ClassVar = {
        "list": endpoints.TOKENS,
        "current": endpoints.CURRENT_TOKEN,
        "detail": endpoints.TOKEN,
    }

    class Meta(ContractMeta):
        resource_name = "token"

    def get_list(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """List them."""
        token = _token(request)
        rows = tokens.list_for(token.user)
        return self.list_reply(request, rows, lambda row: representations.token_body(row, self.prefix, current=token))

    def get_detail(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """Show one."""
        token = _token(request)
        return ok(representations.token_body(tokens.get_for(token.user, kwargs["id"]), self.prefix, current=token))

    def delete_detail(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """Revoke one."""
        tokens.revoke(tokens.get_for(_token(request).user, kwargs["id"]))
        return no_content()

    def dispatch_current(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Answer for the credential that the call is made with."""
        return self.dispatch("current", request, **kwargs)

    def get_current(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """Show it."""
        token = _token(request)
        return ok(representations.token_body(token, self.prefix, current=token))

    def delete_current(self, request: HttpRequest, **kwargs: Any) -> Reply:
        """Sign out."""
        tokens.revoke(_token(request))
        return no_content()


def _token(request: HttpRequest) -> AccessToken:
    """Give the token of a call on a path that needs one; `dispatch` has seen to it."""
    token = caller(request)
    if token is None:
        raise NotAuthenticated
    return token
