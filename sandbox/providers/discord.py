"""Discord: codes, the authorization information, which contains part of the user, and the profile."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import Account, present
from sandbox.providers.base import Reason, Route
from sandbox.providers.oauth2 import RFC_6749, ClientIn, OAuth2Provider, Refresh, Refusal, oauth_error
from sandbox.tokens import Grant

_VERSION = r"/api(?:/v\d+)?"

_UNAUTHORIZED = json_reply({"message": "401: Unauthorized", "code": 0}, 401)

_BAD_CODE = oauth_error("invalid_grant", 'Invalid "code" in request.')
_BAD_REDIRECT = oauth_error("invalid_request", 'Invalid "redirect_uri" in request.')


class Discord(OAuth2Provider):
    """Discord.

    Codes: https://discord.com/developers/docs/topics/oauth2#authorization-code-grant. The errors of a code and of a
    redirect URI: https://github.com/discord/discord-api-docs/issues/5579 and 4076.

    The authorization information contains `user` if the app has the scope `identify`, and the profile contains the
    address if it has `email`:
    https://discord.com/developers/docs/topics/oauth2#get-current-authorization-information. A persona without an
    address has granted `identify` only, which is social-core's default scope.
    """

    name = "discord"
    title = "Discord"
    hosts = {"https://discord.com": ""}
    checks_user = True
    authorization_path = "/api/oauth2/authorize"
    authorization_paths = f"(?:{_VERSION})?/oauth2/authorize"
    token_path = f"{_VERSION}/oauth2/token"
    client_in = frozenset(ClientIn)
    default_scope = "identify email"
    denied = {
        "error": "access_denied",
        "error_description": "The resource owner or authorization server denied the request",
    }
    refresh = Refresh.ROTATED
    token_lifetime = 604800
    token_refusals = {
        **RFC_6749,
        Refusal.CODE: _BAD_CODE,
        Refusal.EXPIRED: _BAD_CODE,
        Refusal.USED: _BAD_CODE,
        Refusal.REDIRECT: _BAD_REDIRECT,
        Refusal.UNREGISTERED_REDIRECT: _BAD_REDIRECT,
    }
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
