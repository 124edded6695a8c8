"""The provider calls, sequential round trips and connections of a sign-in; its database connection meanwhile."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.counts.conftest import Counts
from tests.counts.test_statements import BY_ID_TOKEN
from tests.e2e.client import Api
from tests.e2e.servers import Sandbox

pytestmark = pytest.mark.e2e

CALLS = {
    "facebook": 1,
    "twitter": 1,
    "github": 1,
    "google-oauth2": 2,
    "instagram": 2,  # the second with the token from the first
    "discord": 2,  # the second for the address, because the scope includes it here
    "gitlab": 2,
    "twitch": 2,
    "line": 2,
    "kakao": 2,
}
ONE_DATABASE = pytest.mark.parametrize("counts", ["sqlite"], indirect=True, scope="session")
"""For the calls to providers, which do not depend on the database."""
CONCURRENT_CALLS = {"google-oauth2": 2, "discord": 2}
"""How many of the calls run concurrently."""
CALLS_BY_CODE = {
    # The exchange and the profile.
    **dict.fromkeys(("facebook", "twitter", "instagram", "github", "discord", "gitlab", "twitch", "line", "kakao"), 2),
    # The exchange, whose id_token says who the person is.
    **dict.fromkeys(("google-oauth2", "apple-id", "oidc"), 1),
}


def warm(api: Api, counts: Counts, provider: str, persona: str) -> None:
    """Open the connections of a sign-in; the relay holds concurrent calls, so that they use two connections."""
    fields = counts.sandbox.token(provider, persona)
    with counts.calls.relay.hold(CONCURRENT_CALLS.get(provider, 1)):
        assert api.sign_up(fields).status_code == 201


@ONE_DATABASE
@pytest.mark.parametrize("provider", CALLS)
def test_calls_of_a_returning_sign_in(api: Api, counts: Counts, persona: str, provider: str) -> None:
    """A returning sign-in makes the calls that its proof needs, on existing connections."""
    for _ in range(2):
        warm(api, counts, provider, persona)
    fields = counts.sandbox.token(provider, persona)
    counts.reset()
    assert api.sign_up(fields).json()["outcome"] == "signed_in"
    assert (counts.calls.count, counts.calls.connections) == (CALLS[provider], 0)


@ONE_DATABASE
@pytest.mark.parametrize("provider", BY_ID_TOKEN)
def test_no_calls_by_id_token(api: Api, counts: Counts, persona: str, provider: str) -> None:
    """A sign-in or sign-up by id_token makes no calls once the signing keys are cached."""
    api.sign_up(counts.sandbox.id_token(provider, persona))
    for person, outcome in ((persona, "signed_in"), (persona.replace("guest-1", "guest-3"), "created")):
        fields = counts.sandbox.id_token(provider, person)
        counts.reset()
        assert api.sign_up(fields).json()["outcome"] == outcome
        assert (counts.calls.count, counts.calls.connections) == (0, 0)


@ONE_DATABASE
@pytest.mark.parametrize("provider", CALLS_BY_CODE)
def test_calls_by_code(api: Api, counts: Counts, persona: str, provider: str) -> None:
    """A sign-up and a sign-in by code make the same calls, on existing connections."""
    api.sign_up(counts.sandbox.code(provider, persona))
    newcomer = persona.replace("guest-1", "guest-4")
    for outcome in ("created", "signed_in"):
        fields = counts.sandbox.code(provider, newcomer)
        counts.reset()
        assert api.sign_up(fields).json()["outcome"] == outcome
        assert (counts.calls.count, counts.calls.connections) == (CALLS_BY_CODE[provider], 0)


@ONE_DATABASE
@pytest.mark.parametrize("provider", CONCURRENT_CALLS)
def test_concurrent_calls(api: Api, counts: Counts, persona: str, provider: str) -> None:
    """Both calls are sent before either is answered: the sign-in takes one round trip."""
    warm(api, counts, provider, persona)
    fields = counts.sandbox.token(provider, persona)
    counts.reset()
    with counts.calls.relay.hold(CONCURRENT_CALLS[provider]):
        assert api.sign_up(fields).json()["outcome"] == "signed_in"
    assert (counts.calls.count, counts.calls.connections) == (CONCURRENT_CALLS[provider], 0)


@pytest.mark.threat(23)
@pytest.mark.parametrize("credential", [Sandbox.token, Sandbox.code], ids=["token", "code"])
def test_connection_is_released_during_provider_calls(
    api: Api, counts: Counts, persona: str, credential: Callable[[Sandbox, str, str], dict[str, Any]]
) -> None:
    """An authenticated sign-up, too, releases the only connection: other requests use it during the provider call."""
    token = api.sign_up(counts.sandbox.token("facebook", persona)).json()["token"]
    fields, by_id_token = credential(counts.sandbox, "github", persona), counts.sandbox.id_token("facebook", persona)
    api.sign_up(by_id_token)
    counts.reset()
    with ThreadPoolExecutor(1) as caller, counts.calls.relay.hold(2):
        linking = caller.submit(api.as_user(token).sign_up, fields)
        counts.calls.relay.wait_for_call()
        if counts.database.database.vendor == "postgres":
            assert counts.database.database.sessions() == ["idle"]
        # Only the lookup of the token has been sent.
        assert counts.database.kinds == ["SELECT"]
        assert api.as_user(token).get("user/").status_code == 200
        assert api.sign_up(by_id_token).json()["outcome"] == "signed_in"
        assert not linking.done()
        counts.calls.relay.release()
        assert linking.result(30).json()["outcome"] == "linked"


def test_database_connection_is_reused(api: Api, counts: Counts, persona: str) -> None:
    """No request opens a connection or checks the one that the pool returns."""
    log = counts.database.log
    api.sign_up(counts.sandbox.token("facebook", persona))
    counts.reset()
    for _ in range(5):
        token = api.sign_up(counts.sandbox.token("facebook", persona)).json()["token"]
        api.as_user(token).get("user/")
    assert "" not in log.statements
    assert len(counts.database.statements) == 5 * (4 + 1)
    assert getattr(log, "connections", 0) == 0
