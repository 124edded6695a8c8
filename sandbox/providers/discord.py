"""Discord: the authorization information, which contains part of the user, and the profile."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import Account, present
from sandbox.providers.base import Provider, Reason, Route
from sandbox.tokens import Grant

_VERSION = r"/api(?:/v\d+)?"

_UNAUTHORIZED = json_reply({"message": "401: Unauthorized", "code": 0}, 401)


class Discord(Provider):
    """Discord.

    The authorization information contains `user` if the app has the scope `identify`, and the profile contains the
    address if it has `email`:
    https://discord.com/developers/docs/topics/oauth2#get-current-authorization-information. A persona without an
    address has granted `identify` only, which is social-core's default scope.
    """

    name = "discord"
    title = "Discord"
    hosts = {"https://discord.com": ""}
    checks_user = True
    refusals = dict.fromkeys(Call, dict.fromkeys(Reason, _UNAUTHORIZED))

    def routes(self) -> Sequence[Route]:
        """Return the routes of the check and of the profile."""
        return (
            Route("GET", f"{_VERSION}/oauth2/@me", self._authorization),
            Route("GET", f"{_VERSION}/users/@me", self._user),
        )

    def user_id(self, number: int) -> str:
        """Return a snowflake."""
        return str(80351110224700000 + number)

    def error(self, status: int, message: str) -> Reply:
        """Return an error in Discord's format."""
        if status == 429:
            return json_reply({"message": message, "retry_after": 30.0, "global": False}, status)
        return json_reply({"message": message, "code": 0}, status)

    def _authorization(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.CHECK, request.credential("bearer"), self._check)

    def _check(self, grant: Grant) -> Reply:
        account = self.account(grant.persona)
        return json_reply(
            {
                "application": {
                    "id": grant.registration.client_id,
                    "name": grant.registration.title,
                    "icon": None,
                    "description": "",
                    "bot_public": False,
                    "bot_require_code_grant": False,
                },
                "scopes": ["identify"] if account.email is None else ["identify", "email"],
                "expires": datetime.fromtimestamp(grant.expires, UTC).isoformat(),
                "user": _user(account),
            }
        )

    def _user(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.PROFILE, request.credential("bearer"), self._profile)

    def _profile(self, grant: Grant) -> Reply:
        account = self.profile_account(grant)
        profile = {**_user(account), "locale": "en-US"}
        if account.email is not None:
            profile |= {"email": account.email, "verified": account.email_verified}
        return json_reply(profile)


def _user(account: Account) -> dict[str, object]:
    return present(
        {
            "id": account.id,
            "username": account.username,
            "avatar": None,
            "discriminator": "0",
            "public_flags": 0,
            "global_name": account.name,
        }
    )
