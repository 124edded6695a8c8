"""Without a sandbox no request that changes anything is sent, and no recorded credential is sent at all."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity import comparison, contract, contract_case, requests
from parity.recorded_case import RecordedCase, Replay
from parity.recordings import RecordedAnswer, RecordedRequest
from parity.requests import Request
from shared.contract.declarations import registry
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
OF_THE_HOST: tuple[Mapping[str, object], ...] = (
    {"method": "GET", "path": f"/api/v1/{SECRET}/"},
    {"method": "GET", "path": f"/api/v1/article/?proof={SECRET[:9]}"},
    {"method": "GET", "path": f"/api/v1/article/?limit=1&username=ripley&api_key={SECRET}"},
    {"method": "GET", "path": "/api/v1/article/?page=2", "headers": {"Authorization": f"ApiKey ripley:{SECRET}"}},
    {"method": "GET", "path": "/api/v1/article/?slug=python-3-12-0-windows-amd64", "headers": {"Cookie": SECRET}},
    {"method": "GET", "path": "/api/v1/article/5/", "headers": {"X-HTTP-Method-Override": "DELETE"}},
    {"method": "POST", "path": "/api/v1/article/", "body": json.dumps({"title": "new"})},
    {"method": "POST", "path": "/api/v1/user/7/avatar/", "body": json.dumps({"token": "short"})},
)


def test_no_recorded_credential_leaves_its_recording(listener: Listener, tmp_path: Path) -> None:
    """Requests, output and report hold none; requests that may change something are not sent."""
    log, report = lines(tmp_path / "log.jsonl", *RECORDED), tmp_path / "report.html"
    ended = check_parity("--url", listener.url, "--log", log, "--report", report)
    sent = b"\n".join(listener.received)
    assert SECRET not in ended.out + report.read_text(encoding="utf-8") + sent.decode("latin-1")
    assert b"ShopApp" not in sent
    assert len(listener.received) == 2 * 6
    assert "2 not sent: it changes something" in ended.out
    assert "1 not sent: it needs a credential (--token)" in ended.out
    assert "1 not sent: it asks for another method by a header" in ended.out
    assert "1 recorded requests are not below /api/v1/" in ended.out
    # The listener answers with the request itself, so each path and each header is part of a difference.
    assert ended.code == 1


@pytest.mark.parametrize("path", ["user/7/", "user/7", "social_account/7/", "token/7/", "token/%37/?limit=1"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "some"}, {"Authorization": f"Bearer {SECRET}"}])
def test_no_recorded_write_to_an_id_is_sent(
    listener: Listener, tmp_path: Path, path: str, headers: Mapping[str, str]
) -> None:
    """The contract may refuse it, but the host project may have a view there; only paths without an id are probed."""
    methods = ("PUT", "PATCH", "POST", "DELETE")
    writes = ({"method": method, "path": f"/api/v1/{path}", "headers": headers, "body": "{}"} for method in methods)
    ended = check_parity("--url", listener.url, "--log", lines(tmp_path / "log.jsonl", *writes))
    assert listener.received == []
    assert f"{len(methods)} not sent: {requests.CHANGES}" in ended.out


def test_of_the_hosts_resources_only_reads_are_sent(listener: Listener, tmp_path: Path) -> None:
    """Twice to each version, without a recorded credential; filters are sent as they were recorded."""
    log, report = lines(tmp_path / "log.jsonl", *OF_THE_HOST), tmp_path / "report.html"
    ended = check_parity("--url", listener.url, "--log", log, "--report", report)
    sent = [one.split(b" HTTP")[0].decode() for one in listener.received]
    query = "article/?slug=python-3-12-0-windows-amd64"
    assert sent == [f"GET /api/v{number}/{query}" for number in (1, 2, 2, 1)]
    for reason in (
        "it asks for another method by a header (1)",
        "its path, query or body may hold a credential (1)",
        "it needs a credential (--old-authorization and --new-authorization, or --token) (2)",
        "POST changes something (--writes) (1)",
    ):
        assert reason in ended.out
    received = b"".join(listener.received).decode("latin-1")
    assert SECRET not in ended.out + report.read_text(encoding="utf-8") + received
    assert ended.code == 0


def test_each_version_has_its_own_credential(listener: Listener, tmp_path: Path) -> None:
    """It is sent in place of a recorded one, also of one in the URL, and is printed nowhere."""
    key = tmp_path / "key"
    key.write_text(f"Token {ALONE}\n", encoding="ascii")
    log = lines(tmp_path / "log.jsonl", *OF_THE_HOST[2:4])
    ended = check_parity(
        *("--url", listener.url, "--log", log),
        *("--old-authorization", "ApiKey operator:old", "--new-authorization", f"@{key}"),
    )
    sent = [one.decode("latin-1").splitlines() for one in listener.received]
    assert [one[0].split(" ")[1] for one in sent[::4]] == ["/api/v1/article/?limit=1", "/api/v1/article/?page=2"]
    for one in sent:
        header = "ApiKey operator:old" if one[0].startswith("GET /api/v1/") else f"Token {ALONE}"
        assert f"Authorization: {header}" in one
    assert ALONE not in ended.out


def test_the_hosts_resources_are_changed_only_on_this_machine(listener: Listener, tmp_path: Path) -> None:
    """With --writes NAME each version receives the request once; bodies with a credential are not sent.

    A path with dots is not sent either: a proxy would make another resource's path of it.
    """
    dots = {"method": "DELETE", "path": "/api/v1/article/%2e%2e/user/5/"}
    log = lines(tmp_path / "log.jsonl", *OF_THE_HOST[6:], dots)
    refused = check_parity("--url", "https://api.example.com", "--log", log, "--writes", "article")
    assert (refused.code, "With --writes, --url is on this machine" in refused.err) == (2, True)
    check_parity("--url", listener.url, "--log", log, "--writes", "article", "--writes", "user")
    assert [one.split(b" HTTP")[0] for one in listener.received] == [b"POST /api/v1/article/", b"POST /api/v2/article/"]
    assert all(one.endswith(b'{"title": "new"}') for one in listener.received)


def test_the_operators_credential_is_for_reading(listener: Listener, tmp_path: Path) -> None:
    """It replaces recorded ones in requests that only read, and is printed nowhere."""
    key = tmp_path / "key"
    key.write_text(ALONE + "\n", encoding="ascii")
    log, report = lines(tmp_path / "log.jsonl", *RECORDED), tmp_path / "report.html"
    ended = check_parity("--url", listener.url, "--log", log, "--token", f"@{key}", "--report", report)
    with_it = [one for one in listener.received if ALONE.encode() in one]
    assert [one.split(b" HTTP")[0] for one in with_it] == [b"GET /api/v1/user/", b"GET /api/v2/user/"]
    assert ALONE not in ended.out + report.read_text(encoding="utf-8")


def test_the_contracts_cases_change_nothing_without_a_sandbox(listener: Listener) -> None:
    """Only requests that read, or that are refused before any effect, are sent."""
    ended = check_parity("--url", listener.url, "--json", "--token", ALONE)
    assert ended.json["skipped"].keys() >= {contract_case.NEEDS_USERS, requests.CHANGES}
    assert len(listener.received) > 2 * 300
    for request in listener.received:
        method, target = request.split(b" ")[:2]
        if ALONE.encode() in request:
            assert method.decode() in requests.SAFE_METHODS
        if method.decode() not in requests.SAFE_METHODS:
            endpoint = registry.endpoint_at(target.decode().partition("?")[0][len("/api/v1/") :])
            refused = endpoint is None or method.decode() not in endpoint.methods
            assert refused or method == b"POST", request
        assert b"Override" not in request


def test_a_sign_up_that_would_reach_a_provider_is_not_sent() -> None:
    """Examples that sign a user up are never classified as refused before any effect."""
    body = b'{"provider":"facebook","access_token":"{known}"}'
    signing_up = [step.request for step in contract.examples() if step.request.body == body]
    reaching = [one for one in signing_up if not one.header("Authorization") and "urlencoded" not in str(one.headers)]
    assert len(reaching) >= 5
    assert {requests.obstacle(one) for one in reaching} == {requests.CHANGES}


def test_a_write_to_an_unknown_path_is_not_taken_for_refused() -> None:
    """The contract would answer 404, but the host project may have a view there."""
    for path in ("article/", "user/5/avatar/", "token/schema/"):
        assert requests.obstacle(Request("PUT", path)) == requests.CHANGES


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
    """A secret anywhere in a recording is replaced before the request is sent."""
    target = "/api/v1/" + where.format(secret)
    recorded = RecordedRequest(
        "line 1", "POST", target, ((name, scheme + secret),), body.replace("%s", secret).encode(), RecordedAnswer(401)
    )
    case = RecordedCase("log", recorded, target[len("/api/v1/") :], Replay())
    sent = case.without_users("operators")
    redacted = case._redacted({})
    for request in (sent, redacted):
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
    """Sign-ups are sent to no other machine."""
    ended = check_parity("--url", url, "--sandbox", sandbox)
    assert ended.code == 2
    assert "is on this machine" in ended.err


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("POST", "social_sign_up/", ""),
        ("GET", "note/5/", ""),
        ("GET", "user/5/", comparison.HOSTS_OWN),
        ("DELETE", "user/5/", comparison.HOSTS_OWN),
        ("GET", "", comparison.HOSTS_OWN),
        ("DELETE", "note/5/", comparison.HOST_WRITE),
        ("POST", "token/5/avatar/", comparison.HOST_WRITE),
        ("POST", "article/", ""),
    ],
)
def test_with_a_sandbox_too_the_hosts_resources_are_not_changed(method: str, path: str, reason: str) -> None:
    """A case changes a resource of the host only if --writes names it, and never one under a name of the contract."""
    limits = comparison.Limits(hosts=frozenset({"user", ""}), writes=frozenset({"article", "user"}))
    assert limits.obstacle(Request(method, path)) == reason
