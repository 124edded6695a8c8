"""Declared resources in the running service, on both databases: what clients must not be able to write or break."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
from django.conf import settings

from tests import SECRET_KEY
from tests.declared.lookups import COLUMNS, COMPARED, DATES, FILTERS, TEXTS
from tests.e2e.client import Api, code_of
from tests.e2e.databases import Database, new_database
from tests.e2e.servers import Sandbox, Service, run_to_end, running_sandbox, running_service

pytestmark = pytest.mark.e2e
SETTINGS = "tests.declared.served"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox, where users sign in."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the tables of the declared resources."""
    with new_database(request.param, tmp_path_factory.mktemp("declared")) as database:
        own = {"SECRET_KEY": SECRET_KEY, "DATABASE_URL": database.url, "DJANGO_SETTINGS_MODULE": SETTINGS}
        ended = run_to_end("django", own, "migrate", "--run-syncdb", "--verbosity=0", "--no-input")
        assert ended.returncode == 0, ended.stderr
        yield database


@pytest.fixture(scope="module")
def service(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with the declared resources."""
    with running_service(sandbox, database_url=database.url, DJANGO_SETTINGS_MODULE=SETTINGS) as service:
        yield service


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest, service: Service, database: Database) -> Api:
    """Each mounted API in turn, without objects."""
    for table in ("project_shelves", "project", "volume", "shelf", "capital", "country"):
        database.execute(f"DELETE FROM declared_{table}")  # noqa: S608 - our names
    return Api(service.url, settings.APIS[request.param])


@pytest.fixture
def ripley(api: Api, sandbox: Sandbox) -> Api:
    """A user."""
    return signed_in(api, sandbox, "ripley")


@pytest.fixture
def dallas(api: Api, sandbox: Sandbox) -> Api:
    """Another user."""
    return signed_in(api, sandbox, "dallas")


def signed_in(api: Api, sandbox: Sandbox, persona: str) -> Api:
    """Return a client with the access token of a persona."""
    return api.as_user(api.sign_up(sandbox.token("github", persona)).json()["token"])


def create(user: Api, path: str, **fields: Any) -> str:
    """Create an object, and return its path below the API's root."""
    answer = user.call("POST", path, json=fields)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].removeprefix(user.root)


@pytest.mark.threat(67)
def test_may_decides_about_new_lists(ripley: Api, dallas: Api, database: Database) -> None:
    """A write whose many-to-many values the project's rule forbids is 403, and changes no row."""
    mine = ripley.root + create(ripley, "shelf/", name="mine")
    theirs = dallas.root + create(dallas, "shelf/", name="theirs")
    refused = (403, "permission_denied")
    assert code_of(ripley.call("POST", "project/", json={"name": "new"})) == refused
    for shelves in ([], [theirs], [mine, theirs]):
        assert code_of(ripley.call("POST", "project/", json={"name": "new", "shelves": shelves})) == refused
    assert database.rows("SELECT count(*) FROM declared_project") == [(0,)]
    path = create(ripley, "project/", name="old", shelves=[mine])
    before = ripley.get(path).json()
    for method in ("PATCH", "PUT"):
        for shelves in ([], [theirs], [mine, theirs]):
            assert code_of(ripley.call(method, path, json={"name": "new", "shelves": shelves})) == refused
    assert ripley.get(path).json() == before
    assert ripley.call("PATCH", path, json={"name": "new", "shelves": [mine]}).json() == {**before, "name": "new"}


@pytest.mark.threat(67)
def test_an_object_with_a_key_of_its_own_gets_its_owner(ripley: Api, dallas: Api) -> None:
    """Also one whose key is a default of the model, or is chosen by the client; a later writer is not the owner."""
    owner = ripley.get("user/").json()["objects"][0]["resource_uri"]
    shelf = ripley.root + create(ripley, "shelf/", name="mine")
    for path in (create(ripley, "project/", name="by default", shelves=[shelf]), create(ripley, "volume/", title="a")):
        assert ripley.get(path).json()["owner"] == owner
    assert dallas.call("PUT", "volume/a/", json={}).json()["owner"] == owner


@pytest.mark.threat(67)
def test_a_new_object_never_changes_a_hidden_one(api: Api, database: Database) -> None:
    """A POST whose key a row of the parent model has, which the caller does not see, is 409 and changes nothing."""
    database.execute("INSERT INTO declared_country (code, name, is_hidden) VALUES ('xx', 'Theirs', true)")
    mine = {"code": "xx", "name": "Mine", "mayor": "Me"}
    assert code_of(api.call("POST", "capital/", json=mine)) == (409, "conflict")
    rows = database.rows("SELECT code, name FROM declared_country")
    assert (rows, database.rows("SELECT * FROM declared_capital")) == ([("xx", "Theirs")], [])
    path = create(api, "capital/", **{**mine, "code": "yy"})
    assert api.call("PATCH", path, json={"name": "Still mine"}).json()["name"] == "Still mine"


@pytest.mark.parametrize("key", [".", "..", "/", "a/", "a/b", "../user", "a/.."])
def test_a_key_that_leads_elsewhere_is_refused(ripley: Api, key: str, database: Database) -> None:
    """`Location` and `resource_uri` are the object's own path: no other key is stored, on POST or on a change."""
    create(ripley, "shelf/", name="old")
    for method, path, name in (
        ("POST", "volume/", "title"),
        ("POST", "shelf/", "name"),
        ("PATCH", "shelf/old/", "name"),
        ("PUT", "shelf/old/", "name"),
    ):
        answer = ripley.call(method, path, json={name: key})
        assert code_of(answer) == (400, "invalid_request"), (method, path)
        assert list(answer.json()["fields"]) == [name]
    assert database.rows("SELECT title FROM declared_volume") == []
    assert database.rows("SELECT name FROM declared_shelf") == [("old",)]


@pytest.mark.parametrize("key", ["...", "a b", "%2e%2e", "a\\b", "?a#b", "é", ";", "a\n", "schema"])
def test_an_unusual_key_leads_to_its_object(ripley: Api, key: str) -> None:
    """Where clients follow `Location` as RFC 3986 says, they find the object."""
    location = ripley.call("POST", "volume/", json={"title": key}).headers["Location"]
    address = urljoin(f"{ripley.service}{ripley.root}", location)
    answer = ripley.session.get(address, headers={"Authorization": f"Bearer {ripley.token}"}, timeout=60)
    assert (answer.status_code, answer.json()["title"]) == (200, key)


VALUES = (
    *("", "x", "1", "-1", "1.5", "true", "None", "NaN", "1e999", "(%_\\", "9" * 30, "{}", "1,2", "a,b"),
    *("2026-11-23", "2026-11-23T20:00:00Z", "20:00", "1 00:00:00", "1.2.3.4", "5f0c3a2e-8f5b-4a53-9a3e-0f6f1d2b7c11"),
)


@pytest.fixture
def _a_sample(database: Database) -> None:
    """Store a row with a value in each column."""
    database.execute("DELETE FROM declared_sample")
    database.execute(
        "INSERT INTO declared_sample (number, text, large, real, price, flag, moment, day, hour, length, key, address,"
        " extra, file, raw) VALUES (1, 'a', 1, 1.5, 1.5, true, '2026-11-23 20:00:00', '2026-11-23', '20:00:00', '1',"
        " '5f0c3a2e8f5b4a539a3e0f6f1d2b7c11', '1.2.3.4', '{}', 'a', '')"
    )


@pytest.mark.usefixtures("_a_sample")
def test_no_filter_or_order_fails(api: Api) -> None:
    """Every lookup that the checks accept selects objects or refuses the value, whatever the type of the column."""
    # The lookups that accept the same values are sent together.
    groups = (COMPARED, TEXTS, *((lookup,) for lookup in ("in", "range", "isnull", *DATES)))
    declared = [[(name, lookup) for lookup in group if lookup in FILTERS[name]] for name in FILTERS for group in groups]
    queries = [
        {f"{name}__{lookup}".removesuffix("__exact"): value for name, lookup in group}
        for group in declared
        for value in VALUES
        if group
    ]
    queries += [{"order_by": name} for name in COLUMNS]
    assert api.get("sample/").json()["meta"]["total_count"] == 1
    assert [query for query in queries if api.get("sample/", params=query).status_code not in {200, 400}] == []
