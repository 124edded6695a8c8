"""What one version does otherwise is seen, whichever of the two was called, and told without anybody's values."""

import logging
from typing import Any

import pytest

from rollout.models import ParityDifference
from shared.contract.sign_up import read_credential
from social.representations import sign_in_body as service_body
from social.sign_up import SignIn
from tests.contract.conftest import ApiClient
from tests.contract.people import PROFILES, Person, person
from tests.providers import Providers
from tests.rollout.sampled.conftest import Checks
from tests.rollout.sampled.planted import BUGS, Bug

pytestmark = pytest.mark.django_db


@pytest.fixture
def ripley() -> Person:
    """Somebody whose values must not be told."""
    return person(email="ripley@example.com", first_name="Ellen", last_name="Ripley")


def called(api: ApiClient) -> str:
    """The version that a client calls."""
    return api.prefix.strip("/").rpartition("/")[2]


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_a_bug_of_one_version(
    api: ApiClient, checks: Checks, ripley: Person, bug: Bug, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """Each kind of difference is found where it is, kept in one row with a count, and said once in the log."""
    bug.plant(monkeypatch)
    path = bug.path.format(user=ripley.user.pk, token=ripley.row.pk)
    times = 1 if bug.method == "DELETE" else 3
    for _ in range(times):
        api.call(bug.method, path, token=ripley.token)
    assert checks.made == times
    assert bug.where in checks.told()
    assert caplog.text.count(f": {bug.where[0]} {bug.where[1]}".rstrip() + ": older") == 1

    checks.sightings.write()
    row = ParityDifference.objects.get(part=bug.where[0], place=bug.where[1])
    assert (row.called, row.compared) == (called(api), "v2" if called(api) == "v1" else "v1")
    assert (row.method, row.path, row.seen) == (
        bug.method,
        bug.path.format(user="{id}", token="{id}").strip("/"),
        times,
    )
    assert row.old != row.new or row.old == "number" or row.part == "body"
    if bug.values:
        assert (row.old, row.new) == bug.values
    written = caplog.text + str(list(ParityDifference.objects.values()))
    for value in (ripley.token, "Ellen", "Ripley", "example.com"):
        assert value not in written


def test_a_difference_that_only_two_sign_ups_may_have(
    api: ApiClient, checks: Checks, providers: Providers, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """Tokens and times are of one sign-up here: that a version writes another one is a bug, and no token is told."""
    facebook = providers.knows("facebook", "t", **PROFILES["facebook"])
    made: list[str] = []

    def another(signed_in: SignIn, prefix: str, _body: Any = service_body) -> dict[str, Any]:
        made.append("N" * 42 + str(len(made)))
        return {**_body(signed_in, prefix), "token": made[-1]}

    monkeypatch.setattr("social.representations.sign_in_body", another)
    api.sign_up(facebook)
    assert checks.told() == {("body", "token")}
    checks.sightings.write()
    row = ParityDifference.objects.get()
    assert (row.old, row.new) == ("text of 43 characters", "text of 43 characters")
    assert not any(token in caplog.text for token in made)


def test_a_sign_up_asked_otherwise(
    api: ApiClient, checks: Checks, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that reads the request's fields otherwise asks the service otherwise, and nobody is signed up twice."""
    facebook = {**providers.knows("facebook", "t", **PROFILES["facebook"]), "first_name": " Ellen"}
    monkeypatch.setattr("api_v2.views.read_credential", _trimming)
    assert api.sign_up(facebook).status_code == 201
    (seen,) = checks.seen
    assert (seen.told.part, seen.told.place) == ("service", "social.sign_up.sign_up")
    told = {"v1": seen.told.old, "v2": seen.told.new}
    assert told.pop(called(api)) == "asks social.sign_up.sign_up"
    assert set(told.values()) == {"asks it with another credential"}
    assert len(providers.calls) == 1


def _trimming(data: Any, accepts_of: Any) -> Any:
    trimmed = {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}
    return read_credential(trimmed, accepts_of)


def test_a_failure_of_the_other_version_has_its_place_in_the_log(
    api: ApiClient, checks: Checks, ripley: Person, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """The frames say where the bug is; error reporters hear of it if a client does."""
    if called(api) == "v2":
        pytest.skip("the version with the bug is called")
    BUGS["a failure"].plant(monkeypatch)
    with caplog.at_level(logging.ERROR):
        api.get(f"user/{ripley.user.pk}/", token=ripley.token)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "v2 fails where v1 does not."
    assert record.exc_info is not None
    assert record.exc_info[0] is KeyError


def test_what_a_client_makes_up_is_not_told(
    api: ApiClient, checks: Checks, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    """Paths, methods and keys that are none of the contract's may hold anything, a token too."""
    monkeypatch.setattr("api_v2.views.NotFoundView.initial", lambda *args, **kwargs: int("x"))
    secret = "T0ken" + "x" * 16
    api.call(secret, f"user/{secret}/?{secret}")
    assert {(one.method, one.path) for one in checks.seen} == {("(other)", "(unknown)")}
    told = " ".join(record.getMessage() for record in caplog.records if record.name == "tandem.parity")
    assert "The versions differ: (other) /(unknown)" in told
    assert secret.lower() not in told.lower()
