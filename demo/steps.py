"""The story, as data: what is sent, and what has to come back."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Token:
    """What a provider of the sandbox gives when a persona lets an app in; it becomes the body of a sign-up."""

    provider: str
    persona: str = "ripley"


@dataclass(frozen=True, slots=True)
class Step:
    """One request and the answer to it.

    `path` is below the version's prefix. `authorization` and `path` may name what an earlier answer was
    remembered as: `{ripley}` is its token. `on` is the version that is asked; all that there are by default.
    """

    title: str
    method: str
    path: str
    status: int
    body: Token | bytes | None = None
    authorization: str = ""
    expected: Mapping[str, object] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    remember: str = ""
    on: str = ""


_SIGN_UP = "social_sign_up/"

STORY = (
    Step("Which providers are there?", "GET", "provider/", 200),
    Step(
        "Ellen Ripley signs up with Facebook.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("facebook"),
        expected={"outcome": "created", "email": "ripley@example.com"},
        headers=("Location",),
        remember="ripley",
    ),
    Step(
        "She signs in again, with a new token from Facebook.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("facebook"),
        expected={"outcome": "signed_in"},
        headers=("Location",),
    ),
    Step("She reads about herself, as new apps do it.", "GET", "user/", 200, authorization="Bearer {ripley}"),
    Step("The same in the second form.", "GET", "user/", 200, authorization="Token {ripley}"),
    Step(
        "The same as apps in the field send it.",
        "GET",
        "user/",
        200,
        authorization="ApiKey {ripley.username}:{ripley}",
    ),
    Step(
        "She links her account at X: OAuth 1, with a token and a secret.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("twitter"),
        authorization="Bearer {ripley}",
        expected={"outcome": "linked", "token": None},
    ),
    Step(
        "And the one at GitHub.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("github"),
        authorization="Bearer {ripley}",
        expected={"outcome": "linked", "token": None},
    ),
    Step("Which accounts are linked now?", "GET", "social_account/", 200, authorization="Bearer {ripley}"),
    Step(
        "Arthur Dallas signs up with Facebook.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("facebook", "dallas"),
        expected={"outcome": "created"},
        remember="dallas",
    ),
    Step(
        "He tries to link Ripley's account at GitHub.",
        "POST",
        _SIGN_UP,
        400,
        body=Token("github"),
        authorization="Bearer {dallas}",
        expected={"code": "account_in_use"},
    ),
    Step(
        "Somebody posts a token that Facebook gave to another app.",
        "POST",
        _SIGN_UP,
        400,
        body=Token("facebook", "foreign"),
        expected={"code": "token_rejected"},
    ),
    Step(
        "Another one, from Google, which says whose app it was.",
        "POST",
        _SIGN_UP,
        400,
        body=Token("google-oauth2", "foreign"),
        expected={"code": "token_audience_mismatch"},
    ),
    Step(
        "The provider is down.",
        "POST",
        _SIGN_UP,
        503,
        body=Token("facebook", "error-503"),
        expected={"code": "provider_unavailable"},
        headers=("Retry-After",),
    ),
    Step(
        "A body that is not JSON.",
        "POST",
        _SIGN_UP,
        400,
        body=b"{'provider': 'facebook'}",
        expected={"code": "invalid_json"},
    ),
    Step("Ripley signs out.", "DELETE", "token/current/", 204, authorization="Bearer {ripley}"),
    Step(
        "Her token is worth nothing any more.",
        "GET",
        "user/",
        401,
        authorization="Bearer {ripley}",
        expected={"code": "invalid_credentials"},
        headers=("WWW-Authenticate",),
    ),
)
"""Told twice, once to each version, each time from an empty database: the answers have to be the same."""

_OLD, _NEW = "v1", "v2"

MOVE = (
    Step(
        "Dennis Parker has the old version of the app. He signs up.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("facebook", "parker"),
        expected={"outcome": "created", "username": "DennisParker"},
        remember="parker",
        on=_OLD,
    ),
    Step(
        "He updates the app. The token that v1 gave him still says who he is.",
        "GET",
        "user/",
        200,
        authorization="Bearer {parker}",
        on=_NEW,
    ),
    Step(
        "He signs in again: the same user.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("facebook", "parker"),
        expected={"outcome": "signed_in", "username": "DennisParker"},
        remember="parker_on_v2",
        on=_NEW,
    ),
    Step(
        "He links a second provider.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("twitter", "parker"),
        authorization="Bearer {parker_on_v2}",
        expected={"outcome": "linked"},
        on=_NEW,
    ),
    Step(
        "His old telephone, and his new one: the same two accounts on both.",
        "GET",
        "social_account/",
        200,
        authorization="Bearer {parker}",
    ),
)
"""Told once, to one service with both versions: an app that moves from one to the other."""
