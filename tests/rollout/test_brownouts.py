"""Saved brownouts: for a time, for a share of the requests, for one client; v2 is not affected."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from rollout import lifecycle
from rollout.models import Brownout
from tests.contract.conftest import ApiClient
from tests.contract.users import person
from tests.rollout.conftest import UNDECIDED, Freeze, moment
from tests.rollout.test_retirement import BODY, METHODS, PATHS

pytestmark = [pytest.mark.usefixtures("saved")]

START, END = moment("2027-01-10T10:00:00"), moment("2027-01-10T10:15:00")
DURING = moment("2027-01-10T10:07:00")
TICK = timedelta(microseconds=1)


def brown_out(**fields: Any) -> None:
    """Save a brownout as the admin does."""
    Brownout.objects.create(**{"start": START, "end": END, **fields})


@UNDECIDED
@pytest.mark.parametrize(
    ("now", "status"), [(START - TICK, 200), (START, 410), (DURING, 410), (END - TICK, 410), (END, 200)], ids=str
)
def test_by_schedule(v1: ApiClient, v2: ApiClient, freeze: Freeze, now: datetime, status: int) -> None:
    """From its start to the last moment before its end, for all clients."""
    brown_out()
    freeze(now)
    assert v1.get("provider/").status_code == status
    assert v2.get("provider/").status_code == 200


@override_settings(
    V1_DEPRECATED_AT=None, V1_SUNSET_AT=None, V1_BROWNOUTS=[(moment("2027-02-10T10:00:00"), timedelta(minutes=1))]
)
def test_brownouts_of_the_settings_apply_too(v1: ApiClient, freeze: Freeze) -> None:
    """Both kinds apply."""
    brown_out()
    for now, status in ((DURING, 410), (moment("2027-02-10T10:00:30"), 410), (moment("2027-02-10T10:01:00"), 200)):
        freeze(now)
        assert v1.get("provider/").status_code == status


@UNDECIDED
def test_by_share(v1: ApiClient, freeze: Freeze, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request is drawn separately: of a hundred numbers, `share` are refused."""
    brown_out(share=25)
    freeze(DURING)
    draws = iter(range(100))
    monkeypatch.setattr("rollout.middleware.secrets.randbelow", lambda below: next(draws) % below)
    statuses = [v1.get("provider/").status_code for _ in range(100)]
    assert statuses == [410] * 25 + [200] * 75


@UNDECIDED
def test_shares_do_not_add_up(v1: ApiClient, freeze: Freeze, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two overlapping brownouts the larger share applies."""
    brown_out(share=25)
    brown_out(share=40)
    freeze(DURING)
    monkeypatch.setattr("rollout.middleware.secrets.randbelow", lambda below: 39)
    assert v1.get("provider/").status_code == 410
    monkeypatch.setattr("rollout.middleware.secrets.randbelow", lambda below: 40)
    assert v1.get("provider/").status_code == 200


@UNDECIDED
@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("ShopApp/2.1", {"User-Agent": "ShopApp/2.1"}, 410),
        ("ShopApp/2.1", {"User-Agent": "ShopApp/2.2"}, 200),
        ("ShopApp/2.1", {"User-Agent": "ShopApp"}, 200),
        ("ShopApp", {"User-Agent": "ShopApp/2.1"}, 410),
        ("ShopApp", {"User-Agent": "ShopApp"}, 410),
        ("ShopApp", {"User-Agent": "ShopAppLite/2.1"}, 200),
        ("ShopApp/2.1", {"User-Agent": "Other/1", "X-Client": "ShopApp/2.1"}, 410),
        ("ShopApp/2.1", {"User-Agent": "ShopApp/2.1", "X-Client": "Other/1"}, 200),
        ("(none)", {}, 410),
    ],
)
def test_by_client(v1: ApiClient, freeze: Freeze, client: str, headers: dict[str, str], status: int) -> None:
    """One version of an app, or all of them, as the ledger names it; other clients are answered."""
    brown_out(client=client)
    freeze(DURING)
    assert v1.get("provider/", headers=headers).status_code == status


@UNDECIDED
def test_a_share_of_one_client(v1: ApiClient, freeze: Freeze, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both together: requests of other clients are not drawn."""
    brown_out(client="ShopApp", share=50)
    freeze(DURING)
    monkeypatch.setattr("rollout.middleware.secrets.randbelow", lambda below: 0)
    assert v1.get("provider/", headers={"User-Agent": "ShopApp/1"}).status_code == 410
    assert v1.get("provider/", headers={"User-Agent": "Other/1"}).status_code == 200


@UNDECIDED
@pytest.mark.parametrize("fields", [{}, {"share": 99}, {"client": "ShopApp"}], ids=["schedule", "share", "client"])
def test_the_refusal_is_the_same(
    v1: ApiClient, freeze: Freeze, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]
) -> None:
    """To the byte for each kind, every method and every path."""
    brown_out(**fields)
    freeze(DURING)
    monkeypatch.setattr("rollout.middleware.secrets.randbelow", lambda below: 0)
    for method in METHODS:
        for path in PATHS:
            response = v1.call(method, path, headers={"User-Agent": "ShopApp/2.1"})
            assert (response.status_code, response.content) == (410, b"" if method == "HEAD" else BODY)


def test_the_newer_version_does_not_change(v2: ApiClient, freeze: Freeze) -> None:
    """Whatever is saved, except for X-Request-ID."""
    ripley = person(pk=1)
    ripley.row.__class__.objects.update(expires_at=None)
    freeze(DURING)

    def answers() -> list[tuple[int, bytes, list[tuple[str, str]]]]:
        return [
            (response.status_code, response.content, [pair for pair in response.items() if pair[0] != "X-Request-ID"])
            for method in METHODS
            if method != "DELETE"
            for path in PATHS
            for token in (ripley.token, None)
            for response in [v2.call(method, path, token=token, headers={"User-Agent": "ShopApp/2.1"})]
        ]

    with UNDECIDED:
        before = answers()
        for fields in ({}, {"share": 50}, {"client": "ShopApp"}):
            brown_out(**fields)
        assert answers() == before


CLIENTS = ["(none)", "A", "A/1", "A/2", "B/1"]
MINUTES = st.integers(0, 60).map(lambda minutes: START + timedelta(minutes=minutes))
BROWNOUTS = st.lists(
    st.builds(
        lifecycle.Brownout,
        MINUTES,
        st.integers(1, 60).map(lambda minutes: timedelta(minutes=minutes)),
        st.integers(1, 100),
        st.sampled_from(["", *CLIENTS]),
    ),
    max_size=6,
)


@given(BROWNOUTS, MINUTES, st.sampled_from(CLIENTS))
def test_how_many_are_refused(brownouts: list[lifecycle.Brownout], now: datetime, client: str) -> None:
    """The largest share of the running brownouts that apply to the client; none without one."""
    meant = {"A/1": ["", "A", "A/1"], "A/2": ["", "A", "A/2"], "B/1": ["", "B/1"]}.get(client, ["", client])
    expected = 0
    for one in brownouts:
        if one.client in meant and one.start <= now and not now >= one.start + one.length:
            expected = max(expected, one.share)
    current = lifecycle.Lifecycle(brownouts=brownouts)
    assert current.refused(now, client) == expected
    assert lifecycle.Lifecycle(deprecated_at=START, sunset_at=START, brownouts=brownouts).refused(now, client) == 100
