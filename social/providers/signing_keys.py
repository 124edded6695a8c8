"""The keys that a provider signs id_tokens with (RFC 7517)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jwt import PyJWK, PyJWKSet

from social.providers.published import Published

Fetch = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key as it was published; a set may say for which one issuer it signs (Microsoft's does)."""

    key: PyJWK
    data: Mapping[str, Any]

    @property
    def issuer(self) -> str | None:
        """The issuer that it signs for; None: all of the set's."""
        issuer = self.data.get("issuer")
        return issuer if isinstance(issuer, str) else None

    def under(self, algorithm: str) -> PyJWK:
        """Give the key for an algorithm that the caller allows, where the set leaves it open which it is for."""
        if "alg" in self.data or algorithm == self.key.algorithm_name:
            return self.key
        return PyJWK(dict(self.data), algorithm)


_Keys = Mapping[str | None, SigningKey]
_by_url: dict[str, Published[_Keys]] = {}


def find_key(url: str, kid: str | None, fetch: Fetch) -> SigningKey | None:
    """Give the key of an id, None where the provider has none such; without an id the one key, if it is the only one.

    :param fetch: gets the key set from `url`.
    :raises ProviderUnavailable: there are no keys and they cannot be had, whatever the cause.
    """
    published = _by_url.setdefault(url, Published())
    keys = published.get(lambda: _read(fetch()), will_do=lambda known: kid is None or kid in known)
    if kid is None:
        return next(iter(keys.values())) if len(keys) == 1 else None
    return keys.get(kid)


def forget() -> None:
    """Forget all keys."""
    _by_url.clear()


def _read(answer: Any) -> _Keys:
    usable = PyJWKSet.from_dict(answer).keys
    data = {one.get("kid"): one for one in answer["keys"]}
    return {key.key_id: SigningKey(key, data[key.key_id]) for key in usable if key.public_key_use in {None, "sig"}}
