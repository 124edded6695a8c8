"""What `openapi.yaml` promises to the tools that generate clients, pages and tests from it."""

from dataclasses import asdict

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from shared.contract.declarations import registry
from shared.contract.errors import leaves
from shared.contract.sign_up import FIELDS, Accepted, read_credential
from tests.api_v2.documents import COMMITTED, committed, examples, follow, nodes, operations, responses

PUBLIC = {"listResources", "listProviders"}
SCHEMES: tuple[dict[str, list[str]], ...] = ({"bearer": []}, {"token": []}, {"apiKey": []})
TAGS = {
    "signUp": "sign-up",
    "listProviders": "discovery",
    "listResources": "discovery",
    "listUsers": "user",
    "getUser": "user",
    "listSocialAccounts": "social account",
    "getSocialAccount": "social account",
    "deleteSocialAccount": "social account",
    "listTokens": "token",
    "deleteTokens": "token",
    "getToken": "token",
    "deleteToken": "token",
    "getCurrentToken": "token",
    "deleteCurrentToken": "token",
}


def test_the_service_serves_the_committed_file(client: Client) -> None:
    """The bytes at `openapi.yaml` are those in the repository."""
    response = client.get("/api/v2/openapi.yaml")
    assert (response.status_code, response["Content-Type"]) == (200, "application/yaml")
    assert response.content == COMMITTED.read_bytes()


def test_operations_and_tags() -> None:
    """Each operation has its id, a summary, a description, and a tag with a description."""
    document = committed()
    assert {name: operation["tags"][0] for name, operation in operations(document).items()} == TAGS
    assert {tag["name"] for tag in document["tags"]} == set(TAGS.values())
    assert all(tag["description"] for tag in document["tags"])
    assert all(operation["summary"] and operation["description"] for operation in operations(document).values())


def test_each_code_leads_to_its_explanation() -> None:
    """Wherever a code is named in a description, it is a link to its anchor on the page of errors."""
    text = COMMITTED.read_text(encoding="utf-8")
    for leaf in leaves():
        assert f"[`{leaf.code}`](/docs/errors/#{leaf.code})" in text, leaf.code


def test_version_and_base_url() -> None:
    """The document is OpenAPI 3.0.3, its first server is its own, and a path has one form, with a trailing slash."""
    document = committed()
    assert (document["openapi"], document["servers"][0]["url"]) == ("3.0.3", "/api/v2")
    other = document["servers"][1]
    assert other["url"].format(**{name: one["default"] for name, one in other["variables"].items()}).endswith("/api/v2")
    assert all(path.startswith("/") and path.endswith("/") for path in document["paths"])


def test_security_schemes() -> None:
    """The three forms of `Authorization` are declared, and each operation declares whether it requires one."""
    document = committed()
    schemes = document["components"]["securitySchemes"]
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")
    for name in ("token", "apiKey"):
        assert (schemes[name]["type"], schemes[name]["in"], schemes[name]["name"]) == (
            "apiKey",
            "header",
            "Authorization",
        )
    for name, operation in operations(document).items():
        expected = [] if name in PUBLIC else [{}, *SCHEMES] if name == "signUp" else [*SCHEMES]
        assert operation["security"] == expected, name
    assert next(iter(schemes)) == "bearer"  # a token that is pasted into the first field of Swagger UI works


def test_every_code_has_an_example() -> None:
    """Each error code has an example, at its status or under `default`."""
    found = {(body["code"], status) for _, status, body in examples(committed()) if "code" in body}
    for leaf in leaves():
        assert {(leaf.code, str(leaf.status)), (leaf.code, "default")} & found, leaf.code
    assert {code for code, _ in found} == {leaf.code for leaf in leaves()}


def test_every_success_with_a_body_has_an_example() -> None:
    """Each success with a body has an example, and so has the request of a sign-up."""
    document = committed()
    shown = {(operation, status) for operation, status, _ in examples(document)}
    for name, operation in operations(document).items():
        success = next(status for status in operation["responses"] if status.startswith("2"))
        assert success == "204" or (name, success) in shown
    (content,) = operations(document)["signUp"]["requestBody"]["content"].values()
    assert content["examples"]


@pytest.mark.parametrize("name", TAGS)
def test_every_failure_is_an_error(name: str) -> None:
    """Every status from 400, and `default`, has the component `ErrorEnvelope`."""
    found = {status: response for operation, status, response in responses(committed()) if operation == name}
    failures = {status: response for status, response in found.items() if not status.startswith("2")}
    assert {"400", "401", "429", "500", "default"} <= set(failures)
    for status, response in failures.items():
        schema = response["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/ErrorEnvelope"}, status


def test_response_headers() -> None:
    """Each response declares X-Request-ID and the headers of its status, and no others of these."""
    document = committed()
    for name, status, response in responses(document):
        headers = set(response["headers"])
        assert "X-Request-ID" in headers, (name, status)
        assert ("WWW-Authenticate" in headers) == (status == "401"), (name, status)
        assert ("Retry-After" in headers) == (status in {"429", "503"}), (name, status)
        assert ("Location" in headers) == (status == "201"), (name, status)
        assert all(follow(document, header)["description"] for header in response["headers"].values())


def test_life_cycle_is_described() -> None:
    """The description names the life cycle headers and the code of a retired version."""
    document = committed()
    for word in ("`Deprecation:", "`Sunset:", "`Link`", "`version_retired`"):
        assert word in document["info"]["description"]


def test_models_are_named() -> None:
    """Every object in a request or response is a component, so that generated models have names."""
    document = committed()
    for place, node in nodes(document["paths"]):
        assert "properties" not in node, place
        assert node.get("type") != "object", place
    for name, component in document["components"]["schemas"].items():
        for place, node in nodes(component.get("properties", {})):
            assert "properties" not in node, (name, place)
            assert node.get("type") != "object" or node["additionalProperties"] is not True, (name, place)


def test_no_enums_and_no_unions() -> None:
    """There are no enums (providers and codes may be added), no `oneOf` and the like, no forbidden fields."""
    for place, node in nodes(committed()):
        for keyword in ("enum", "oneOf", "anyOf", "allOf", "not", "discriminator"):
            assert keyword not in node, place
        assert node.get("additionalProperties") is not False, place


def test_known_values_are_open_lists() -> None:
    """`code` and `outcome` list the values that exist, in a keyword that refuses no other."""
    schemas = committed()["components"]["schemas"]
    codes = schemas["ErrorEnvelope"]["properties"]["code"]["x-extensible-enum"]
    assert sorted(codes) == sorted(leaf.code for leaf in leaves())
    assert schemas["SignIn"]["properties"]["outcome"]["x-extensible-enum"] == ["created", "signed_in", "linked"]


def test_ids_have_64_bits() -> None:
    """Every id, in a body or a path, is an `int64`: a generated Kotlin client would have 32 bits otherwise."""
    document = committed()
    bodies = [
        one["properties"]["id"] for one in document["components"]["schemas"].values() if "id" in one["properties"]
    ]
    parameters = [one for operation in operations(document).values() for one in operation.get("parameters", [])]
    paths = [one["schema"] for one in parameters if one["in"] == "path"]
    assert len(bodies) == 4
    assert {one["format"] for one in [*bodies, *paths]} == {"int64"}


def test_each_kind_of_credential_has_an_example() -> None:
    """The sign-up has an example of each credential, and each is valid for its provider."""
    (content,) = operations(committed())["signUp"]["requestBody"]["content"].values()
    bodies = [one["value"] for one in content["examples"].values()]
    accepted: dict[str, list[tuple[str, ...]]] = {
        "facebook": [("access_token",)],
        "twitter": [("access_token", "access_token_secret")],
        "google-oauth2": [("id_token",), ("code",)],
        "apple-id": [("id_token",)],
        "github": [("code", "code_verifier", "redirect_uri")],
    }
    uris = frozenset({"https://app.example.com/callback"})
    for body in bodies:
        credential = read_credential(body, lambda name: Accepted(accepted[name], uris))
        assert {name: value for name, value in asdict(credential).items() if value} == body
    kinds = {frozenset(body) - {"provider"} for body in bodies}
    assert kinds == {
        frozenset({"access_token"}),
        frozenset({"access_token", "access_token_secret"}),
        frozenset({"id_token", "nonce"}),
        frozenset({"id_token", "nonce", "first_name", "last_name"}),
        frozenset({"code", "code_verifier", "redirect_uri"}),
        frozenset({"code"}),
    }


def test_only_the_provider_of_a_sign_up_is_required() -> None:
    """The document has every field of a sign-up, and no credential is required: which are needed is a provider's."""
    component = committed()["components"]["schemas"]["SignUp"]
    assert list(component["properties"]) == [field.name for field in FIELDS]
    assert component["required"] == ["provider"]


def test_ignored_fields_have_no_limits() -> None:
    """A field that some requests ignore may be null and any string, so that no client refuses a valid request."""
    properties = committed()["components"]["schemas"]["SignUp"]["properties"]
    ignored = {field.name: properties[field.name] for field in FIELDS if field.unchecked}
    assert set(ignored) == {"access_token_secret", "code_verifier", "redirect_uri"}
    for name, schema in ignored.items():
        assert {key: value for key, value in schema.items() if key != "description"} == {
            "type": "string",
            "nullable": True,
        }, name


def test_response_fields_are_required() -> None:
    """Every field of every response is required, except `fields` of an error."""
    optional = {
        (name, field)
        for name, component in committed()["components"]["schemas"].items()
        for field in component["properties"]
        if field not in component.get("required", []) and name != "SignUp"
    }
    assert optional == {("ErrorEnvelope", "fields")}


def test_links_lead_to_operations() -> None:
    """Each declared link is in the document, and its operation has the parameter."""
    document = committed()
    found = {
        (name, link["operationId"], link["parameters"]["id"])
        for name, operation in operations(document).items()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    }
    assert found == {
        (operation.name, link.target, link.id)
        for endpoint in registry.endpoints
        for operation in endpoint.operations
        for link in operation.links
    }
    for _, target, _ in found:
        assert "id" in {parameter["name"] for parameter in operations(document)[target]["parameters"]}


@pytest.mark.parametrize("query", ["", "?format=json"])
@pytest.mark.parametrize("accept", ["application/json", "a/b;q=1," * 1000, ";" * 8000, "*/*"])
def test_the_page_ignores_what_a_client_accepts(client: Client, query: str, accept: str) -> None:
    """As the API does."""
    response = client.get(f"/api/v2/docs/{query}", headers={"Accept": accept, "Host": "api.example.com"})
    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_a_projects_own_document_leaves_our_views_out() -> None:
    """The mounted APIs are no part of it and cause no warning, so a project's own check of its document passes."""
    generator = SchemaGenerator(urlconf="config.urls")
    document = generator.get_schema(request=None, public=True)
    assert document["paths"] == {}
    assert not GENERATOR_STATS
