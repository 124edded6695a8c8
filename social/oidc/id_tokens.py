"""The verification of id_tokens (OpenID Connect Core section 3.1.3.7), with PyJWT.

social-core's own check requires the nonce of a session and an `iat` within the last ten minutes. An app that uses a
provider's SDK can meet neither.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from django.utils.crypto import constant_time_compare

from shared.contract.errors import TokenAudienceMismatch, TokenRejected
from social.oidc.signing_keys import Fetch, find_key, is_cached

ASYMMETRIC = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA"}
)
"""Algorithms that an issuer may use. Not HS256: its secret would be a public key (RFC 8725 section 2.1)."""
LEEWAY = 60
"""Seconds by which the provider's clock and ours may differ."""

_MALFORMED = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Issuer:
    """The issuer of a provider's id_tokens."""

    names: frozenset[str]
    """Accepted values of `iss`."""
    keys_url: str
    algorithms: tuple[str, ...] = ("RS256",)
    accepts_unrequested_nonce: bool = False
    """Whether a `nonce` claim is accepted if the request names none; Google's iOS SDK adds one that the app cannot
    read."""


def verify(token: str, *, issuer: Issuer, client_ids: frozenset[str], nonce: str | None, fetch: Fetch) -> Claims:
    """Return the claims of an id_token that was issued to us and is valid now.

    :param fetch: requests the issuer's key set.
    :raises TokenRejected: the token is malformed, not signed by the issuer, from another issuer, expired or issued in
        the future, has no `sub`, or has another nonce.
    :raises TokenAudienceMismatch: the token was issued to another application.
    :raises ProviderUnavailable: the issuer's keys cannot be fetched.
    """
    try:
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        # The issuer's algorithms decide, not the token's header (RFC 8725 section 3.1).
        if header.get("alg") not in issuer.algorithms or not isinstance(kid, str | None):
            raise TokenRejected
        key = find_key(issuer.keys_url, kid, fetch)
        if key is None:
            raise TokenRejected
        claims = jwt.decode(
            token,
            key.for_algorithm(header["alg"]),
            algorithms=list(issuer.algorithms),
            leeway=LEEWAY,
            options={
                "require": ["exp", "iat", "iss", "aud", "sub"],
                "verify_aud": False,
                "verify_iss": False,
                "enforce_minimum_key_length": True,  # RFC 7518 section 3.3
            },
        )
    except _MALFORMED as error:
        raise TokenRejected from error
    if key.issuer is not None and claims["iss"] != _tenant_issuer(key.issuer, claims):
        raise TokenRejected
    _check_claims(claims, issuer, client_ids)
    _check_nonce(claims.get("nonce"), nonce, issuer)
    return claims


def needs_no_call(token: str, *, issuer: Issuer) -> bool:
    """Return True if `verify` makes no call: the key is cached, or the token is malformed."""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except _MALFORMED:
        return True
    return is_cached(issuer.keys_url, kid)


def _check_claims(claims: Claims, issuer: Issuer, client_ids: frozenset[str]) -> None:
    if not isinstance(claims["sub"], str) or not claims["sub"] or not _is_one_of(claims["iss"], issuer.names):
        raise TokenRejected
    # NumericDate (RFC 7519 section 2); PyJWT also accepts numbers in strings.
    if not all(_is_number(claims.get(name, 0)) for name in ("exp", "iat", "nbf")):
        raise TokenRejected
    if claims["iat"] > time.time() + LEEWAY:
        raise TokenRejected
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not any(_is_one_of(one, client_ids) for one in audience):
        raise TokenAudienceMismatch
    if "azp" in claims and not _is_one_of(claims["azp"], client_ids):
        raise TokenAudienceMismatch


def _tenant_issuer(key_issuer: str, claims: Claims) -> str:
    """Return the issuer of a key; in Microsoft's keys for all tenants, the tenant is a placeholder."""
    return key_issuer.replace("{tenantid}", str(claims.get("tid")))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_one_of(value: object, names: frozenset[str]) -> bool:
    return isinstance(value, str) and value in names


def _check_nonce(claimed: object, requested: str | None, issuer: Issuer) -> None:
    if requested is None:
        if claimed is not None and not issuer.accepts_unrequested_nonce:
            raise TokenRejected
        return
    # An app passes the nonce's SHA-256 hash to Apple's SDK, and the nonce itself to us.
    hashed = hashlib.sha256(requested.encode("utf-8")).hexdigest()
    if not isinstance(claimed, str) or not (
        constant_time_compare(claimed, requested) or constant_time_compare(claimed, hashed)
    ):
        raise TokenRejected
