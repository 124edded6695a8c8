"""A declared resource answers like the Tastypie resource of the same model; `test_declared.py` runs it."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from tastypie.serializers import Serializer  # type: ignore[import-untyped]  # the package has no types

from shared.contract.dialects import LEGACY
from shared.http.model_fields import local_time
from social import tokens
from tests.declared import page
from tests.declared.models import OS, File, Release, Tag
from tests.declared.story import PREFIXES, call

pytestmark = pytest.mark.django_db

OLD = "/old/v1/"
NOW = datetime(2026, 11, 23, 20, 0, 0, 5, tzinfo=UTC)


@pytest.fixture
def files() -> list[File]:
    """Seven files, with null values, blank texts and values of each type."""
    releases = [Release.objects.create(name=name, slug=name.lower()) for name in ("Three", "Four")]
    tags = [Tag.objects.create(word=word) for word in ("x", "y")]
    found: list[File] = []
    for number in range(7):
        file = File.objects.create(
            name=f"é“\u2028 <{number}>",
            slug="a" * (number % 2),
            size=2**40 + number,
            count=-number,
            price=f"{number}.5",
            ratio=number / 3 if number % 2 else None,
            is_published=number % 2 == 0,
            created=NOW.replace(month=7 + number % 5, microsecond=number % 2),
            day=date(2026, 1, 1 + number) if number else None,
            hour=time(20, number, 0, number) if number else None,
            key=UUID(int=number) if number else None,
            extra={"a": [number, None, "é"]},
            length=timedelta(days=number, milliseconds=number) if number else None,
            image=f"a b/{number}.png" if number else "",
            release=releases[number % 2],
            previous=found[-1] if found else None,
        )
        file.tags.set(tags[: number % 3])
        found.append(File.objects.get(pk=file.pk))
    return found


QUERIES = (
    "",
    "?limit=2",
    "?limit=2&offset=2",
    "?limit=2&offset=1",
    "?offset=6",
    "?offset=100",
    "?limit=0",
    "?limit=5000",
    "?limit=9999999999&offset=9999999999",
    "?limit=%202",
    "?limit=1&limit=2",
    "?unknown=1&limit=2&name__startswith=%C3%A9&unknown=2&format=json",
    "?name=none",
    "?name__in=a,%C3%A9&name__in=b",
    "?is_published=true&limit=1",
    "?is_published=False",
    "?size__gte=1099511627780",
    "?size__range=1099511627776,1099511627778",
    "?created__gt=2026-09-01T00:00:00",
    "?release=1",
    "?release__slug=four",
    "?release__slug__in=four,three&limit=1",
    "?previous__isnull=True",
    "?order_by=-created&order_by=name",
    "?order_by=-name",
)


# Of Tastypie, which filters by times without a zone.
@pytest.mark.filterwarnings("ignore:DateTimeField File.created received a naive datetime")
@pytest.mark.parametrize("prefix", PREFIXES)
def test_lists_and_objects_have_the_same_bytes(prefix: str, files: list[File]) -> None:
    """Bodies, statuses and media types are Tastypie's apart from the prefix: pages, filters, orders, objects."""
    release = files[0].release.pk
    paths = [f"downloads/file/{query.replace('release=1', f'release={release}')}" for query in QUERIES]
    paths += [f"downloads/file/{file.pk}/" for file in files]
    paths += [f"downloads/label/{query}" for query in ("", "?limit=0", "?limit=1&offset=1")]
    paths += ["downloads/release/", "downloads/release/three/", f"downloads/tag/{Tag.objects.all()[0].pk}/"]
    for path in paths:
        old, new = call("GET", f"{OLD}{path}"), call("GET", f"{prefix}{path}")
        assert new.content.decode() == old.content.decode().replace(OLD, prefix), path
        assert (new.status_code, new["Content-Type"]) == (200, old["Content-Type"])


REFUSED = (
    "?limit=x",
    "?limit=-1",
    "?offset=-1",
    "?order_by=size",
    "?description=x",
    "?created__lt=x",
    "?created__gt=x",
)


def test_errors_have_the_same_status(files: list[File]) -> None:
    """What Tastypie refuses is refused with the same status, in the contract's envelope."""
    paths = [*(f"downloads/file/{query}" for query in REFUSED), "downloads/file/999/", "downloads/release/none/"]
    for path in paths:
        old, new = call("GET", f"{OLD}{path}"), call("GET", f"{PREFIXES[1]}{path}")
        assert (new.status_code, "code" in new.json()) == (old.status_code, True), path


def test_writing_has_the_same_effect(files: list[File]) -> None:
    """POST, PUT and PATCH have Tastypie's status and empty body, and leave the same row behind."""
    token = tokens.issue(user=User.objects.create(username="ripley")).value
    rows: list[Any] = []
    for prefix in (OLD, *PREFIXES):
        uri = f"{prefix}downloads/release/three/"
        fields = {
            "name": f"new {len(rows)}",
            "price": "1.5",
            "created": "2026-11-23T20:00:00",
            "release": uri,
            "size": 5,
        }
        created = call("POST", f"{prefix}downloads/file/", fields, token)
        file = File.objects.get(name=fields["name"])
        path = f"{prefix}downloads/file/{file.pk}/"
        # An old client sends back what it has read.
        read = json.loads(call("GET", path).content)
        put = call("PUT", path, {**read, "slug": "a"}, token)
        patch = call("PATCH", path, {"count": 7, "tags": [f"{prefix}downloads/tag/{Tag.objects.all()[0].pk}/"]}, token)
        answers = [(one.status_code, one.content) for one in (created, put, patch)]
        assert created["Location"] == path
        kept = {key: value for key, value in json.loads(call("GET", path).content).items() if key not in {"id", "name"}}
        rows.append((answers, json.dumps(kept).replace(prefix, "").replace(f"/{file.pk}/", "")))
    assert rows[0][0] == [(201, b""), (204, b""), (202, b"")]
    assert rows[1:] == rows[:1] * len(PREFIXES)


def test_writing_that_returns_data_has_the_same_bytes() -> None:
    """With always_return_data, POST, PUT and PATCH return the object; DELETE has no body."""
    rows = []
    for prefix in (OLD, *PREFIXES):
        path = f"{prefix}downloads/label/"
        answers = [call("POST", path, {"word": "x"})]
        one = f"{path}{Tag.objects.get().pk}/"
        answers += [call("PUT", one, {"word": "y"}), call("PATCH", one, {"word": "é"}), call("DELETE", one)]
        rows.append([(answer.status_code, answer.content.decode().replace(one, "")) for answer in answers])
        rows[-1] = [(status, re.sub('"id": [0-9]+', "", text)) for status, text in rows[-1]]
    assert [status for status, _ in rows[0]] == [201, 200, 202, 204]
    assert rows[1:] == rows[:1] * len(PREFIXES)


@pytest.mark.parametrize("times", ["iso-8601", "iso-8601-strict", "rfc-2822"])
def test_times(times: str) -> None:
    """Times, dates and hours have each format of TASTYPIE_DATETIME_FORMATTING."""
    serializer: Any = Serializer(datetime_formatting=times)
    dialect = replace(LEGACY, times=times)
    for value in (NOW, NOW.replace(month=6), date(2026, 1, 2), time(20, 1, 2, 3)):
        assert local_time(value, dialect) == serializer.to_simple(value, {})


def test_the_example_of_the_page() -> None:
    """The three answers in docs/resources.md are those of one object in the old code, on v1 and on v2."""
    release = Release.objects.create(name="Python 3.14", slug="python-314")
    found = OS.objects.create(id=1, name="Windows installer", size=30512000, price="9.50", release=release)
    OS.objects.filter(pk=found.pk).update(created=NOW.replace(microsecond=0))
    shown = page.answers()
    assert list(shown) == [f"{prefix}downloads/os/1/" for prefix in (OLD, *PREFIXES)]
    assert {path: call("GET", path).content.decode() for path in shown} == shown
