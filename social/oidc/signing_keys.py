"""The keys that a provider signs id_tokens with (RFC 7517)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from social.oidc.cached_document import Published

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


_Keys = Sequence[SigningKey]
_by_url: dict[str, Published[_Keys]] = {}


def find_key(url: str, kid: str | None, fetch: Fetch) -> SigningKey | None:
    """Give the key of an id, None where the provider has none such; without an id the one key, if it is the only one.

    :param fetch: gets the key set from `url`.
    :raises ProviderUnavailable: there are no keys and they cannot be had, whatever the cause.
    """
    published = _by_url.setdefault(url, Published())
    keys = published.get(lambda: _read(fetch()), will_do=lambda known: _serves(kid, known))
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return _find(kid, keys)


def is_known(url: str, kid: str | None) -> bool:
    """Say whether `find_key` has no need to fetch."""
    published = _by_url.get(url)
    return published is not None and published.has(lambda known: _serves(kid, known))


def forget() -> None:
    """Forget all keys."""
    _by_url.clear()


def _serves(kid: str | None, keys: _Keys) -> bool:
    return kid is None or _find(kid, keys) is not None


def _find(kid: str, keys: _Keys) -> SigningKey | None:
    return next((key for key in keys if key.key.key_id == kid), None)


def _read(answer: Any) -> _Keys:
    """Read member by member: one that is nonsense, or of a kind not known here, is no reason to lose the rest."""
    keys = [key for member in answer["keys"] if (key := _read_member(member))]
    if not keys:
        raise ValueError("the set has no key that can be used")
    return keys


def _read_member(member: Any) -> SigningKey | None:
    if not isinstance(member, dict) or member.get("use", "sig") != "sig" or member.get("kty") == "oct":
        return None
    if not isinstance(member.get("kid"), str | None):
        return None
    try:
        return SigningKey(PyJWK(member), member)
    except (PyJWTError, ValueError, TypeError, AttributeError, KeyError):
        return None
