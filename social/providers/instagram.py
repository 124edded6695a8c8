"""Instagram: the exchange of a short-lived token with our client secret.

`ig_exchange_token` succeeds only for a token of the application whose secret is sent
(https://developers.facebook.com/docs/instagram-platform/reference/access_token). Meta offers this to existing
deployments only. The profile is requested with the long-lived token from the response, and that token is stored.
"""

from social_core.exceptions import AuthResponseError

from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy
from social.engine.strategy import Pending

EXCHANGE_URL = "https://graph.instagram.com/access_token"


class Instagram(Policy):
    """Instagram by a short-lived access token."""

    backend = "social_core.backends.instagram.InstagramOAuth2"
    hosts = frozenset({"graph.instagram.com"})
    code_hosts = frozenset({"api.instagram.com"})
    proof = "the exchange of the token with our client secret (`ig_exchange_token`)"

    # As in Facebook's Graph API, 101 is "API key invalid".
    misconfigured_codes = frozenset({101})

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Exchange the token, then request the profile with the new one."""
        _, secret = backend.get_key_and_secret()
        answer = backend.get_json(
            EXCHANGE_URL,
            params={
                "grant_type": "ig_exchange_token",
                "client_secret": secret,
                "access_token": credential.access_token,
            },
            stage="token_validation",
        )
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise AuthResponseError(backend, code="malformed_response", stage="token_validation")
        return backend.do_auth(token)
