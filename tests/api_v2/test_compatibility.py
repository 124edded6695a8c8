"""Which changes between two releases' documents are breaking, and which are not."""

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
    "a path is removed": (lambda new: new["paths"].pop("/user/"), "GET /user/: removed"),
    "a method is removed": (lambda new: new["paths"]["/token/{id}/"].pop("delete"), "DELETE /token/{id}/: removed"),
    "an operation is renamed": (
        lambda new: users(new).update(operationId="users"),
        "GET /user/: operationId listUsers is now users",
    ),
    "a status is removed": (
        lambda new: sign_up(new)["responses"].pop("409", sign_up(new)["responses"].pop("403")),
        "403: removed",
    ),
    "a header is removed": (
        lambda new: sign_up(new)["responses"]["201"]["headers"].pop("Location"),
        "201 header Location: removed",
    ),
    "a field of a response is removed": (
        lambda new: schema(new, "User")["properties"].pop("email"),
        "200.email: removed",
    ),
    "a field of a response is optional": (
        lambda new: schema(new, "User")["required"].remove("email"),
        "200.email: no longer required",
    ),
    "a field of a response is nullable": (
        lambda new: field(new, "User.email").update(nullable=True),
        "200.email: now nullable",
    ),
    "a field of a response changes its type": (
        lambda new: field(new, "User.id").update(type="string"),
        "200.id: type integer is now string",
    ),
    "a field of a response changes its format": (
        lambda new: field(new, "Token.created").pop("format"),
        "created: format date-time is now None",
    ),
    "a field in a list of a response is removed": (
        lambda new: schema(new, "SocialAccount")["properties"].pop("uid"),
        "GET /social_account/: 200.objects[].uid: removed",
    ),
    "additional properties of a response are forbidden": (
        lambda new: field(new, "ErrorEnvelope.fields").update(additionalProperties=False),
        "additionalProperties no longer allowed",
    ),
    "a new field is required": (
        lambda new: (
            schema(new, "SignUp")["properties"].update(device={"type": "string"}),
            schema(new, "SignUp")["required"].append("device"),
        ),
        "request.device: now required",
    ),
    "a field becomes required": (
        lambda new: schema(new, "SignUp")["required"].append("access_token"),
        "request.access_token: now required",
    ),
    "a field of a request is removed": (
        lambda new: schema(new, "SignUp")["properties"].pop("nonce"),
        "request.nonce: removed",
    ),
    "a field of a request is no longer nullable": (
        lambda new: field(new, "SignUp.access_token_secret").pop("nullable"),
        "request.access_token_secret: no longer nullable",
    ),
    "a maximum of a request is lowered": (
        lambda new: field(new, "SignUp.access_token").update(maxLength=1000),
        "request.access_token: maxLength 4096 is now 1000",
    ),
    "a minimum of a request is added": (
        lambda new: field(new, "SignUp.last_name").update(minLength=1),
        "request.last_name: minLength None is now 1",
    ),
    "an enum of a request is added": (
        lambda new: field(new, "SignUp.provider").update(enum=["facebook"]),
        "request.provider: enum added",
    ),
    "a parameter is removed": (
        lambda new: users(new)["parameters"].pop(0),
        "GET /user/: query parameter limit: removed",
    ),
    "a parameter becomes required": (
        lambda new: users(new)["parameters"].append(
            {"in": "query", "name": "site", "required": True, "schema": {"type": "string"}}
        ),
        "query parameter site: now required",
    ),
    "a maximum of a parameter is lowered": (
        lambda new: users(new)["parameters"][0]["schema"].update(maximum=50),
        "query parameter limit: maximum 100 is now 50",
    ),
    "the media type changes": (
        lambda new: sign_up(new)["requestBody"].update(content={"text/xml": {}}),
        "request application/json: removed",
    ),
    "authentication becomes required": (
        lambda new: sign_up(new)["security"].pop(0),
        "credentials none are no longer accepted",
    ),
    "an authentication scheme is removed": (
        lambda new: users(new)["security"].pop(),
        "credentials apiKey are no longer accepted",
    ),
    "another base URL is the first": (lambda new: new["servers"].reverse(), "servers: changed"),
    "the base URL changes": (lambda new: new["servers"][0].update(url="/api/v3"), "servers: changed"),
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
COMPATIBLE: dict[str, Change] = {
    "no change": lambda new: None,
    "texts": lambda new: (users(new).update(summary="x", tags=["y"]), field(new, "User.email").update(description="z")),
    "a new value of an open list": lambda new: field(new, "SignIn.outcome")["x-extensible-enum"].append("merged"),
    "an open list is removed": lambda new: field(new, "SignIn.outcome").pop("x-extensible-enum"),
    "64 bits": lambda new: field(new, "ListMeta.limit").update(format="int64"),
    "a new base URL": lambda new: new["servers"].append({"url": "/api/v3"}),
    "a new path": lambda new: new["paths"].update({"/new/": new["paths"]["/user/"]}),
    "a new status": lambda new: users(new)["responses"].update({"418": {"description": "x"}}),
    "a new header": lambda new: users(new)["responses"]["200"]["headers"].update(Deprecation={}),
    "a new field of a response": lambda new: schema(new, "User")["properties"].update(age={"type": "integer"}),
    "a new optional field of a request": lambda new: schema(new, "SignUp")["properties"].update(
        device={"type": "string"}
    ),
    "a maximum of a request is raised": lambda new: field(new, "SignUp.access_token").update(maxLength=9000),
    "a pattern of a request is removed": lambda new: field(new, "SignUp.access_token").pop("pattern"),
    "a field of a request becomes nullable": lambda new: field(new, "SignUp.nonce").update(nullable=True),
    "a field of a response is no longer nullable": lambda new: field(new, "Token.expires_at").pop("nullable"),
    "a new authentication scheme": lambda new: users(new)["security"].append({"oauth": []}),
    "authentication becomes optional": lambda new: users(new)["security"].insert(0, {}),
    "the order of paths": lambda new: new.update(paths=dict(reversed(new["paths"].items()))),
}


def breaks(change: Change) -> list[str]:
    """Return the breaking changes that a change of the document makes."""
    old = committed()
    new = copy.deepcopy(old)
    change(new)
    return list(compatibility.Comparison(old, new).breaks())


@pytest.mark.parametrize("name", BREAKING)
def test_breaking_changes(name: str) -> None:
    """Each change that would break a client of the last release is reported with its place."""
    change, expected = BREAKING[name]
    found = breaks(change)
    assert any(expected in line for line in found), found


@pytest.mark.parametrize("name", COMPATIBLE)
def test_compatible_changes(name: str) -> None:
    """A change that breaks no client is not reported."""
    assert breaks(COMPATIBLE[name]) == []


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
def test_enums(old: Any, new: Any, sent: bool, expected: list[str]) -> None:
    """An enum may grow in requests and shrink in responses."""
    comparison = compatibility.Comparison({}, {})
    assert (
        list(comparison._schema("x", {"enum": old} if old else {}, {"enum": new} if new else {}, sent=sent)) == expected
    )


def test_a_component_that_was_renamed_on_purpose() -> None:
    """A rename that is listed with its reason is accepted, once and in one direction."""
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in ("Error", "ErrorEnvelope")]
    schemas = {name: {"type": "object"} for name in ("Error", "ErrorEnvelope")}
    comparison = compatibility.Comparison({"components": {"schemas": schemas}}, {"components": {"schemas": schemas}})
    assert list(comparison._schema("x", *refs, sent=False)) == []
    assert list(comparison._schema("x", *reversed(refs), sent=False)) == ["x: component ErrorEnvelope is now Error"]


def test_recursive_components() -> None:
    """A component that contains itself is compared once."""
    node = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Node"}}}
    old: dict[str, Any] = {"components": {"schemas": {"Node": node}}}
    new = copy.deepcopy(old)
    new["components"]["schemas"]["Node"]["properties"]["child"] = {"type": "string"}
    ref = {"$ref": "#/components/schemas/Node"}
    assert list(compatibility.Comparison(old, old)._schema("x", ref, ref, sent=False)) == []
    assert list(compatibility.Comparison(old, new)._schema("x", ref, ref, sent=False)) != []


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The program prints and counts breaking changes; it exits with 1 if there are any, with 2 if misused."""
    same = str(COMMITTED)
    assert compatibility.main([same, same]) == 0
    without = tmp_path / "without.yaml"
    without.write_text(
        COMMITTED.read_text(encoding="utf-8").replace("  /user/{id}/:", "  /person/{id}/:"), encoding="utf-8"
    )
    assert compatibility.main([same, str(without)]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert "GET /user/{id}/: removed" in printed
    assert printed[-1].endswith(": 1 breaking changes")
    assert compatibility.main([same]) == 2


def test_released_documents() -> None:
    """There is a document of at least one release, named by its version."""
    released = list((ROOT / "docs" / "openapi").glob("*.yaml"))
    assert released
    for path in released:
        assert f"  version: {path.stem}\n" in path.read_text(encoding="utf-8")
