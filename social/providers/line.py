"""LINE: `oauth2/v2.1/verify` names the channel that a token was issued to.

https://developers.line.biz/en/reference/line-login/#verify-access-token
"""

from shared.contract.errors import ProviderBadResponse, TokenRejected
from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy, get_claims, require_our_client_id
from social.engine.strategy import Pending
from social.network.concurrency import run_concurrently

CHECK_URL = "https://api.line.me/oauth2/v2.1/verify"


class Line(Policy):
    """LINE Login by access token."""

    backend = "social_core.backends.line.LineOAuth2"
    hosts = frozenset({"api.line.me"})
    pkce = True  # https://developers.line.biz/en/docs/line-login/integrate-pkce/
    proof = "`client_id` of `oauth2/v2.1/verify` is one of our channel ids"
    names_application = True
    enforced = {"ID_KEY": None}

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token and request the profile."""
        token = credential.access_token
        _, pending = run_concurrently(lambda: self._check(backend, token), lambda: backend.do_auth(token))
        return pending

    def _check(self, backend: Guarded, token: str | None) -> None:
        claims = get_claims(backend, CHECK_URL, params={"access_token": token})
        require_our_client_id(claims.get("client_id"), self.client_ids(backend))
        # The page requires the application to check that the value is positive.
        remaining = claims.get("expires_in")
        if isinstance(remaining, bool) or not isinstance(remaining, int):
            raise ProviderBadResponse("no_expiry")
        if remaining <= 0:
            raise TokenRejected("expired")
