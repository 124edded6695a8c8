"""The declared resource on every mounted API; `test_declared.py` runs it in a process of its own."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from parity import contract
from rollout.calls import RecordedCall, answered
from shared.contract.declarations import registry
from shared.contract.differences import Answer, compare
from social import tokens
from tests.declared.models import Note

pytestmark = pytest.mark.django_db

PREFIXES = [f"/{prefix}" for prefix in settings.APIS.values()]
NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)


@pytest.fixture(params=PREFIXES)
def prefix(request: pytest.FixtureRequest) -> str:
    """Each mounted API in turn."""
    return str(request.param)


@pytest.fixture(autouse=True)
def at_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every note be written at the same time."""
    monkeypatch.setattr("tests.declared.service.timezone.now", lambda: NOW)


def user_with_token(name: str) -> str:
    """Create a user, and return an access token of theirs."""
    return tokens.issue(user=User.objects.create(username=name)).value


def call(method: str, path: str, body: Any = None, token: str | None = None) -> Any:
    """Call an API as a client that is not Django's test server."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    data = b"" if body is None else json.dumps(body).encode()
    client = Client(SERVER_NAME="api.example.com", raise_request_exception=False)
    return client.generic(method, path, data, content_type="application/json", headers=headers)


def expected(prefix: str, **values: Any) -> bytes:
    """Return the bytes of a note."""
    note = Note.objects.get()
    uri = f"{prefix}note/{note.pk}/"
    fields = {"id": note.pk, **values, "created": "2026-11-23T20:00:00Z", "resource_uri": uri}
    return json.dumps(fields, separators=(",", ":")).encode()


def test_create_read_replace_change_delete(prefix: str) -> None:
    """Each operation answers with its status and its bytes."""
    ripley = user_with_token("ripley")
    created = call("POST", f"{prefix}note/", {"text": "Buy milk", "stars": 3, "pinned": True}, ripley)
    assert (created.status_code, created.content) == (201, expected(prefix, text="Buy milk", stars=3, pinned=True))
    path = created["Location"]
    assert path == f"{prefix}note/{Note.objects.get().pk}/"
    read = call("GET", path)
    assert (read.status_code, read.content) == (200, created.content)
    replaced = call("PUT", path, {"text": "Buy tea"}, ripley)
    assert (replaced.status_code, replaced.content) == (200, expected(prefix, text="Buy tea", stars=0, pinned=False))
    changed = call("PATCH", path, {"stars": 5}, ripley)
    assert (changed.status_code, changed.content) == (200, expected(prefix, text="Buy tea", stars=5, pinned=False))
    deleted = call("DELETE", path, token=ripley)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert call("GET", path).json() == {"errors": "Not found.", "code": "not_found"}


def test_access_is_by_method(prefix: str) -> None:
    """Everyone reads; writing needs an access token."""
    assert call("GET", f"{prefix}note/").status_code == 200
    refused = call("POST", f"{prefix}note/", {"text": "Buy milk"})
    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")


def test_an_error_of_its_own(prefix: str) -> None:
    """A 403 that the project declares has the contract's envelope."""
    path = call("POST", f"{prefix}note/", {"text": "Buy milk"}, user_with_token("ripley"))["Location"]
    other = user_with_token("hicks")
    for method, body in (("PUT", {"text": "x"}), ("PATCH", {}), ("DELETE", None)):
        refused = call(method, path, body, other)
        envelope = {"errors": "Only its owner may change this note.", "code": "not_the_owner"}
        assert (refused.status_code, refused.json()) == (403, envelope)
    assert Note.objects.get().text == "Buy milk"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"text": ["This field is required."]}),
        ({"text": "x", "stars": "3"}, {"stars": ["Not a valid integer."]}),
        ({"text": "x", "stars": True}, {"stars": ["Not a valid integer."]}),
        ({"text": "x", "stars": 3.0}, {"stars": ["Not a valid integer."]}),
        ({"text": "x", "stars": 6}, {"stars": ["Ensure this value is at most 5."]}),
        ({"text": "x", "stars": -1}, {"stars": ["Ensure this value is at least 0."]}),
        (
            {"text": "", "stars": None, "pinned": 1},
            {
                "text": ["This field may not be blank."],
                "stars": ["This field may not be null."],
                "pinned": ["Not a valid boolean."],
            },
        ),
    ],
)
def test_fields_are_strict(prefix: str, body: dict[str, Any], fields: dict[str, list[str]]) -> None:
    """No value is converted, and every field at fault is named, in the order of the declaration."""
    refused = call("POST", f"{prefix}note/", body, user_with_token("ripley"))
    name, messages = next(iter(fields.items()))
    assert refused.status_code == 400
    assert refused.json() == {"errors": f"{name}: {messages[0]}", "code": "invalid_request", "fields": fields}
    assert not Note.objects.exists()


def test_patch_asks_for_no_field(prefix: str) -> None:
    """A PATCH may leave out a required field, but not send a wrong one."""
    ripley = user_with_token("ripley")
    path = call("POST", f"{prefix}note/", {"text": "Buy milk"}, ripley)["Location"]
    assert call("PATCH", path, {}, ripley).status_code == 200
    assert call("PATCH", path, {"text": None}, ripley).json()["fields"] == {"text": ["This field may not be null."]}


def test_filters(prefix: str) -> None:
    """A filter selects, is strict, and stays in the links to the other pages."""
    owner = User.objects.create(username="ripley")
    for number in range(6):
        Note.objects.create(owner=owner, text=str(number), stars=number % 3, pinned=number % 2 == 0, created=NOW)
    page = call("GET", f"{prefix}note/?pinned=true&limit=2&unknown=1").json()
    assert [note["text"] for note in page["objects"]] == ["0", "2"]
    assert page["meta"] == {
        "limit": 2,
        "next": f"{prefix}note/?limit=2&offset=2&pinned=true",
        "offset": 0,
        "previous": None,
        "total_count": 3,
    }
    both = call("GET", f"{prefix}note/?stars=1&pinned=false").json()
    assert [note["text"] for note in both["objects"]] == ["1"]
    refused = call("GET", f"{prefix}note/?limit=x&stars=9&pinned=yes&pinned=no").json()
    assert list(refused["fields"]) == ["limit", "pinned", "stars"]


def test_methods(prefix: str) -> None:
    """`Allow` names the declared methods in the contract's order."""
    for path, allow in (("note/", "GET, HEAD, POST, OPTIONS"), ("note/1/", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS")):
        options = call("OPTIONS", prefix + path)
        assert (options.status_code, options["Allow"]) == (204, allow)
        refused = call("TRACE", prefix + path)
        assert (refused.status_code, refused["Allow"]) == (405, allow)
    assert call("HEAD", f"{prefix}note/").content == b""


def test_both_versions_answer_alike() -> None:
    """The same requests get answers that differ by the contract's closed list at most."""
    answers: list[list[Answer]] = []
    for prefix in PREFIXES:
        Note.objects.all().delete()
        token = user_with_token(f"ripley{len(answers)}")
        created = call("POST", f"{prefix}note/", {"text": "é", "stars": 1}, token)
        changed = call("PATCH", created["Location"], {"pinned": True}, token)
        steps = [created, changed, call("GET", f"{prefix}note/"), call("PUT", created["Location"], {}, token)]
        answers.append([Answer(prefix, one.status_code, tuple(one.items()), one.content) for one in steps])
    for answer in answers[1:]:
        for old, new in zip(answers[0], answer, strict=True):
            assert compare(old, new).outside == ()


def test_the_root_and_the_document_name_it(prefix: str) -> None:
    """The root lists the resource; `openapi.yaml` describes its methods, fields, filters and errors."""
    assert call("GET", prefix).json()["note"] == {"list_endpoint": f"{prefix}note/"}
    document = yaml.safe_load(call("GET", "/api/v2/openapi.yaml").content)
    detail, listing = document["paths"]["/note/{id}/"], document["paths"]["/note/"]
    assert {method for method in detail if method != "parameters"} == {"get", "put", "patch", "delete"}
    assert detail["get"]["security"] == []
    assert detail["put"]["security"]
    assert "`not_the_owner`" in detail["put"]["responses"]["403"]["description"]
    assert [one["name"] for one in listing["get"]["parameters"] if one["in"] == "query"] == [
        "limit",
        "offset",
        "pinned",
        "stars",
    ]
    schemas = document["components"]["schemas"]
    assert schemas["NewNote"]["required"] == ["text"]
    assert schemas["NewNote"]["properties"]["stars"]["maximum"] == 5
    assert "required" not in schemas["NoteChange"]


def test_the_ledger_counts_it_by_its_name(prefix: str) -> None:
    """A call is counted for the resource `note`."""
    seen: list[RecordedCall] = []

    def receive(call: RecordedCall, **kwargs: Any) -> None:
        seen.append(call)

    answered.connect(receive)
    try:
        call("GET", f"{prefix}note/")
    finally:
        answered.disconnect(receive)
    assert [one.resource for one in seen] == ["note"]


def test_parity_has_cases_for_it() -> None:
    """`check_parity` sends the resource's methods, list queries and examples."""
    paths = {step.request.path.partition("?")[0] for step in contract.steps([])}
    assert {"note/", "note/1/"} <= paths


def test_a_name_is_declared_once() -> None:
    """A second resource of the same name, or a second operation, is refused."""
    with pytest.raises(ValueError, match="declared twice"):
        registry.register(next(one for one in registry if one.name == "note"))
