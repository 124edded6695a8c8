import json
import socket
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.codes import FALSE_CODES
from sandbox.faults import FAULTS, FAULTS_OF_ONE_CALL
from sandbox.id_tokens import FALSE_CLAIMS, FORGERIES
from sandbox.personas import ALTERATIONS, PERSONAS
from sandbox.providers.oauth2 import ANSWERS, REFUSED_PERSONAS
from tests.sandbox import calls
from tests.sandbox.calls import EACH_CALL, Grant
from tests.sandbox.conftest import serving

SOON = 0.05
"""Seconds to wait for an answer that does not come."""


@EACH_CALL
def test_error_status(sandbox: str, grant: Grant, provider: str, call: calls.Call) -> None:
    """The answer has an error status and a JSON body, and Retry-After where the persona says so."""
    for persona, status, retry_after in (
        ("error-500", 500, None),
        ("error-503", 503, "7"),
        ("rate-limited", 429, "30"),
    ):
        answer = call(sandbox, grant(provider, persona))

        assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry_after)
        assert isinstance(answer.json(), dict)


@EACH_CALL
def test_error_object_with_status_200(sandbox: str, grant: Grant, provider: str, call: calls.Call) -> None:
    """The body is the provider's error object."""
    answer = call(sandbox, grant(provider, "error-object"))

    assert answer.status_code == 200
    assert answer.json().keys() & {"error", "errors", "message", "msg"}


@EACH_CALL
def test_invalid_bodies(sandbox: str, grant: Grant, provider: str, call: calls.Call) -> None:
    """The status is 200 and the body is no JSON object, not UTF-8 or nested too deeply."""

    def body(persona: str) -> bytes:
        answer = call(sandbox, grant(provider, persona))
        assert answer.status_code == 200
        return answer.content

    assert body("html").startswith(b"<!doctype html>")
    assert body("empty") == b""
    assert body("null") == b"null"
    assert isinstance(json.loads(body("list")), list)
    with pytest.raises(UnicodeDecodeError):
        body("bad-utf8").decode()
    with pytest.raises(RecursionError):
        json.loads(body("deep-json"))


@EACH_CALL
def test_reset(sandbox: str, grant: Grant, provider: str, call: calls.Call) -> None:
    """The connection is reset without an answer."""
    granted = grant(provider, "reset")

    with pytest.raises(requests.ConnectionError, match="reset"):
        call(sandbox, granted)


@EACH_CALL
def test_redirect(sandbox: str, grant: Grant, provider: str, call: calls.Call) -> None:
    """Every call can be redirected to the canary."""
    answer = call(sandbox, grant(provider, "redirect"))

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{sandbox}/canary")


def test_the_canary_counts_requests(grant: Grant) -> None:
    """A client that follows the redirect is counted."""
    with serving() as sandbox:
        visits = f"{sandbox}/canary/visits"
        answer = calls.discord(sandbox, grant("discord", "redirect"))

        assert (answer.status_code, answer.headers["Location"]) == (302, f"{sandbox}/canary")
        assert calls.get(visits).json() == {"visits": 0}
        calls.get(answer.headers["Location"])
        assert calls.get(visits).json() == {"visits": 1}


@EACH_CALL
@pytest.mark.parametrize("persona", ["hang", "slow", "drip"])
def test_no_answer_in_time(sandbox: str, grant: Grant, provider: str, call: calls.Call, persona: str) -> None:
    """The answer does not arrive within the timeout."""
    granted = grant(provider, persona)

    with pytest.raises(requests.ReadTimeout):
        call(sandbox, granted, timeout=(calls.TIMEOUT, SOON))


def test_drip(sandbox: str, grant: Grant) -> None:
    """The first byte arrives at once and the rest does not."""
    address = urlsplit(sandbox)
    token = grant("gitlab", "drip")["access_token"]
    with socket.create_connection((address.hostname, address.port or 0), timeout=5) as client:
        client.sendall(f"GET /gitlab/api/v4/user?access_token={token} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

        assert client.recv(1000) == b"H"


@EACH_CALL
def test_endless(sandbox: str, grant: Grant, provider: str, call: calls.Call) -> None:
    """The body is larger than 5 MB."""
    with call(sandbox, grant(provider, "endless"), stream=True) as answer:
        received = 0
        for chunk in answer.iter_content(1_000_000):
            received += len(chunk)
            if received > 5_000_000:
                break

    assert received > 5_000_000


@EACH_CALL
def test_gzip_bomb(sandbox: str, grant: Grant, provider: str, call: calls.Call) -> None:
    """The compressed body is small, and the decompressed one is not."""
    with call(sandbox, grant(provider, "gzip-bomb"), stream=True) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert int(answer.headers["Content-Length"]) < 1_000_000
        assert len(next(answer.iter_content(5_000_000))) == 5_000_000


@pytest.mark.parametrize("provider", calls.CHECK)
def test_faults_of_the_check_only(sandbox: str, grant: Grant, provider: str) -> None:
    """The check fails, and the profile is normal."""
    for persona in ("check-down", "check-nonsense"):
        assert calls.PROFILE[provider](sandbox, grant(provider, persona)).status_code == 200
    assert calls.CHECK[provider](sandbox, grant(provider, "check-down")).status_code == 500
    assert calls.CHECK[provider](sandbox, grant(provider, "check-nonsense")).json() == {"status": "ok"}


def test_every_scripted_persona_is_implemented() -> None:
    """Every scripted persona changes something, and every change has a persona."""
    in_the_providers = {"foreign", "revoked", "mismatch", "nested-token"}
    of_one_call = {name for faults in FAULTS_OF_ONE_CALL.values() for name in faults}
    of_codes = {*FALSE_CODES, *REFUSED_PERSONAS, *ANSWERS}
    scripted = {*ALTERATIONS, *FALSE_CLAIMS, *FORGERIES, *of_one_call, *FAULTS, *of_codes, *in_the_providers}
    assert {persona.name for persona in PERSONAS if not persona.ordinary} == scripted
    assert len({persona.number for persona in PERSONAS}) == len({persona.name for persona in PERSONAS})


def test_silent_answers_block_no_other(sandbox: str, grant: Grant) -> None:
    """A request is answered while 32 clients wait for a silent provider."""
    token = grant("gitlab", "hang")["access_token"]
    request = f"GET /gitlab/api/v4/user?access_token={token} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    address = urlsplit(sandbox)
    waiting = [socket.create_connection((address.hostname, address.port or 0)) for _ in range(32)]
    for client in waiting:
        client.sendall(request)

    assert calls.gitlab(sandbox, grant("gitlab")).json()["username"] == "ripley"
    for client in waiting:
        client.close()
