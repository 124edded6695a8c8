"""What `openapi.yaml` promises to the tools that generate clients, pages and tests from it."""

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from shared.contract.declarations import registry
from shared.contract.errors import leaves
from shared.contract.sign_up import FIELDS
from tests.api_v2.documents import COMMITTED, committed, examples, nodes, operations

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
    """Each operation has its id, a summary, and a tag with a description."""
    document = committed()
    assert {name: operation["tags"][0] for name, operation in operations(document).items()} == TAGS
    assert {tag["name"] for tag in document["tags"]} == set(TAGS.values())
    assert all(tag["description"] for tag in document["tags"])
    assert all(operation["summary"] for operation in operations(document).values())


def test_version_and_base_url() -> None:
    """The document is OpenAPI 3.0.3, has one base URL, and one path for the forms with and without trailing slash."""
    document = committed()
    assert (document["openapi"], document["servers"]) == ("3.0.3", [{"url": "/api/v2"}])
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
        assert operation.get("security", []) == expected, name


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
    """Every status from 400, and `default`, has the component `Error`."""
    responses = operations(committed())[name]["responses"]
    failures = {status: response for status, response in responses.items() if not status.startswith("2")}
    assert {"400", "401", "429", "500", "default"} <= set(failures)
    for status, response in failures.items():
        schema = response["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/Error"}, status


def test_response_headers() -> None:
    """Each response declares X-Request-ID and the headers of its status, and no others of these."""
    for name, operation in operations(committed()).items():
        for status, response in operation["responses"].items():
            headers = set(response["headers"])
            assert "X-Request-ID" in headers, (name, status)
            assert ("WWW-Authenticate" in headers) == (status == "401"), (name, status)
            assert ("Retry-After" in headers) == (status in {"429", "503"}), (name, status)
            assert ("Location" in headers) == (status == "201"), (name, status)


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
    assert optional == {("Error", "fields")}


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
