"""Which key verifies an id_token, and when a provider's keys are fetched (docs/contract.md, section 7)."""

import base64
import json
import threading
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.contract.errors import ProviderUnavailable, TokenRejected
from social.oidc import signing_keys
from social.oidc.id_tokens import Issuer, needs_no_call, verify
from tests.social.signing import ISSUER, OURS, Provider, check, claims, jwk, key, sign


@pytest.fixture
def provider() -> Iterator[Provider]:
    signing_keys.clear_cache()
    yield Provider()
    signing_keys.clear_cache()


class Clock:
    """A clock for the age of the keys that a test can move forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("social.oidc.cached_document.time.monotonic", lambda: self.now)

    def forward(self, seconds: float) -> None:
        self.now += seconds


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
    monkeypatch.setattr("social.oidc.cached_document.MIN_REFETCH_INTERVAL", 60)
    assert not needs_no_call(sign(claims(), kid="made-up-too"), issuer=ISSUER), "it waits for the fetch"
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
    """Unknown key ids cause at most one fetch a minute; the token that caused it is rejected."""
    clock = Clock(monkeypatch)
    check(sign(claims()), provider)
    for minute in (1, 2):
        clock.forward(61)
        with pytest.raises(TokenRejected):
            check(sign(claims(), by="others", kid="made-up"), provider)
        for number in range(20):
            with pytest.raises(ProviderUnavailable):
                check(sign(claims(), by="others", kid=f"made-up-{number}"), provider)
        assert provider.asked == 1 + minute


@pytest.mark.threat(45)
def test_a_new_key_is_found_a_minute_after_the_last_fetch(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until then the token may be valid, and the client learns when to retry."""
    clock = Clock(monkeypatch)
    check(sign(claims()), provider)
    clock.forward(10)
    provider.keys.append(jwk("new", "k2"))
    for passed, left in ((10, 40), (0.5, 40), (38.5, 1), (0.5, 1), (0.4, 1)):
        clock.forward(passed)
        with pytest.raises(ProviderUnavailable) as refused:
            check(sign(claims(), by="new", kid="k2"), provider)
        assert refused.value.headers["Retry-After"] == str(left)
    assert provider.asked == 1
    clock.forward(0.1)
    assert check(sign(claims(), by="new", kid="k2"), provider)["sub"] == "10011"


@pytest.mark.threat(45)
def test_made_up_key_ids_do_not_delay_a_new_key_further(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fetch that a made-up id causes also finds the new key."""
    clock = Clock(monkeypatch)
    check(sign(claims()), provider)
    provider.keys.append(jwk("new", "k2"))
    clock.forward(60)
    with pytest.raises(TokenRejected):
        check(sign(claims(), by="others", kid="made-up"), provider)
    assert check(sign(claims(), by="new", kid="k2"), provider)["sub"] == "10011"


@pytest.mark.threat(45)
def test_the_first_fetch_of_a_process_decides(provider: Provider) -> None:
    """Without keys there is no minute to wait for: the token that causes the first fetch is rejected or accepted."""
    with pytest.raises(TokenRejected):
        check(sign(claims(), by="others", kid="made-up"), provider)
    with pytest.raises(ProviderUnavailable):
        check(sign(claims(), by="others", kid="made-up"), provider)
    assert check(sign(claims()), provider)["sub"] == "10011"


@pytest.mark.threat(3, 45)
def test_a_new_key_is_not_decided_on_during_an_outage(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the keys cannot be fetched again, the token is not rejected, and the last keys stay in use."""
    clock = Clock(monkeypatch)
    check(sign(claims()), provider)
    provider.down = True
    for passed, left in ((61, 60), (20, 40)):
        clock.forward(passed)
        with pytest.raises(ProviderUnavailable) as refused:
            check(sign(claims(), by="new", kid="k2"), provider)
        assert refused.value.headers["Retry-After"] == str(left)
        assert check(sign(claims()), provider)["sub"] == "10011"
    assert provider.asked == 2
    provider.down = False
    provider.keys.append(jwk("new", "k2"))
    clock.forward(40)
    assert check(sign(claims(), by="new", kid="k2"), provider)["sub"] == "10011"


@pytest.mark.threat(5)
def test_a_token_without_a_key_id_causes_no_second_fetch(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that changes its keys must name them, so such a token is rejected at any time."""
    clock = Clock(monkeypatch)
    check(sign(claims()), provider)
    clock.forward(61)
    with pytest.raises(TokenRejected):
        check(sign(claims(), by="new", kid=None), provider)
    assert provider.asked == 1


@pytest.mark.threat(45)
@pytest.mark.parametrize("kid", ["k1", "made-up", None])
def test_no_call_is_needed_within_the_minute(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, kid: str | None
) -> None:
    """An unknown key id is answered without a call, and so without a place among the provider's calls."""
    clock = Clock(monkeypatch)
    token = sign(claims(), kid=kid)
    assert not needs_no_call(token, issuer=ISSUER)
    check(sign(claims()), provider)
    assert needs_no_call(token, issuer=ISSUER)
    clock.forward(60)
    assert needs_no_call(token, issuer=ISSUER) is (kid != "made-up")


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "RS256", "typ": "at+jwt"}, {"alg": "RS256", "kid": 7}, [], "text"], ids=str
)
def test_no_call_is_needed_for_a_header_that_refuses_the_token(provider: Provider, header: Any) -> None:
    """Such a token is rejected before its key is looked up."""
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    assert needs_no_call(f"{encoded}.e30.AAAA", issuer=ISSUER)
    with pytest.raises(TokenRejected):
        check(f"{encoded}.e30.AAAA", provider)
    assert provider.asked == 0


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
