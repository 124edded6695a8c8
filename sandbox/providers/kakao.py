"""Kakao: the information about a token, which names the app by its number, and the profile."""

from collections.abc import Sequence

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import present
from sandbox.providers.base import Provider, Reason, Route
from sandbox.tokens import Grant

_CODES = {429: -10, 500: -1, 503: -9798}


def _refusal(message: str) -> Reply:
    return json_reply({"msg": message, "code": -401}, 401, {"WWW-Authenticate": "Bearer error=invalid_token"})


_REFUSALS = {
    **dict.fromkeys(Reason, _refusal("this access token does not exist")),
    Reason.EXPIRED: _refusal("this access token is already expired"),
}


class Kakao(Provider):
    """Kakao.

    Token and profile: https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#get-token-info and
    `#req-user-info`. Errors: https://developers.kakao.com/docs/latest/ko/reference/rest-api-reference#error-code.
    """

    name = "kakao"
    title = "Kakao"
    hosts = {"https://kapi.kakao.com": ""}
    checks_user = True
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
