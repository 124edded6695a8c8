"""LINE: `oauth2/v2.1/verify` says which channel a token is of.

https://developers.line.biz/en/reference/line-login/#verify-access-token
"""

from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy, ask, require_ours
from social.engine.strategy import Pending
from social.network.concurrency import together

CHECK_URL = "https://api.line.me/oauth2/v2.1/verify"


class Line(Policy):
    """LINE Login by access token."""

    backend = "social_core.backends.line.LineOAuth2"
    hosts = frozenset({"api.line.me"})
    proof = "`client_id` of `oauth2/v2.1/verify` is one of our channel ids"
    enforced = {"ID_KEY": None}

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token and ask for the profile."""
        token = credential.access_token
        _, pending = together(lambda: self._check(backend, token), lambda: backend.do_auth(token))
        return pending

    def _check(self, backend: Guarded, token: str | None) -> None:
        claims = ask(backend, CHECK_URL, params={"access_token": token})
        require_ours(claims.get("client_id"), self.client_ids(backend))
