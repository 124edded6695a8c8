"""Users that exist before a request, and identities that the providers know."""

import json
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs

from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from requests import PreparedRequest
from social_django.models import UserSocialAuth

from social.models import AccessToken
from social.tokens import digest_of
from tests.differential import hostile
from tests.providers import Answer, Providers, json_answer

KNOWN: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("facebook", "fb-ripley", {"id": "10011", "name": "Ellen Ripley", "email": "ripley@example.com"}),
    ("facebook", "fb-ripley-2", {"id": "10011", "name": "Another Name", "email": "x@example.com"}),
    ("facebook", "fb-new", {"id": "10099", "name": "Joan Lambert", "first_name": "Joan", "last_name": "Lambert"}),
    ("facebook", "fb-no-id", {"name": "Nobody"}),
    ("github", "gh-ripley", {"id": 10015, "login": "ripley", "email": "ripley@example.com"}),
    ("github", "gh-new", {"id": 20001, "login": "Ripley", "name": "Zoë\x00 Łukasiewicz", "email": None}),
    ("github", "gh-odd", {"id": 20002, "login": "admin", "name": ["x"], "email": "x" * 300 + "@example.com"}),
    ("github", "gh-false", {"id": False, "login": "x"}),
    ("twitter", "tw-dallas", {"id": 10012, "id_str": "10012", "screen_name": "dallas", "name": "Arthur Dallas"}),
    ("instagram", "ig-ash", {"id": "10013", "username": "ash"}),
    ("google-oauth2", "go-new", {"sub": "30001", "name": "P", "email": "p@example.com", "email_verified": True}),
    ("google-oauth2", "go-unverified", {"sub": "30002", "email": "p@example.com", "email_verified": False}),
    ("google-oauth2", "go-foreign", {"sub": "30003", "email_verified": True, "aud": "somebody-else"}),
)
"""The provider, the token and the profile that the provider returns for it."""


def add_identities(providers: Providers) -> list[dict[str, Any]]:
    """Add all identities to the providers; return the fields of a sign-up with each."""
    return [providers.knows(provider, token, **profile) for provider, token, profile in KNOWN]


REDIRECT_URI: Final = "https://app.example.com/callback"
VERIFIER: Final = "V" * 43


def add_exchanges(providers: Providers) -> None:
    """Let GitHub exchange codes: the code of an identity is its token, and can be used again from the same state."""
    profiles = {token: profile for provider, token, profile in KNOWN if provider == "github"}

    def exchange(request: PreparedRequest) -> Answer:
        form = {name: values[0] for name, values in parse_qs(str(request.body)).items()}
        is_known = form["code"] in profiles and form["code_verifier"] == VERIFIER
        return json_answer(200, {"access_token": form["code"]} if is_known else {"error": "bad_verification_code"})

    def profile(request: PreparedRequest) -> Answer:
        return json_answer(200, profiles[str(request.headers["Authorization"]).partition(" ")[2]])

    providers.mock.add_callback("POST", "https://github.com/login/oauth/access_token", callback=exchange)
    providers.mock.add_callback("GET", "https://api.github.com/user", callback=profile)
    providers.mock.get("https://api.github.com/user/emails", status=404)


def by_code(code: str) -> dict[str, str]:
    """Return the fields of a sign-up with a code of GitHub."""
    return {"provider": "github", "code": code, "code_verifier": VERIFIER, "redirect_uri": REDIRECT_URI}


def _known_codes() -> list[dict[str, Any]]:
    whole = by_code("gh-new")
    return [
        whole,
        {**whole, "code": "gh-ripley", "access_token": "gh-new"},
        {**whole, "code": "gh-odd", "id_token": "a.b.c"},
        {**whole, "code": "gh-false", "nonce": "n", "state": 7},
        {**whole, "code": "used"},
        {**whole, "code": json.dumps(whole)},
        {**whole, "code_verifier": VERIFIER + "x"},
        {**whole, "code_verifier": VERIFIER[1:]},
        {**whole, "redirect_uri": REDIRECT_URI + "#"},
        {**whole, "redirect_uri": ""},
        {**whole, "provider": "facebook"},
    ]


def known_fields() -> SearchStrategy[dict[str, Any]]:
    """Return fields of sign-ups with a known identity, or with a slightly changed one."""
    fields = [{"provider": provider, "access_token": token, **_secret(provider, token)} for provider, token, _ in KNOWN]
    more: list[dict[str, Any]] = [
        {**fields[0], "access_token_secret": None},
        {**fields[0], "first_name": "Éllen\u2028", "last_name": ""},
        {**fields[0], "nonce": 7},
        {**fields[0], "id_token": "a.b.c"},
        {"provider": "facebook", "id_token": "a.b.c", "nonce": "n"},
        {"provider": "google-oauth2", "id_token": "e30.e30."},
        {"provider": "facebook", "access_token": "nobody's"},
        {"provider": "facebook"},
        {"provider": "myspace", "access_token": 7},
        {"provider": "username", "access_token": "x"},
        {"provider": "twitter", "access_token": "tw-dallas"},
    ]
    return st.sampled_from([*fields, *fields, *more, *_known_codes()])


def _secret(provider: str, token: str) -> dict[str, str]:
    return {"access_token_secret": "secret-of-" + token} if provider == "twitter" else {}


def create_users() -> None:
    """Create the users of `hostile.TOKENS` with fixed ids: one is inactive, two tokens are expired or imported."""
    ripley = User.objects.create(pk=1, username="ripley", password="!", email="ripley@example.com")
    dallas = User.objects.create(pk=2, username="dallas", password="!")
    ash = User.objects.create(pk=3, username="ash", password="!", is_active=False)
    for pk, user, provider, uid in (
        (1, ripley, "facebook", "10011"),
        (2, ripley, "github", "10015"),
        (3, dallas, "twitter", "10012"),
        (4, ash, "instagram", "10013"),
    ):
        UserSocialAuth.objects.create(pk=pk, user=user, provider=provider, uid=uid, id_key="id")
    now = timezone.now()
    later = now + timedelta(days=30)
    for pk, user, token, expires_at in (
        (1, ripley, hostile.RIPLEY, later),
        (2, dallas, hostile.DALLAS, later),
        (3, ash, hostile.ASH, later),
        (4, ripley, hostile.EXPIRED, now - timedelta(seconds=1)),
        (5, dallas, hostile.IMPORTED, None),
    ):
        AccessToken.objects.create(
            pk=pk, user=user, digest=digest_of(token), created=now, last_used=now, expires_at=expires_at
        )
