"""The storage of provider tokens in `extra_data`: encrypted, and only if there are keys.

`PROVIDER_TOKEN_KEYS` contains Fernet keys (https://cryptography.io/en/latest/fernet/). The first one encrypts and all
decrypt, so operators rotate keys by adding a new one in front. Only the values of tokens are encrypted: social-core
reads the ids beside them when a provider changes its identifiers.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeGuard
from urllib.parse import parse_qs

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from social_django.models import UserSocialAuth

from social.conf import conf
from social.models import User

TOKEN_FIELDS = frozenset(
    {"access_token", "access_token_secret", "refresh_token", "id_token", "oauth_token", "oauth_token_secret"}
)
PREFIX = "fernet:"
_PAIR = ("oauth_token", "oauth_token_secret")
_MIN_SEARCHED_LENGTH = 16
"""Characters: other values are searched for a token from this length on; a shorter one could occur by chance."""


class TokenUnreadable(Exception):
    """A stored token was encrypted with a key that is not in `PROVIDER_TOKEN_KEYS`, or is malformed."""


def protect_extra_data(extra_data: Mapping[str, Any], *, token: Any) -> dict[str, Any]:
    """Return `extra_data` with its tokens encrypted; without keys, without tokens.

    :param token: the client's token, or the one that the provider exchanged it for. It is stored as `access_token`,
        whatever the response contains under this name. None for a sign-in by id_token, which leaves the stored token.
    """
    # A nonce is of no use after the sign-in.
    clean: dict[str, Any] = _without_secrets(
        {name: value for name, value in extra_data.items() if name != "nonce"},
        [one for one in _strings(token) if len(one) >= _MIN_SEARCHED_LENGTH],
    )
    if not conf.provider_token_keys:
        # Without a token, the time of the sign-in is of no use, and would cause a write at each sign-in.
        without: dict[str, Any] = without_tokens({name: value for name, value in clean.items() if name != "auth_time"})
        return without
    tokens = {name: value for name, value in extra_data.items() if name in TOKEN_FIELDS}
    encrypted: dict[str, Any] = map_tokens({**clean, **tokens, "access_token": token}, encrypt)
    return encrypted


def encrypt_row(account: UserSocialAuth | None) -> None:
    """Encrypt the tokens that an older release stored in clear; do nothing without keys.

    The sign-in saves the row, this function does not.
    """
    if account is None or not conf.provider_token_keys:
        return
    with suppress(TokenUnreadable):
        account.extra_data = map_tokens(
            as_object(account.extra_data), lambda stored: stored if is_encrypted(stored) else encrypt(stored)
        )


def get_provider_token(*, user: User, provider: str, uid: str | None = None) -> Any:
    """Return a user's provider token, for calls on the user's behalf.

    :param uid: the provider's id of the account, if the user has several at the provider; by default the first linked.
    :returns: an access token as a string; for OAuth 1 a dictionary with `oauth_token` and `oauth_token_secret`; None if
        there is no such account or no stored token.
    :raises TokenUnreadable: the token was encrypted with a key that is not in `PROVIDER_TOKEN_KEYS`.
    """
    accounts = UserSocialAuth.objects.filter(user=user, provider=provider).order_by("id")
    account = (accounts.filter(uid=uid) if uid is not None else accounts).first()
    stored = as_object(account.extra_data).get("access_token") if account is not None else None
    return _normalise(decrypt(stored) if is_encrypted(stored) else stored)


def as_object(extra_data: Any) -> dict[str, Any]:
    """Return a row's `extra_data` as a dictionary.

    social-core stores a JSON object. Older releases had a text column, whose rows may contain that object as a JSON
    string.

    :raises TokenUnreadable: the value is neither.
    """
    try:
        value = json.loads(extra_data) if isinstance(extra_data, str) and extra_data else extra_data
    except ValueError:
        raise TokenUnreadable from None
    if value and not isinstance(value, dict):
        raise TokenUnreadable
    return value or {}


def map_tokens(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a JSON value with each token replaced by `change(token)`, at any depth, or removed if that is None."""
    if isinstance(value, list):
        return [map_tokens(one, change) for one in value]
    if not isinstance(value, Mapping):
        return value
    changed = {
        # An empty value is not a token.
        name: (change(inner) if inner else None) if name in TOKEN_FIELDS else map_tokens(inner, change)
        for name, inner in value.items()
    }
    return {name: inner for name, inner in changed.items() if inner is not None or name not in TOKEN_FIELDS}


def without_tokens(value: Any) -> Any:
    """Return a JSON value without its tokens."""
    return map_tokens(value, lambda token: None)


def is_encrypted(stored: object) -> TypeGuard[str]:
    """Return True if `encrypt` produced the value."""
    return isinstance(stored, str) and stored.startswith(PREFIX)


def encrypt(value: Any) -> str:
    """Encrypt a JSON value with the first key."""
    return PREFIX + _fernet(conf.provider_token_keys).encrypt(json.dumps(value).encode()).decode()


def decrypt(stored: str) -> Any:
    """Decrypt a value that `encrypt` returned, with any of the keys.

    :raises TokenUnreadable: no key fits.
    """
    return _decrypt(stored, conf.provider_token_keys)


def reencrypt_token(stored: Any) -> str:
    """Encrypt a stored value with the first key; return it unchanged if it is so already.

    :raises TokenUnreadable: the value was encrypted with a key that is not in `PROVIDER_TOKEN_KEYS`.
    """
    if not is_encrypted(stored):
        return encrypt(stored)
    try:
        _decrypt(stored, conf.provider_token_keys[:1])
    except TokenUnreadable:
        return encrypt(decrypt(stored))
    return str(stored)


def _decrypt(stored: str, keys: tuple[str, ...]) -> Any:
    try:
        return json.loads(_fernet(keys).decrypt(stored.removeprefix(PREFIX).encode()))
    except (InvalidToken, ValueError):
        # Without a cause: the frames of the library's exception contain the value.
        raise TokenUnreadable from None


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _normalise(value: Any) -> Any:
    """Return a token in the current form; older releases stored OAuth 1 pairs as query strings, or with more keys."""
    if isinstance(value, str) and "oauth_token=" in value:
        value = {name: values[0] for name, values in parse_qs(value).items()}
    if isinstance(value, dict):
        return {name: value[name] for name in _PAIR if name in value} or value
    return value or None


def _strings(token: Any) -> list[str]:
    return [one for one in (token.values() if isinstance(token, dict) else [token]) if isinstance(one, str)]


def _without_secrets(value: Any, secrets: list[str]) -> Any:
    """Return a JSON value without the strings that contain a secret: some providers repeat a token in other fields."""
    if isinstance(value, Mapping):
        return {name: _without_secrets(one, secrets) for name, one in value.items() if not _contains(one, secrets)}
    if isinstance(value, list):
        return [_without_secrets(one, secrets) for one in value if not _contains(one, secrets)]
    return value


def _contains(value: object, secrets: list[str]) -> bool:
    return isinstance(value, str) and any(secret in value for secret in secrets)
