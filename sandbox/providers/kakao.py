"""Kakao: codes, the information about a token, which names the app by its number, and the profile."""

from collections.abc import Mapping, Sequence

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import present
from sandbox.providers.base import Reason, Route
from sandbox.providers.oauth2 import OAuth2Provider, Refresh, Refusal, oauth_error
from sandbox.tokens import Grant

_CODES = {429: -10, 500: -1, 503: -9798}


def _refusal(message: str) -> Reply:
    return json_reply({"msg": message, "code": -401}, 401, {"WWW-Authenticate": "Bearer error=invalid_token"})


_REFUSALS = {
    **dict.fromkeys(Reason, _refusal("this access token does not exist")),
    Reason.EXPIRED: _refusal("this access token is already expired"),
}

_BAD_CODE = oauth_error("invalid_grant", "authorization code not found for code", error_code="KOE320")
_BAD_REDIRECT = oauth_error("invalid_grant", "Redirect URI mismatch.", error_code="KOE303")


class Kakao(OAuth2Provider):
    """Kakao.

    Codes: https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#request-token. The codes of its errors:
    https://developers.kakao.com/docs/latest/en/kakaologin/trouble-shooting.

    Token and profile: https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#get-token-info and
    `#req-user-info`. Errors: https://developers.kakao.com/docs/latest/ko/reference/rest-api-reference#error-code.
    """

    name = "kakao"
    title = "Kakao"
    hosts = {"https://kapi.kakao.com": "", "https://kauth.kakao.com": "/kauth"}
    checks_user = True
    authorization_path = "/kauth/oauth/authorize"
    token_path = "/kauth/oauth/token"
    default_scope = "profile_nickname account_email"
    denied = {"error": "access_denied", "error_description": "User denied access"}
    refresh = Refresh.KEPT
    token_lifetime = 21599
    token_refusals = {
        **dict.fromkeys(Refusal, _BAD_CODE),
        Refusal.CLIENT: oauth_error("invalid_client", "Bad client credentials", 401, error_code="KOE010"),
        Refusal.CLIENT_GRANT: oauth_error("unauthorized_client", "Not allowed for this app", error_code="KOE004"),
        Refusal.GRANT: oauth_error("unsupported_grant_type", "Unsupported grant type", error_code="KOE009"),
        Refusal.PARAMETER: oauth_error("invalid_request", "Missing parameter: code", error_code="KOE001"),
        Refusal.REDIRECT: _BAD_REDIRECT,
        Refusal.UNREGISTERED_REDIRECT: _BAD_REDIRECT,
        Refusal.REFRESH_TOKEN: oauth_error("invalid_grant", "expired_or_invalid_refresh_token", error_code="KOE322"),
    }
    refusals = dict.fromkeys(Call, _REFUSALS)

    def routes(self) -> Sequence[Route]:
        """Return the routes of the check and of the profile."""
        return (
            Route("GET", "/v1/user/access_token_info", self._token_info),
            Route("GET", "/v2/user/me", self._user),
        )

    def user_id(self, number: int) -> int:
        """Return an integer of more than 32 bits."""
        return 9840000000 + number

    def error(self, status: int, message: str) -> Reply:
        """Return an error with Kakao's code, which is negative."""
        return json_reply({"msg": message, "code": _CODES.get(status, -2)}, status)

    def token_answer(self, grant: Grant, issued: Mapping[str, object]) -> Mapping[str, object]:
        """Return the answer, with the lifetime of the refresh token if there is one."""
        answer = {**issued, "token_type": "bearer"}
        return {**answer, "refresh_token_expires_in": 5183999} if "refresh_token" in issued else answer

    def _token_info(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.CHECK, request.credential("bearer"), self._check)

    def _check(self, grant: Grant) -> Reply:
        info = {
            "id": self.account(grant.persona).id,
            "expires_in": grant.expires_in,
            "app_id": grant.registration.app_id,
        }
        return json_reply(present(info))

    def _user(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.PROFILE, request.credential("bearer"), self._profile)

    def _profile(self, grant: Grant) -> Reply:
        account = self.profile_account(grant)
        kakao_account: dict[str, object] = {
            "profile_nickname_needs_agreement": False,
            "profile": {"nickname": account.name, "is_default_nickname": False},
            "email_needs_agreement": account.email is None,
        }
        if account.email is not None:
            # `is_email_valid` becomes false if another account takes over the address.
            kakao_account |= {"is_email_valid": True, "is_email_verified": account.email_verified}
            kakao_account["email"] = account.email
        profile = {
            "id": account.id,
            "connected_at": "2026-01-01T00:00:00Z",
            "properties": {"nickname": account.name},
            "kakao_account": kakao_account,
        }
        return json_reply(present(profile))
