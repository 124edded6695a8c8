"""`manage.py notify_clients` when a message fails unexpectedly, or takes longer than its claim lasts."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend

from rollout.client_health import notices
from rollout.client_health.messages import Message
from rollout.models import Notice
from tests.rollout.client_health.conftest import NOW, a_team, ago, record
from tests.rollout.client_health.test_notices import ENDING, clock, run, subjects

__all__ = ["clock"]
pytestmark = pytest.mark.filterwarnings("ignore:Django 2028 will not have a default mailer")


@ENDING
@pytest.mark.django_db
def test_an_unexpected_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as that of a project's mail backend, or a name that no header can have: the other teams get theirs."""

    class RefusedError(Exception):
        """What no mail backend of Django raises."""

    def refuse(self: EmailBackend, messages: Any) -> int:
        if messages[0].to == ["kiosk@example.com"]:
            raise RefusedError("password hunter2")
        return original(self, messages)

    original = EmailBackend.send_messages
    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    for name in ("Kiosk", "Bcc: x\nShop", "ShopApp"):
        a_team(name, email=f"{name.lower()[:5].strip(': ')}@example.com")
        record(ago(0), "v1", 1, client=f"{name}/1")
    code, output = run()
    assert (code, output.count("not sent: "), "hunter2" in output) == (1, 2, False)
    assert subjects() == ["shopa@example.com: ShopApp still calls v1: it ends in 30 days"]
    assert list(Notice.objects.exclude(team__name="ShopApp").values_list("claimed_until", "sent_at")) == [
        (None, None),
        (None, None),
    ]


@ENDING
@pytest.mark.django_db
def test_a_run_that_is_slower_than_its_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its failure does not end the claim of the run that has taken over."""
    a_team(email="shop@example.com")
    record(ago(0), "v1", 1)
    taken_over = NOW + timedelta(minutes=30)

    def slow(message: Message) -> str:
        Notice.objects.update(claimed_until=taken_over)
        return "slow"

    monkeypatch.setitem(notices._SENDERS, Notice.Channel.MAIL, slow)
    assert run()[0] == 1
    assert Notice.objects.get().claimed_until == taken_over
