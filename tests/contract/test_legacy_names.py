"""docs/threats.md, row 66: a name finds an old association only if the provider sends exactly the stored text."""

from collections.abc import Callable
from typing import Any

import pytest
import responses
from django.contrib.auth.models import User
from pytest_django import Settings
from social_core.utils import module_member
from social_django.models import UserSocialAuth

from social.engine.backends import backend_class
from social.engine.strategy import StatelessStrategy
from social.providers.catalogue import CATALOGUE
from social.providers.registry import policy_for
from tests.contract import test_keycloak
from tests.contract.answers import Response, assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import all_rows, link, person
from tests.providers import Providers

pytestmark = [pytest.mark.django_db, pytest.mark.threat(66)]
Answer = Callable[[str], dict[str, Any]]

LONGEST = "a" * 255
NEARLY = {
    "alice": ["ali\u200ece", "alice\u202e", "\ufeffalice", "al\x00ice", "alice\n", "alice ", "ALICE", "al\u00adice"],
    LONGEST: [LONGEST + "a", LONGEST + "\u200e"],
}
"""Names that become the stored one when they are cleaned, cut or folded."""
CASES = [(stored, name) for stored, names in NEARLY.items() for name in names]
PROFILES: dict[str, tuple[str, Answer]] = {
    "arcgis": ("https://www.arcgis.com/sharing/rest/community/self", lambda name: {"id": "9", "username": name}),
    "cognito": ("https://pool.example.com/oauth2/userInfo", lambda name: {"sub": "9", "username": name}),
    "dailymotion": ("https://api.dailymotion.com/auth/", lambda name: {"id": "9", "screenname": name}),
}
"""The URL of each profile, and a profile with a name; Keycloak's is in the token."""
BY_NAME = ["keycloak", *PROFILES]
LEGACY = sorted(
    name
    for name in CATALOGUE
    if (policy := policy_for(name)) is not None and module_member(policy.backend).LEGACY_ID_KEYS
)


@pytest.fixture(autouse=True)
def _enabled(settings: Settings) -> None:
    settings.SOCIAL_PROVIDERS = settings.ADOPT_LEGACY_UIDS = BY_NAME
    settings.SOCIAL_AUTH_COGNITO_POOL_DOMAIN = "https://pool.example.com"
    for name in PROFILES:
        for option in ("KEY", "SECRET"):
            setattr(settings, f"SOCIAL_AUTH_{name.upper()}_{option}", "ours")
        setattr(settings, f"SOCIAL_AUTH_{name.upper()}_ACCEPT_UNVERIFIED", "1")
    for option, value in test_keycloak.settings().items():
        setattr(settings, option, value)


def sign_up(api: ApiClient, mock: responses.RequestsMock, provider: str, name: str) -> Response:
    """Sign up as a person with the id 9 and this name."""
    if provider == "keycloak":
        token = test_keycloak.token(sub="9", preferred_username=name)
    else:
        token, (url, answer) = "t", PROFILES[provider]
        mock.upsert("GET", url, json=answer(name))
    return api.sign_up({"provider": provider, "access_token": token})


@pytest.mark.parametrize("provider", BY_NAME)
@pytest.mark.parametrize(("stored", "name"), CASES, ids=lambda text: ascii(text[-9:]))
def test_a_name_that_is_nearly_the_stored_one_is_another_persons(
    api: ApiClient, mock: responses.RequestsMock, provider: str, stored: str, name: str
) -> None:
    """The person is a new user, and the old association is not changed."""
    alice = person("alice").user
    row = link(alice, provider, stored, id_key="username")
    answer = sign_up(api, mock, provider, name)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created"), answer.json()
    assert answer.json()["id"] != alice.pk
    assert UserSocialAuth.objects.get(user=alice).uid == row.uid


@pytest.mark.parametrize("provider", BY_NAME)
@pytest.mark.parametrize("name", ["alice", "\u00e5lice", LONGEST], ids=lambda text: ascii(text[-9:]))
def test_the_stored_name_is_adopted(api: ApiClient, mock: responses.RequestsMock, provider: str, name: str) -> None:
    """The owner of the name signs in, so the refusals above are about the spelling."""
    alice = person("alice").user
    link(alice, provider, name, id_key="username")
    answer = sign_up(api, mock, provider, name)
    assert (answer.status_code, answer.json()["id"]) == (201, alice.pk)
    assert UserSocialAuth.objects.get().uid == "9"


@pytest.mark.parametrize("name", ["ali\u200ece", "alice\u202e"])
def test_a_name_that_the_operator_configures(
    api: ApiClient, providers: Providers, settings: Settings, name: str
) -> None:
    """`_LEGACY_ID_KEYS` may name the user name of any provider; GitHub's is cleaned too."""
    settings.SOCIAL_PROVIDERS = settings.ADOPT_LEGACY_UIDS = ["github"]
    settings.SOCIAL_AUTH_GITHUB_LEGACY_ID_KEYS = ["username"]
    alice = person("alice").user
    link(alice, "github", "alice", id_key="username")
    answer = api.sign_up(providers.knows("github", "t", id=9, login=name, name="A"))
    assert (answer.json()["outcome"], answer.json()["id"] == alice.pk) == ("created", False)
    answer = api.sign_up(providers.knows("github", "t2", id=10, login="alice", name="A"))
    assert answer.json()["id"] == alice.pk


@pytest.mark.parametrize("provider", LEGACY)
@pytest.mark.parametrize(
    "value",
    ["ali\u200ece", "a" * 256, "x\u00ad", ["alice"], {"a": "alice"}, True, 1.5],
    ids=lambda value: ascii(value)[:20],
)
def test_every_provider_with_legacy_identifiers(settings: Settings, provider: str, value: object) -> None:
    """No identifier is made of a value that is no id, neither by the backend's keys nor by the operator's."""
    names = ("name", "username", "fullname", "first_name", "last_name", "id", "upn")
    setattr(settings, f"SOCIAL_AUTH_{provider.upper().replace('-', '_')}_LEGACY_ID_KEYS", names)
    policy = policy_for(provider)
    assert policy is not None
    backend = backend_class(policy)(StatelessStrategy())
    claims = ("username", "preferred_username", "screenname", "name", "id", "upn", "given_name", "family_name", "login")
    for response in (
        dict.fromkeys(claims, value),
        {"response": {"user": {**dict.fromkeys(claims, value), "blogs": []}}},
        {"attributes": dict.fromkeys(claims, value)},
    ):
        backend.proven_profile = response  # CAS would request it
        assert backend.get_legacy_user_identifiers(backend.get_user_details(response), response) == []


def test_an_id_is_never_found_as_a_name(api: ApiClient, mock: responses.RequestsMock) -> None:
    """A name that equals the id of another person finds nobody, also where the row has no `id_key`."""
    victim = person("victim").user
    link(victim, "dailymotion", "x1abc", id_key="")
    before = all_rows()
    assert_error(sign_up(api, mock, "dailymotion", "x1abc"), "account_conflict")
    assert all_rows() == before


@pytest.mark.parametrize("provider", BY_NAME)
def test_a_name_is_never_found_as_an_id(api: ApiClient, mock: responses.RequestsMock, provider: str) -> None:
    """An old association under a name that equals a person's id does not lead them into its owner's account."""
    mallory = person("mallory").user
    link(mallory, provider, "9", id_key="username")
    before = all_rows()
    assert_error(sign_up(api, mock, provider, "victim"), "account_conflict")
    assert all_rows() == before
    assert User.objects.count() == 1
