"""The applications registered at the providers: ours and another.

None of the values is secret: no token can be made with them, since tokens are signed with other keys.
"""

import hashlib
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

APPLE_TEAM = "SANDBOXTM1"
APPLE_KEY = "SANDBOXKY1"


@dataclass(frozen=True, slots=True)
class Registration:
    """An application registered at a provider.

    Attributes:
        redirect_uris: Where codes may be sent; a loopback address is registered without a port.
        app_id: The number by which some checks name the application.
    """

    client_id: str
    secret: str
    title: str
    redirect_uris: tuple[str, ...]
    app_id: int | None = None

    def allows(self, redirect_uri: str) -> bool:
        """Return True if this redirect URI is registered; any port of a loopback address is (RFC 8252, section 7.3)."""
        return _PORT.sub("", redirect_uri) in self.redirect_uris


_PORT = re.compile(r"(?:(?<=\Ahttp://127\.0\.0\.1)|(?<=\Ahttp://localhost)):[0-9]{1,5}(?=/)")

APP_REDIRECT_URIS = ("https://app.example.com/callback", "com.example.tandem:/callback")
"""Where the system gives codes to an app: a claimed `https` address and a private-use scheme (RFC 8252, section 7)."""

_LOOPBACK_REDIRECT_URIS = ("http://127.0.0.1/", "http://localhost/", "http://127.0.0.1/received")


def _ours(client_id: str, secret: str, app_id: int | None = None) -> Registration:
    return Registration(client_id, secret, "Tandem rehearsal", (*APP_REDIRECT_URIS, *_LOOPBACK_REDIRECT_URIS), app_id)


def _theirs(client_id: str, secret: str, app_id: int | None = None) -> Registration:
    return Registration(client_id, secret, "Another app", ("https://other.example.com/callback",), app_id)


OURS = {
    "facebook": _ours("1042000000000001", "sandbox-facebook-secret-of-ours"),
    "twitter": _ours("SandboxTwitterKeyOfOurs01", "sandbox-twitter-secret-of-ours"),
    "twitter-oauth2": _ours("U2FuZGJveE91cnM6MTpjaQ", "sandbox-twitter-oauth2-secret-of-ours"),
    "instagram": _ours("1784000000000001", "sandbox-instagram-secret-of-ours"),
    "google-oauth2": _ours("100000000001-ours.apps.googleusercontent.com", "sandbox-google-secret-of-ours"),
    "apple-id": _ours("com.example.tandem", "sandbox-apple-secret-of-ours"),
    "github": _ours("Ov23liSandboxOurs001", "sandbox-github-secret-of-ours"),
    "discord": _ours("1100000000000000001", "sandbox-discord-secret-of-ours"),
    "gitlab": _ours("0123456789abcdef" * 4, "sandbox-gitlab-secret-of-ours"),
    "twitch": _ours("sandboxtwitchclientofours00001", "sandbox-twitch-secret-of-ours"),
    "line": _ours("2001042001", "sandbox-line-secret-of-ours"),
    "kakao": _ours("0123456789abcdef" * 2, "sandbox-kakao-secret-of-ours", 1042001),
    "linkedin-openidconnect": _ours("77sandboxours1", "sandbox-linkedin-secret-of-ours"),
    "azuread-v2-tenant-oauth2": _ours("00000000-0000-4000-8000-000000010421", "sandbox-microsoft-secret-of-ours"),
    "slack": _ours("1042000001.1042000001", "sandbox-slack-secret-of-ours"),
    "spotify": _ours("00112233445566778899aabbccddeef1", "sandbox-spotify-secret-of-ours"),
    "oidc": _ours("tandem-rehearsal", "sandbox-oidc-secret-of-ours"),
}

THEIRS = {
    "facebook": _theirs("1042000000000002", "sandbox-facebook-secret-of-theirs"),
    "twitter": _theirs("SandboxTwitterKeyOfTheirs", "sandbox-twitter-secret-of-theirs"),
    "twitter-oauth2": _theirs("U2FuZGJveFRoZWlyczE6MTpjaQ", "sandbox-twitter-oauth2-secret-of-theirs"),
    "instagram": _theirs("1784000000000002", "sandbox-instagram-secret-of-theirs"),
    "google-oauth2": _theirs("100000000002-theirs.apps.googleusercontent.com", "sandbox-google-secret-of-theirs"),
    "apple-id": _theirs("com.example.somebody-else", "sandbox-apple-secret-of-theirs"),
    "github": _theirs("Ov23liSandboxTheirs2", "sandbox-github-secret-of-theirs"),
    "discord": _theirs("1100000000000000002", "sandbox-discord-secret-of-theirs"),
    "gitlab": _theirs("fedcba9876543210" * 4, "sandbox-gitlab-secret-of-theirs"),
    "twitch": _theirs("sandboxtwitchclientoftheirs002", "sandbox-twitch-secret-of-theirs"),
    "line": _theirs("2001042002", "sandbox-line-secret-of-theirs"),
    "kakao": _theirs("fedcba9876543210" * 2, "sandbox-kakao-secret-of-theirs", 1042002),
    "linkedin-openidconnect": _theirs("77sandboxtheir", "sandbox-linkedin-secret-of-theirs"),
    "azuread-v2-tenant-oauth2": _theirs("00000000-0000-4000-8000-000000010422", "sandbox-microsoft-secret-of-theirs"),
    "slack": _theirs("1042000002.1042000002", "sandbox-slack-secret-of-theirs"),
    "spotify": _theirs("ffeeddccbbaa99887766554433221102", "sandbox-spotify-secret-of-theirs"),
    "oidc": _theirs("somebody-else", "sandbox-oidc-secret-of-theirs"),
}

NATIVE = {
    "google-oauth2": OURS["google-oauth2"],
    "apple-id": _ours("com.example.tandem.ios", "sandbox-apple-secret-of-ours"),
}
"""The clients to which native SDKs issue codes, without a redirect URI.

Google's are for the server's own client, which the app names as `serverClientId`. Apple's are for the bundle id of
the app, while codes of web pages are for the services id.
"""


def find(provider: str, client_id: str) -> Registration | None:
    """Return the provider's registration with this client id, or None."""
    for registrations in (OURS, THEIRS, NATIVE):
        registration = registrations.get(provider)
        if registration and registration.client_id == client_id:
            return registration
    return None


def apple_key(registration: Registration) -> ec.EllipticCurvePrivateKey:
    """Return the key with which an application signs its client secrets for Apple.

    It is derived from the registration's secret, so that the process that prints the environment and the one that
    serves have the same.
    """
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(registration.secret.encode()).digest()), ec.SECP256R1())


def apple_key_pem(registration: Registration) -> str:
    """Return the key of `apple_key` as Apple's file `AuthKey_….p8` has it."""
    return apple_key(registration).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
