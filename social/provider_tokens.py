"""A provider's token, kept for later calls on the user's behalf: encrypted, and only where there are keys.

`PROVIDER_TOKEN_KEYS` holds Fernet keys (https://cryptography.io/en/latest/fernet/): the first encrypts,
all decrypt, so a key is rotated by putting a new one in front. Values alone are encrypted: the ids beside
them must stay in clear, social-core reads them when a provider changes its identifiers.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from social_django.models import UserSocialAuth

from social.conf import conf
from social.user_model import User

TOKEN_FIELDS = frozenset(
    {"access_token", "access_token_secret", "refresh_token", "id_token", "oauth_token", "oauth_token_secret"}
)
PREFIX = "fernet:"


class TokenUnreadable(Exception):
    """A kept token was encrypted with a key that is not among `PROVIDER_TOKEN_KEYS`."""


def sealed(extra_data: Mapping[str, Any], *, token: Any) -> dict[str, Any]:
    """Give `extra_data` fit to be stored.

    :param token: what the client brought (or the provider gave for it): kept as `access_token`, also
        where the provider's answer does not repeat it, or repeats something else.
    """
    if not conf.provider_token_keys:
        # Without a token, the time at which it was got says nothing, and would cost a write a sign-in.
        return {name: value for name, value in extra_data.items() if name not in TOKEN_FIELDS | {"auth_time"}}
    # None for a sign-in by id_token: the token of an earlier one stays.
    values = {**extra_data, "access_token": token}
    return {
        name: encrypt(value) if name in TOKEN_FIELDS else value
        for name, value in values.items()
        if value is not None or name not in TOKEN_FIELDS
    }


def get_provider_token(*, user: User, provider: str, uid: str | None = None) -> Any:
    """Give the provider's token of a user, for a call on the user's behalf.

    :param uid: which account, where the user has several at the provider; by default the one linked first.
    :returns: an access token as a string; for OAuth 1 a dictionary with `oauth_token` and
        `oauth_token_secret`; None where there is no such account or no token was kept.
    :raises TokenUnreadable: it was encrypted with a key that is gone.
    """
    accounts = UserSocialAuth.objects.filter(user=user, provider=provider).order_by("id")
    account = (accounts.filter(uid=uid) if uid is not None else accounts).first()
    kept = (account.extra_data or {}).get("access_token") if account is not None else None
    return decrypt(kept) if isinstance(kept, str) and kept.startswith(PREFIX) else kept


def encrypt(value: Any) -> str:
    """Encrypt a JSON value with the first key."""
    return PREFIX + _fernet(conf.provider_token_keys).encrypt(json.dumps(value).encode()).decode()


def decrypt(kept: str) -> Any:
    """Decrypt what `encrypt` gave, with any of the keys.

    :raises TokenUnreadable: none of them fits.
    """
    try:
        return json.loads(_fernet(conf.provider_token_keys).decrypt(kept.removeprefix(PREFIX).encode()))
    except (InvalidToken, ValueError) as error:
        raise TokenUnreadable from error


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
