"""A provider's token, kept for later calls on the user's behalf: encrypted, and only where there are keys.

`PROVIDER_TOKEN_KEYS` holds Fernet keys (https://cryptography.io/en/latest/fernet/): the first encrypts,
all decrypt, so a key is rotated by putting a new one in front. Values alone are encrypted: the ids beside
them must stay in clear, social-core reads them when a provider changes its identifiers.
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
_LONG_ENOUGH = 16
"""Characters from which a text is so particular that it is looked for in other values."""


class TokenUnreadable(Exception):
    """A kept token was encrypted with a key that is not among `PROVIDER_TOKEN_KEYS`, or is no token at all."""


def sealed(extra_data: Mapping[str, Any], *, token: Any) -> dict[str, Any]:
    """Give `extra_data` fit to be stored.

    :param token: what the client brought (or the provider gave for it): kept as `access_token`, also
        where the provider's answer does not repeat it, or repeats something else. None for a sign-in by
        id_token: the token of an earlier one stays.
    """
    # A nonce has done its work.
    clean: dict[str, Any] = _without(
        {name: value for name, value in extra_data.items() if name != "nonce"},
        [one for one in _texts(token) if len(one) >= _LONG_ENOUGH],
    )
    if not conf.provider_token_keys:
        # Without a token, the time at which it was got says nothing, and would cost a write a sign-in.
        kept: dict[str, Any] = without_tokens({name: value for name, value in clean.items() if name != "auth_time"})
        return kept
    given = {name: value for name, value in extra_data.items() if name in TOKEN_FIELDS}
    encrypted: dict[str, Any] = map_tokens({**clean, **given, "access_token": token}, encrypt)
    return encrypted


def seal_row(account: UserSocialAuth | None) -> None:
    """Encrypt, before a sign-in adds to it, what an older release left in clear; nothing without keys.

    The row is not saved: the sign-in does that, with the rest.
    """
    if account is None or not conf.provider_token_keys:
        return
    with suppress(TokenUnreadable):
        account.extra_data = map_tokens(
            as_object(account.extra_data), lambda kept: kept if is_encrypted(kept) else encrypt(kept)
        )


def get_provider_token(*, user: User, provider: str, uid: str | None = None) -> Any:
    """Give the provider's token of a user, for a call on the user's behalf.

    :param uid: which account, where the user has several at the provider; by default the one linked first.
    :returns: an access token as a string; for OAuth 1 a dictionary with `oauth_token` and
        `oauth_token_secret`; None where there is no such account or no token was kept.
    :raises TokenUnreadable: it was encrypted with a key that is gone.
    """
    accounts = UserSocialAuth.objects.filter(user=user, provider=provider).order_by("id")
    account = (accounts.filter(uid=uid) if uid is not None else accounts).first()
    kept = as_object(account.extra_data).get("access_token") if account is not None else None
    return _token(decrypt(kept) if is_encrypted(kept) else kept)


def as_object(extra_data: Any) -> dict[str, Any]:
    """Give a row's `extra_data` as an object, in whichever way social-core has written it over the years.

    Today it is a JSON object; rows of the time when the column was a text may hold that object once more
    as a JSON string.

    :raises TokenUnreadable: it is neither.
    """
    try:
        value = json.loads(extra_data) if isinstance(extra_data, str) and extra_data else extra_data
    except ValueError:
        raise TokenUnreadable from None
    if value and not isinstance(value, dict):
        raise TokenUnreadable
    return value or {}


def map_tokens(value: Any, change: Callable[[Any], Any]) -> Any:
    """Give a JSON value with every token in it changed, at any depth; without those that become None."""
    if isinstance(value, list):
        return [map_tokens(one, change) for one in value]
    if not isinstance(value, Mapping):
        return value
    changed = {
        # An empty value is no token, and None says that there is none.
        name: (change(kept) if kept else None) if name in TOKEN_FIELDS else map_tokens(kept, change)
        for name, kept in value.items()
    }
    return {name: kept for name, kept in changed.items() if kept is not None or name not in TOKEN_FIELDS}


def without_tokens(value: Any) -> Any:
    """Give a JSON value without any token in it."""
    return map_tokens(value, lambda kept: None)


def is_encrypted(kept: object) -> TypeGuard[str]:
    """Say whether a kept value is one that `encrypt` gave."""
    return isinstance(kept, str) and kept.startswith(PREFIX)


def encrypt(value: Any) -> str:
    """Encrypt a JSON value with the first key."""
    return PREFIX + _fernet(conf.provider_token_keys).encrypt(json.dumps(value).encode()).decode()


def decrypt(kept: str) -> Any:
    """Decrypt what `encrypt` gave, with any of the keys.

    :raises TokenUnreadable: none of them fits.
    """
    return _decrypt(kept, conf.provider_token_keys)


def encrypt_again(kept: Any) -> str:
    """Give a kept value under the first key: as it is where it is so already, encrypted where it was in clear.

    :raises TokenUnreadable: it was encrypted with a key that is gone.
    """
    if not is_encrypted(kept):
        return encrypt(kept)
    try:
        _decrypt(kept, conf.provider_token_keys[:1])
    except TokenUnreadable:
        return encrypt(decrypt(kept))
    return str(kept)


def _decrypt(kept: str, keys: tuple[str, ...]) -> Any:
    try:
        return json.loads(_fernet(keys).decrypt(kept.removeprefix(PREFIX).encode()))
    except (InvalidToken, ValueError):
        # Not from the other: a frame of the library's holds the value.
        raise TokenUnreadable from None


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _token(value: Any) -> Any:
    """Give a token as today's sign-ins keep it: old OAuth 1 pairs are query strings, or have more in them."""
    if isinstance(value, str) and "oauth_token=" in value:
        value = {name: values[0] for name, values in parse_qs(value).items()}
    if isinstance(value, dict):
        return {name: value[name] for name in _PAIR if name in value} or value
    return value or None


def _texts(token: Any) -> list[str]:
    return [one for one in (token.values() if isinstance(token, dict) else [token]) if isinstance(one, str)]


def _without(value: Any, secrets: list[str]) -> Any:
    """Give a JSON value without the texts that hold a secret: some providers repeat the token under other names."""
    if isinstance(value, Mapping):
        return {name: _without(kept, secrets) for name, kept in value.items() if not _holds(kept, secrets)}
    if isinstance(value, list):
        return [_without(one, secrets) for one in value if not _holds(one, secrets)]
    return value


def _holds(value: object, secrets: list[str]) -> bool:
    return isinstance(value, str) and any(secret in value for secret in secrets)
