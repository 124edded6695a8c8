"""Resources of models on every mounted API; `test_declared.py` runs it in a process of its own."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.validation import validate_schema

from shared.contract.declarations import registry
from shared.contract.errors import NotFound
from shared.contract.resources import Access, Call
from shared.http.model_resources import Related, model_resource
from shared.http.model_writing import ModelWriter
from social import tokens
from tests.declared.catalogue import RELEASE
from tests.declared.models import File, Release, Tag
from tests.declared.story import call

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 20, 0, 0, 5, tzinfo=UTC)


@pytest.fixture(params=[f"/{prefix}" for prefix in settings.APIS.values()])
def prefix(request: pytest.FixtureRequest) -> str:
    """Each mounted API in turn."""
    return str(request.param)


@pytest.fixture
def ripley() -> User:
    """A user."""
    return User.objects.create(username="ripley")


@pytest.fixture
def token(ripley: User) -> str:
    """The user's access token."""
    return tokens.issue(user=ripley).value


@pytest.fixture
def release() -> Release:
    """A release."""
    return Release.objects.create(name="Three", slug="three")


def file_of(release: Release, name: str, **values: Any) -> File:
    """Create a file."""
    return File.objects.create(**{"release": release, "name": name, "created": NOW, **values})


def test_bytes_of_both_dialects(prefix: str, release: Release) -> None:
    """The same row in the legacy dialect and in the contract's."""
    file = file_of(release, "Élan", price="9.5", extra={"a": 1}, size=7, ratio=0.5)
    file.tags.add(Tag.objects.create(word="x"))
    tag = Tag.objects.get().pk
    legacy = call("GET", f"{prefix}downloads/file/{file.pk}/")
    assert legacy["Content-Type"] == "application/json"
    assert legacy.content.decode() == (
        '{"count": 0, "created": "2026-11-23T20:00:00.000005", "day": null, "description": "", '
        f'"extra": "{{\'a\': 1}}", "hour": null, "id": {file.pk}, "image": null, "is_published": false, "key": null, '
        '"length": null, "name": "Élan", '
        f'"previous": null, "price": "9.50", "ratio": 0.5, "release": "{prefix}downloads/release/three/", '
        f'"release_id": {release.pk}, "release_name": "Three", '
        f'"resource_uri": "{prefix}downloads/file/{file.pk}/", "size": "7", "slug": "", '
        f'"tags": ["{prefix}downloads/tag/{tag}/"], "whole_release": {{"id": {release.pk}, "name": "Three", '
        f'"resource_uri": "{prefix}downloads/release/three/", "slug": "three"}}}}'
    )
    assert call("GET", f"{prefix}shop/file/{file.pk}/").content.decode() == (
        f'{{"id":{file.pk},"name":"Élan","slug":"","description":"","size":7,"count":0,"price":"9.50","ratio":0.5,'
        '"is_published":false,"created":"2026-11-23T20:00:00Z","day":null,"hour":null,"key":null,"extra":{"a":1},'
        f'"release":"{prefix}downloads/release/three/","tags":["{prefix}downloads/tag/{tag}/"],"owner":null,'
        f'"title":"Three: Élan","resource_uri":"{prefix}shop/file/{file.pk}/"}}'
    )


def test_create_replace_change_delete(prefix: str, release: Release, ripley: User, token: str) -> None:
    """POST is 201 with a Location, PUT sets every field, PATCH some, DELETE is 204; values are as they are stored."""
    tag = Tag.objects.create(word="x")
    uri = f"{prefix}downloads/release/three/"
    fields = {"name": "A", "price": 9.5, "created": "2026-11-23T21:00:00+01:00", "release": uri, "ratio": 1}
    created = call("POST", f"{prefix}shop/file/", {**fields, "tags": [f"{prefix}downloads/tag/{tag.pk}/"]}, token)
    body = created.json()
    assert (created.status_code, created["Location"]) == (201, body["resource_uri"])
    assert (body["price"], body["created"], body["release"]) == ("9.50", "2026-11-23T20:00:00Z", uri)
    assert (body["tags"], body["owner"]) == ([f"{prefix}downloads/tag/{tag.pk}/"], f"{prefix}user/{ripley.pk}/")
    path = created["Location"]
    assert call("PATCH", path, {"size": 3}, token).json() == {**body, "size": 3}
    replaced = call("PUT", path, {**fields, "price": "1"}, token)
    assert (replaced.status_code, replaced.json()) == (200, {**body, "price": "1.00", "tags": []})
    deleted = call("DELETE", path, token=token)
    assert (deleted.status_code, deleted.content, File.objects.count()) == (204, b"", 0)
    assert call("PATCH", path, {}, token).status_code == 404


def test_the_legacy_dialect_returns_no_data(prefix: str, release: Release, token: str) -> None:
    """POST is 201, PUT 204 and keeps what was not sent, PATCH 202, all without a body."""
    fields = {"name": "A", "size": 5, "created": "2026-11-23T20:00:00", "release": f"{prefix}downloads/release/three/"}
    created = call("POST", f"{prefix}downloads/file/", fields, token)
    file = File.objects.get()
    path = f"{prefix}downloads/file/{file.pk}/"
    assert (created.status_code, created["Location"], created.content) == (201, path, b"")
    replaced, changed = call("PUT", path, {"name": "B"}, token), call("PATCH", path, {"slug": "b"}, token)
    assert [(one.status_code, one.content) for one in (replaced, changed)] == [(204, b""), (202, b"")]
    file.refresh_from_db()
    assert (file.name, file.slug, file.size, file.created) == ("B", "b", 5, NOW.replace(microsecond=0))


WRONG: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"size": "7"}, {"size": "Not a valid integer."}),
    ({"size": 2**63}, {"size": "Ensure this value is at most 9223372036854775807."}),
    ({"price": "x", "ratio": "1"}, {"price": "Not a valid decimal.", "ratio": "Not a valid number."}),
    ({"price": "12345.00"}, {"price": "Ensure that there are no more than 6 digits in total."}),
    ({"created": "yesterday", "day": "2026-02-30"}, {"created": "Not a valid date-time.", "day": "Not a valid date."}),
    ({"created": "0001-01-01T00:00:00+14:00"}, {"created": "Not a valid date-time."}),
    ({"key": "x", "hour": "25:00"}, {"hour": "Not a valid time.", "key": "Not a valid uuid."}),
    ({"name": None, "release": 1}, {"name": "This field may not be null.", "release": "Not a valid string."}),
    ({"release": "/api/v2/downloads/release/none/"}, {"release": "Not the path of an object."}),
    ({"release": "/elsewhere/"}, {"release": "Not the path of an object."}),
    ({"tags": ["/api/v2/downloads/tag/x/"]}, {"tags": "Not the path of an object."}),
    ({"slug": "not a slug"}, {"slug": "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."}),
    (
        {"description": "a\0b", "extra": {"a": ["\0"]}},
        dict.fromkeys(("description", "extra"), "Control characters are not allowed."),
    ),
    ({"name": "A"}, {"__all__": "File with this Name and Release already exists."}),
]


def test_input_is_strict_and_validated_by_the_model(prefix: str, release: Release, token: str) -> None:
    """A wrong value of each kind, of the model's validators or of a unique constraint is named; nothing is written."""
    file_of(release, "A")
    other = file_of(release, "B")
    for body, faults in WRONG:
        refused = call("PATCH", f"{prefix}shop/file/{other.pk}/", body, token)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request"), body
        assert {name: texts[0] for name, texts in refused.json()["fields"].items()} == faults
    other.refresh_from_db()
    assert other.name == "B"


def test_conflicts(prefix: str, release: Release, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A protected object, and a unique value that another call has just stored, are 409."""
    file = file_of(release, "A")
    staff = tokens.issue(user=User.objects.create(username="bishop", is_staff=True)).value
    for answer in [call("DELETE", f"{prefix}downloads/release/three/", token=staff)]:
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")

    def lose(*args: Any, **kwargs: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(ModelWriter, "_save", lose)
    answer = call("PATCH", f"{prefix}shop/file/{file.pk}/", {}, token)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_access(prefix: str, release: Release, token: str) -> None:
    """A rule needs an access token (401) and decides (403); `may` decides by object; a method not named is 405."""
    hicks = User.objects.create(username="hicks")
    path = f"{prefix}shop/file/{file_of(release, 'A', owner=hicks).pk}/"
    for method, at, sent, expected in (
        ("POST", f"{prefix}downloads/release/", None, (401, "not_authenticated")),
        ("POST", f"{prefix}downloads/release/", token, (403, "permission_denied")),
        ("PATCH", path, token, (403, "permission_denied")),
        ("DELETE", path, token, (403, "permission_denied")),
        ("PUT", f"{prefix}downloads/release/three/", token, (405, "method_not_allowed")),
    ):
        refused = call(method, at, {}, sent)
        assert (refused.status_code, refused.json()["code"]) == expected
    assert File.objects.count() == 1


def names(path: str) -> list[str]:
    """Return the names of the files that a list has."""
    answer = call("GET", path)
    assert answer.status_code == 200, answer.content
    return [one["name"] for one in answer.json()["objects"]]


def test_filters_and_order(prefix: str, release: Release) -> None:
    """The lookups of fields and relations, `order_by`, and a function of the project's select and order."""
    other = Release.objects.create(name="Four", slug="four")
    file_of(release, "B", size=5, price="2", is_published=True)
    b = File.objects.get()
    file_of(other, "A", size=2**40, price="1", previous=b, description="beta")
    file_of(other, "C", size=7, price="1", created=NOW.replace(year=2025))
    legacy, own = f"{prefix}downloads/file/", f"{prefix}shop/file/"
    for query, expected in (
        ("name=A", ["A"]),
        ("name__exact=A", ["A"]),
        ("name__in=A,C", ["A", "C"]),
        ("name__in=A&name__in=B", ["A", "B"]),
        (f"size={2**40}", ["A"]),
        ("size__gte=7", ["A", "C"]),
        ("size__range=5,7", ["B", "C"]),
        ("is_published=True", ["B"]),
        ("created__gt=2026-01-01T00:00:00", ["A", "B"]),
        (f"release={other.pk}", ["A", "C"]),
        ("release__slug=three", ["B"]),
        ("previous__isnull=false", ["A"]),
        ("previous=None", ["B", "C"]),
        ("order_by=-name", ["C", "B", "A"]),
        ("order_by=created&order_by=-name", ["C", "B", "A"]),
        ("unknown=1&format=json", ["A", "B", "C"]),
    ):
        assert names(f"{legacy}?{query}") == expected, query
    assert names(f"{own}?q=beta") == ["A"]
    assert names(f"{own}?created__year=2025") == ["C"]
    assert names(f"{own}?order_by=price&limit=2") == ["A", "C"]


WRONG_QUERIES = (
    "size=x",
    f"size={10**30}",
    "size__range=1",
    "created__gt=0001-01-01T00:00:00%2B14:00",
    "name=%00",
    "previous__isnull=x",
    "release=three",
    "order_by=size",
    "description=x",
    "name__regex=(",
    "release__files__name=x",
)


def test_wrong_filters_are_refused(prefix: str, release: Release) -> None:
    """A value that the database could not compare, and a filter that is not declared, are 400, not all rows."""
    file_of(release, "A")
    for query in WRONG_QUERIES:
        refused = call("GET", f"{prefix}downloads/file/?{query}")
        assert (refused.status_code, list(refused.json()["fields"])) == (400, [query.partition("=")[0]])


def test_a_list_costs_a_fixed_number_of_queries(prefix: str, release: Release) -> None:
    """One statement for the number, one for the page with its foreign keys, one for each many-to-many relation."""
    for number in range(3):
        file_of(release, str(number)).tags.add(Tag.objects.create(word=str(number)))
    for path in (f"{prefix}downloads/file/", f"{prefix}shop/file/"):
        with CaptureQueriesContext(
            connection,
        ) as statements:
            assert len(call("GET", path).json()["objects"]) == 3
        assert len(statements) == 3, [one["sql"] for one in statements]


def test_ids(prefix: str, release: Release) -> None:
    """An object is found by its declared field only; `schema` and malformed ids are 404."""
    assert call("GET", f"{prefix}downloads/release/three").json()["name"] == "Three"
    for path in (f"release/{release.pk}/", "release/schema/", "release/%00/", "file/schema/", f"file/{10**30}/"):
        assert call("GET", f"{prefix}downloads/{path}").json()["code"] == "not_found"
    # PostgreSQL cannot compare such a text: it must not reach the database, whatever pattern a project gives.
    with CaptureQueriesContext(connection) as statements, pytest.raises(NotFound):
        RELEASE.source.find(Call(prefix=prefix, version="", id="a\0"), Release.objects.all())
    assert not statements.captured_queries


def test_a_name_below_another_name(release: Release) -> None:
    """A resource whose objects would hide another resource's list is refused, and changes nothing."""
    hiding = model_resource("downloads", Release, fields=("name",), lookup="slug", access={"GET": Access.PUBLIC})
    with pytest.raises(ValueError, match=re.escape("is also that of 'downloads/{id}'")):
        registry.register(hiding)
    assert registry.get("downloads") is None


def test_functions(prefix: str) -> None:
    """A resource of functions has a rule for calls without an access token; the root lists resources with slashes."""
    answer = call("POST", f"{prefix}words/", {"text": "a b c"})
    assert (answer.status_code, answer.content, answer["Location"]) == (201, b'{"count":3}', f"{prefix}words/")
    hicks = tokens.issue(user=User.objects.create(username="hicks")).value
    assert call("POST", f"{prefix}words/", {"text": "a"}, hicks).json()["code"] == "permission_denied"
    assert call("GET", prefix).json()["downloads/file"] == {"list_endpoint": f"{prefix}downloads/file/"}


def test_a_float_that_json_does_not_have_is_null(prefix: str, release: Release) -> None:
    """JSON has no infinity (RFC 8259, section 6); the document says that the value may be null."""
    file = file_of(release, "A", ratio=float("inf"))
    assert call("GET", f"{prefix}shop/file/{file.pk}/").json()["ratio"] is None


def test_the_document_describes_models() -> None:
    """`openapi.yaml` has the paths, the parameters, the input and the errors, and is a valid document."""
    document = yaml.safe_load(call("GET", "/api/v2/openapi.yaml").content)
    validate_schema(document)
    listing, one = document["paths"]["/shop/file/"], document["paths"]["/downloads/release/{id}/"]
    queries = [one["name"] for one in listing["get"]["parameters"] if one["in"] == "query"]
    assert queries[2:] == [
        "name",
        "name__in",
        "is_published",
        "price",
        "created__lt",
        "created__year",
        "order_by",
        "q",
    ]
    assert [one["schema"] for one in one["get"]["parameters"] if one["in"] == "path"] == [{"type": "string"}]
    assert "`conflict`" in one["delete"]["responses"]["409"]["description"]
    schemas = document["components"]["schemas"]
    assert schemas["ShopFileInput"]["required"] == ["created", "name", "release"]
    assert schemas["ShopFile"]["properties"]["tags"]["items"] == {"type": "string"}
    # An infinite float, and a computed column without a value, are null.
    assert all(schemas["Sample"]["properties"][name]["nullable"] for name in ("real", "doubled", "is_first"))
    assert "nullable" not in schemas["Sample"]["properties"]["number"]
    assert "content" not in document["paths"]["/downloads/file/"]["post"]["responses"]["201"]


def test_mistakes_are_errors_of_the_system_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """`manage.py check` is silent for these resources, and names each mistake of a wrong one."""
    call_command("check")
    wrong = model_resource(
        "wrong",
        File,
        fields=("name", "sise", "release", Related("tags", to="nothing"), Related("previous", to="wrong", full=True)),
        lookup="name",
        filters={"name": ("matches",), "colour": ("exact",), "name__length": ("exact",)},
        ordering=("size",),
        access={"GET": Access.PUBLIC},
    )
    monkeypatch.setitem(registry._resources, "wrong", wrong)
    with pytest.raises(SystemCheckError) as error:
        call_command("check")
    for text in (
        "File has no field 'sise'",
        "release is a relation; declare it as Related",
        "'name' is not a unique field of the model",
        "an unknown lookup 'matches'",
        "the filter 'colour' is on no field",
        "the filter 'name__length' is on no field",
        "cannot order by 'size'",
        "no resource 'nothing' with objects is registered",
        "wrong > wrong",
    ):
        assert text in str(error.value)
