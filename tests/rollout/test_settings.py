"""The variables of the plan: what is valid, what is refused, and what is contradictory."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings

from config import environment
from rollout.checks import check_client_header, check_dates
from tests.rollout.conftest import moment

Read = Callable[[str], Any]
EARLY, LATE = moment("2026-12-01T00:00:00"), moment("2027-06-30T00:00:00")
TICK = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (environment.moment, "", None),
        (environment.moment, "2027-01-10T10:00:00Z", moment("2027-01-10T10:00:00")),
        (environment.moment, "2027-01-10T10:00:00+00:00", moment("2027-01-10T10:00:00")),
        (environment.intervals, "", []),
        (environment.intervals, "2027-01-10T10:00:00Z/PT15M", [(moment("2027-01-10T10:00:00"), timedelta(minutes=15))]),
        (
            environment.intervals,
            " 2027-01-10T10:00:00Z/PT1H30M , 2027-02-10T10:00:00Z/P1D,",
            [
                (moment("2027-01-10T10:00:00"), timedelta(minutes=90)),
                (moment("2027-02-10T10:00:00"), timedelta(days=1)),
            ],
        ),
        (environment.url, "", ""),
        (environment.url, "https://example.com/migrate?from=v1#top", "https://example.com/migrate?from=v1#top"),
    ],
)
def test_valid_values(monkeypatch: pytest.MonkeyPatch, read: Read, value: str, expected: Any) -> None:
    """The forms of docs/contract.md, section 8."""
    monkeypatch.setenv("V1_VARIABLE", value)
    assert read("V1_VARIABLE") == expected


NO_MOMENTS = (
    "tomorrow",
    "1796083200",
    "2027-01-10",
    "2027-01-10T10:00:00",
    "2027-01-10 10:00:00Z",
    "2027-01-10T10:00Z",
    "2027-01-10T10:00:00+01:00",
    "2027-13-10T10:00:00Z",
    "2027-02-30T10:00:00Z",
    "2027-01-10T25:00:00Z",
    "27-01-10T10:00:00Z",
    "２０２７-01-10T10:00:00Z",
    "2027-01-10T10:00:00Z ",
    " 2027-01-10T10:00:00Z",
    "2027-01-10T10:00:00ZZ",
    "@1796083200",
)
NO_INTERVALS = (
    "2027-01-10T10:00:00Z",
    "2027-01-10T10:00:00Z/",
    "/PT15M",
    "PT15M",
    "2027-01-10T10:00:00Z/15M",
    "2027-01-10T10:00:00Z/PT",
    "2027-01-10T10:00:00Z/P",
    "2027-01-10T10:00:00Z/PT0S",
    "2027-01-10T10:00:00Z/-PT15M",
    "2027-01-10T10:00:00Z/P1M",
    "2027-01-10T10:00:00Z/2027-01-10T10:15:00Z",
    "2027-01-10T10:00:00/PT15M",
    "2027-01-10T10:00:00Z/PT15M;2027-01-10T10:00:00Z/PT15M",
    "2027-01-10T10:00:00Z/PT15M/PT15M",
    "2027-01-10T10:00:00Z/900",
    "9999-12-31T23:00:00Z/PT1H",
    "2027-01-10T10:00:00Z/P9999999D",
    "2027-01-10T10:00:00Z/P9999999999D",
)
NO_URLS = (
    "example.com/migrate",
    "//example.com/",
    "ftp://example.com/",
    "javascript:alert(1)",
    "https://",
    "https://example.com/a b",
    "https://example.com/>; rel=x",
    "https://example.com/<",
    "https://example.com/\r\nX: y",
    "https://example.com/é",
    "https:///x",
)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        *((environment.moment, value) for value in NO_MOMENTS),
        *((environment.intervals, value) for value in NO_INTERVALS),
        *((environment.url, value) for value in NO_URLS),
    ],
)
def test_invalid_values(monkeypatch: pytest.MonkeyPatch, read: Read, value: str) -> None:
    """An error that names the variable."""
    monkeypatch.setenv("V1_VARIABLE", value)
    with pytest.raises(environment.Unreadable, match="V1_VARIABLE"):
        read("V1_VARIABLE")


@pytest.mark.parametrize(
    ("deprecated", "sunset", "fine"),
    [
        (None, None, True),
        (EARLY, None, True),
        (EARLY, LATE, True),
        (EARLY, EARLY, True),
        (None, LATE, False),
        (LATE, EARLY, False),
        (EARLY + TICK, EARLY, False),
    ],
)
def test_a_sunset_needs_a_deprecation(deprecated: datetime | None, sunset: datetime | None, fine: bool) -> None:
    """A sunset without a deprecation, or before it, is an error with an id and a hint."""
    with override_settings(V1_DEPRECATED_AT=deprecated, V1_SUNSET_AT=sunset):
        found = check_dates(None)
    assert [message.id for message in found] == ([] if fine else ["rollout.E001"])
    assert all(message.is_serious() and "V1_DEPRECATED_AT" in str(message.hint) for message in found)


@pytest.mark.threat(29)
@pytest.mark.parametrize("name", ["Authorization", "authorization", "COOKIE", "Proxy-Authorization"])
def test_no_header_with_secrets_names_a_client(name: str) -> None:
    """The ledger stores the client's name."""
    with override_settings(CLIENT_HEADER=name):
        assert [message.id for message in check_client_header(None)] == ["rollout.E002"]
    with override_settings(CLIENT_HEADER="X-Client"):
        assert check_client_header(None) == []
