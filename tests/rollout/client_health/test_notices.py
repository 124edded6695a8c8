"""`manage.py notify_clients`: which notices are due, to whom, and each exactly once."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from rollout.client_health import notices, webhooks
from rollout.client_health.messages import Message
from rollout.client_health.notices import CLAIM
from rollout.models import Brownout, ClientTeam, DailyCalls, Notice
from tests.legacy_rows.conftest import used
from tests.rollout.client_health.conftest import NOW, Receiver, Where, a_team, ago, record
from tests.rollout.conftest import moment

# Django 6.1 wants the setting MAILERS, which 5.2 does not know.
pytestmark = pytest.mark.filterwarnings("ignore:Django 2028 will not have a default mailer")

SUNSET = moment("2026-12-28T09:00:00")
"""Thirty days after NOW."""
ENDING = override_settings(V1_DEPRECATED_AT=moment("2026-11-01T00:00:00"), V1_SUNSET_AT=SUNSET)


class Clock:
    """The time of the command."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of the notices, which is frozen."""
    found = Clock()
    for module in ("notices", "mail", "webhooks"):
        monkeypatch.setattr(f"rollout.client_health.{module}.timezone.now", found)
    return found


def run(*options: str) -> tuple[int, str]:
    """Return the exit code and what was printed."""
    output = io.StringIO()
    try:
        call_command("notify_clients", *options, stdout=output)
    except CommandError as error:
        return error.returncode, output.getvalue() + str(error)
    return 0, output.getvalue()


@contextmanager
def mail_server_away() -> Iterator[None]:
    """Let each mail fail, with a message that must not be printed."""

    def fail(*args: Any) -> int:
        raise ConnectionRefusedError(111, "password hunter2")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(EmailBackend, "send_messages", fail)
        yield


def subjects() -> list[str]:
    """Return the subjects of the mails since the last call."""
    found = [f"{one.to[0]}: {one.subject}" for one in mail.outbox]
    mail.outbox.clear()
    return found


@ENDING
@pytest.mark.django_db
def test_each_distance_once(clock: Clock) -> None:
    """Run every day, it sends three mails before the sunset and nothing afterwards."""
    a_team(email="shop@example.com")
    sent = {}
    for day in range(40):
        clock.now = NOW + timedelta(days=day - 1)
        record(clock.now.date(), "v1", 1)
        for _ in range(2):
            assert run()[0] == 0
        if found := subjects():
            sent[day - 1] = found
    begins = "shop@example.com: ShopApp still calls v1: it ends in"
    assert sent == {0: [f"{begins} 30 days"], 23: [f"{begins} 7 days"], 29: [f"{begins} 1 day"]}


@ENDING
@pytest.mark.django_db
def test_the_mail() -> None:
    """The whole text, and headers by which mail programs recognise a copy and an automatic mail."""
    a_team(email="shop@example.com")
    record(ago(0), "v1", 1200)
    record(ago(0), "v1", 34, client="ShopApp/2.2")
    record(ago(0), "v2", 9)
    start = moment("2026-12-05T09:00:00")
    Brownout.objects.create(start=start, end=start + timedelta(minutes=15), share=25, client="ShopApp/2.1")
    with override_settings(DEFAULT_FROM_EMAIL="Tandem <api@example.com>", V1_GUIDE_URL="https://example.com/guide"):
        assert run() == (0, "ShopApp: mail about brownout 2026-12-05 09:00, sunset 2026-12-28 09:00 UTC: sent\n")
    (sent,) = mail.outbox
    assert sent.body == (
        "ShopApp has called v1 1,234 times in the last 30 days:\n\n"
        "    ShopApp/2.1: 1,200\n    ShopApp/2.2: 34\n\n"
        "What will happen:\n\n"
        "    2026-12-05 09:00 UTC, in 7 days: a test until 2026-12-05 09:15 UTC. v1 answers 410 to 25 % of the calls "
        "of ShopApp/2.1.\n"
        "    2026-12-28 09:00 UTC, in 30 days: v1 ends. From then on it answers 410 to every call.\n\n"
        "What to change: replace /api/v1/ by /api/v2/ in the base URL. Requests, answers and access tokens stay\n"
        "the same. More: https://example.com/guide\n\n"
        "To see your calls by resource, open the link that your team has for it, or send its key to\n"
        "/api/v2/client_health/.\n"
    )
    assert sent.from_email == "Tandem <api@example.com>"
    message = Notice.objects.values_list("message", flat=True).distinct().get()
    assert sent.extra_headers == {"Message-ID": f"<{message}@example.com>", "Auto-Submitted": "auto-generated"}


@ENDING
@pytest.mark.django_db
def test_only_those_who_still_call_v1() -> None:
    """A client that has moved, has not called for a month, or calls paths that do not exist receives nothing."""
    for name in ("Moved", "Gone", "Scanner", "Silent"):
        a_team(name, email=f"{name}@example.com")
    a_team("Unreachable")
    record(ago(0), "v2", 1, client="Moved/2")
    record(ago(30), "v1", 1, client="Gone/1")
    record(ago(0), "v1", 1, client="Scanner/1", resource="unknown")
    record(ago(0), "v1", 1, client="Unreachable/1")
    record(ago(0), "v1", 1, client="silent/1")
    assert run() == (0, "Nothing is due.\n")
    assert not Notice.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("client", "concerned"),
    [("", True), ("ShopApp", True), ("ShopApp/2.1", True), ("ShopApp/2.2", False), ("Shop", False), ("(none)", False)],
)
def test_brownouts_that_concern_it(client: str, concerned: bool) -> None:
    """Those of all clients, of this client, and of a version of it that still calls v1."""
    a_team(email="shop@example.com")
    record(ago(0), "v1", 1)
    record(ago(0), "v2", 1, client="ShopApp/2.2")
    start = NOW + timedelta(days=3)
    Brownout.objects.create(start=start, end=start + timedelta(hours=1), client=client)
    run()
    assert (
        subjects() == ["shop@example.com: ShopApp still calls v1: it is switched off for a test in 3 days"] * concerned
    )
    assert [row.days for row in Notice.objects.all()] == [7] * concerned


@pytest.mark.django_db
def test_dates_that_move(clock: Clock) -> None:
    """The new date has notices of its own; a notice of the old one that could not be sent is not sent later."""
    a_team(email="shop@example.com")
    record(ago(0), "v1", 1)
    with ENDING, mail_server_away():
        assert run()[0] == 1
    with ENDING, override_settings(V1_SUNSET_AT=SUNSET + timedelta(days=1)):
        assert run() == (0, "Nothing is due.\n")
        clock.now += timedelta(days=1)
        assert run()[0] == 0
    assert subjects() == ["shop@example.com: ShopApp still calls v1: it ends in 30 days"]
    assert list(Notice.objects.values_list("at", "sent_at")) == [
        (SUNSET + timedelta(days=1), clock.now),
        (SUNSET, None),
    ]


@ENDING
@pytest.mark.django_db
def test_a_brownout_after_the_sunset() -> None:
    """Nothing is left to switch off then."""
    a_team(email="shop@example.com")
    record(ago(0), "v1", 1)
    with override_settings(V1_BROWNOUTS=[(SUNSET, timedelta(hours=1))]):
        assert run() == (0, "ShopApp: mail about sunset 2026-12-28 09:00 UTC: sent\n")


@ENDING
@pytest.mark.django_db
def test_a_date_that_returns() -> None:
    """It is announced with another id than the message in which it was left out: a receiver knows that one already."""
    a_team(email="shop@example.com")
    record(ago(0), "v1", 1)
    start = NOW + timedelta(days=7)
    brownout = [(start, timedelta(hours=1))]
    with override_settings(V1_BROWNOUTS=brownout), mail_server_away():
        run()
    assert run()[0] == 0
    with override_settings(V1_BROWNOUTS=brownout):
        assert run()[0] == 0
    first, second = mail.outbox
    assert ["it ends" in one.subject for one in (first, second)] == [True, False]
    assert first.extra_headers["Message-ID"] != second.extra_headers["Message-ID"]


@pytest.mark.django_db
def test_a_contradictory_sunset_is_no_date() -> None:
    """As in the answers of v1."""
    a_team(email="shop@example.com")
    record(ago(0), "v1", 1)
    with override_settings(V1_SUNSET_AT=SUNSET, V1_DEPRECATED_AT=None):
        assert run() == (0, "Nothing is due.\n")


@ENDING
@pytest.mark.django_db
def test_a_late_run_sends_the_latest_notice(clock: Clock) -> None:
    """Not those of larger distances, also if they were tried in vain."""
    a_team(email="shop@example.com")
    record(ago(0), "v1", 1)
    with mail_server_away():
        assert run()[0] == 1
    clock.now = SUNSET - timedelta(days=5)
    run()
    assert subjects() == ["shop@example.com: ShopApp still calls v1: it ends in 5 days"]
    assert list(Notice.objects.values_list("days", "sent_at")) == [(7, clock.now), (30, None)]


@ENDING
@pytest.mark.django_db
def test_a_mail_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """The exit code is 1, no address and no message of the library is printed; the next run has the same id."""
    a_team(email="shop@example.com")
    record(ago(0), "v1", 1)
    with mail_server_away():
        code, output = run()
    assert (code, "not sent: ConnectionRefusedError (errno 111)" in output) == (1, True)
    assert "hunter2" not in output + caplog.text
    assert "shop@example.com" not in output + caplog.text
    (row,) = Notice.objects.all()
    assert (row.attempts, row.sent_at, row.claimed_until) == (1, None, None)
    assert run()[0] == 0
    assert str(row.message) in mail.outbox[0].extra_headers["Message-ID"]
    assert run() == (0, "Nothing is due.\n")


@ENDING
@pytest.mark.django_db
def test_a_run_that_is_killed(receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its message is sent again when its claim has ended, with the same id, and not before."""
    a_team(webhook_url=receiver.url)
    record(ago(0), "v1", 1)

    def killed(message: Message) -> str:
        webhooks.send(message)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setitem(notices._SENDERS, Notice.Channel.WEBHOOK, killed)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert run() == (0, "ShopApp: webhook about sunset 2026-12-28 09:00 UTC: left to another run\n")
    assert len(receiver.received) == 1
    clock.now += CLAIM
    assert run()[0] == 0
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert run() == (0, "Nothing is due.\n")


@ENDING
@pytest.mark.django_db
def test_a_dry_run() -> None:
    """It prints what is due, and writes and sends nothing."""
    a_team(email="shop@example.com")
    record(ago(0), "v1", 1)
    assert run("--dry-run") == (0, "ShopApp: mail about sunset 2026-12-28 09:00 UTC: would be sent\n")
    assert not subjects()
    assert not Notice.objects.exists()


@ENDING
@pytest.mark.django_db
def test_other_distances() -> None:
    """`CLIENT_NOTICE_DAYS` says how many days before."""
    a_team(email="shop@example.com")
    record(ago(0), "v1", 1)
    with override_settings(CLIENT_NOTICE_DAYS=(29,)):
        assert run() == (0, "Nothing is due.\n")
    with override_settings(CLIENT_NOTICE_DAYS=(60, 31)):
        run()
    assert [row.days for row in Notice.objects.all()] == [31]


@ENDING
@pytest.mark.django_db
def test_its_queries_do_not_grow_with_the_ledger(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    """Two for the plan, one each for the calls, the teams and their rows, whatever the ledger has."""
    DailyCalls.objects.bulk_create(
        DailyCalls(day=ago(day), version="v1", client=f"App{one}/1", resource="user", outcome="ok", calls=1)
        for day in range(40)
        for one in "abcdefghijkl"
    )
    for one in "abcdefghijkl":
        a_team(f"App{one}", email="team@example.com")
    with django_assert_max_num_queries(5):
        run("--dry-run")


@pytest.fixture
def database(migrated: Where, django_db_blocker: Any) -> Iterator[Where]:
    """Use this database without teams and calls during a test; threads call `used(**database)`."""
    with django_db_blocker.unblock(), used(**migrated):
        for model in (DailyCalls, ClientTeam, Brownout):
            model._base_manager.all().delete()
        yield migrated


@ENDING
def test_simultaneous_runs(database: Where, receiver: Receiver) -> None:
    """Six runs at once send each message once: on both databases."""
    for name in ("ShopApp", "Backoffice", "Kiosk"):
        a_team(name, webhook_url=f"{receiver.url}{name}")
        record(ago(0), "v1", 1, client=f"{name}/1")
    barrier, codes = Barrier(6), list[int]()

    def one() -> None:
        with used(**database):
            connection.ensure_connection()
            barrier.wait(timeout=60)
            codes.append(run()[0])

    threads = [Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [0] * 6
    assert sorted(one.path for one in receiver.received) == ["/Backoffice", "/Kiosk", "/ShopApp"]
    ids = {one.headers["webhook-id"] for one in receiver.received}
    assert ids == {f"msg_{one}" for one in Notice.objects.values_list("message", flat=True)}
    assert not Notice.objects.filter(sent_at=None).exists()
    assert {json.loads(one.body)["data"]["client"] for one in receiver.received} == {"ShopApp", "Backoffice", "Kiosk"}
