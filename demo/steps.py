"""The demo's steps as data: each request and the expected answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Token:
    """The token of a sandbox provider for a persona; it becomes the body of a sign-up."""

    provider: str
    persona: str = "ripley"


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code of a sandbox provider for a persona; it becomes the body of a sign-up, once."""

    provider: str
    persona: str = "ripley"


@dataclass(frozen=True, slots=True)
class Step:
    """A request and the expected answer.

    `path` is relative to the version's prefix. `authorization` may contain a token that an earlier step has stored,
    such as `{ripley}`. `on` is the version to send it to; by default all.
    """

    title: str
    method: str
    path: str
    status: int
    body: Token | Code | bytes | None = None
    authorization: str = ""
    expected: Mapping[str, object] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    store_as: str = ""
    on: str = ""


_SIGN_UP = "social_sign_up/"

STEPS = (
    Step(
        "Ellen Ripley signs up with Facebook: a new user is created.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("facebook"),
        expected={"outcome": "created", "email": "ripley@example.com"},
        headers=("Location",),
        store_as="ripley",
    ),
    Step("List the providers.", "GET", "provider/", 200),
    Step(
        "She signs in again, with a new token from Facebook.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("facebook"),
        expected={"outcome": "signed_in"},
        headers=("Location",),
    ),
    Step("She reads her own user, with the header of new apps.", "GET", "user/", 200, authorization="Bearer {ripley}"),
    Step("The same with the second form of the header.", "GET", "user/", 200, authorization="Token {ripley}"),
    Step(
        "The same with the header of old apps.",
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
        "She links her account at GitHub.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("github"),
        authorization="Bearer {ripley}",
        expected={"outcome": "linked", "token": None},
    ),
    Step("List the linked accounts.", "GET", "social_account/", 200, authorization="Bearer {ripley}"),
    Step(
        "She signs in with GitHub's code, which the service exchanges: the same account, the same user.",
        "POST",
        _SIGN_UP,
        201,
        body=Code("github"),
        expected={"outcome": "signed_in", "email": "ripley@example.com"},
    ),
    Step(
        "Joan Lambert signs up with Apple, by a code.",
        "POST",
        _SIGN_UP,
        201,
        body=Code("apple-id", "lambert"),
        expected={"outcome": "created"},
    ),
    Step(
        "Somebody posts a code of Google that was issued to another app.",
        "POST",
        _SIGN_UP,
        400,
        body=Code("google-oauth2", "foreign-code"),
        expected={"code": "token_rejected"},
    ),
    Step(
        "Arthur Dallas signs up with Facebook.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("facebook", "dallas"),
        expected={"outcome": "created"},
        store_as="dallas",
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
        "The same with Google, whose token names its app.",
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
        "Her token is no longer valid.",
        "GET",
        "user/",
        401,
        authorization="Bearer {ripley}",
        expected={"code": "invalid_credentials"},
        headers=("WWW-Authenticate",),
    ),
)
"""Sent to each version with an empty database: the answers must be the same."""

_OLD, _NEW = "v1", "v2"

MIGRATION = (
    Step(
        "Dennis Parker has the old version of the app. He signs up.",
        "POST",
        _SIGN_UP,
        201,
        body=Token("facebook", "parker"),
        expected={"outcome": "created", "username": "DennisParker"},
        store_as="parker",
        on=_OLD,
    ),
    Step(
        "He updates the app. The token from v1 is valid on v2.",
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
        store_as="parker_on_v2",
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
        "His old phone and his new one get the same two accounts.",
        "GET",
        "social_account/",
        200,
        authorization="Bearer {parker}",
    ),
)
"""Sent once, to one service with both versions: an app that migrates from one to the other."""
