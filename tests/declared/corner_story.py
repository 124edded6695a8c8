"""Keys, relations and values that are hard to store or compare; `test_declared.py` runs it in a process of its own."""

from typing import Any
from urllib.parse import quote

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from shared.contract.declarations import registry
from shared.contract.resources import Access
from shared.http.model_resources import ModelField, model_resource
from tests.declared.models import Country, Mirror, Searched, Server
from tests.declared.story import PREFIXES, call

pytestmark = pytest.mark.django_db
API = PREFIXES[-1]


@pytest.fixture
def server() -> Server:
    """A server in Germany, mirrored in two countries."""
    countries = [Country.objects.create(code=code, name=name) for code, name in (("de", "Germany"), ("fr", "France"))]
    found: Server = Server.objects.create(name="é", country=countries[0], room="1")
    found.mirrors.set(countries)
    return found


def code_of(method: str, path: str, body: Any = None) -> str:
    """Return the status and the error code of an answer."""
    answer = call(method, f"{API}{path}", body)
    return f"{answer.status_code} {answer.json().get('code', '') if answer.content else ''}".strip()


def test_a_key_that_a_hidden_object_has_is_a_conflict() -> None:
    """POST never changes an object, also not one that neither the caller nor the default manager sees."""
    Country.everything.create(code="xx", name="Theirs", is_hidden=True)
    assert code_of("POST", "country/", {"code": "xx", "name": "Mine"}) == "409 conflict"
    assert list(Country.everything.values_list("name", "is_hidden")) == [("Theirs", True)]


def test_may_decides_about_the_new_values_too(server: Server) -> None:
    """An object cannot be moved to where the caller may not create one."""
    abroad = {"name": "b", "country": f"{API}country/fr/"}
    assert code_of("POST", "server/", abroad) == "403 permission_denied"
    for method in ("PATCH", "PUT"):
        assert code_of(method, "server/%C3%A9/", abroad) == "403 permission_denied"
    server.refresh_from_db()
    assert (server.name, server.country_id) == ("é", "de")


def test_a_column_that_the_project_left_empty_is_a_fault_of_ours(server: Server) -> None:
    """The client cannot change it, so it is 500 and logged, not a conflict."""
    assert code_of("POST", "server/", {"name": "forgotten", "country": f"{API}country/de/"}) == "500 internal_error"


def test_a_function_of_the_project_may_refuse_a_value(server: Server) -> None:
    """A ValidationError of `prepare`, of `save` or of a signal names the field, as one of `full_clean` does."""
    answer = call("PATCH", f"{API}server/%C3%A9/", {"name": "refused"})
    assert (answer.status_code, answer.json()["fields"]) == (400, {"name": ["Not this one."]})


def test_values_that_a_database_cannot_store(server: Server) -> None:
    """They are 400, or stored as the value that they mean."""
    for body in ({"uptime": "99999999999 00:00:00"}, {"uptime": "999999999 00:00:00"}, {"address": "x"}):
        assert code_of("PATCH", "server/%C3%A9/", body) == "400 invalid_request", body
    assert call("PATCH", f"{API}server/%C3%A9/", {"price": "0E+999999999999"}).json()["price"] == "0.00"


def test_values_that_a_database_cannot_compare(server: Server) -> None:
    """They are 400 in a filter."""
    for query in (
        "address=x",
        "address__in=1.2.3.4,x",
        "uptime=999999999 00:00:00",
        "uptime__gt=9999999999 00:00:00",
    ):
        assert code_of("GET", f"server/?{quote(query, safe='=')}") == "400 invalid_request", query
    assert code_of("GET", "server/?price=0E%2B999999999999") == "200"


def test_a_filter_over_many_objects_returns_each_object_once(server: Server) -> None:
    """Two mirrors match, and the page and its number have one server."""
    answer = call("GET", f"{API}server/?mirrors__name__in=Germany,France").json()
    assert (answer["meta"]["total_count"], [one["name"] for one in answer["objects"]]) == (1, ["é"])


def test_a_model_with_a_parent_model(server: Server) -> None:
    """Its objects are created, found by the parent's key, changed and deleted."""
    body = {"name": "b", "country": f"{API}country/fr/", "source": "é"}
    path = call("POST", f"{API}mirror/", body)["Location"]
    assert call("PATCH", path, {"source": "x"}).json() == {**body, "id": Mirror.objects.get().pk, "source": "x"} | {
        "resource_uri": path
    }
    assert call("DELETE", path).status_code == 204


def test_computed_values_of_other_types(server: Server) -> None:
    """Decimals, dates and UUIDs are written as those of a model's fields."""
    answer = call("GET", f"{API}country/de/").json()
    assert [answer[name] for name in ("share", "since", "key")] == [
        "0.50",
        "1990-10-03",
        "00000000-0000-0000-0000-000000000001",
    ]


def test_the_document_describes_an_operation_without_fields() -> None:
    """A POST that takes an empty object has an example of an error too."""
    document = yaml.safe_load(call("GET", "/api/v2/openapi.yaml").content)
    assert "400" in document["paths"]["/ping/"]["post"]["responses"]


def test_more_mistakes_are_errors_of_the_system_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unsupported lookups, values of many objects, names given twice, and objects without paths are named."""
    wrong = model_resource(
        "wrong",
        Server,
        fields=("name", "name", "is_new", ModelField("mirror", attribute="mirrors__name")),
        filters={"is_new": ("year", "iexact", "contains")},
        access={"POST": Access.PUBLIC},
    )
    monkeypatch.setitem(registry._resources, "wrong", wrong)
    searched = model_resource(
        "searched", Searched, fields=("words",), filters={"words": ("exact", "isnull")}, access={"GET": Access.PUBLIC}
    )
    monkeypatch.setitem(registry._resources, "searched", searched)
    with pytest.raises(SystemCheckError) as error:
        call_command("check")
    lookups = ("'is_new' has the lookup 'year'", "'iexact', which its", "'contains', which its", "'exact', which its")
    for text in (*lookups, "'name' is declared twice", "mirrors__name follows", "have no path"):
        assert text in str(error.value)
    assert "isnull" not in str(error.value)
