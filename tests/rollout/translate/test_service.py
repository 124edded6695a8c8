"""The translation of every operation, run by a shell and curl itself against the running service."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from rollout.recorded.request import RecordedRequest
from rollout.translate import writing
from shared.contract.differences import Answer, compare
from shared.contract.exchanges import EXCHANGES, Exchange
from tests.e2e.servers import Sandbox, Service, running_sandbox, running_service
from tests.rollout.translate.running import translate

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The providers on this machine."""
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def service(sandbox: Sandbox) -> Iterator[Service]:
    """The service."""
    with running_service(sandbox) as service:
        yield service


def sign_up(service: Service, sandbox: Sandbox, number: int, *providers: str) -> dict[str, Any]:
    """Sign a guest up, with accounts of these providers."""
    made: dict[str, Any] = {}
    for provider in providers:
        fields = sandbox.token(provider, f"guest-{number}")
        headers = {"Authorization": f"Bearer {made['token']}"} if made else {}
        answer = requests.post(f"{service.url}/api/v2/social_sign_up/", json=fields, headers=headers, timeout=30)
        made = made or answer.json()
    return made


def captured(service: Service, sandbox: Sandbox, exchange: Exchange, number: int) -> RecordedRequest:
    """Give the request of a sample to v1, by somebody who has just signed up."""
    person = sign_up(service, sandbox, number, "facebook", "github")
    headers = [("Authorization", f"ApiKey {person['username']}:{person['token']}")]
    path, body = exchange.path.replace("user/7/", f"user/{person['id']}/"), None
    for resource in ("social_account", "token"):
        if path.startswith(f"{resource}/") and not path.endswith("current/"):
            listed = requests.get(f"{service.url}/api/v2/{resource}/", headers=dict(headers), timeout=30).json()[
                "objects"
            ]
            path = path.replace("/3/", f"/{listed[0]['id']}/").replace("/5/", f"/{listed[0]['id']}/")
    if exchange.request is not None:
        headers = [("Content-Type", "application/json")]
        body = json.dumps(sandbox.token("facebook", f"guest-{number + 1}", first_name="O'Neil é $x")).encode()
    return RecordedRequest("", exchange.method, f"{service.url}/api/v1/{path}", tuple(headers), body)


def run(command: str, prefix: str) -> Answer:
    """Let a shell run a command, and read what curl has received."""
    shown = command.replace("curl ", "curl --silent --include ", 1)
    ended = subprocess.run(  # noqa: S603 - our own
        ["/bin/sh", "-c", shown], stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60
    )
    head, _, body = ended.stdout.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    return Answer(prefix, int(first.split(" ")[1]), headers, body)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda one: one.operation)
def test_the_translation_of_an_operation_is_answered_as_the_contract_says(
    service: Service, sandbox: Sandbox, exchange: Exchange, tmp_path: Path
) -> None:
    """A command for v1 becomes one that v2 answers with the sample's status and fields."""
    request = captured(service, sandbox, exchange, 1_000_000_000 + 10 * EXCHANGES.index(exchange))
    ended = translate(tmp_path, writing.curl(request))
    assert ended.code == 0, ended.err
    answer = run(ended.out, "/api/v2/")
    assert answer.status == exchange.status, answer
    if exchange.body is not None:
        assert list(json.loads(answer.body)) == list(exchange.body)


@pytest.mark.parametrize("exchange", [one for one in EXCHANGES if one.method == "GET"], ids=lambda one: one.operation)
def test_v2_answers_the_translation_as_v1_the_original(
    service: Service, sandbox: Sandbox, exchange: Exchange, tmp_path: Path, settings: Any
) -> None:
    """The very same command on v1, and its translation on v2, differ by the closed list alone."""
    if "api/v1/" not in settings.APIS.values():
        pytest.skip("v1 is not mounted")
    request = captured(service, sandbox, exchange, 2_000_000_000 + 10 * EXCHANGES.index(exchange))
    original = writing.curl(request)
    old, new = run(original, "/api/v1/"), run(translate(tmp_path, original).out, "/api/v2/")
    assert not compare(old, new).outside
