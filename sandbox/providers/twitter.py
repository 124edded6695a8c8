"""X: the Twitter API 1.1 that social-core calls, with every OAuth 1.0a signature verified."""

from collections.abc import Mapping, Sequence

from sandbox import oauth1, registrations, tokens
from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.oauth1 import SignedRequest
from sandbox.personas import Account, present
from sandbox.providers.base import Provider, Reason, Route
from sandbox.tokens import Grant

_ORIGIN = "https://api.twitter.com"


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
    """X, formerly Twitter."""

    name = "twitter"
    title = "X (Twitter)"
    hosts = {_ORIGIN: ""}
    issues_token_secret = True
    sees_registration = frozenset({Call.PROFILE})
    refusals = dict.fromkeys(Call, _REFUSALS)

    def __init__(self) -> None:
        self._nonces = oauth1.Nonces()

    def routes(self) -> Sequence[Route]:
        """Return the route of the profile."""
        return (Route("GET", "/1.1/account/verify_credentials.json", self._verify_credentials),)

    def user_id(self, number: int) -> int:
        """Return an integer."""
        return 20000 + number

    def error(self, status: int, message: str) -> Reply:
        """Return an error with Twitter's code."""
        return _refusal(_CODES.get(status, 214), message, status)

    def _verify_credentials(self, request: Request) -> Answer:
        signed = oauth1.read(request, _ORIGIN)
        if signed is None:
            return _refusal(215, "Bad Authentication data.", 400)
        with_email = request.query.get("include_email") == "true"
        return self.answer_for_token(
            request, Call.PROFILE, signed.token, lambda grant: self._profile(grant, signed, with_email)
        )

    def _profile(self, grant: Grant, signed: SignedRequest, with_email: bool) -> Reply:
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
        return json_reply(_user(self.profile_account(grant), with_email))


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
