"""The shop adopts the service as docs/adopters.md describes; `test_adopting.py` runs these tests in a new process.

The tests share one database. It begins with the tables of an old release, and all steps of the page are run first.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client
from social_django.models import UserSocialAuth

from shared.http import urls
from social.models import AccessToken
from tests.adopting import document
from tests.adopting.acting import Outcomes, assert_refused, is_for, run, visit
from tests.adopting.operating import *  # noqa: F403 - part of the story
from tests.adopting.rehearsing import *  # noqa: F403 - part of the story
from tests.adopting.shop.models import Customer, Order
from tests.contract.conftest import ApiClient
from tests.legacy_rows.eras import Era
from tests.providers import Providers

OLD = Era(2019)
"""The year whose library versions wrote the shop's associations."""
FACEBOOK = {"id": "500040011", "name": "Ellen Ripley"}
GOOGLE = {"sub": "100000000000000000001", "email": "hicks@example.com", "email_verified": True, "name": "Dwayne Hicks"}


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest) -> ApiClient:
    """Each mounted API in turn."""
    return ApiClient(request.param)


@pytest.fixture(scope="module")
def database(django_db_blocker: Any) -> Iterator[None]:
    """The shop's database, empty."""
    with django_db_blocker.unblock():
        yield
        connection.close()


@pytest.fixture(scope="module")
def customers(database: None) -> dict[str, Customer]:
    """The shop's old data: three customers, two of them with an association, and an order."""
    call_command("migrate", "shop", verbosity=0)
    call_command("migrate", "social_django", "0008", verbosity=0)
    names = ("ripley", "hicks", "newt")
    found = {name: Customer.objects.create_user(f"{name}@example.com", full_name=name) for name in names}
    Order._default_manager.create(customer=found["ripley"], article="anvil")
    with connection.cursor() as cursor:
        add: Any = OLD.add_association
        add(cursor, found["ripley"].pk.hex, "facebook", FACEBOOK["id"], '{"access_token": "CAAC", "expires": null}')
        add(cursor, found["hicks"].pk.hex, "google-oauth2", GOOGLE["email"], "null")
    return found


@pytest.fixture(scope="module")
def keys(customers: dict[str, Customer]) -> dict[str, str]:
    """The customers' keys for the old API: none. A project with keys overrides this fixture."""
    return {}


@pytest.fixture(scope="module")
def walked(customers: dict[str, Customer], keys: dict[str, str]) -> Outcomes:
    """Run the commands of the page in their order, with the repairs that they print; return the outcomes."""
    outcomes = []
    for command in document.commands("The steps"):
        if is_for(command, keys):
            outcomes.append(run(command))
            if "UPDATE " in outcomes[-1][2]:
                (remedy,) = [line for line in outcomes[-1][2].splitlines() if line.lstrip().startswith("UPDATE ")]
                with connection.cursor() as cursor:
                    cursor.execute(remedy)
    return outcomes


@pytest.fixture(autouse=True)
def _walked(walked: Outcomes) -> None:
    """Run the steps of the page before every test."""


def test_commands_of_the_page(walked: Outcomes) -> None:
    """`check_associations` reports obstacles before `migrate`, undecided associations after it; nothing else fails."""
    codes = [(command, code) for command, code, _ in walked if "key" not in command]
    assert codes == [("check", 0), ("check_associations", 2), ("migrate", 0), ("check_associations", 1)]
    before, after = (output for command, _, output in walked if command == "check_associations")
    assert "1 associations have null for extra_data" in before
    assert "1 associations would lock their users out." in after
    assert "no issues" in walked[0][2]


def test_the_project_is_the_shop() -> None:
    """The user model and the settings are the shop's, and nothing of `config` is imported."""
    assert get_user_model()._meta.label == Customer._meta.label == "shop.Customer"
    assert connection.settings_dict["ATOMIC_REQUESTS"]
    assert not [name for name in sys.modules if name.removeprefix("tandem.").partition(".")[0] == "config"]
    assert run("makemigrations --check --dry-run social rollout")[1] == 0


def test_the_page_lists_all_apps_and_middleware() -> None:
    """The page has all apps and middleware of `config.settings` that belong to the service."""
    service = Path(urls.__file__).parents[2] / "config" / "settings.py"
    text = service.read_text(encoding="utf-8")
    for name, own in (("INSTALLED_APPS", settings.INSTALLED_APPS), ("MIDDLEWARE", settings.MIDDLEWARE)):
        listed = text.partition(f"\n{name} = [\n")[2].partition("\n]\n")[0]
        wanted = [line.strip(' ",') for line in listed.splitlines() if line.startswith('    "')]
        foreign = ("config", "tandem.config", "corsheaders", "django.", "whitenoise")
        ours = [one for one in wanted if not one.startswith(foreign)]
        assert ours
        assert [one for one in own if one in ours] == (ours if name == "MIDDLEWARE" else sorted(ours, key=own.index))
        assert set(ours) <= set(own)


def test_old_association_signs_in(api: ApiClient, providers: Providers, customers: dict[str, Customer]) -> None:
    """A customer with the provider's current id signs in, and keeps name, address and orders."""
    body = api.sign_up(providers.knows("facebook", "f", **FACEBOOK, email="other@example.com")).json()
    assert (body["outcome"], body["id"]) == ("signed_in", str(customers["ripley"].pk))
    assert (body["username"], body["email"]) == ("ripley@example.com", "ripley@example.com")
    ripley = Customer.objects.get(pk=customers["ripley"].pk)
    bought = Order._default_manager.filter(customer=ripley.pk).values_list("article", flat=True)
    assert (ripley.full_name, list(bought)) == ("ripley", ["anvil"])


def test_legacy_uid_signs_in_if_it_may_be_adopted(
    providers: Providers, customers: dict[str, Customer], settings: Any
) -> None:
    """A legacy uid is `account_conflict`; with ADOPT_LEGACY_UIDS the same customer signs in, also afterwards."""
    api = ApiClient(next(iter(settings.APIS)))
    fields = providers.knows("google-oauth2", "g", **GOOGLE)
    assert_refused(api.sign_up(fields), "account_conflict")
    settings.ADOPT_LEGACY_UIDS = ["google-oauth2"]
    body = api.sign_up(fields).json()
    assert (body["outcome"], body["id"]) == ("signed_in", str(customers["hicks"].pk))
    settings.ADOPT_LEGACY_UIDS = []
    assert api.sign_up(fields).json()["id"] == str(customers["hicks"].pk)
    assert run("check_associations")[1] == 0


def test_new_customer_signs_up(api: ApiClient, providers: Providers) -> None:
    """A sign-up creates a customer whose id is a UUID and whose user name is the address."""
    number = 600 + [f"/{prefix}" for prefix in settings.APIS.values()].index(api.prefix)
    address = f"bishop-{number}@example.com"
    body = api.sign_up(providers.knows("facebook", "b", id=str(number), name="Bishop", email=address)).json()
    customer = Customer.objects.get(email=address)
    assert (body["outcome"], body["id"], body["username"]) == ("created", str(customer.pk), address)
    assert not customer.has_usable_password()
    for path in ("user/", body["resource_uri"].removeprefix(api.prefix), "token/current/", "social_account/"):
        assert api.get(path, token=body["token"]).status_code == 200
    listed = api.get("social_account/", token=body["token"]).json()["objects"]
    assert [one["uid"] for one in listed] == [str(number)]
    header = {"Authorization": f"ApiKey {address}:{body['token']}"}
    assert api.get("user/", headers=header).status_code == 200
    customer.delete()


@pytest.mark.parametrize("address", ["newt@example.com", "Newt@Example.com"])
def test_address_of_another_customer(api: ApiClient, providers: Providers, address: str) -> None:
    """A sign-up with a known address, in any case, is `account_conflict`, and nothing is written.

    The shop's column would take the address in another case, and a login that ignores case could then find two users.
    """
    fields = providers.knows("facebook", "n", id="700", name="Newt", email=address)
    before = (Customer.objects.count(), UserSocialAuth.objects.count())
    assert_refused(api.sign_up(fields), "account_conflict")
    assert (Customer.objects.count(), UserSocialAuth.objects.count()) == before


def test_profile_without_address(api: ApiClient, providers: Providers) -> None:
    """A customer without an address gets a name from the profile in its place."""
    body = api.sign_up(providers.knows("facebook", "x", id="800", name="Jones")).json()
    assert (body["outcome"], body["username"], body["email"]) == ("created", "Jones", "Jones")
    Customer.objects.get(pk=body["id"]).delete()


@pytest.mark.parametrize("path", ["user/", "user", "schema/", "nothing/at/all", "token/current"])
def test_settings_of_the_shop_do_not_affect_the_apis(api: ApiClient, path: str) -> None:
    """The APIs answer without redirects, login pages, HTML, cookies or translated texts."""
    answer = api.get(path, headers={"Accept": "text/html", "Accept-Language": "de"})
    assert answer.status_code in {401, 404}
    assert answer["Content-Type"] == "application/json"
    assert not answer.cookies
    assert answer["X-Shop"] == "1"
    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["errors"] in {"Not found.", "Authentication credentials were not provided."}


@pytest.mark.parametrize("path", ["openapi.yaml", "docs/"])
def test_the_documentation_is_public(path: str) -> None:
    """The documentation needs no login, although the shop's pages do."""
    assert visit(f"/api/v2/{path}").status_code == 200


@pytest.mark.parametrize("path", ["", "provider/?limit=1", "user/", "user/7/", "nothing"])
def test_the_apis_answer_alike(path: str) -> None:
    """Under the shop's settings the versions send the same bytes, except for the version."""
    answers = set()
    for app, prefix in settings.APIS.items():
        answer = ApiClient(app).get(path)
        headers = tuple(sorted((name, value) for name, value in answer.items() if name != "X-Request-ID"))
        answers.add((answer.status_code, answer.content.replace(prefix.encode(), b""), headers))
    assert len(answers) == 1, answers


def test_pages_of_the_shop_are_unchanged() -> None:
    """The shop's pages keep their cookies, redirects, languages and logins, and its API keeps its settings."""
    home = visit("/")
    assert (home.status_code, home.content) == (200, b"<h1>The shop</h1>")
    assert home.cookies["visited"].value == "1"
    assert "Cache-Control" not in home
    assert visit("/orders").headers["Location"] == "/orders/"
    assert visit("/orders/").headers["Location"].startswith("/admin/login/")
    assert visit("/nothing/")["Content-Type"].startswith("text/html")
    stock = visit("/api/stock/")
    assert (stock.status_code, stock["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert visit("/admin/login/")["Content-Language"] == "de"


def test_resource_of_the_shop_below_the_prefix() -> None:
    """The shop's resource below v1's prefix answers as before: the shop's cookies and headers stay."""
    article = visit("/api/v1/article/")
    assert article.json() == {"objects": ["anvil"]}
    assert "Cache-Control" not in article.headers
    assert article.cookies


def test_deleting_a_customer_deletes_their_tokens(providers: Providers) -> None:
    """A deleted customer's tokens are deleted and refused."""
    api = ApiClient(next(iter(settings.APIS)))
    body = api.sign_up(providers.knows("facebook", "d", id="900", name="Dallas", email="dallas@example.com")).json()
    Customer.objects.get(pk=body["id"]).delete()
    assert not AccessToken.objects.filter(user_id=body["id"]).exists()
    assert_refused(api.get("user/", token=body["token"]), "invalid_credentials")


def test_the_shops_admin_signs_a_customer_out_everywhere(providers: Providers) -> None:
    """The shop's own admin of customers has the action, and a deactivated customer's tokens end too."""
    api = ApiClient(next(iter(settings.APIS)))
    fields = providers.knows("facebook", "e", id="901", name="Kane", email="kane@example.com")
    browser = Client(SERVER_NAME="api.example.com")
    boss: Any = Customer.objects.create(email="boss@example.com", is_staff=True, is_superuser=True)
    browser.force_login(boss)
    body = api.sign_up(fields).json()
    chosen = {"action": "sign_out_everywhere", "_selected_action": [body["id"]]}
    assert browser.post("/admin/shop/customer/", chosen).status_code == 302
    assert_refused(api.get("user/", token=body["token"]), "invalid_credentials")

    token = api.sign_up(fields).json()["token"]
    kane = Customer.objects.get(pk=body["id"])
    for active in (False, True):
        kane.is_active = active
        kane.save()
        assert_refused(api.get("user/", token=token), "invalid_credentials")


def test_migrating_back(customers: dict[str, Customer], providers: Providers) -> None:
    """social_django's tables can be migrated back to the shop's old release and forward again without loss."""
    api = ApiClient(next(iter(settings.APIS)))
    before = set(UserSocialAuth.objects.values_list("user", "provider", "uid"))
    assert run("migrate social_django 0008")[1] == 0
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, UserSocialAuth._meta.db_table)
        assert {column.name for column in columns} == {"id", "user_id", "provider", "uid", "extra_data"}
    assert run("migrate")[1] == 0
    assert set(UserSocialAuth.objects.values_list("user", "provider", "uid")) == before
    body = api.sign_up(providers.knows("facebook", "f", **FACEBOOK)).json()
    assert (body["outcome"], body["id"]) == ("signed_in", str(customers["ripley"].pk))
