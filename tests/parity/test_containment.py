"""What may be sent where: nothing that changes anything without a sandbox, and no recorded credential anywhere."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity import contract_case, examples, safety
from parity.memory import Memory
from parity.recorded_case import RecordedCase
from parity.recorded_request import RecordedAnswer, RecordedRequest
from parity.requests import Request
from shared.contract.endpoints import endpoint_at
from tests.differential.budget import budget
from tests.parity.running import Listener, check_parity

SECRET = "EAAGsecretSECRET4711secretSECRET"
ALONE = "mine-OPERATORS-key-4711-0815"
FIELDS = json.dumps({"provider": "facebook", "access_token": SECRET, "device_token": SECRET, "more": [{"x": SECRET}]})


def lines(path: Path, *recorded: Mapping[str, object]) -> Path:
    path.write_text("\n".join(json.dumps(one) for one in recorded), encoding="utf-8")
    return path


RECORDED: tuple[Mapping[str, object], ...] = (
    {"method": "GET", "path": f"/api/v1/user/?limit=5&api_key={SECRET}"},
    {"method": "GET", "path": f"/api/v1/{SECRET}/"},
    {"method": "GET", "path": "/api/v1/provider/", "headers": {"Cookie": f"s={SECRET}", "X-Device": SECRET}},
    {"method": "GET", "path": "/api/v1/provider/", "headers": {"User-Agent": "ShopApp/1.0", "X-Client": "ShopApp/1.0"}},
    {"method": "GET", "path": "/api/v1/user/", "headers": {"Authorization": f"ApiKey ripley:{SECRET}"}},
    {"method": "PUT", "path": "/api/v1/user/", "headers": {"Authorization": f"Bearer {SECRET}"}},
    {"method": "POST", "path": "/api/v1/social_sign_up/", "body": f'{{"access_token":"{SECRET}",}}'},
    {"method": "POST", "path": "/api/v1/social_sign_up/", "body": f"provider=facebook&access_token={SECRET}"},
    {"method": "POST", "path": "/api/v1/social_sign_up/", "body": FIELDS},
    {"method": "DELETE", "path": "/api/v1/token/5/", "headers": {"Authorization": f"Token {SECRET}"}},
    {"method": "GET", "path": "/api/v1/token/5/", "headers": {"X-HTTP-Method-Override": "DELETE"}},
    {"method": "GET", "path": "/api/v2/provider/"},
)


def test_no_recorded_credential_leaves_its_recording(listener: Listener, tmp_path: Path) -> None:
    """Neither what is sent nor what is printed nor the report holds one; what may change something is not sent."""
    log, report = lines(tmp_path / "log.jsonl", *RECORDED), tmp_path / "report.html"
    ended = check_parity("--url", listener.url, "--log", log, "--report", report)
    sent = b"\n".join(listener.received)
    assert SECRET not in ended.out + report.read_text(encoding="utf-8") + sent.decode("latin-1")
    assert b"ShopApp" not in sent
    assert len(listener.received) == 2 * 7
    assert "2 not sent: it changes something" in ended.out
    assert "1 not sent: it needs a credential (--token)" in ended.out
    assert "1 not sent: it asks for another method by a header" in ended.out
    assert "1 recorded requests are not below /api/v1/" in ended.out
    # The listener answers with what it was sent: each path, and the headers, stand in a difference.
    assert ended.code == 1


def test_the_operators_credential_is_for_reading(listener: Listener, tmp_path: Path) -> None:
    """It stands for recorded ones where a request only reads; other requests do not get it; nothing shows it."""
    key = tmp_path / "key"
    key.write_text(ALONE + "\n", encoding="ascii")
    log, report = lines(tmp_path / "log.jsonl", *RECORDED), tmp_path / "report.html"
    ended = check_parity("--url", listener.url, "--log", log, "--token", f"@{key}", "--report", report)
    with_it = [one for one in listener.received if ALONE.encode() in one]
    assert [one.split(b" HTTP")[0] for one in with_it] == [b"GET /api/v1/user/", b"GET /api/v2/user/"]
    assert ALONE not in ended.out + report.read_text(encoding="utf-8")


def test_the_contracts_cases_change_nothing_without_a_sandbox(listener: Listener) -> None:
    """Of the contract, what only reads is sent, and what is refused before anything happens."""
    ended = check_parity("--url", listener.url, "--json", "--token", ALONE)
    assert ended.said["skipped"].keys() >= {contract_case.NEEDS_PEOPLE, safety.CHANGES}
    assert len(listener.received) > 2 * 300
    for request in listener.received:
        method, target = request.split(b" ")[:2]
        if ALONE.encode() in request:
            assert method.decode() in safety.READING
        if method.decode() not in safety.READING:
            endpoint = endpoint_at(target.decode().partition("?")[0][len("/api/v1/") :])
            refused = endpoint is None or method.decode() not in endpoint.methods
            assert refused or method == b"POST", request
        assert b"Override" not in request


def test_a_sign_up_that_would_reach_a_provider_is_not_sent() -> None:
    """Of the examples, those that sign somebody up are never taken for such as are refused before."""
    body = b'{"provider":"facebook","access_token":"{known}"}'
    signing_up = [step.request for step in examples.steps() if step.request.body == body]
    reaching = [one for one in signing_up if not one.header("Authorization") and "urlencoded" not in str(one.headers)]
    assert len(reaching) >= 5
    assert {safety.obstacle(one) for one in reaching} == {safety.CHANGES}


HEADERS = st.sampled_from(["Authorization", "Cookie", "X-Api-Key", "Referer", "Proxy-Authorization", "X-Token"])
WHERE = st.sampled_from(["", "user/{}/", "{}", "?t={}", "?{}"])
SCHEMES = st.sampled_from(["Bearer ", "Token ", "ApiKey ripley:", "Basic ", "", "Digest username=", "bearer  "])
SECRETS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=20, max_size=60).filter(
    lambda text: set(text) - set("abcdefghijklmnopqrstuvwxyz_-") and "x" * 8 not in text
)
BODIES = st.sampled_from(
    [
        '{"provider":"facebook","access_token":"%s"}',
        '{"provider":"facebook","access_token" : "\\u0025%s"}',
        '{"a":{"id_token":["%s"]}}',
        '{"access_token":"%s"',
        "access_token=%s&x=1",
        "--b\r\nContent-Disposition: form-data; name=id_token\r\n\r\n%s\r\n--b--",
        '["%s"]',
        '"%s"',
        "%s",
        '{"%s":1}',
    ]
)


@given(name=HEADERS, scheme=SCHEMES, secret=SECRETS, body=BODIES, where=WHERE)
@budget(150)
def test_no_secret_of_any_request_is_sent(name: str, scheme: str, secret: str, body: str, where: str) -> None:
    """Wherever a recording holds one, its place holds something else when the request is sent."""
    target = "/api/v1/" + where.format(secret)
    recorded = RecordedRequest(
        "line 1", "POST", target, ((name, scheme + secret),), body.replace("%s", secret).encode(), RecordedAnswer(401)
    )
    case = RecordedCase("log", recorded, Memory())
    sent = case.alone("operators")
    plain = case._plain({})
    for request in (sent, plain):
        if isinstance(request, Request):
            assert secret not in request.target
            assert all(secret not in value for _, value in request.headers)
            assert secret.encode() not in (request.body or b"")
    assert secret not in case.shown


@pytest.mark.parametrize(
    ("url", "sandbox"),
    [("https://api.example.com", "http://127.0.0.1:9100"), ("http://127.0.0.1:8000", "http://sandbox.example.com")],
)
def test_a_sandbox_is_for_this_machine(url: str, sandbox: str) -> None:
    """Sign-ups go nowhere else: a deployment that takes the sandbox's tokens allows no other host."""
    ended = check_parity("--url", url, "--sandbox", sandbox)
    assert ended.code == 2
    assert "is on this machine" in ended.err
