"""Only this machine reaches the sandbox, and only its running process makes tokens that it accepts."""

import base64
import hashlib
import hmac
import json
import time

import pytest
import requests

from sandbox.registrations import OURS
from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ONE_DATABASE
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, running_sandbox

pytestmark = [pytest.mark.e2e, pytest.mark.threat(42)]

FORMER_KEY = b"sandbox: the same key on every machine"
"""The constant that signed all tokens until 2026-11."""


def forged(provider: str, persona: str) -> str:
    """Return an access token as the sandbox writes it, made without the sandbox."""
    content = [provider, persona, OURS[provider].client_id, False, int(time.time()), "00" * 8]
    payload = json.dumps(content, separators=(",", ":")).encode()
    signature = hmac.digest(FORMER_KEY + b"token", payload, hashlib.sha256)
    return base64.urlsafe_b64encode(signature + payload).rstrip(b"=").decode()


@ONE_DATABASE
def test_a_token_forged_from_the_source_signs_nobody_in(api: Api, database: Database) -> None:
    """The key is not in the source."""
    before = database.rows("SELECT count(*) FROM auth_user")

    answer = api.sign_up({"provider": "github", "access_token": forged("github", "ripley")})

    assert code_of(answer) == (400, "token_rejected")
    assert database.rows("SELECT count(*) FROM auth_user") == before


def test_tokens_end_with_the_process(sandbox: Sandbox) -> None:
    """Another start has other keys: for access tokens, token secrets and id_tokens."""
    granted = sandbox.issue("github", "ripley")
    with running_sandbox() as restarted:
        statuses = [_github(url, granted["access_token"]) for url in (sandbox.url, restarted.url)]
        keys = [
            requests.get(f"{url}/google-oauth2/www/oauth2/v3/certs", timeout=30).json()
            for url in (sandbox.url, restarted.url)
        ]

    assert statuses == [200, 401]
    assert keys[0] != keys[1]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "192.0.2.1", ""]
)
def test_a_page_of_another_domain_reaches_no_sandbox(sandbox: Sandbox, host: str) -> None:
    """DNS rebinding: the browser connects to 127.0.0.1 and sends the page's domain as Host."""
    answer = requests.post(
        f"{sandbox.url}/github/token", json={"persona": "ripley"}, headers={"Host": host}, timeout=30
    )

    assert (answer.status_code, answer.content) == (421, b"")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9100", "127.0.0.1", "[::1]:9100"])
def test_this_machine_reaches_the_sandbox_by_any_name(sandbox: Sandbox, host: str) -> None:
    """With or without the port."""
    assert requests.get(f"{sandbox.url}/personas", headers={"Host": host}, timeout=30).status_code == 200


@ONE_DATABASE
def test_a_page_of_another_domain_reaches_no_service_in_the_sandbox(api: Api) -> None:
    """Its allowed hosts are loopback (`social.E007`)."""
    assert code_of(api.get("provider/", headers={"Host": "evil.example"})) == (400, "invalid_request")


def _github(url: str, token: str) -> int:
    return requests.get(f"{url}/github/user", headers={"Authorization": f"token {token}"}, timeout=30).status_code
