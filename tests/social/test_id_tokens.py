"""The verification of id_tokens, and the fetching of keys (docs/contract.md, section 7; docs/threats.md, row 5)."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from social_core.exceptions import AuthProviderError

from shared.contract.errors import ApiError, ProviderUnavailable, TokenAudienceMismatch, TokenRejected
from social.oidc import signing_keys
from social.oidc.id_tokens import Issuer, verify

OURS = "our-app"
ISSUER = Issuer(frozenset({"https://issuer.example.com", "issuer.example.com"}), "https://issuer.example.com/keys")


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def jwk(name: str, kid: str | None) -> dict[str, Any]:
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key(name).public_key()))
    return {**public, "use": "sig", **({"kid": kid} if kid else {})}


class Provider:
    """A provider's key set that counts how often it is fetched."""

    def __init__(self) -> None:
        self.keys = [jwk("theirs", "k1")]
        self.asked = 0
        self.down = False

    def fetch(self) -> Any:
        self.asked += 1
        if self.down:
            raise AuthProviderError(None, code="connection_failed")
        return {"keys": self.keys}


@pytest.fixture
def provider() -> Iterator[Provider]:
    signing_keys.clear_cache()
    yield Provider()
    signing_keys.clear_cache()


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {"iss": "https://issuer.example.com", "aud": OURS, "sub": "10011", "iat": now - 5, "exp": now + 3600}
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def sign(content: Mapping[str, Any], *, by: str = "theirs", kid: str | None = "k1") -> str:
    # jwt.encode refuses to sign some of the claims that the tests need.
    payload = json.dumps(content).encode()
    return jwt.PyJWS().encode(payload, key(by), algorithm="RS256", headers={"kid": kid} if kid else None)


def check(token: str, provider: Provider, **options: Any) -> Mapping[str, Any]:
    asked = {"issuer": ISSUER, "client_ids": frozenset({OURS, "our-other-app"}), "nonce": None, **options}
    return verify(token, fetch=provider.fetch, **asked)


def far(seconds: int) -> int:
    return int(time.time()) + seconds


GOOD: dict[str, Callable[[], dict[str, Any]]] = {
    "plain": claims,
    "the issuer's other name": lambda: claims(iss="issuer.example.com"),
    "our other client id": lambda: claims(aud="our-other-app"),
    "several audiences, one of them ours": lambda: claims(aud=["another", OURS]),
    "azp is ours": lambda: claims(azp=OURS),
    "expired within the leeway": lambda: claims(exp=far(-30)),
    "issued within the leeway": lambda: claims(iat=far(30)),
    "issued long ago": lambda: claims(iat=far(-30 * 86400)),
    "not before, within the leeway": lambda: claims(nbf=far(30)),
}

BAD: dict[str, tuple[type[ApiError], Callable[[], dict[str, Any]]]] = {
    "a list of issuers": (TokenRejected, lambda: claims(iss=["https://issuer.example.com"])),
    "another issuer": (TokenRejected, lambda: claims(iss="https://evil.example.com")),
    "no issuer": (TokenRejected, lambda: claims(iss=None)),
    "another application": (TokenAudienceMismatch, lambda: claims(aud="another")),
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
    "a time of issue that is true": (TokenRejected, lambda: claims(iat=True)),
    "no subject": (TokenRejected, lambda: claims(sub=None)),
    "an empty subject": (TokenRejected, lambda: claims(sub="")),
    "a subject that is no string": (TokenRejected, lambda: claims(sub=10011)),
}


@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD.keys())
def test_a_valid_token_is_accepted(provider: Provider, make: Callable[[], dict[str, Any]]) -> None:
    """A valid token issued to us returns its claims."""
    assert check(sign(make()), provider)["sub"] == "10011"


@pytest.mark.parametrize(
    "odd",
    [None, "text", {"kid": ["x"]}, {"alg": ["RS256"]}, {"kty": "oct", "k": "c2VjcmV0"}, {"use": "enc"}],
    ids=str,
)
def test_a_malformed_key_is_skipped(provider: Provider, odd: Any) -> None:
    """A malformed key in the set does not affect the others."""
    merged = {**jwk("another", "k1"), **odd} if isinstance(odd, dict) else odd
    provider.keys = [merged, *provider.keys]
    assert check(sign(claims()), provider)["sub"] == "10011"


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # PyJWT warns when it reads the key.
def test_a_key_of_1024_bits_is_refused(provider: Provider) -> None:
    """RFC 7518, section 3.3, requires 2048 bits."""
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - which is what this is about
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(weak.public_key()))
    provider.keys = [{**public, "use": "sig", "kid": "k1"}]
    signed = jwt.PyJWS().encode(json.dumps(claims()).encode(), weak, algorithm="RS256", headers={"kid": "k1"})
    with pytest.raises(TokenRejected):
        check(signed, provider)


def test_the_first_of_two_keys_with_one_id_is_used(provider: Provider) -> None:
    """The first key is used with its own members."""
    provider.keys.append({**jwk("another", "k1"), "issuer": "https://elsewhere.example.com"})
    assert check(sign(claims()), provider)["sub"] == "10011"


def test_a_token_without_a_key_id_is_not_tried_on_two_keys(provider: Provider) -> None:
    """If the token and the keys have no id, the token is refused."""
    provider.keys = [jwk("another", None), jwk("theirs", None)]
    with pytest.raises(TokenRejected):
        check(sign(claims(), kid=None), provider)


def test_unknown_key_ids_do_not_wait_for_a_pending_fetch(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """During a fetch, other unknown key ids get a retryable error, and tokens with known keys are accepted."""
    check(sign(claims()), provider)
    monkeypatch.setattr("social.oidc.cached_document.MIN_REFETCH_INTERVAL", 0)
    monkeypatch.setattr("social.oidc.cached_document.MAX_REFETCH_WAIT", 0.01)
    asked, answered = threading.Event(), threading.Event()

    def hang() -> Any:
        asked.set()
        answered.wait(30)
        return {"keys": provider.keys}

    first = threading.Thread(target=lambda: signing_keys.find_key(ISSUER.keys_url, "made-up", hang))
    first.start()
    assert asked.wait(30)
    with pytest.raises(ProviderUnavailable):
        check(sign(claims(), kid="made-up-too"), provider)
    assert check(sign(claims()), provider)["sub"] == "10011"
    answered.set()
    first.join()


def test_a_key_without_an_algorithm_works_for_all_of_its_issuer(provider: Provider) -> None:
    """A key without `alg` verifies the algorithms of its issuer only."""
    both = Issuer(ISSUER.names, ISSUER.keys_url, ("RS256", "RS512"))
    signed = jwt.encode(claims(), key("theirs"), algorithm="RS512", headers={"kid": "k1"})
    assert check(signed, provider, issuer=both)["sub"] == "10011"
    with pytest.raises(TokenRejected):
        check(signed, provider)


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
        (7, "n-1", False, False),
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


@pytest.mark.threat(5)
def test_a_token_without_a_key_id_needs_a_provider_with_one_key(provider: Provider) -> None:
    """Without `kid` the only key is used; with two keys the token is refused."""
    token = sign(claims(), kid=None)
    check(token, provider)
    signing_keys.clear_cache()
    provider.keys.append(jwk("others", "k2"))
    with pytest.raises(TokenRejected):
        check(token, provider)


def test_keys_are_fetched_once_a_day(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known keys are used for 24 hours and then fetched again."""
    clock = Clock(monkeypatch)
    for _ in range(5):
        check(sign(claims()), provider)
    assert provider.asked == 1
    clock.forward(24 * 3600 + 1)
    check(sign(claims()), provider)
    assert provider.asked == 2


@pytest.mark.threat(5)
def test_unknown_key_ids_cost_one_call_a_minute(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown key ids cause at most one fetch a minute."""
    clock = Clock(monkeypatch)
    check(sign(claims()), provider)
    for minute in (1, 2):
        clock.forward(61)
        for number in range(20):
            with pytest.raises(TokenRejected):
                check(sign(claims(), by="others", kid=f"made-up-{number}"), provider)
        assert provider.asked == 1 + minute


def test_a_new_key_is_found(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new key is accepted once a minute has passed since the last fetch."""
    clock = Clock(monkeypatch)
    check(sign(claims()), provider)
    provider.keys.append(jwk("new", "k2"))
    clock.forward(61)
    assert check(sign(claims(), by="new", kid="k2"), provider)["sub"] == "10011"


@pytest.mark.threat(3)
def test_expired_keys_are_used_during_an_outage(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys older than a day are used while the provider does not answer."""
    clock = Clock(monkeypatch)
    check(sign(claims()), provider)
    provider.down = True
    clock.forward(25 * 3600)
    assert check(sign(claims()), provider)["sub"] == "10011"


@pytest.mark.threat(3)
@pytest.mark.parametrize("answer", [None, [], {"keys": []}, {"keys": [{"kty": "?"}]}, {"keys": 7}, "text"])
def test_without_keys_nobody_signs_in(provider: Provider, answer: Any) -> None:
    """If the keys cannot be fetched, the provider is unavailable and the token is not rejected."""

    def fetch() -> Any:
        return answer

    with pytest.raises(ProviderUnavailable):
        verify(sign(claims()), issuer=ISSUER, client_ids=frozenset({OURS}), nonce=None, fetch=fetch)


class Clock:
    """A clock for the age of the keys that a test can move forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("social.oidc.cached_document.time.monotonic", lambda: self.now)

    def forward(self, seconds: float) -> None:
        self.now += seconds
