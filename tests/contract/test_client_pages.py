"""What docs/clients.md and the error catalogue say is what the code does."""

import inspect
import re
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.test import RequestFactory, override_settings

from rollout.clients import client_of
from shared.contract import descriptions
from shared.contract.error_guidance import GUIDANCE, Step
from shared.contract.errors import ApiError, RetryLater, leaves
from social.conf import DEFAULT_PROVIDER_TIMEOUT
from social.engine.policy import Policy
from social.providers.registry import POLICIES
from tests.contract.answers import assert_error
from tests.contract.checkers import CHECKERS
from tests.contract.conftest import ApiClient
from tests.contract.users import link, person

DOCS = Path(settings.BASE_DIR) / "docs"


def section(title: str) -> str:
    """Return the text of a section of docs/clients.md."""
    page = (DOCS / "clients.md").read_text(encoding="utf-8")
    (text,) = re.findall(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    return str(text)


def table(text: str) -> list[list[str]]:
    """Return the cells of the rows of a table."""
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:3] == "| `"]


def test_each_code_has_guidance() -> None:
    """Each leaf of the error tree has its advice, and there is no other."""
    assert set(GUIDANCE) == {leaf.code for leaf in leaves()}
    for code, advice in GUIDANCE.items():
        assert advice.check, code
        for sentence in (advice.app, advice.person, *advice.check):
            assert sentence == sentence.strip(), code
            assert sentence[-1] in ".?", (code, sentence)


@pytest.mark.parametrize("leaf", leaves(), ids=lambda leaf: leaf.code)
def test_the_step_fits_the_error(leaf: type[ApiError]) -> None:
    """An error with `Retry-After` is to be retried; a code is never retried once the provider may have been called."""
    advice = GUIDANCE[leaf.code]
    if issubclass(leaf, RetryLater):
        assert advice.step is Step.RETRY
    assert (advice.step is Step.SIGN_IN) == (leaf.code in {"not_authenticated", "invalid_credentials"})
    assert advice.step_with_code is not Step.RETRY or leaf.code == "throttled"


def test_errors_with_retry_after() -> None:
    """The first sentence of the section names exactly the errors that have the header."""
    sentence = section("Which errors have `Retry-After`").partition(":")[0]
    assert set(re.findall(r"`([a-z_]+)`", sentence)) == {leaf.code for leaf in leaves() if issubclass(leaf, RetryLater)}


def test_the_steps_are_listed() -> None:
    """The page explains each step of the catalogue, in its order."""
    assert re.findall(r"^\d\. \*\*(.+?)\*\*", section("When something fails"), re.MULTILINE) == list(Step)


def test_the_description_of_a_sign_up() -> None:
    """Each item of what to do after a failure is about codes with one step, and every step has an item."""
    items = re.findall(r"^- (.+?): ", descriptions.SIGN_UP.partition("After a failure:")[2], re.MULTILINE)
    steps = [{GUIDANCE[code].step for code in re.findall(r"`(\w+)`", item)} for item in items]
    assert all(len(found) == 1 for found in steps)
    assert set.union(*steps) == set(Step)


def test_the_time_outs() -> None:
    """A client waits longer for a sign-up than the service waits for the provider."""
    text = section("Time-outs and retries")
    (default,) = re.findall(r"`PROVIDER_TIMEOUT` seconds \((\d+) unless", text)
    (advised,) = re.findall(r"\*\*(\d+) seconds\*\*", text)
    assert int(default) == DEFAULT_PROVIDER_TIMEOUT
    assert int(advised) == DEFAULT_PROVIDER_TIMEOUT + 5


def test_the_names_of_builds() -> None:
    """`X-Client` is counted as the table says."""
    rows = table(section("Name your build: `X-Client`"))
    assert len(rows) == 6
    for sent, counted in rows:
        request = RequestFactory().get("/", headers={"X-Client": sent.strip("`"), "User-Agent": "Library/1.0"})
        assert client_of(request) == ("Library/1.0" if "User-Agent" in counted else counted.strip("`")), sent


@pytest.mark.django_db
def test_a_sign_up_without_a_credential(api: ApiClient) -> None:
    """The fields named are those of the table, and an empty body is no JSON."""
    rows = table(section("What a provider accepts"))
    assert len(rows) == 3
    with override_settings(SOCIAL_PROVIDERS=["facebook", "apple-id"], SOCIAL_AUTH_APPLE_ID_CLIENT="com.example.app"):
        for sent, named in rows:
            answer = api.post("social_sign_up/", sent.strip("`").encode())
            assert answer.status_code == 400
            required = re.split(", (?:although|because)", named)[0]
            assert list(answer.json()["fields"]) == re.findall(r"`(\w+)`", required), sent
        assert_error(api.post("social_sign_up/", b""), "invalid_json")


@pytest.mark.django_db
def test_a_repeated_delete(one_api: ApiClient) -> None:
    """The second DELETE is `not_found` for an object, and `invalid_credentials` for the token of the call."""
    ripley = person()
    link(ripley.user)
    path = f"social_account/{link(ripley.user, 'github', '10015').pk}/"
    assert one_api.delete(path, token=ripley.token).status_code == 204
    assert_error(one_api.delete(path, token=ripley.token), "not_found")
    assert one_api.delete("token/current/", token=ripley.token).status_code == 204
    assert_error(one_api.delete("token/current/", token=ripley.token), "invalid_credentials")


def _can_say_so(policy: type[Policy]) -> bool:
    source = inspect.getsource(sys.modules[policy.__module__])
    return "require_our_client_id(" in source or "raise TokenAudienceMismatch" in source


@pytest.mark.parametrize("name", [name for name, policy in POLICIES.items() if ("access_token",) in policy.accepts])
def test_who_can_say_that_a_token_is_another_applications(name: str) -> None:
    """A policy says so of itself, for the catalogue, if its check of an access token raises it.

    GitHub's code raises it too, but GitHub finds no token of another application (tests/contract/test_github_check.py).
    """
    policy = POLICIES[name]
    assert policy.names_application == (_can_say_so(policy) and name != "github")
    if name in CHECKERS:
        assert policy.names_application
