"""X: codes of its OAuth 2, and its API 2."""

from collections.abc import Mapping, Sequence

from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import Account, present
from sandbox.providers.base import ErrorFormat, Reason, Route
from sandbox.providers.oauth2 import ClientIn, OAuth2Provider, Refresh, Refusal, oauth_error, scopes_of
from sandbox.tokens import Grant

USERS_ME = "/2/users/me"

_FIELDS = frozenset(
    {
        *("confirmed_email", "created_at", "description", "entities", "id", "location", "name", "pinned_tweet_id"),
        *("profile_image_url", "protected", "public_metrics", "url", "username", "verified", "verified_type"),
        "withheld",
    }
)
"""The values of `user.fields` that social-core asks for, and the address."""

_TITLES = {429: "Too Many Requests", 500: "Internal Error", 503: "Service Unavailable"}


def _problem(status: int, title: str, detail: str, kind: str = "about:blank", **more: str) -> Reply:
    return json_reply({"title": title, "type": kind, "status": status, "detail": detail, **more}, status)


def _error(status: int, message: str) -> Reply:
    if status == 400:
        return json_reply({"errors": [{"message": message}], "title": "Invalid Request", "detail": message}, 400)
    return _problem(status, _TITLES.get(status, "Error"), message)


API_2 = ErrorFormat(
    {
        **dict.fromkeys(Reason, _problem(401, "Unauthorized", "Unauthorized")),
        Reason.UNREGISTERED: _problem(
            403,
            "Client Forbidden",
            "When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a "
            "Twitter developer App that is attached to a Project.",
            "https://api.twitter.com/2/problems/client-forbidden",
            reason="client-not-enrolled",
            required_enrollment="Appropriate Level of API Access",
        ),
    },
    _error,
)
"""https://docs.x.com/x-api/fundamentals/response-codes-and-errors."""


def user_of_api_2(request: Request, account: Account) -> Reply:
    """Return the user with the fields that the request names: https://docs.x.com/x-api/users/get-my-user."""
    requested = {name for name in request.query.get("user.fields", "").split(",") if name}
    if unknown := requested - _FIELDS:
        return _error(400, f"The `user.fields` query parameter value {sorted(unknown)} is not valid.")
    optional: dict[str, object] = {
        "created_at": "1979-05-25T00:00:00.000Z",
        "description": "",
        "location": "",
        "profile_image_url": "https://abs.twimg.com/sticky/default_profile_images/default_profile_normal.png",
        "protected": False,
        "public_metrics": {"followers_count": 1, "following_count": 1, "tweet_count": 0, "listed_count": 0},
        "url": "",
        "verified": False,
        "verified_type": "none",
    }
    if account.email is not None and account.email_verified:
        optional["confirmed_email"] = account.email
    user = {"id": account.text_id, "name": account.name, "username": account.username}
    chosen = {name: value for name, value in optional.items() if name in requested}
    return json_reply({"data": present({**user, **chosen})})


_BAD_CODE = oauth_error("invalid_request", "Value passed for the authorization code was invalid.")
_BAD_REDIRECT = oauth_error(
    "invalid_request", "Value passed for the redirect uri did not match the uri of the authorization code."
)
_BAD_CLIENT = oauth_error("unauthorized_client", "Missing valid authorization header", 401)


class TwitterOAuth2(OAuth2Provider):
    """X with OAuth 2; its origins are those of `Twitter`, whose paths include these.

    https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code. The texts of the errors:
    https://github.com/plhery/node-twitter-api-v2/issues/496, https://github.com/tweepy/tweepy/issues/2021 and
    https://github.com/xdevplatform/twitter-api-typescript-sdk/issues/26. None is `invalid_grant`.
    """

    name = "twitter-oauth2"
    title = "X (OAuth 2)"
    hosts = {}
    sees_registration = frozenset({Call.PROFILE})
    refusals = dict.fromkeys(Call, API_2.refusals)
    authorization_path = "/www/i/oauth2/authorize"
    token_path = "/2/oauth2/token"
    client_in = frozenset({ClientIn.BASIC})
    default_scope = "users.read tweet.read"
    requires_challenge = True
    challenge_methods = ("S256", "s256")  # social-core sends the latter
    refresh = Refresh.ROTATED
    token_lifetime = 7200
    token_refusals = {
        **dict.fromkeys(Refusal, _BAD_CODE),
        Refusal.CLIENT: _BAD_CLIENT,
        Refusal.CLIENT_GRANT: _BAD_CLIENT,
        Refusal.GRANT: oauth_error("unsupported_grant_type", "Value passed for grant_type was invalid."),
        Refusal.PARAMETER: oauth_error("invalid_request", "Missing required parameter [code]."),
        Refusal.REDIRECT: _BAD_REDIRECT,
        Refusal.UNREGISTERED_REDIRECT: _BAD_REDIRECT,
        Refusal.NO_VERIFIER: oauth_error("invalid_request", "Missing required parameter [code_verifier]."),
        Refusal.VERIFIER: oauth_error(
            "invalid_request", "Value passed for the code verifier did not match the code challenge."
        ),
        Refusal.REFRESH_TOKEN: oauth_error("invalid_request", "Value passed for the token was invalid."),
    }

    def routes(self) -> Sequence[Route]:
        """Return the route of the profile."""
        return (Route("GET", USERS_ME, self.users_me),)

    def user_id(self, number: int) -> int:
        """Return the integer of `Twitter`, which API 2 writes as a string."""
        return 20000 + number

    def error(self, status: int, message: str) -> Reply:
        """Return an error of API 2."""
        return API_2.error(status, message)

    def gives_refresh_token(self, parameters: Mapping[str, str]) -> bool:
        """Return True for the scope `offline.access`."""
        return "offline.access" in scopes_of(parameters.get("scope", ""))

    def token_answer(self, grant: Grant, issued: Mapping[str, object]) -> Mapping[str, object]:
        """Return the answer with the type in lower case."""
        return {**issued, "token_type": "bearer"}

    def users_me(self, request: Request) -> Answer:
        """Return the answer to a request with a bearer token."""
        return self.answer_for_token(
            request,
            Call.PROFILE,
            request.credential("bearer"),
            lambda grant: user_of_api_2(request, self.profile_account(grant)),
        )
