"""The verification of id_tokens (OpenID Connect Core section 3.1.3.7), with PyJWT.

social-core's own check requires the nonce of a session and an `iat` within the last ten minutes. An app that uses a
provider's SDK can meet neither.

Providers sign other tokens with the same keys, and their `aud` can be ours. OpenID Connect defines no type for
id_tokens, so a token is refused if it says that it is something else (RFC 8725 sections 3.11 and 3.12). Other claims
are ignored (RFC 7519 section 4). `scope` and `cnf`, which access tokens have, are also in id_tokens: of Gen3 Fence, and
of Entra (MSAL's `IdTokenClaims`).
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from django.utils.crypto import constant_time_compare

from shared.contract.errors import TokenAudienceMismatch, TokenRejected
from social.oidc.signing_keys import Fetch, find_key, needs_no_fetch

ASYMMETRIC = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA"}
)
"""Algorithms that an issuer may use. Not HS256: its secret would be a public key (RFC 8725 section 2.1)."""
LEEWAY = 60
"""Seconds by which the provider's clock and ours may differ."""

HEADER_TYPES = frozenset({"jwt", "application/jwt"})
"""Accepted values of the header's `typ`, in lower case (RFC 7519 section 5.1; RFC 7515 section 4.1.9 allows the
prefix). Not among them: `at+jwt` (RFC 9068 section 2.1), `logout+jwt` (OpenID Connect Back-Channel Logout 1.0 section
2.4), `secevent+jwt` (RFC 8417 section 2.3)."""
CLAIMS_OF_OTHER_TOKENS = frozenset({"scp", "idtyp", "events"})
"""Claims that id_tokens do not have.

`scp`: the scopes of an access token of Entra
(https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference) or Okta
(https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/). `idtyp`: whether the subject of an access
token of Entra is an application
(https://learn.microsoft.com/en-us/entra/identity-platform/optional-claims-reference). `events`: required in logout
tokens and in all other security event tokens (RFC 8417 section 2.2).
"""
TYPE_CLAIMS: Mapping[str, frozenset[str]] = {
    # Keycloak's id_tokens have ID, its other tokens Bearer, DPoP, Refresh, Offline, Logout
    # (https://www.keycloak.org/docs-api/latest/javadocs/org/keycloak/util/TokenUtil.html). JWT: RFC 7519 section 5.3.
    "typ": frozenset({"ID", "JWT"}),
    # https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
    "token_use": frozenset({"id"}),
    # https://github.com/uc-cdis/fence#example-id-token
    "pur": frozenset({"id"}),
    # https://docs.pingidentity.com/pingam/8.1/am-oidc1/rest-api-oidc-idtoken-validation.html
    "tokenName": frozenset({"id_token"}),
    # Curity, and PagerDuty, which uses it: `access_token` in an access token, which also has the client in `aud`.
    "purpose": frozenset({"id"}),
}
"""Claims in which providers name the type of a token, with the values of id_tokens."""
CLIENT_CLAIMS = ("azp", "appid", "cid", "client_id")
"""Claims that name the client that a token was issued to.

`azp`: OpenID Connect Core section 2, and Entra's access tokens of version 2. `appid`: Entra's of version 1. `cid`:
Okta's. `client_id`: those of RFC 9068 section 2.2 and of Cognito.
"""

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
    :raises TokenRejected: the token is malformed, no id_token, not signed by the issuer, from another issuer, expired
        or issued in the future, has no `sub`, or has another nonce.
    :raises TokenAudienceMismatch: the token was issued to another application.
    :raises ProviderUnavailable: the issuer's keys cannot be fetched, or were fetched so recently that a key may be new.
    """
    algorithm, kid = _parse_header(token, issuer)
    key = find_key(issuer.keys_url, kid, fetch)
    if key is None:
        raise TokenRejected("unknown_key")
    try:
        claims = jwt.decode(
            token,
            key.for_algorithm(algorithm),
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
        raise TokenRejected("other_issuer")
    _check_claims(claims, issuer, client_ids)
    _check_nonce(claims.get("nonce"), nonce, issuer)
    return claims


def needs_no_call(token: str, *, issuer: Issuer) -> bool:
    """Return True if `verify` makes no call: the keys decide as they are cached, or the header refuses the token."""
    try:
        _, kid = _parse_header(token, issuer)
    except TokenRejected:
        return True
    return needs_no_fetch(issuer.keys_url, kid)


def _parse_header(token: str, issuer: Issuer) -> tuple[str, str | None]:
    """Return the algorithm and the key id.

    :raises TokenRejected: the header is malformed, or of no id_token of the issuer.
    """
    try:
        header = jwt.get_unverified_header(token)
    except _MALFORMED as error:
        raise TokenRejected from error
    algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    # The issuer's algorithms decide, not the token's header (RFC 8725 section 3.1).
    if algorithm not in issuer.algorithms or not isinstance(kid, str | None):
        raise TokenRejected("algorithm_or_key_id")
    if not isinstance(kind, str) or kind.lower() not in HEADER_TYPES:
        raise TokenRejected("no_id_token")
    return algorithm, kid


def _check_claims(claims: Claims, issuer: Issuer, client_ids: frozenset[str]) -> None:
    if not CLAIMS_OF_OTHER_TOKENS.isdisjoint(claims):
        raise TokenRejected("no_id_token")
    if not all(_is_one_of(claims[name], values) for name, values in TYPE_CLAIMS.items() if name in claims):
        raise TokenRejected("no_id_token")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise TokenRejected("no_subject")
    if not _is_one_of(claims["iss"], issuer.names):
        raise TokenRejected("other_issuer")
    # NumericDate (RFC 7519 section 2); PyJWT also accepts numbers in strings.
    if not all(_is_number(claims.get(name, 0)) for name in ("exp", "iat", "nbf")):
        raise TokenRejected("malformed_times")
    if claims["iat"] > time.time() + LEEWAY:
        raise TokenRejected("issued_in_the_future")
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if not all(isinstance(one, str) for one in audience):
        raise TokenRejected("malformed_audience")
    ours = [one for one in audience if one in client_ids]
    # With a foreign audience, only `azp` says to whom the token was issued (OpenID Connect Core section 3.1.3.7).
    if not ours or (len(ours) < len(audience) and "azp" not in claims):
        raise TokenAudienceMismatch
    if not all(_is_one_of(claims[name], client_ids) for name in CLIENT_CLAIMS if name in claims):
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
            raise TokenRejected("nonce_not_sent")
        return
    # An app passes the nonce's SHA-256 hash to Apple's SDK, and the nonce itself to us.
    hashed = hashlib.sha256(requested.encode("utf-8")).hexdigest()
    if not isinstance(claimed, str) or not (
        constant_time_compare(claimed, requested) or constant_time_compare(claimed, hashed)
    ):
        raise TokenRejected("nonce_differs")
