"""Kakao: `access_token_info` names the app that a token was issued to, and the user.

https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#get-token-info. It names the app by its number
(`_APP_ID`), not by its client id.
"""

from collections.abc import Mapping
from typing import Any

from shared.contract.errors import TokenRejected
from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.policy import Policy, get_claims, names_in, require_our_client_id
from social.engine.strategy import Pending
from social.network.concurrency import run_concurrently

CHECK_URL = "https://kapi.kakao.com/v1/user/access_token_info"


class Kakao(Policy):
    """Kakao Login by access token."""

    backend = "social_core.backends.kakao.KakaoOAuth2"
    hosts = frozenset({"kapi.kakao.com"})
    proof = "`app_id` of `access_token_info` is one of `_APP_ID`"
    needs = ("KEY", "SECRET", "APP_ID")
    enforced = {"ID_KEY": None}

    def client_ids(self, backend: Guarded) -> frozenset[str]:
        """Return the numbers of our apps."""
        return names_in(backend.setting("APP_ID"))

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token and request the profile."""
        token = credential.access_token
        claims, pending = run_concurrently(lambda: self._check(backend, token), lambda: backend.do_auth(token))
        owner = claims.get("id")
        if owner is None or str(owner) != backend.get_user_id({}, pending.profile):
            raise TokenRejected
        return pending

    def is_address_unverified(self, profile: Mapping[str, Any]) -> bool:
        """Return True if the account says that the address is not verified."""
        account = profile.get("kakao_account")
        return isinstance(account, dict) and account.get("is_email_verified") is not True

    def _check(self, backend: Guarded, token: str | None) -> dict[str, Any]:
        claims = get_claims(backend, CHECK_URL, headers={"Authorization": f"Bearer {token}"})
        app = claims.get("app_id")
        number = isinstance(app, int) and not isinstance(app, bool)
        require_our_client_id(str(app) if number else None, self.client_ids(backend))
        return claims
