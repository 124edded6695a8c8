"""What counts as a break between two releases' documents, and what does not."""

import copy
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api_v2.documents import COMMITTED, committed

Change = Callable[[dict[str, Any]], object]
ROOT = COMMITTED.parent
_spec = importlib.util.spec_from_file_location("openapi_compatibility", ROOT / "scripts" / "openapi_compatibility.py")
assert _spec is not None
assert _spec.loader is not None
compatibility = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(compatibility)


def sign_up(document: dict[str, Any]) -> Any:
    return document["paths"]["/social_sign_up/"]["post"]


def users(document: dict[str, Any]) -> Any:
    return document["paths"]["/user/"]["get"]


def schema(document: dict[str, Any], name: str) -> Any:
    return document["components"]["schemas"][name]


def field(document: dict[str, Any], path: str) -> Any:
    name, _, field = path.partition(".")
    return schema(document, name)["properties"][field]


BREAKING: dict[str, tuple[Change, str]] = {
    "a path goes": (lambda new: new["paths"].pop("/user/"), "GET /user/: removed"),
    "a method goes": (lambda new: new["paths"]["/token/{id}/"].pop("delete"), "DELETE /token/{id}/: removed"),
    "an operation is renamed": (
        lambda new: users(new).update(operationId="users"),
        "GET /user/: operationId listUsers is now users",
    ),
    "a status goes": (
        lambda new: sign_up(new)["responses"].pop("409", sign_up(new)["responses"].pop("403")),
        "403: removed",
    ),
    "a header goes": (
        lambda new: sign_up(new)["responses"]["201"]["headers"].pop("Location"),
        "201 header Location: removed",
    ),
    "a field of an answer goes": (lambda new: schema(new, "User")["properties"].pop("email"), "200.email: removed"),
    "a field of an answer may be left out": (
        lambda new: schema(new, "User")["required"].remove("email"),
        "200.email: no longer required",
    ),
    "a field of an answer may be null": (
        lambda new: field(new, "User.email").update(nullable=True),
        "200.email: now nullable",
    ),
    "a field of an answer changes its type": (
        lambda new: field(new, "User.id").update(type="string"),
        "200.id: type integer is now string",
    ),
    "a field of an answer changes its format": (
        lambda new: field(new, "Token.created").pop("format"),
        "created: format date-time is now None",
    ),
    "a field in a list of an answer goes": (
        lambda new: schema(new, "SocialAccount")["properties"].pop("uid"),
        "GET /social_account/: 200.objects[].uid: removed",
    ),
    "a list of an answer becomes closed": (
        lambda new: field(new, "Error.fields").update(additionalProperties=False),
        "additionalProperties no longer allowed",
    ),
    "a new field has to be sent": (
        lambda new: (
            schema(new, "SignUp")["properties"].update(device={"type": "string"}),
            schema(new, "SignUp")["required"].append("device"),
        ),
        "request.device: now required",
    ),
    "a field has to be sent": (
        lambda new: schema(new, "SignUp")["required"].append("access_token"),
        "request.access_token: now required",
    ),
    "a field is no longer taken": (
        lambda new: schema(new, "SignUp")["properties"].pop("nonce"),
        "request.nonce: removed",
    ),
    "null is no longer taken": (
        lambda new: field(new, "SignUp.access_token_secret").pop("nullable"),
        "request.access_token_secret: no longer nullable",
    ),
    "less is taken": (
        lambda new: field(new, "SignUp.access_token").update(maxLength=1000),
        "request.access_token: maxLength 4096 is now 1000",
    ),
    "a bound is new": (
        lambda new: field(new, "SignUp.last_name").update(minLength=1),
        "request.last_name: minLength None is now 1",
    ),
    "a request's list of values is closed": (
        lambda new: field(new, "SignUp.provider").update(enum=["facebook"]),
        "request.provider: enum added",
    ),
    "a parameter goes": (lambda new: users(new)["parameters"].pop(0), "GET /user/: query parameter limit: removed"),
    "a parameter has to be sent": (
        lambda new: users(new)["parameters"].append(
            {"in": "query", "name": "site", "required": True, "schema": {"type": "string"}}
        ),
        "query parameter site: now required",
    ),
    "less is taken of a parameter": (
        lambda new: users(new)["parameters"][0]["schema"].update(maximum=50),
        "query parameter limit: maximum 100 is now 50",
    ),
    "another media type": (
        lambda new: sign_up(new)["requestBody"].update(content={"text/xml": {}}),
        "request application/json: removed",
    ),
    "credentials are needed": (lambda new: sign_up(new)["security"].pop(0), "credentials none are no longer accepted"),
    "a form of credentials goes": (
        lambda new: users(new)["security"].pop(),
        "credentials apiKey are no longer accepted",
    ),
    "another base": (lambda new: new["servers"][0].update(url="/api/v3"), "servers: changed"),
    "a component is renamed": (
        lambda new: (
            new["components"]["schemas"].update(Person=schema(new, "User")),
            new["paths"]["/user/{id}/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"].update(
                {"$ref": "#/components/schemas/Person"}
            ),
        ),
        "200: component User is now Person",
    ),
}
HARMLESS: dict[str, Change] = {
    "nothing": lambda new: None,
    "words": lambda new: (users(new).update(summary="x", tags=["y"]), field(new, "User.email").update(description="z")),
    "a new path": lambda new: new["paths"].update({"/new/": new["paths"]["/user/"]}),
    "a new status": lambda new: users(new)["responses"].update({"418": {"description": "x"}}),
    "a new header": lambda new: users(new)["responses"]["200"]["headers"].update(Deprecation={}),
    "a new field of an answer": lambda new: schema(new, "User")["properties"].update(age={"type": "integer"}),
    "a field that may be sent": lambda new: schema(new, "SignUp")["properties"].update(device={"type": "string"}),
    "more is taken": lambda new: field(new, "SignUp.access_token").update(maxLength=9000),
    "anything is taken": lambda new: field(new, "SignUp.access_token").pop("pattern"),
    "null is taken": lambda new: field(new, "SignUp.nonce").update(nullable=True),
    "an answer is never null": lambda new: field(new, "Token.expires_at").pop("nullable"),
    "one more form of credentials": lambda new: users(new)["security"].append({"oauth": []}),
    "no credentials are needed": lambda new: users(new)["security"].insert(0, {}),
    "another order": lambda new: new.update(paths=dict(reversed(new["paths"].items()))),
}


def breaks(change: Change) -> list[str]:
    """Give what the change would break."""
    old = committed()
    new = copy.deepcopy(old)
    change(new)
    return list(compatibility.Comparison(old, new).breaks())


@pytest.mark.parametrize("name", BREAKING)
def test_a_break_is_named(name: str) -> None:
    """Each change that a client of the last release would trip over is found, and said where it is."""
    change, expected = BREAKING[name]
    found = breaks(change)
    assert any(expected in line for line in found), found


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_no_break_is_passed_over(name: str) -> None:
    """A change that no client can trip over is none."""
    assert breaks(HARMLESS[name]) == []


@pytest.mark.parametrize(
    ("old", "new", "sent", "expected"),
    [
        (["a", "b"], ["a"], True, ["x: enum value 'b' removed"]),
        (["a"], ["a", "b"], True, []),
        (["a"], None, True, []),
        (["a"], ["a", "b"], False, ["x: enum value 'b' added"]),
        (["a", "b"], ["a"], False, []),
        (["a"], None, False, ["x: enum removed"]),
        (None, ["a"], False, []),
    ],
)
def test_closed_lists(old: Any, new: Any, sent: bool, expected: list[str]) -> None:
    """A closed list of values may grow where it is sent, and shrink where it is read."""
    comparison = compatibility.Comparison({}, {})
    assert (
        list(comparison._schema("x", {"enum": old} if old else {}, {"enum": new} if new else {}, sent=sent)) == expected
    )


def test_a_component_may_hold_itself() -> None:
    """A tree of a component's own kind is walked once."""
    node = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Node"}}}
    old: dict[str, Any] = {"components": {"schemas": {"Node": node}}}
    new = copy.deepcopy(old)
    new["components"]["schemas"]["Node"]["properties"]["child"] = {"type": "string"}
    ref = {"$ref": "#/components/schemas/Node"}
    assert list(compatibility.Comparison(old, old)._schema("x", ref, ref, sent=False)) == []
    assert list(compatibility.Comparison(old, new)._schema("x", ref, ref, sent=False)) != []


def test_the_exit_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As a program it prints each break once, counts them, and exits with 1 if there is one."""
    same = str(COMMITTED)
    assert compatibility.main([same, same]) == 0
    without = tmp_path / "without.yaml"
    without.write_text(
        COMMITTED.read_text(encoding="utf-8").replace("  /user/{id}/:", "  /person/{id}/:"), encoding="utf-8"
    )
    assert compatibility.main([same, str(without)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert "GET /user/{id}/: removed" in told
    assert told[-1].endswith(": 1 breaking changes")
    assert compatibility.main([same]) == 2


def test_the_last_release_is_kept() -> None:
    """There is a document of a release to compare with, and its name is its version."""
    released = list((ROOT / "docs" / "openapi").glob("*.yaml"))
    assert released
    for path in released:
        assert f"  version: {path.stem}\n" in path.read_text(encoding="utf-8")
