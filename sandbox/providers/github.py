"""GitHub: codes, the check of a token, whose answer contains the user, and the profile."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from sandbox import registrations
from sandbox.faults import Call
from sandbox.messages import Answer, Reply, Request, json_reply
from sandbox.personas import Account, present
from sandbox.providers.base import Reason, Route
from sandbox.providers.oauth2 import OAuth2Provider, Refusal, oauth_error
from sandbox.tokens import Grant


def _error(status: int, message: str) -> Reply:
    documentation = "https://docs.github.com/rest"
    return json_reply({"message": message, "documentation_url": documentation, "status": str(status)}, status)


_BAD_CREDENTIALS = _error(401, "Bad credentials")
_NOT_FOUND = _error(404, "Not Found")

_NAMELESS = (
    "Request forbidden by administrative rules. Please make sure your request has a User-Agent header "
    "(https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent)."
)


def _token_error(error: str, description: str) -> Reply:
    page = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/"
    return oauth_error(error, description, 200, error_uri=f"{page}#{error.replace('_', '-')}")


_BAD_CODE = _token_error("bad_verification_code", "The code passed is incorrect or expired.")
_BAD_CLIENT = _token_error("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
_BAD_REDIRECT = _token_error(
    "redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application."
)


class GitHub(OAuth2Provider):
    """GitHub.

    Codes: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps. The token endpoint
    answers 200 to what it refuses:
    https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/.
    """

    name = "github"
    title = "GitHub"
    hosts = {"https://api.github.com": "", "https://github.com": "/web"}
    authorization_path = "/web/login/oauth/authorize"
    token_path = "/web/login/oauth/access_token"
    default_grant = "authorization_code"
    default_response_type = "code"
    default_scope = "user:email"
    denied = {
        "error": "access_denied",
        "error_description": "The user has denied your application access.",
    }
    token_refusals = {
        **dict.fromkeys(Refusal, _BAD_CODE),
        Refusal.CLIENT: _BAD_CLIENT,
        Refusal.CLIENT_GRANT: _BAD_CLIENT,
        Refusal.GRANT: _token_error("unsupported_grant_type", "The grant_type is not supported."),
        Refusal.REDIRECT: _BAD_REDIRECT,
        Refusal.UNREGISTERED_REDIRECT: _BAD_REDIRECT,
    }
    sees_registration = frozenset({Call.CHECK})
    checks_user = True
    refusals = {
        Call.PROFILE: dict.fromkeys(Reason, _BAD_CREDENTIALS),
        # The check answers 404 to every invalid token.
        Call.CHECK: {**dict.fromkeys(Reason, _NOT_FOUND), Reason.UNREGISTERED: _BAD_CREDENTIALS},
    }

    def routes(self) -> Sequence[Route]:
        """Return the routes of the check, of the profile and of the addresses."""
        return (
            Route("POST", "/applications/([^/]+)/token", self._check_token),
            Route("GET", "/user", self._user),
            Route("GET", "/user/emails", self._emails),
        )

    def respond(self, request: Request) -> Answer:
        """Return the answer to a request, or 403 if it has no User-Agent."""
        if not request.headers.get("User-Agent"):
            return Reply(403, _NAMELESS.encode(), media_type="text/plain")
        answer = super().respond(request)
        if request.path == self.token_path and isinstance(answer, Reply):
            return _in_accepted_format(request, answer)
        return answer

    def user_id(self, number: int) -> int:
        """Return an integer."""
        return 60000 + number

    def error(self, status: int, message: str) -> Reply:
        """Return an error in GitHub's format, which contains the status."""
        return _error(status, message)

    def token_answer(self, grant: Grant, issued: Mapping[str, object]) -> Mapping[str, object]:
        """Return the answer of an OAuth app, whose tokens do not expire."""
        return {**{name: value for name, value in issued.items() if name != "expires_in"}, "token_type": "bearer"}

    def _check_token(self, request: Request, client_id: str) -> Answer:
        registration = registrations.find(self.name, client_id)
        if registration is None or not _presents(request, client_id, registration.secret):
            return _BAD_CREDENTIALS
        token = request.json_object().get("access_token")
        if not isinstance(token, str) or not token:
            return _error(422, "Validation Failed")

        def check(grant: Grant) -> Reply:
            if grant.registration != registration:
                return _NOT_FOUND
            return json_reply(self._authorization(grant, token))

        return self.answer_for_token(request, Call.CHECK, token, check)

    def _authorization(self, grant: Grant, token: str) -> dict[str, object]:
        number = grant.persona.number
        return {
            "id": number,
            "url": f"https://api.github.com/authorizations/{number}",
            "app": {
                "name": grant.registration.title,
                "url": "https://tandem.example.com",
                "client_id": grant.registration.client_id,
            },
            "token": token,
            "hashed_token": hashlib.sha256(token.encode()).hexdigest(),
            "token_last_eight": token[-8:],
            "note": None,
            "note_url": None,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "scopes": ["user:email"],
            "fingerprint": None,
            "expires_at": None,
            "user": _simple_user(self.account(grant.persona)),
        }

    def _user(self, request: Request) -> Answer:
        return self.answer_for_token(request, Call.PROFILE, request.credential("bearer", "token"), self._profile)

    def _profile(self, grant: Grant) -> Reply:
        account = self.profile_account(grant)
        public = {
            "name": account.name,
            "company": None,
            "bio": None,
            # Only a verified address can be public.
            "email": account.email if account.email_verified else None,
            "public_repos": 1,
        }
        return json_reply({**_simple_user(account), **public})

    def _emails(self, request: Request) -> Answer:
        def addresses(grant: Grant) -> Reply:
            account = self.profile_account(grant)
            address = {
                "email": account.email,
                "primary": True,
                "verified": account.email_verified,
                "visibility": "public",
            }
            return json_reply([] if account.email is None else [address])

        return self.answer_for_token(request, Call.PROFILE, request.credential("bearer", "token"), addresses)


def _in_accepted_format(request: Request, reply: Reply) -> Reply:
    """Return a reply as GitHub's token endpoint sends it: a form, unless the request accepts JSON."""
    if "application/json" in request.headers.get("Accept", "") or reply.status != 200:
        return reply
    try:
        fields = json.loads(reply.body)
    except (ValueError, RecursionError):
        return reply
    if not isinstance(fields, dict):
        return reply
    return replace(reply, body=urlencode(fields).encode(), media_type="application/x-www-form-urlencoded")


def _presents(request: Request, client_id: str, secret: str) -> bool:
    expected = f"{client_id}:{secret}".encode()
    try:
        presented = base64.b64decode(request.credential("basic") or "", validate=True)
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(presented, expected)


def _simple_user(account: Account) -> dict[str, object]:
    address = f"https://api.github.com/users/{account.username[:40]}"
    return present(
        {
            "login": account.username,
            "id": account.id,
            "node_id": "U_sandbox",
            "avatar_url": "https://avatars.githubusercontent.com/u/1?v=4",
            "gravatar_id": "",
            "url": address,
            "html_url": f"https://github.com/{account.username[:40]}",
            "repos_url": f"{address}/repos",
            "type": "User",
            "user_view_type": "public",
            "site_admin": False,
        }
    )
