"""The tests of the shop with keys that Tastypie has issued; `test_adopting.py` runs them."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_save
from tastypie.models import ApiKey  # type: ignore[import-untyped]  # the package has no types

from legacy_api.tests.adopting.models import create_api_key
from tests.adopting import document
from tests.adopting.acting import Outcomes, assert_refused, run, visit
from tests.adopting.shop.models import Customer
from tests.adopting.story import *  # noqa: F403 - the shop's tests run here, too
from tests.conftest import providers  # noqa: F401 - a fixture
from tests.contract.conftest import ApiClient

FORMS = ["ApiKey ripley@example.com:{}", "Bearer {}", "Token {}"]


@pytest.fixture(scope="module")  # type: ignore[no-redef]  # overrides the shop's fixture
def keys(customers: dict[str, Customer]) -> dict[str, str]:
    """A key for each customer, created by Tastypie's model; one customer is inactive."""
    call_command("migrate", "tastypie", verbosity=0)
    found = {name: ApiKey.objects.create(user=customer).key for name, customer in customers.items()}
    Customer.objects.filter(email="newt@example.com").update(is_active=False)
    return found


def imports(walked: Outcomes) -> list[tuple[str, int, str]]:
    """Return the outcomes of the import commands."""
    return [one for one in walked if one[0].startswith("import_api_keys")]


def test_output_of_the_import(walked: Outcomes) -> None:
    """A dry run reports what the import then does; a second import imports nothing."""
    assert [(command, code, output.splitlines()) for command, code, output in imports(walked)] == [
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
    """A key works on v1 and on v2, in all forms of the header; the user name is the address."""
    body = api.get("user/", headers={"Authorization": form.format(keys["ripley"])}).json()
    assert [one["id"] for one in body["objects"]] == [str(customers["ripley"].pk)]
    current = api.get("token/current/", token=keys["ripley"]).json()
    assert (current["expires_at"], current["current"]) == (None, True)


def test_wrong_user_and_inactive_user(api: ApiClient, keys: dict[str, str]) -> None:
    """A key with another customer's name, and the key of an inactive customer, are refused."""
    for header in (f"ApiKey hicks@example.com:{keys['ripley']}", f"ApiKey newt@example.com:{keys['newt']}"):
        assert_refused(api.get("user/", headers={"Authorization": header}), "invalid_credentials")


def test_linking_with_a_key(api: ApiClient, keys: dict[str, str], providers: Any) -> None:  # noqa: F811 - above
    """A call with a key links an identity to its user."""
    fields = providers.knows("facebook", "l", id="42", name="Hicks", email="newt@example.com")
    body = api.sign_up(fields, token=keys["hicks"]).json()
    assert (body["outcome"], body["token"], body["email"]) == ("linked", None, "hicks@example.com")
    account = api.get("social_account/", token=keys["hicks"]).json()["objects"][-1]
    assert account["uid"] == "42"
    assert api.delete(f"social_account/{account['id']}/", token=keys["hicks"]).status_code == 204


def test_tastypie_still_accepts_the_keys(keys: dict[str, str]) -> None:
    """The shop's own Tastypie resource still accepts the keys, so their table is unchanged."""
    path = "/api/v1/order/?format=json"
    answer = visit(path, headers={"Authorization": f"ApiKey ripley@example.com:{keys['ripley']}"})
    assert [one["article"] for one in answer.json()["objects"]] == ["anvil"]
    assert visit(path, headers={"Authorization": "ApiKey ripley@example.com:other"}).status_code == 401


@pytest.fixture
def _keys_for_new_customers() -> Iterator[None]:
    """Let Tastypie's receiver create a key for each new customer."""
    post_save.connect(create_api_key, sender=Customer)
    yield
    post_save.disconnect(create_api_key, sender=Customer)


@pytest.mark.usefixtures("_keys_for_new_customers")
def test_a_receiver_that_creates_keys(api: ApiClient, providers: Any) -> None:  # noqa: F811 - above
    """The receiver may stay for a while: a new customer signs up, and gets a key that nobody knows."""
    body = api.sign_up(providers.knows("facebook", "h", id="43", name="Lambert", email="lambert@example.com")).json()
    assert body["outcome"] == "created"
    customer = Customer.objects.get(pk=body["id"])
    assert api.get("user/", token=ApiKey.objects.get(user=customer).key).status_code == 401
    assert api.get("user/", token=body["token"]).status_code == 200
    customer.delete()


def test_deleting_the_table(keys: dict[str, str], customers: dict[str, Customer]) -> None:
    """After the table is deleted, keys still work and revoked keys stay revoked. This test runs last."""
    api = ApiClient(next(iter(settings.APIS)))
    assert api.delete("token/current/", token=keys["hicks"]).status_code == 204
    assert run("import_api_keys")[2].startswith("3 keys: 0 imported, 2 already imported, 1 no longer valid,")
    for command in document.commands("Afterwards"):
        assert run(command)[1] == 0
    assert "tastypie_apikey" not in connection.introspection.table_names()
    assert run("import_api_keys")[1] == 2
    assert api.get("user/", token=keys["ripley"]).status_code == 200
    assert_refused(api.get("user/", token=keys["hicks"]), "invalid_credentials")
