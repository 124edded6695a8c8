"""410 during brownouts and after the sunset: for everything on v1, and for nothing else."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client, override_settings

from tests.contract.answers import COMMON, Response, assert_wrong_host
from tests.contract.conftest import HOST, ApiClient
from tests.contract.users import PROFILES, all_rows, person
from tests.providers import Providers
from tests.rollout.conftest import Freeze, moment

DEPRECATED = moment("2026-12-01T00:00:00")
SUNSET = moment("2027-06-30T00:00:00")
BROWNOUTS = [
    (moment("2027-01-10T10:00:00"), timedelta(minutes=15)),
    (moment("2027-02-10T10:00:00"), timedelta(hours=2)),
    (moment("2027-02-10T11:00:00"), timedelta(hours=3)),
]
TICK = timedelta(microseconds=1)
DURING = moment("2027-01-10T10:07:00")
AFTER = moment("2031-01-01T00:00:00")
BODY = b'{"errors":"This version of the API has been retired. Use /api/v2/.","code":"version_retired"}'
PLANNED = override_settings(
    V1_DEPRECATED_AT=DEPRECATED, V1_SUNSET_AT=SUNSET, V1_GUIDE_URL="https://example.com/migrate", V1_BROWNOUTS=BROWNOUTS
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
PATHS = (
    "",
    "provider/",
    "provider",
    "user/",
    "user/1/",
    "social_sign_up/",
    "token/current/",
    "nowhere/",
    "user/?api_key=x",
)


def assert_retired(response: Response, successor: str, *, head: bool = False) -> None:
    """Check the refusal to the byte, and every header except X-Request-ID."""
    assert (response.status_code, response.content) == (410, b"" if head else BODY)
    guide = "https://example.com/migrate"
    assert {name: value for name, value in response.items() if name not in {"X-Request-ID", *_BELOW}} == {
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Type": "application/json",
        "Content-Length": str(len(BODY)),
        "Deprecation": "@1796083200",
        "Sunset": "Wed, 30 Jun 2027 00:00:00 GMT",
        "Link": f'<{successor}>; rel="successor-version", <{guide}>; rel="deprecation"; type="text/html", '
        f'<{guide}>; rel="sunset"; type="text/html"',
    }


_BELOW = COMMON.keys() - {"Cache-Control", "X-Content-Type-Options"}
"""Of middlewares that a refusal may not reach."""


@PLANNED
@pytest.mark.parametrize(
    ("now", "status"),
    [
        (DEPRECATED, 200),
        (BROWNOUTS[0][0] - TICK, 200),
        (BROWNOUTS[0][0], 410),
        (DURING, 410),
        (BROWNOUTS[0][0] + BROWNOUTS[0][1] - TICK, 410),
        (BROWNOUTS[0][0] + BROWNOUTS[0][1], 200),
        (moment("2027-02-10T09:59:59"), 200),
        (moment("2027-02-10T10:30:00"), 410),
        (moment("2027-02-10T11:59:59"), 410),
        (moment("2027-02-10T12:00:00"), 410),
        (moment("2027-02-10T13:59:59"), 410),
        (moment("2027-02-10T14:00:00"), 200),
        (SUNSET - TICK, 200),
        (SUNSET, 410),
        (SUNSET + TICK, 410),
        (AFTER, 410),
    ],
    ids=str,
)
def test_when_it_is_off(v1: ApiClient, v2: ApiClient, freeze: Freeze, now: datetime, status: int) -> None:
    """From the first moment of a brownout to the last before its end, overlaps included; and from the sunset on."""
    freeze(now)
    assert v1.get("provider/").status_code == status
    assert v2.get("provider/").status_code == 200


@PLANNED
@pytest.mark.parametrize("now", [DURING, AFTER], ids=["brownout", "sunset"])
@pytest.mark.parametrize("method", METHODS)
def test_everything_is_off(v1: ApiClient, freeze: Freeze, method: str, now: datetime) -> None:
    """Every method of every path, known or not, whatever else is wrong with the request."""
    freeze(now)
    for path in PATHS:
        for more in (
            {},
            {"headers": {"Authorization": "nonsense"}},
            {"data": b"x" * 70_000, "content_type": "text/plain"},
        ):
            response = v1.call(method, path, **more)
            assert_retired(response, f"/api/v2/{path.partition('?')[0]}", head=method == "HEAD")


@PLANNED
def test_a_wrong_host_comes_first(v1: ApiClient, freeze: Freeze) -> None:
    """The answer to a wrong Host says only that; it has the headers of the life cycle too."""
    freeze(AFTER)
    response = v1.get("user/", HTTP_HOST="evil.example.com")
    assert response["Deprecation"] == "@1796083200"
    for name in ("Deprecation", "Sunset", "Link"):
        del response[name]
    assert_wrong_host(response)


@PLANNED
@pytest.mark.django_db
@override_settings(THROTTLE_ANONYMOUS="1/minute", THROTTLE_USER="1/minute")
def test_a_refused_request_has_no_effect(v1: ApiClient, freeze: Freeze, providers: Providers) -> None:
    """No provider is called, no row is written, no rate limit is counted, no credential is checked."""
    ripley = person()
    fields = providers.knows("facebook", "good", **PROFILES["facebook"])
    before = all_rows()
    freeze(DURING)
    for _ in range(3):
        assert v1.sign_up(fields).status_code == 410
        assert v1.delete("token/current/", token=ripley.token).status_code == 410
        assert v1.get("user/", token="nonsense").status_code == 410
    assert all_rows() == before
    assert not providers.calls


@PLANNED
@pytest.mark.django_db
def test_a_token_outlives_its_version(v1: ApiClient, v2: ApiClient, freeze: Freeze, providers: Providers) -> None:
    """A token of v1 works on v2 during a brownout."""
    token = json.loads(v1.sign_up(providers.knows("facebook", "good", **PROFILES["facebook"])).content)["token"]
    freeze(DURING)
    assert v1.get("user/", token=token).status_code == 410
    assert v2.get("user/", token=token).status_code == 200


@contextmanager
def as_ever() -> Iterator[None]:
    """Plan nothing."""
    nothing: dict[str, Any] = {"V1_DEPRECATED_AT": None, "V1_SUNSET_AT": None, "V1_GUIDE_URL": "", "V1_BROWNOUTS": []}
    with override_settings(**nothing):
        yield


@pytest.mark.django_db
@pytest.mark.parametrize(
    "now", [moment("2026-12-24T00:00:00"), DURING, AFTER], ids=["deprecated", "brownout", "sunset"]
)
def test_the_newer_version_does_not_change(v2: ApiClient, freeze: Freeze, now: datetime) -> None:
    """Its answers are the same whatever is planned for the older one, except for X-Request-ID."""
    ripley = person(pk=1)
    ripley.row.__class__.objects.update(expires_at=None)
    freeze(now)

    def answers() -> list[tuple[int, bytes, dict[str, str]]]:
        found = [
            v2.call(method, path, token=token)
            for method in METHODS
            if method != "DELETE"
            for path in PATHS
            for token in (ripley.token, None)
        ]
        return [
            (one.status_code, one.content, {name: value for name, value in one.items() if name != "X-Request-ID"})
            for one in found
        ]

    with as_ever():
        expected = answers()
    with PLANNED:
        assert answers() == expected


@PLANNED
@pytest.mark.parametrize("path", ["/", "/livez", "/api/v10/", "/api/v1x/user/"])
def test_other_paths_are_answered(v1: ApiClient, freeze: Freeze, path: str) -> None:
    """Paths outside v1 are answered as before."""
    freeze(AFTER)
    assert Client(SERVER_NAME=HOST).get(path).status_code in {200, 404}
