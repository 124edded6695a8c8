"""Tests of the rehearsal in docs/adopters.md and of its settings for codes; a part of `story.py`."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.test import Client, override_settings

from sandbox.__main__ import environment
from sandbox.server import SandboxServer
from tests.adopting import document
from tests.adopting.shop.models import Customer
from tests.contract.conftest import ApiClient


@pytest.fixture
def sandbox() -> Iterator[str]:
    """The URL of a sandbox in this process."""
    with SandboxServer(0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("walked")
def test_rehearsal(sandbox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the page's settings the checks report no error, and a person of the sandbox signs up and in."""
    (tmp_path / "sandbox.json").write_text(json.dumps(environment(sandbox)))
    monkeypatch.chdir(tmp_path)
    (persona,) = re.findall(r"curl -d '(.+)' http://127\.0\.0\.1:9100/facebook/token", document.PAGE.read_text())
    module: dict[str, Any] = {}
    code = document.block("rehearsal").replace("from shop.settings", "from tests.adopting.shop.settings")
    exec(compile(code, "rehearsal.py", "exec"), module)  # noqa: S102 - our own page
    rehearsed = {
        name: value
        for name, value in module.items()
        if name.startswith(("SOCIAL_", "PROVIDER_", "SECURE_"))
        or name in {"SANDBOX", "ALLOWED_HOSTS", "TRUSTED_PROXIES"}
    }
    with override_settings(**rehearsed):
        assert [str(message) for message in run_checks() if message.level >= ERROR] == []
        fields = requests.post(f"{sandbox}/facebook/token", data=persona, timeout=10).json()
        sent = {"provider": "facebook", "access_token": fields["access_token"]}
        bodies = [
            Client(SERVER_NAME="localhost").post(f"/{prefix}social_sign_up/", sent, "application/json").json()
            for prefix in (settings.APIS["api_v2"], next(iter(settings.APIS.values())))
        ]
    assert [body["outcome"] for body in bodies] == ["created", "signed_in"]
    Customer.objects.get(pk=bodies[0]["id"]).delete()


@pytest.mark.usefixtures("walked")
def test_codes() -> None:
    """With the page's redirect URIs the checks report no error, and the provider takes codes."""
    (line,) = re.findall(r"^ +(SOCIAL_AUTH_\w+_REDIRECT_URIS = .*)$", document.PAGE.read_text(), re.MULTILINE)
    module: dict[str, Any] = {}
    exec(compile(line, "settings.py", "exec"), module)  # noqa: S102 - our own page
    with override_settings(SOCIAL_AUTH_GOOGLE_OAUTH2_REDIRECT_URIS=module["SOCIAL_AUTH_GOOGLE_OAUTH2_REDIRECT_URIS"]):
        assert [message for message in run_checks() if message.level >= ERROR] == []
        listed = ApiClient(list(settings.APIS)[-1]).get("provider/").json()["objects"]
    assert "code" in str(next(one for one in listed if one["name"] == "google-oauth2"))
