"""Kakao: `access_token_info` names the app that a token was issued to, and the user.

https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#get-token-info. It names the app by its number
(`_APP_ID`), not by its client id.
"""

from typing import Any

from shared.contract.sign_up import Credential
from social.engine.addresses import AddressRule
from social.engine.backends import Guarded
from social.engine.policy import Policy, get_claims, names_in, require_our_client_id, require_same_user
from social.engine.strategy import Pending
from social.network.concurrency import run_concurrently

CHECK_URL = "https://kapi.kakao.com/v1/user/access_token_info"


class Kakao(Policy):
    """Kakao Login by access token."""

    backend = "social_core.backends.kakao.KakaoOAuth2"
    hosts = frozenset({"kapi.kakao.com"})
    proof = "`app_id` of `access_token_info` is one of `_APP_ID`"
    names_application = True
    needs = ("KEY", "SECRET", "APP_ID")
    code_hosts = frozenset({"kauth.kakao.com"})
    adds_redirect_uri = True  # https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#request-token
    enforced = {"ID_KEY": None}
    # `is_email_valid` becomes false when another account takes over the address.
    addresses = AddressRule(
        flags=("is_email_valid", "is_email_verified"),
        within="kakao_account",
        source="https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#kakaoaccount",
    )

    def client_ids(self, backend: Guarded) -> frozenset[str]:
        """Return the numbers of our apps."""
        return names_in(backend.setting("APP_ID"))

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Check the token and request the profile."""
        token = credential.access_token
        claims, pending = run_concurrently(lambda: self._check(backend, token), lambda: backend.do_auth(token))
        require_same_user(claims.get("id"), backend.get_user_id({}, pending.profile))
        return pending

    def _check(self, backend: Guarded, token: str | None) -> dict[str, Any]:
        claims = get_claims(backend, CHECK_URL, headers={"Authorization": f"Bearer {token}"})
        app = claims.get("app_id")
        number = isinstance(app, int) and not isinstance(app, bool)
        require_our_client_id(str(app) if number else None, self.client_ids(backend))
        return claims
