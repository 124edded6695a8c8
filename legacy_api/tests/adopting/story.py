"""The story of the shop, with keys that Tastypie itself has issued; `test_adopting.py` runs it."""

from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from tastypie.models import ApiKey  # type: ignore[import-untyped]  # the package has no types

from tests.adopting import document
from tests.adopting.acting import Outcomes, assert_refused, run, visit
from tests.adopting.shop.models import Customer
from tests.adopting.story import *  # noqa: F403 - every step of the shop's is taken here, too
from tests.conftest import providers  # noqa: F401 - a fixture
from tests.contract.conftest import ApiClient

FORMS = ["ApiKey ripley@example.com:{}", "Bearer {}", "Token {}"]


@pytest.fixture(scope="module")  # type: ignore[no-redef]  # in place of the shop's, which has none
def keys(customers: dict[str, Customer]) -> dict[str, str]:
    """A key for each customer, made by Tastypie; one of the customers is inactive."""
    call_command("migrate", "tastypie", verbosity=0)
    found = {name: ApiKey.objects.create(user=customer).key for name, customer in customers.items()}
    Customer.objects.filter(email="newt@example.com").update(is_active=False)
    return found


def told(walked: Outcomes) -> list[tuple[str, int, str]]:
    return [one for one in walked if one[0].startswith("import_api_keys")]


def test_the_import_tells_what_it_has_done(walked: Outcomes) -> None:
    """First what it would do; once more, and there is nothing left to do."""
    assert [(command, code, output.splitlines()) for command, code, output in told(walked)] == [
        (command, 0, [f"3 keys: {done} no longer valid, 0 not imported.", *more])
        for command, done, more in (
            ("import_api_keys --dry-run", "3 would be imported, 0 already imported, 0", []),
            ("import_api_keys", "3 imported, 0 already imported, 0", []),
            (
                "import_api_keys --end-missing",
                "0 imported, 3 already imported, 0",
                ["0 imported keys were revoked: no longer in the table."],
            ),
        )
    ]


@pytest.mark.parametrize("form", FORMS)
def test_old_keys_work(api: ApiClient, keys: dict[str, str], customers: dict[str, Customer], form: str) -> None:
    """On v1 and on v2, with the address as the name in the header."""
    body = api.get("user/", headers={"Authorization": form.format(keys["ripley"])}).json()
    assert [one["id"] for one in body["objects"]] == [str(customers["ripley"].pk)]
    current = api.get("token/current/", token=keys["ripley"]).json()
    assert (current["expires_at"], current["current"]) == (None, True)


def test_whose_key_it_is(api: ApiClient, keys: dict[str, str]) -> None:
    """Another customer's name is refused, and so is one who is inactive."""
    for header in (f"ApiKey hicks@example.com:{keys['ripley']}", f"ApiKey newt@example.com:{keys['newt']}"):
        assert_refused(api.get("user/", headers={"Authorization": header}), "invalid_credentials")


def test_a_key_links_an_account(api: ApiClient, keys: dict[str, str], providers: Any) -> None:  # noqa: F811 - above
    """As it did with the old API."""
    fields = providers.knows("facebook", "l", id="42", name="Hicks", email="newt@example.com")
    body = api.sign_up(fields, token=keys["hicks"]).json()
    assert (body["outcome"], body["token"], body["email"]) == ("linked", None, "hicks@example.com")
    account = api.get("social_account/", token=keys["hicks"]).json()["objects"][-1]
    assert account["uid"] == "42"
    assert api.delete(f"social_account/{account['id']}/", token=keys["hicks"]).status_code == 204


def test_the_old_apis_other_resources_know_the_keys(keys: dict[str, str]) -> None:
    """Tastypie's table is as it was."""
    path = "/api/v1/order/?format=json"
    answer = visit(path, headers={"Authorization": f"ApiKey ripley@example.com:{keys['ripley']}"})
    assert [one["article"] for one in answer.json()["objects"]] == ["anvil"]
    assert visit(path, headers={"Authorization": "ApiKey ripley@example.com:other"}).status_code == 401


def test_the_end_of_the_table(keys: dict[str, str], customers: dict[str, Customer]) -> None:
    """Last of all: the table goes, keys work, what was revoked stays so, and customers can be deleted."""
    api = ApiClient(next(iter(settings.APIS)))
    assert api.delete("token/current/", token=keys["hicks"]).status_code == 204
    assert run("import_api_keys")[2].startswith("3 keys: 0 imported, 2 already imported, 1 no longer valid,")
    for command in document.commands("Afterwards"):
        assert run(command)[1] == 0
    assert "tastypie_apikey" not in connection.introspection.table_names()
    assert run("import_api_keys")[1] == 2
    assert api.get("user/", token=keys["ripley"]).status_code == 200
    assert_refused(api.get("user/", token=keys["hicks"]), "invalid_credentials")
