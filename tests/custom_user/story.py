"""Sign-ups with the custom user model; `test_custom_user.py` runs these tests in a new process."""

import json
import re
from typing import Any

import pytest
import responses
import yaml
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from drf_spectacular.validation import validate_schema
from social_django.models import UserSocialAuth

from rollout.ledger.process import ledger
from rollout.models import LastCall
from social.usernames import taken_among
from tests.api_v2.documents import examples
from tests.custom_user.models import Employee, Person
from tests.providers import Providers

pytestmark = pytest.mark.django_db(transaction=True)

PREFIXES = [f"/{prefix}" for prefix in settings.APIS.values()]
RIPLEY: dict[str, Any] = {
    "id": 60011,
    "login": "Ellen-Ripley-of-the-Nostromo",
    "name": "Ellen Ripley",
    "email": "ripley@example.com",
}


def call(method: str, path: str, fields: Any = None, token: str | None = None) -> Any:
    """Call an API; return the status and the body."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    body = b"" if fields is None else json.dumps(fields).encode()
    client = Client(SERVER_NAME="api.example.com", raise_request_exception=False)
    response = client.generic(method, path, body, content_type="application/json", headers=headers)
    return response.status_code, json.loads(response.content or b"null")


def test_the_custom_model_is_in_use() -> None:
    """The user model is the custom one; otherwise these tests check nothing."""
    assert get_user_model()._meta.label == Person._meta.label == "custom_user.Person"
    assert {field.name for field in Person._meta.get_fields()}.isdisjoint({"username", "first_name", "last_name"})


@pytest.mark.parametrize("prefix", PREFIXES)
def test_sign_up_sign_in_link_and_disconnect(providers: Providers, prefix: str) -> None:
    """All operations work; fields that the model lacks are empty, and `username` is its name field."""
    github = providers.knows("github", "t1", **RIPLEY)
    status, created = call("POST", f"{prefix}social_sign_up/", github)
    assert (status, created["outcome"]) == (201, "created")
    person = Person.objects.get()
    assert created["username"] == person.handle == RIPLEY["login"][:12]
    assert (created["id"], created["first_name"], created["last_name"]) == (str(person.pk), "", "")

    status, signed_in = call("POST", f"{prefix}social_sign_up/", github)
    assert (status, signed_in["outcome"], signed_in["id"]) == (201, "signed_in", str(person.pk))

    token = created["token"]
    twitter = providers.knows("twitter", "t2", id=20011, id_str="20011", screen_name="ripley", name="Ellen Ripley")
    status, linked = call("POST", f"{prefix}social_sign_up/", twitter, token)
    assert (status, linked["outcome"], linked["token"]) == (201, "linked", None)

    status, users = call("GET", f"{prefix}user/", token=token)
    assert (status, users["objects"][0]["username"]) == (200, person.handle)
    first, second = UserSocialAuth.objects.values_list("pk", flat=True).order_by("pk")
    assert call("DELETE", f"{prefix}social_account/{first}/", token=token)[0] == 204
    assert call("DELETE", f"{prefix}social_account/{second}/", token=token)[0] == 409


def test_the_document_describes_the_key() -> None:
    """In `openapi.yaml` the id of a user is text, in each schema, path and example, and that of other objects a number.

    Anything else would be a type in generated clients that no answer has.
    """
    document = yaml.safe_load(Client(SERVER_NAME="api.example.com").get("/api/v2/openapi.yaml").content)
    validate_schema(document)
    types = {
        name: one["properties"].get("id")
        for name, one in document["components"]["schemas"].items()
        if "properties" in one
    }
    assert [types[name]["type"] for name in ("User", "SignIn", "Token", "SocialAccount")] == [
        *["string"] * 2,
        *["integer"] * 2,
    ]
    paths = {name: one["get"]["parameters"] for name, one in document["paths"].items() if name.endswith("/{id}/")}
    assert {name: [one["schema"] for one in found] for name, found in paths.items()} == {
        "/user/{id}/": [{"type": "string"}],
        "/social_account/{id}/": [{"type": "integer", "format": "int64"}],
        "/token/{id}/": [{"type": "integer", "format": "int64"}],
    }
    shown = [body.get("objects", [body])[0] for _, status, body in examples(document) if status in {"200", "201"}]
    assert {type(one["id"]) for one in shown if "username" in one} == {str}
    assert {type(one["id"]) for one in shown if "username" not in one and "id" in one} == {int}


@pytest.mark.parametrize("prefix", PREFIXES)
def test_ledger_records_the_last_call(providers: Providers, prefix: str) -> None:
    """The ledger stores the UUID of the user, for a sign-up and for a call with a token."""
    ledger().flush()
    _, created = call("POST", f"{prefix}social_sign_up/", providers.knows("github", "t1", **RIPLEY))
    call("GET", f"{prefix}user/", token=created["token"])
    assert ledger().flush()
    noted = LastCall.objects.get()
    assert (noted.user_id, prefix) == (Person.objects.get().pk, f"/api/{noted.version}/")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_email_field(providers: Providers, prefix: str) -> None:
    """`email` is written to and read from the model's EMAIL_FIELD."""
    _, created = call("POST", f"{prefix}social_sign_up/", providers.knows("github", "t1", **RIPLEY))
    assert created["email"] == "ripley@example.com"
    assert Person.objects.get().contact == "ripley@example.com"


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("flag", "kept"), [({}, "ripley@example.com"), ({"email_verified": "no"}, "")])
def test_the_email_field_is_not_set_by_another_name(prefix: str, flag: dict[str, str], kept: str) -> None:
    """Some backends pass on the whole profile: a field of the model's name for the address is not the address."""
    ours = {"KEY": "k", "SECRET": "s", "ACCEPT_UNVERIFIED": "1"}
    profile = {"user": "ripley@example.com", "user_id": 7, "hub_id": 5, "hub_domain": "x", "contact": "x@evil.example"}
    registration = {f"SOCIAL_AUTH_HUBSPOT_{name}": value for name, value in ours.items()}
    with override_settings(SOCIAL_PROVIDERS=["hubspot"], **registration), responses.RequestsMock() as mock:
        mock.get("https://api.hubapi.com/oauth/v1/access-tokens/t", json={**profile, **flag})
        status, body = call("POST", f"{prefix}social_sign_up/", {"provider": "hubspot", "access_token": "t"})
    assert (status, body["email"], Person.objects.get().contact) == (201, kept, kept)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_names_are_unique_without_regard_to_case(providers: Providers, prefix: str) -> None:
    """Names are unique in the model's column without regard to case, and fit its length."""
    for number, login in enumerate(["ripley", "RIPLEY", "Ripley"]):
        person = {**RIPLEY, "id": number + 1, "login": login, "email": f"{number}@example.com"}
        fields = providers.knows("github", f"t{number}", **person)
        assert call("POST", f"{prefix}social_sign_up/", fields)[0] == 201
    handles = list(Person.objects.values_list("handle", flat=True))
    assert len({handle.lower() for handle in handles}) == 3
    assert all(len(handle) <= 12 for handle in handles)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_an_address_in_another_case(providers: Providers, prefix: str) -> None:
    """A constraint of the model that ignores case ends a sign-up with `account_conflict`, and nothing is written."""
    Person.objects.create_user("hicks", contact="Ripley@Example.com")
    status, body = call("POST", f"{prefix}social_sign_up/", providers.knows("github", "t1", **RIPLEY))
    assert (status, body["code"]) == (400, "account_conflict")
    assert Person.objects.count() == 1


def test_names_have_an_index() -> None:
    """The check for taken names uses an index on the model's column."""
    with CaptureQueriesContext(connection) as sent:
        assert not taken_among(["ripley"])
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + sent[-1]["sql"])
        plan = str(cursor.fetchall())
    assert re.search(r"SEARCH custom_user_person USING COVERING INDEX social_names_\w+ \(handle=\?\)", plan)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_inactive_person(providers: Providers, prefix: str) -> None:
    """An inactive person can neither sign in nor use a token."""
    fields = providers.knows("github", "t1", **RIPLEY)
    _, created = call("POST", f"{prefix}social_sign_up/", fields)
    Person.objects.update(is_active=False)
    assert call("POST", f"{prefix}social_sign_up/", fields)[1]["code"] == "account_inactive"
    assert call("GET", f"{prefix}user/", token=created["token"])[0] == 401


@pytest.mark.parametrize("model", [Person, Employee])
def test_a_deactivated_persons_tokens_end(providers: Providers, model: type[Person]) -> None:
    """Also if the person is saved by a proxy of the user model."""
    prefix = PREFIXES[0]
    _, created = call("POST", f"{prefix}social_sign_up/", providers.knows("github", "t1", **RIPLEY))
    person = model.objects.get()
    for active in (False, True):
        person.is_active = active
        person.save()
        assert call("GET", f"{prefix}user/", token=created["token"])[0] == 401
