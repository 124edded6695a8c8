"""The verification of id_tokens, and the fetching of keys (docs/contract.md, section 7; docs/threats.md, row 5)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from shared.contract.errors import ApiError, TokenAudienceMismatch, TokenRejected
from social.oidc import signing_keys
from social.oidc.id_tokens import Issuer
from tests.social.signing import ISSUER, OURS, Provider, check, claims, key, sign


@pytest.fixture
def provider() -> Iterator[Provider]:
    signing_keys.clear_cache()
    yield Provider()
    signing_keys.clear_cache()


def far(seconds: int) -> int:
    return int(time.time()) + seconds


GOOD: dict[str, Callable[[], dict[str, Any]]] = {
    "plain": claims,
    "the issuer's other name": lambda: claims(iss="issuer.example.com"),
    "our other client id": lambda: claims(aud="our-other-app"),
    "several audiences, all ours": lambda: claims(aud=["our-other-app", OURS]),
    "several audiences, azp is ours": lambda: claims(aud=["another", OURS], azp="our-other-app"),
    "azp is ours": lambda: claims(azp=OURS),
    "expired within the leeway": lambda: claims(exp=far(-30)),
    "issued within the leeway": lambda: claims(iat=far(30)),
    "issued long ago": lambda: claims(iat=far(-30 * 86400)),
    "not before, within the leeway": lambda: claims(nbf=far(30)),
    "times with fractions": lambda: claims(exp=far(3600) + 0.5, iat=far(-1) + 0.5, nbf=far(-1) + 0.5),
}

BAD: dict[str, tuple[type[ApiError], Callable[[], dict[str, Any]]]] = {
    "a list of issuers": (TokenRejected, lambda: claims(iss=["https://issuer.example.com"])),
    "another issuer": (TokenRejected, lambda: claims(iss="https://evil.example.com")),
    "no issuer": (TokenRejected, lambda: claims(iss=None)),
    "another application": (TokenAudienceMismatch, lambda: claims(aud="another")),
    "several audiences, one of them ours": (TokenAudienceMismatch, lambda: claims(aud=["another", OURS])),
    "azp is another's, several audiences": (
        TokenAudienceMismatch,
        lambda: claims(aud=["another", OURS], azp="another"),
    ),
    "an audience that is no string": (TokenRejected, lambda: claims(aud=[OURS, 7])),
    "several audiences, none ours": (TokenAudienceMismatch, lambda: claims(aud=["another", "third"])),
    "an empty audience": (TokenAudienceMismatch, lambda: claims(aud="")),
    "no audience": (TokenRejected, lambda: claims(aud=None)),
    "azp is another's": (TokenAudienceMismatch, lambda: claims(azp="another")),
    "azp is a list": (TokenAudienceMismatch, lambda: claims(azp=["another"])),
    "expired": (TokenRejected, lambda: claims(exp=far(-90))),
    "no expiry": (TokenRejected, lambda: claims(exp=None)),
    "issued in the future": (TokenRejected, lambda: claims(iat=far(90))),
    "no time of issue": (TokenRejected, lambda: claims(iat=None)),
    "a time of issue that is no number": (TokenRejected, lambda: claims(iat="yesterday")),
    "not before, in the future": (TokenRejected, lambda: claims(nbf=far(90))),
    "an expiry in text": (TokenRejected, lambda: claims(exp=str(far(3600)))),
    "a beginning in text": (TokenRejected, lambda: claims(nbf=str(far(-30)))),
    "a time of issue that is true": (TokenRejected, lambda: claims(iat=True)),
    "no subject": (TokenRejected, lambda: claims(sub=None)),
    "an empty subject": (TokenRejected, lambda: claims(sub="")),
    "a subject that is no string": (TokenRejected, lambda: claims(sub=10011)),
}


@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD.keys())
def test_a_valid_token_is_accepted(provider: Provider, make: Callable[[], dict[str, Any]]) -> None:
    """A valid token issued to us returns its claims."""
    assert check(sign(make()), provider)["sub"] == "10011"


@pytest.mark.threat(5)
@pytest.mark.parametrize(("error", "make"), BAD.values(), ids=BAD.keys())
def test_an_invalid_claim_is_refused(
    provider: Provider, error: type[ApiError], make: Callable[[], dict[str, Any]]
) -> None:
    """A wrong or missing claim refuses the token."""
    with pytest.raises(error):
        check(sign(make()), provider)


def unsigned(content: Mapping[str, Any]) -> str:
    return jwt.encode(dict(content), "", algorithm="none", headers={"kid": "k1"})


def signed_with_the_public_key(content: Mapping[str, Any]) -> str:
    pem = (
        key("theirs")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "k1"}, content)]
    text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    mac = hmac.digest(pem, text.encode(), hashlib.sha256)
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


FORGED: dict[str, Callable[[], str]] = {
    "unsigned": lambda: unsigned(claims()),
    "HS256 with the public key": lambda: signed_with_the_public_key(claims()),
    "another's key under their id": lambda: sign(claims(), by="others"),
    "an id that they do not have": lambda: sign(claims(), by="others", kid="k9"),
    "no token at all": lambda: "abc",
    "three empty parts": lambda: "..",
    "a header that is no JSON": lambda: "abc.def.ghi",
}


@pytest.mark.threat(5)
@pytest.mark.parametrize("make", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused(provider: Provider, make: Callable[[], str]) -> None:
    """A token is refused unless the issuer signed it with its own algorithm and key."""
    with pytest.raises(TokenRejected):
        check(make(), provider)


HASHED = hashlib.sha256(b"n-1").hexdigest()


@pytest.mark.threat(5)
@pytest.mark.parametrize(
    ("claimed", "asked", "unasked_accepted", "good"),
    [
        (None, None, False, True),
        ("n-1", "n-1", False, True),
        (HASHED, "n-1", False, True),
        (HASHED.upper(), "n-1", False, False),
        ("n-2", "n-1", False, False),
        (None, "n-1", False, False),
        (7, "7", False, False),
        ("n-1", None, False, False),
        ("n-1", None, True, True),
        ("n-2", "n-1", True, False),
    ],
)
def test_the_nonce_must_match(
    provider: Provider, claimed: Any, asked: str | None, unasked_accepted: bool, good: bool
) -> None:
    """The claim is the request's nonce or its hash; an unrequested one passes only if the provider's SDK adds it."""
    issuer = Issuer(ISSUER.names, ISSUER.keys_url, accepts_unrequested_nonce=unasked_accepted)
    token = sign(claims(nonce=claimed))
    if good:
        check(token, provider, issuer=issuer, nonce=asked)
    else:
        with pytest.raises(TokenRejected):
            check(token, provider, issuer=issuer, nonce=asked)
