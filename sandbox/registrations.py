"""The applications registered at the providers: ours and another.

None of the values is secret: no token can be made with them, since tokens are signed with other keys.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Registration:
    """An application registered at a provider; `app_id` is the number by which some checks name it."""

    client_id: str
    secret: str
    title: str
    app_id: int | None = None


def _ours(client_id: str, secret: str, app_id: int | None = None) -> Registration:
    return Registration(client_id, secret, "Tandem rehearsal", app_id)


def _theirs(client_id: str, secret: str, app_id: int | None = None) -> Registration:
    return Registration(client_id, secret, "Another app", app_id)


OURS = {
    "facebook": _ours("1042000000000001", "sandbox-facebook-secret-of-ours"),
    "twitter": _ours("SandboxTwitterKeyOfOurs01", "sandbox-twitter-secret-of-ours"),
    "instagram": _ours("1784000000000001", "sandbox-instagram-secret-of-ours"),
    "google-oauth2": _ours("100000000001-ours.apps.googleusercontent.com", "sandbox-google-secret-of-ours"),
    "apple-id": _ours("com.example.tandem", "sandbox-apple-secret-of-ours"),
    "github": _ours("Ov23liSandboxOurs001", "sandbox-github-secret-of-ours"),
    "discord": _ours("1100000000000000001", "sandbox-discord-secret-of-ours"),
    "gitlab": _ours("0123456789abcdef" * 4, "sandbox-gitlab-secret-of-ours"),
    "twitch": _ours("sandboxtwitchclientofours00001", "sandbox-twitch-secret-of-ours"),
    "line": _ours("2001042001", "sandbox-line-secret-of-ours"),
    "kakao": _ours("0123456789abcdef" * 2, "sandbox-kakao-secret-of-ours", 1042001),
    "oidc": _ours("tandem-rehearsal", "sandbox-oidc-secret-of-ours"),
}

THEIRS = {
    "facebook": _theirs("1042000000000002", "sandbox-facebook-secret-of-theirs"),
    "twitter": _theirs("SandboxTwitterKeyOfTheirs", "sandbox-twitter-secret-of-theirs"),
    "instagram": _theirs("1784000000000002", "sandbox-instagram-secret-of-theirs"),
    "google-oauth2": _theirs("100000000002-theirs.apps.googleusercontent.com", "sandbox-google-secret-of-theirs"),
    "apple-id": _theirs("com.example.somebody-else", "sandbox-apple-secret-of-theirs"),
    "github": _theirs("Ov23liSandboxTheirs2", "sandbox-github-secret-of-theirs"),
    "discord": _theirs("1100000000000000002", "sandbox-discord-secret-of-theirs"),
    "gitlab": _theirs("fedcba9876543210" * 4, "sandbox-gitlab-secret-of-theirs"),
    "twitch": _theirs("sandboxtwitchclientoftheirs002", "sandbox-twitch-secret-of-theirs"),
    "line": _theirs("2001042002", "sandbox-line-secret-of-theirs"),
    "kakao": _theirs("fedcba9876543210" * 2, "sandbox-kakao-secret-of-theirs", 1042002),
    "oidc": _theirs("somebody-else", "sandbox-oidc-secret-of-theirs"),
}


def find(provider: str, client_id: str) -> Registration | None:
    """Return the provider's registration with this client id, or None."""
    for registrations in (OURS, THEIRS):
        registration = registrations.get(provider)
        if registration and registration.client_id == client_id:
            return registration
    return None
