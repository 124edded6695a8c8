"""A compiled INSERT is Django's own: what it writes is what `save` writes."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connections, transaction
from django.db.models.signals import post_save, pre_save
from django.test.utils import CaptureQueriesContext

from social import tokens
from social.compiled_lookup import CompiledInsert, CompiledLookUp
from social.models import AccessToken
from tests.legacy_rows.conftest import used
from tests.social.conftest import Where
from tests.social.rows import NOW, found_alike, in_threads, token_of

TOKYO = timezone(timedelta(hours=9))
MOMENTS = {
    "UTC": NOW,
    "elsewhere": NOW.astimezone(TOKYO),
    "before 1970": datetime(1900, 1, 1, tzinfo=UTC),
    "no fraction": NOW.replace(microsecond=0),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("more", [{}, {"imported": True, "expires_at": None}], ids=["new", "imported"])
def test_a_row_is_written_as_save_writes_it(database: Where, moment: str, more: dict[str, Any]) -> None:
    """Moments of every zone, nothing for what is not there, the defaults of the model."""
    user = User.objects.create(username="ripley")
    told = {"created": MOMENTS[moment], "last_used": MOMENTS[moment], **more}
    token_of(user, "saved", **told).save()
    insert = CompiledInsert(AccessToken)
    insert("default", token_of(user, "first", created=datetime(1999, 1, 1, tzinfo=UTC)))
    insert("default", token_of(user, "second", **told))
    saved, second = (AccessToken.objects.filter(digest=digest).values().get() for digest in ("saved", "second"))
    assert {**saved, "id": 0, "digest": ""} == {**second, "id": 0, "digest": ""}
    assert second["created"] == MOMENTS[moment]
    assert second["imported"] is bool(more.get("imported", False))
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT created, last_used, expires_at, imported FROM social_accesstoken WHERE digest <> 'first'"
        )
        assert len(set(cursor.fetchall())) == 1, "the same in the database's own words"


def test_a_database_of_another_zone(database: Where) -> None:
    """Where a connection has a zone of its own, moments are written and read in it."""
    with used(**database, TIME_ZONE="Asia/Tokyo"):
        user = User.objects.create(username="of Tokyo")
        look_up = CompiledLookUp(tokens._by_digest._build, 1)
        token_of(user, "saved").save()
        CompiledInsert(AccessToken)("default", token_of(user, "inserted"))
        rows = [found_alike(look_up, digest)[0] for digest in ("saved", "inserted")]
        assert rows[0]["created"] == rows[1]["created"] == (datetime, NOW)


def test_no_signals_are_sent_and_no_key_is_asked_for(database: Where) -> None:
    """One statement; the row in memory stays without its id."""
    user = User.objects.create(username="ripley")
    heard: list[Any] = []

    def listen(**told: Any) -> None:
        heard.append(told["sender"])

    for signal in (pre_save, post_save):
        signal.connect(listen, sender=AccessToken)
    row: Any = token_of(user, "x")
    try:
        with CaptureQueriesContext(connections["default"]) as captured:
            CompiledInsert(AccessToken)("default", row)
    finally:
        for signal in (pre_save, post_save):
            signal.disconnect(listen, sender=AccessToken)
    assert (len(captured), "RETURNING" in captured[0]["sql"], heard, row.pk) == (1, False, [], None)


@pytest.mark.threat(26)
def test_a_refused_row_takes_the_transaction_with_it(database: Where) -> None:
    """Nothing that was written before it remains; afterwards the connection is as good as ever."""
    user = User.objects.create(username="ripley")
    insert = CompiledInsert(AccessToken)
    insert("default", token_of(user, "taken"))

    def write() -> None:
        with transaction.atomic():
            User.objects.create(username="dallas")
            insert("default", token_of(user, "new"))
            insert("default", token_of(user, "taken"))

    with pytest.raises(IntegrityError):
        write()
    assert list(User.objects.values_list("username", flat=True)) == ["ripley"]
    assert list(AccessToken.objects.values_list("digest", flat=True)) == ["taken"]
    insert("default", token_of(user, "new"))
    assert AccessToken.objects.count() == 2


@pytest.mark.threat(26)
def test_a_row_of_nobody_is_refused(database: Where) -> None:
    """A user who is gone by the time it is written: at the end of the transaction at the latest."""
    user = User.objects.create(username="ripley")
    gone = User(pk=user.pk + 1000)

    def write() -> None:
        with transaction.atomic():
            User.objects.create(username="dallas")
            CompiledInsert(AccessToken)("default", token_of(gone, "x"))

    with pytest.raises(IntegrityError):
        write()
    assert list(User.objects.values_list("username", flat=True)) == ["ripley"]


def test_rows_are_written_by_many_at_once(database: Where) -> None:
    """Each thread its own, whole."""
    users = [User.objects.create(username=f"user {number}") for number in range(8)]
    insert = CompiledInsert(AccessToken)

    def write(number: int) -> None:
        for row in range(10):
            insert("default", token_of(users[number], f"{number}-{row}"))

    in_threads(8, write, database)
    assert set(AccessToken.objects.values_list("user__username", "digest")) == {
        (f"user {number}", f"{number}-{row}") for number in range(8) for row in range(10)
    }
