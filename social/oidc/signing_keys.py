"""The keys with which providers sign id_tokens (JSON Web Key Sets, RFC 7517)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from social.oidc.cached_document import CachedDocument

Fetch = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A published key; Microsoft's sets name the issuer of each key."""

    key: PyJWK
    data: Mapping[str, Any]

    @property
    def issuer(self) -> str | None:
        """The only issuer that uses the key; None: every issuer of the set."""
        issuer = self.data.get("issuer")
        return issuer if isinstance(issuer, str) else None

    def for_algorithm(self, algorithm: str) -> PyJWK:
        """Return the key for an algorithm that the caller allows, in case the set names none for the key."""
        if "alg" in self.data or algorithm == self.key.algorithm_name:
            return self.key
        return PyJWK(dict(self.data), algorithm)


_Keys = Sequence[SigningKey]
_by_url: dict[str, CachedDocument[_Keys]] = {}


def find_key(url: str, kid: str | None, fetch: Fetch) -> SigningKey | None:
    """Return the key with an id, or None; without an id, the key of a set that has only one.

    A token without a key id does not cause a fetch: a provider that changes its keys must name them (OpenID Connect
    Core section 10.1.1).

    :param fetch: requests the key set at `url`.
    :raises ProviderUnavailable: the key is not cached, and fetching the set fails, for any reason, or was tried within
        the last minute.
    """
    cached = _by_url.setdefault(url, CachedDocument())
    keys = cached.get(lambda: _parse(fetch()), is_sufficient=lambda known: _is_sufficient(kid, known))
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return _find(kid, keys)


def needs_no_fetch(url: str, kid: str | None) -> bool:
    """Return True if `find_key` would not fetch."""
    cached = _by_url.get(url)
    return cached is not None and cached.needs_no_fetch(lambda known: _is_sufficient(kid, known))


def clear_cache() -> None:
    """Remove all cached keys."""
    _by_url.clear()


def _is_sufficient(kid: str | None, keys: _Keys) -> bool:
    return kid is None or _find(kid, keys) is not None


def _find(kid: str, keys: _Keys) -> SigningKey | None:
    return next((key for key in keys if key.key.key_id == kid), None)


def _parse(key_set: Any) -> _Keys:
    """Parse a key set; skip members that are malformed or of an unknown type (RFC 7517 section 5)."""
    keys = [key for member in key_set["keys"] if (key := _parse_member(member))]
    if not keys:
        raise ValueError("the key set has no usable key")
    return keys


def _parse_member(member: Any) -> SigningKey | None:
    if not isinstance(member, dict) or member.get("use", "sig") != "sig" or member.get("kty") == "oct":
        return None
    if not isinstance(member.get("kid"), str | None):
        return None
    try:
        return SigningKey(PyJWK(member), member)
    except (PyJWTError, ValueError, TypeError, AttributeError, KeyError):
        return None
