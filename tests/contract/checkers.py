"""Providers with a call that checks an access token: their answers for one user's token, and variations of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OURS = "7001"
"""The id of our application at each provider; Kakao's ids are numbers."""
THEIRS = "7002"


@dataclass(frozen=True)
class Checker:
    """One provider: the URLs and the answers of the token check and of the profile call."""

    check_url: str
    profile_url: str
    claims: Mapping[str, Any]
    profile: Any
    of: str
    """The path of the application's id in the claims, `.` between levels."""
    uid: str
    name: str
    theirs: Any = THEIRS
    whose: str | None = None
    """The path of the user's id in the claims."""
    settings: Mapping[str, Any] | None = None

    def with_claim(self, path: str | None, value: Any) -> dict[str, Any]:
        """Return the claims with another value at a path."""
        if path is None:
            return dict(self.claims)
        first, _, rest = path.partition(".")
        return {**self.claims, first: {**self.claims[first], rest: value} if rest else value}


CHECKERS: Mapping[str, Checker] = {
    "discord": Checker(
        "https://discord.com/api/oauth2/@me",
        "https://discord.com/api/users/@me",
        {
            "application": {"id": OURS, "name": "Ours"},
            "scopes": ["identify", "email"],
            "user": {"id": "10021", "username": "ripley"},
        },
        {"id": "10021", "username": "ripley", "email": "ripley@example.com", "verified": True},
        of="application.id",
        uid="10021",
        name="ripley",
        whose="user.id",
    ),
    "gitlab": Checker(
        "https://gitlab.com/oauth/token/info",
        "https://gitlab.com/api/v4/user",
        {"resource_owner_id": 10022, "scope": ["read_user"], "application": {"uid": OURS}, "expires_in": 7200},
        {
            "id": 10022,
            "username": "ripley",
            "name": "Ellen Ripley",
            "email": "ripley@example.com",
            "confirmed_at": "2026-01-01T00:00:00.000Z",
        },
        of="application.uid",
        uid="10022",
        name="ripley",
        whose="resource_owner_id",
    ),
    "twitch": Checker(
        "https://id.twitch.tv/oauth2/validate",
        "https://api.twitch.tv/helix/users",
        {"client_id": OURS, "login": "ripley", "scopes": [], "user_id": "10023", "expires_in": 5520838},
        {"data": [{"id": "10023", "login": "ripley", "display_name": "Ripley", "email": "ripley@example.com"}]},
        of="client_id",
        uid="10023",
        name="ripley",
        whose="user_id",
    ),
    "line": Checker(
        "https://api.line.me/oauth2/v2.1/verify",
        "https://api.line.me/v2/profile",
        {"scope": "profile", "client_id": OURS, "expires_in": 2591659},
        {"userId": "U4af4980629aa1010101", "displayName": "Ellen Ripley", "pictureUrl": "https://example.com/1"},
        of="client_id",
        uid="U4af4980629aa1010101",
        name="",  # The backend suggests the id, and an id is never a username.
    ),
    "kakao": Checker(
        "https://kapi.kakao.com/v1/user/access_token_info",
        "https://kapi.kakao.com/v2/user/me",
        {"id": 10024, "expires_in": 7199, "app_id": int(OURS)},
        {
            "id": 10024,
            "properties": {"nickname": "ripley"},
            "kakao_account": {"email": "ripley@example.com", "is_email_valid": True, "is_email_verified": True},
        },
        of="app_id",
        uid="10024",
        name="ripley",
        theirs=int(THEIRS),
        whose="id",
        settings={"KEY": "our-rest-key", "SECRET": "our-secret", "APP_ID": OURS},
    ),
}
