"""The refresh of access tokens by social-core's own code (RFC 6749 section 6), where it has to be corrected."""

from typing import Any

from requests import Response
from requests.auth import AuthBase, HTTPBasicAuth
from social_core.exceptions import AuthResponseError

from social.network.transport import TransportBase
from social.provider_token_storage import StoredTokens


class Refreshing(TransportBase):
    """The part of every backend that refreshes access tokens."""

    is_refreshing = False
    """Whether the backend may call the hosts of the token endpoint."""

    def refresh(self, tokens: StoredTokens) -> dict[str, Any]:
        """Return the answer of the token endpoint to a stored refresh token.

        :raises SocialAuthBaseException: the provider fails or refuses the token.
        """
        self.is_refreshing = True
        # Apple's backend makes the secret of the client in `data`: a native SDK's code was issued to another client.
        self.data = {"client_id": tokens.client_id} if tokens.client_id else {}
        backend: Any = self
        answer: dict[str, Any] = backend.refresh_token(
            tokens.refresh_token, **backend.get_refresh_token_kwargs(tokens.extra_data)
        )
        token = backend.get_access_token(answer)
        if not token:
            raise AuthResponseError(backend, claim="access_token", code="missing_claim", stage="refresh")
        return {**answer, "access_token": token}

    def refresh_token_auth(self) -> AuthBase | None:
        """Return the client's credentials as they are sent with a code, unless the backend has its own.

        social-core sends none with a refresh token, which X refuses as `unauthorized_client`
        (https://github.com/unasuke/omniauth-twitter2/issues/4).
        """
        backend: Any = super()
        own: AuthBase | None = backend.refresh_token_auth()
        credentials = None if own is not None else backend.auth_complete_credentials()
        return own if credentials is None else HTTPBasicAuth(*credentials)

    def refresh_token_params(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the parameters, without the client's credentials if `refresh_token_auth` has them.

        A client must not authenticate in two ways (RFC 6749 section 2.3).
        """
        backend: Any = super()
        params: dict[str, Any] = backend.refresh_token_params(*args, **kwargs)
        sent_in_header = {"client_id", "client_secret"} if backend.use_basic_auth() else frozenset()
        return {name: value for name, value in params.items() if name not in sent_in_header}

    def process_refresh_token_response(self, response: Response, *args: Any, **kwargs: Any) -> Any:
        """Return the JSON of the answer, without social-core's check of an id_token in it.

        Nobody reads that id_token. If the check failed, the refresh token that the provider has replaced would be lost.
        """
        return response.json()
