"""X with OAuth 1.0a: the API 1.1 that social-core calls, and API 2, with every signature verified."""

from collections.abc import Mapping, Sequence

from sandbox import oauth1, registrations, tokens
from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.oauth1 import SignedRequest
from sandbox.personas import Account, present
from sandbox.providers.base import Provider, Reason, Route
from sandbox.providers.twitter_oauth2 import API_2, USERS_ME, TwitterOAuth2, user_of_api_2
from sandbox.tokens import Grant

_ORIGINS = ("https://api.twitter.com", "https://api.x.com")


def _refusal(code: int, message: str, status: int = 401) -> Reply:
    return json_reply({"errors": [{"code": code, "message": message}]}, status)


_CODES = {429: 88, 500: 131, 503: 130}

_COULD_NOT_AUTHENTICATE = _refusal(32, "Could not authenticate you.")
_INVALID_TOKEN = _refusal(89, "Invalid or expired token.")

_REFUSALS = {
    **dict.fromkeys(Reason, _INVALID_TOKEN),
    Reason.UNREGISTERED: _refusal(416, "Invalid / suspended application"),
}


class Twitter(Provider):
    """X, formerly Twitter; its origins serve OAuth 2 as well.

    API 2 accepts a signature as API 1.1 does: https://docs.x.com/x-api/migrate/overview.
    """

    name = "twitter"
    title = "X (Twitter)"
    hosts = {
        **dict.fromkeys(_ORIGINS, ""),
        "https://twitter.com": "/www",
        "https://x.com": "/www",
    }
    issues_token_secret = True
    sees_registration = frozenset({Call.PROFILE})
    refusals = dict.fromkeys(Call, _REFUSALS)

    def __init__(self) -> None:
        self._nonces = oauth1.Nonces()
        self._oauth2 = TwitterOAuth2()

    @property
    def oauth2(self) -> TwitterOAuth2:
        """Return X with OAuth 2."""
        return self._oauth2

    def routes(self) -> Sequence[Route]:
        """Return the routes of the profile."""
        return (
            Route("GET", "/1.1/account/verify_credentials.json", self._verify_credentials),
            Route("GET", USERS_ME, self._users_me),
        )

    def user_id(self, number: int) -> int:
        """Return an integer."""
        return 20000 + number

    def error(self, status: int, message: str) -> Reply:
        """Return an error with Twitter's code."""
        return _refusal(_CODES.get(status, 214), message, status)

    def _verify_credentials(self, request: Request) -> Answer:
        signed = oauth1.read(request, _ORIGINS)
        if signed is None:
            return _refusal(215, "Bad Authentication data.", 400)
        with_email = request.query.get("include_email") == "true"
        return self.answer_for_token(
            request, Call.PROFILE, signed.token, lambda grant: self._profile(grant, signed, with_email)
        )

    def _users_me(self, request: Request) -> Answer:
        if request.credential("oauth") is None:
            return self._oauth2.users_me(request)
        signed = oauth1.read(request, _ORIGINS)

        def profile(grant: Grant) -> Reply:
            if signed is None or self._fault_of(signed, grant) is not None:
                return API_2.refusals[Reason.UNKNOWN]
            return user_of_api_2(request, self.profile_account(grant))

        return self.answer_for_token(request, Call.PROFILE, signed.token if signed else None, profile, API_2)

    def _profile(self, grant: Grant, signed: SignedRequest, with_email: bool) -> Reply:
        return self._fault_of(signed, grant) or json_reply(_user(self.profile_account(grant), with_email))

    def _fault_of(self, signed: SignedRequest, grant: Grant) -> Reply | None:
        """Return the answer of API 1.1 to a request with an invalid signature, or None."""
        consumer = registrations.find(self.name, signed.consumer_key)
        if consumer is None:
            return _COULD_NOT_AUTHENTICATE
        if consumer != grant.registration:
            return _INVALID_TOKEN
        if not signed.is_timely():
            return _refusal(135, "Timestamp out of bounds.")
        if not signed.is_signed_with(consumer.secret, tokens.secret_of(signed.token)):
            return _COULD_NOT_AUTHENTICATE
        if not self._nonces.first_use(signed):
            return _COULD_NOT_AUTHENTICATE
        return None


def _user(account: Account, with_email: bool) -> Mapping[str, object]:
    user = {
        "id": account.id,
        "id_str": account.text_id,
        "name": account.name,
        "screen_name": account.username,
        "location": "",
        "description": "",
        "url": None,
        "protected": False,
        "verified": False,
        "followers_count": 1,
        "friends_count": 1,
        "created_at": "Fri May 25 00:00:00 +0000 1979",
        "default_profile": True,
        "suspended": False,
    }
    # "If the email address is not verified, null will be returned", with `include_email`.
    return present({**user, "email": account.email if account.email_verified else None} if with_email else user)
