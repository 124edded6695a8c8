"""An id_token, verified here (OpenID Connect Core section 3.1.3.7), with PyJWT.

social-core's own check wants a session's nonce and an `iat` of the last ten minutes; an app's SDK has neither.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from django.utils.crypto import constant_time_compare

from shared.contract.errors import TokenAudienceMismatch, TokenRejected
from social.oidc.signing_keys import Fetch, find_key, is_known

ASYMMETRIC = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA"}
)
"""What an issuer may sign with. Not HS256: a public key would be its secret."""
LEEWAY = 60
"""Seconds by which a provider's clock and ours may differ."""

_MALFORMED = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs a provider's id_tokens, and how.

    `nonce_unasked`: whether a `nonce` claim is accepted that the request says nothing of; Google's iOS SDK
    adds one that the app cannot read.
    """

    names: frozenset[str]
    keys_url: str
    algorithms: tuple[str, ...] = ("RS256",)
    nonce_unasked: bool = False


def verify(token: str, *, issuer: Issuer, client_ids: frozenset[str], nonce: str | None, fetch: Fetch) -> Claims:
    """Give the claims of an id_token that was issued to us and is good now.

    :param fetch: gets the issuer's key set.
    :raises TokenRejected: it is malformed, not signed by the issuer, of another issuer, expired or from the
        future, names no one, or has another nonce.
    :raises TokenAudienceMismatch: it says that it was issued to another application.
    :raises ProviderUnavailable: the issuer's keys cannot be had.
    """
    try:
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        # The row's algorithms, never the token's own choice (RFC 8725 section 3.1).
        if header.get("alg") not in issuer.algorithms or not isinstance(kid, str | None):
            raise TokenRejected
        key = find_key(issuer.keys_url, kid, fetch)
        if key is None:
            raise TokenRejected
        claims = jwt.decode(
            token,
            key.under(header["alg"]),
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
    if key.issuer is not None and claims["iss"] != _of_tenant(key.issuer, claims):
        raise TokenRejected
    _check_people(claims, issuer, client_ids)
    _check_nonce(claims.get("nonce"), nonce, issuer)
    return claims


def asks_nobody(token: str, *, issuer: Issuer) -> bool:
    """Say whether `verify` needs no call: the key is known, or the token does not even name one."""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except _MALFORMED:
        return True
    return is_known(issuer.keys_url, kid)


def _check_people(claims: Claims, issuer: Issuer, client_ids: frozenset[str]) -> None:
    if not isinstance(claims["sub"], str) or not claims["sub"] or not _is_one_of(claims["iss"], issuer.names):
        raise TokenRejected
    # RFC 7519 section 2: NumericDate. PyJWT takes text that reads like a number.
    if not all(_is_number(claims.get(name, 0)) for name in ("exp", "iat", "nbf")):
        raise TokenRejected
    if claims["iat"] > time.time() + LEEWAY:
        raise TokenRejected
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not any(_is_one_of(one, client_ids) for one in audience):
        raise TokenAudienceMismatch
    if "azp" in claims and not _is_one_of(claims["azp"], client_ids):
        raise TokenAudienceMismatch


def _of_tenant(key_issuer: str, claims: Claims) -> str:
    """Give the issuer that a key signs for; Microsoft's keys of all tenants name the token's own."""
    return key_issuer.replace("{tenantid}", str(claims.get("tid")))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_one_of(value: object, names: frozenset[str]) -> bool:
    return isinstance(value, str) and value in names


def _check_nonce(claimed: object, asked: str | None, issuer: Issuer) -> None:
    if asked is None:
        if claimed is not None and not issuer.nonce_unasked:
            raise TokenRejected
        return
    # Apple's SDK is given the hash and the server the nonce itself.
    hashed = hashlib.sha256(asked.encode("utf-8")).hexdigest()
    if not isinstance(claimed, str) or not (
        constant_time_compare(claimed, asked) or constant_time_compare(claimed, hashed)
    ):
        raise TokenRejected
