"""The storage of provider tokens in `extra_data`: encrypted, and only if there are keys.

`PROVIDER_TOKEN_KEYS` contains Fernet keys (https://cryptography.io/en/latest/fernet/). The first one encrypts and all
decrypt, so operators rotate keys by adding a new one in front. Only the values of tokens are encrypted: social-core
reads the ids beside them when a provider changes its identifiers.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeGuard
from urllib.parse import parse_qs

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from social_django.models import UserSocialAuth

from social.conf import conf

TOKEN_FIELDS = frozenset(
    {"access_token", "access_token_secret", "refresh_token", "id_token", "oauth_token", "oauth_token_secret"}
)
EXPIRES_AT = "access_token_expires_at"
"""When the access token expires, in seconds since 1970; null if the provider has not said it."""
REFRESH_CLIENT = "refresh_token_client_id"
"""The client id that the refresh token was issued to, if it is that of a native SDK; null for our own.

Only that client can use the refresh token (RFC 6749 section 6)."""
REFRESH_LEASE = "refresh_lease"
"""Which process uses the refresh token at the moment, and until when (`social.provider_token_refresh`)."""
_OURS = frozenset({EXPIRES_AT, REFRESH_CLIENT, REFRESH_LEASE})
PREFIX = "fernet:"
_PAIR = ("oauth_token", "oauth_token_secret")
_MAX_LIFETIME = 10 * 365 * 24 * 3600
"""Seconds: a longer lifetime of an access token is not believed."""
_MIN_SEARCHED_LENGTH = 16
"""Characters: other values are searched for a token from this length on; a shorter one could occur by chance."""


class TokenUnreadable(Exception):
    """A stored token was encrypted with a key that is not in `PROVIDER_TOKEN_KEYS`, or is malformed."""


def protect_extra_data(
    extra_data: Mapping[str, Any],
    *,
    token: Any,
    exchange: Mapping[str, Any] | None = None,
    client_id: str | None = None,
    sent: Iterable[str | None] = (),
) -> dict[str, Any]:
    """Return `extra_data` with its tokens encrypted; without keys, without tokens.

    social-core merges the result into the stored `extra_data`, so names that are absent keep their stored values. A
    refresh token is absent unless a code was exchanged for one: sign-ins without a code, and codes for which the
    provider issues no second refresh token (Google), leave the stored one usable.

    :param token: the client's token, or the one that the provider exchanged it for. It is stored as `access_token`,
        whatever the response contains under this name. None for a sign-in by id_token, which leaves the stored token.
    :param exchange: the token endpoint's answer to a code; None for a sign-in without a code.
    :param client_id: the client of the native SDK that received the code; None for a code at a redirect URI.
    :param sent: secrets that the exchange has sent, which the answer may repeat.
    """
    answer = exchange or {}
    secrets = [token, *(answer.get(name) for name in TOKEN_FIELDS), *sent]
    # A nonce is of no use after the sign-in. A refresh token in a profile did not come with a code.
    clean: dict[str, Any] = _without_secrets(
        {name: value for name, value in extra_data.items() if name not in {"nonce", "refresh_token", *_OURS}},
        [one for value in secrets for one in _strings(value) if len(one) >= _MIN_SEARCHED_LENGTH],
    )
    if not conf.provider_token_keys:
        # Without a token, the time of the sign-in is of no use, and would cause a write at each sign-in.
        without: dict[str, Any] = without_tokens({name: value for name, value in clean.items() if name != "auth_time"})
        return without
    tokens = {name: value for name, value in extra_data.items() if name in TOKEN_FIELDS - {"refresh_token"}}
    encrypted: dict[str, Any] = map_tokens({**clean, **tokens, "access_token": token}, encrypt)
    if not token:
        return encrypted
    expires_at = expiry_of(answer) if token == answer.get("access_token") else None
    refresh_token = refresh_token_of(answer)
    if refresh_token is None:
        return {**encrypted, EXPIRES_AT: expires_at}
    # A refresh of the former token may be in progress; without its lease it stores nothing.
    new = {"refresh_token": encrypt(refresh_token), REFRESH_CLIENT: client_id, REFRESH_LEASE: None}
    return {**encrypted, EXPIRES_AT: expires_at, **new}


def expiry_of(answer: Mapping[str, Any]) -> int | None:
    """Return when the access token in a token endpoint's answer expires, in seconds since 1970.

    None if `expires_in` (RFC 6749 section 5.1) is absent or unusable. Some providers send 0 for a token without expiry.
    """
    seconds = answer.get("expires_in")
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdecimal():
        # Python refuses to convert a string of thousands of digits.
        seconds = int(seconds[: len(str(_MAX_LIFETIME)) + 1])
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds <= _MAX_LIFETIME:
        return None
    return int(time.time()) + seconds


def refresh_token_of(answer: Mapping[str, Any]) -> str | None:
    """Return the refresh token in a token endpoint's answer, or None."""
    token = answer.get("refresh_token")
    return token if isinstance(token, str) and token else None


class StoredTokens:
    """The tokens in an association's `extra_data`, decrypted when they are read.

    :raises TokenUnreadable: a token was encrypted with a key that is not in `PROVIDER_TOKEN_KEYS`.
    """

    def __init__(self, extra_data: Any) -> None:
        """Take the value of the column."""
        self.extra_data = as_object(extra_data)

    @property
    def access_token(self) -> Any:
        """An access token, or a dictionary with the two values of an OAuth 1 pair."""
        return _normalise(_read(self.extra_data.get("access_token")))

    @property
    def expires_at(self) -> int | None:
        """When the access token expires, in seconds since 1970; None if unknown."""
        value = self.extra_data.get(EXPIRES_AT)
        return value if isinstance(value, int) else None

    @property
    def refresh_token(self) -> str | None:
        """The refresh token; None without keys, because the tokens that it gives could not be stored."""
        if not conf.provider_token_keys:
            return None
        return refresh_token_of({"refresh_token": _read(self.extra_data.get("refresh_token"))})

    @property
    def client_id(self) -> str | None:
        """The client id of the native SDK whose code gave the refresh token; None for our own client."""
        value = self.extra_data.get(REFRESH_CLIENT)
        return value if isinstance(value, str) else None


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
    if not isinstance(value, dict):
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


def _read(stored: Any) -> Any:
    return decrypt(stored) if is_encrypted(stored) else stored


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
    if isinstance(value, dict):
        return {name: _without_secrets(one, secrets) for name, one in value.items() if not _contains(one, secrets)}
    if isinstance(value, list):
        return [_without_secrets(one, secrets) for one in value if not _contains(one, secrets)]
    return value


def _contains(value: object, secrets: list[str]) -> bool:
    return isinstance(value, str) and any(secret in value for secret in secrets)
