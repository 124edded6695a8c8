"""The peers of the comparison, each as favourable to it as its own settings allow (benchmarks/peers/README.md)."""

from benchmarks.peers.environment import HERE
from benchmarks.peers.peer import Peer
from benchmarks.peers.project.provider import APPLICATION_ID

_CLIENT_ID = "benchmarks"
_SOCIAL_CORE_5 = HERE / "social-core-5.txt"
_MIGRATE = ("migrate", "--no-input", "--verbosity=0")

PEERS = (
    Peer(
        name="rest_social_auth",
        distribution="rest-social-auth",
        note=" (fed an access token)",
        path="/api/login/social/token/",
        fields=lambda token: {"provider": "facebook", "access_token": token},
        credential_at=("token",),
        lock=_SOCIAL_CORE_5,
    ),
    Peer(
        name="drf_social_oauth2",
        distribution="drf-social-oauth2",
        note=" (best case: the client secret is not hashed)",
        path="/auth/convert-token",
        fields=lambda token: {
            "grant_type": "convert_token",
            "client_id": _CLIENT_ID,
            "backend": "facebook",
            "token": token,
        },
        credential_at=("access_token",),
        prepare=(
            _MIGRATE,
            ("createapplication", "public", "password", "--client-id", _CLIENT_ID, "--no-hash-client-secret"),
        ),
        lock=_SOCIAL_CORE_5,
    ),
    Peer(
        name="dj_rest_auth",
        distribution="dj-rest-auth",
        note=" + allauth",
        path="/dj-rest-auth/facebook/",
        fields=lambda token: {"access_token": token},
        credential_at=("key",),
    ),
    Peer(
        name="allauth_headless",
        distribution="django-allauth",
        note=" (headless, app client)",
        path="/_allauth/app/v1/auth/provider/token",
        fields=lambda token: {
            "provider": "facebook",
            "process": "login",
            "token": {"client_id": APPLICATION_ID, "access_token": token},
        },
        credential_at=("meta", "session_token"),
    ),
    Peer(
        name="view_2015",
        distribution="social-auth-core",
        note=" (the view of 2015 on today's libraries)",
        path="/social_sign_up/",
        fields=lambda token: {"provider": "facebook", "access_token": token},
        credential_at=("token",),
        status=201,
    ),
)
"""In the order of the tables."""
