"""Signed webhooks: to a real HTTP server, verified by the documented receiver and by the reference library."""

import base64
import json
import socket
import ssl
import time
import uuid
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from rollout.client_health import webhooks
from rollout.client_health.deadlines import Deadline
from rollout.client_health.messages import Message
from rollout.models import Notice
from tests.rollout.client_health.conftest import Receiver, Team, a_team, documented_receiver

pytestmark = pytest.mark.django_db


def message(team: Team, url: str = "") -> Message:
    if url:
        team.row.webhook_url = url
    start = timezone.now() + timedelta(days=6, hours=1)
    return Message(
        id=uuid.UUID(int=1),
        channel=Notice.Channel.WEBHOOK,
        team=team.row,
        clients={"ShopApp/2.1": 5},
        deadlines=(Deadline(Notice.Kind.BROWNOUT, start, start + timedelta(hours=1), 25, "ShopApp"),),
        guide="https://example.com/é",
        rows=(),
    )


def test_what_is_sent(receiver: Receiver) -> None:
    """The documented receiver and the reference library accept the signature; the body has the dates and the calls."""
    team = a_team()
    sent = message(team, f"{receiver.url}hooks?x=1")
    assert webhooks.send(sent) == ""
    (found,) = receiver.received
    assert (found.path, found.headers["content-type"]) == ("/hooks?x=1", "application/json")
    assert found.headers["webhook-id"] == f"msg_{uuid.UUID(int=1)}"
    notice = documented_receiver()(team.secret, found.headers, found.body)
    assert notice == Webhook(team.secret).verify(found.body, found.headers) == json.loads(found.body)
    (deadline,) = sent.deadlines
    assert notice["type"] == "client.deadlines"
    assert notice["data"] == {
        "client": "ShopApp",
        "version": "v1",
        "successor": "v2",
        "old_prefix": "/api/v1/",
        "new_prefix": "/api/v2/",
        "guide": "https://example.com/é",
        "days": 30,
        "calls": 5,
        "versions": [{"client": "ShopApp/2.1", "calls": 5}],
        "deadlines": [
            {
                "kind": "brownout",
                "at": deadline.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "end": (deadline.at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "share": 25,
                "client": "ShopApp",
                "days_left": 7,
            }
        ],
    }


CHANGES: dict[str, Any] = {
    "another secret": {"secret": f"whsec_{base64.b64encode(bytes(32)).decode()}"},
    "another body": {"body": b"{}"},
    "another id": {"webhook-id": "msg_2"},
    "another time": {"webhook-timestamp": "{later}"},
    "no time": {"webhook-timestamp": ""},
    "no signature": {"webhook-signature": ""},
    "another version": {"webhook-signature": "v1a,x"},
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_the_documented_receiver_refuses(changed: dict[str, Any]) -> None:
    """Whatever is not signed with the secret."""
    secret, body, now = f"whsec_{base64.b64encode(b'k' * 32).decode()}", b'{"a": 1}', int(time.time())
    headers = webhooks.signed_headers(b"k" * 32, "msg_1", now, body)
    read = documented_receiver()
    assert read(secret, headers, body) == {"a": 1}
    # A second signature, as while a secret is being replaced.
    assert read(secret, {**headers, "webhook-signature": f"v1,x {headers['webhook-signature']}"}, body) == {"a": 1}
    others = {name: value.format(later=now + 1) for name, value in changed.items() if name.startswith("webhook-")}
    assert read(changed.get("secret", secret), {**headers, **others}, changed.get("body", body)) is None


def test_the_documented_receiver_refuses_an_old_copy() -> None:
    """Of a webhook that was signed more than five minutes ago."""
    secret, now = f"whsec_{base64.b64encode(b'k' * 32).decode()}", int(time.time())
    read = documented_receiver()
    assert read(secret, webhooks.signed_headers(b"k" * 32, "msg_1", now - 200, b"{}"), b"{}") == {}
    assert read(secret, webhooks.signed_headers(b"k" * 32, "msg_1", now - 301, b"{}"), b"{}") is None


@pytest.mark.parametrize("status", [301, 307, 400, 410, 500])
def test_anything_but_2xx_is_a_failure(receiver: Receiver, status: int) -> None:
    """A redirect is not followed."""
    receiver.answers = [status]
    assert webhooks.send(message(a_team(), receiver.url)) == f"the receiver answered {status}"
    assert len(receiver.received) == 1


def test_a_receiver_that_is_slow(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of the call takes TIMEOUT at most."""
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.2)
    receiver.before = lambda: time.sleep(0.6)
    began = time.monotonic()
    assert "Timeout" in webhooks.send(message(a_team(), receiver.url))
    assert time.monotonic() - began < 0.6


def test_a_receiver_that_is_away() -> None:
    """The reason names no URL: its path may hold a secret."""
    with override_settings(SANDBOX=True):
        reason = webhooks.send(message(a_team(), "http://127.0.0.1:1/secret"))
    assert "ConnectionError" in reason
    assert "secret" not in reason


@pytest.mark.threat(49)
def test_a_name_with_a_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent, not even a TLS greeting, whatever the name resolved to before."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
        where = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr("social.network.deadline.socket.getaddrinfo", lambda *_, **__: where)
        reason = webhooks.send(message(a_team(), f"https://hooks.example.com:{port}/"))
        assert reason == "the URL is refused: its address is not public"
        accepted, _ = listener.accept()
        with closing(accepted):
            accepted.settimeout(5)
            assert accepted.recv(100) == b""


def test_a_certificate_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for any https call."""
    contexts: list[tuple[int, bool]] = []

    def wrap(context: ssl.SSLContext, *args: Any, **kwargs: Any) -> Any:
        contexts.append((context.verify_mode, context.check_hostname))
        raise ssl.SSLCertVerificationError("refused")

    monkeypatch.setattr(webhooks, "is_public", lambda address: True)
    monkeypatch.setattr(webhooks, "check_url", lambda url: None)
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        assert "SSLError" in webhooks.send(message(a_team(), url))
    assert contexts == [(ssl.CERT_REQUIRED, True)]


REFUSED_URLS = [
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "https:///path",
    "https://user:password@hooks.example.com/",
    "https://hooks.example.com/#fragment",
    "https://127.0.0.1/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[fd00::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:a00:1::1]/",
    "https://[fec0::1]/",
    "https://[::a00:1]/",
    "https://[::1",
    "https://[x]/",
    "https://224.0.0.1/",
    "https://0.0.0.0/",
    "http://127.0.0.1:9000/",
]


@pytest.mark.threat(49)
@pytest.mark.parametrize("url", REFUSED_URLS)
def test_urls_that_are_refused(url: str) -> None:
    """When they are saved and when something is sent; loopback is allowed in the sandbox only."""
    with pytest.raises(ValidationError):
        webhooks.check_url(url)
    assert webhooks.send(message(a_team(), url)) == "the URL is refused: it must be https and public"


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/a?b=c",
        "https://93.184.216.34:8443/",
        "https://[2606:4700::1]/",
        "https://[64:ff9b::5db8:d822]/",
    ],
)
def test_urls_that_are_accepted(url: str) -> None:
    """Any public https URL."""
    webhooks.check_url(url)


@pytest.mark.threat(49)
def test_another_secret_key(receiver: Receiver, settings: Settings) -> None:
    """The secret is not in the database in clear, and with another SECRET_KEY nothing is signed."""
    team = a_team()
    assert team.secret.removeprefix("whsec_") not in team.row.webhook_secret
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    assert "make a new secret" in webhooks.send(message(team, receiver.url))
    assert not receiver.received
    settings.SECRET_KEY_FALLBACKS = [before]
    assert webhooks.send(message(team, receiver.url)) == ""
