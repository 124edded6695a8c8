"""What a sign-in costs at the provider: calls, round trips in sequence, connections; and what it holds meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.counts.conftest import Place
from tests.counts.test_statements import BY_ID_TOKEN
from tests.e2e.client import Api

pytestmark = pytest.mark.e2e

CALLS = {
    "facebook": 1,
    "twitter": 1,
    "github": 1,
    "google-oauth2": 2,
    "instagram": 2,  # the second with the token that the first has given
    "discord": 2,  # the second for the address, which the operator asks for here
    "gitlab": 2,
    "twitch": 2,
    "line": 2,
    "kakao": 2,
}
AT_ONCE = {"google-oauth2": 2, "discord": 2}
"""How many of them do not wait for each other."""


def warm(api: Api, place: Place, provider: str, persona: str) -> None:
    """Open what a sign-in goes over: who is asked two things at once may still answer one before the other is sent."""
    fields = place.sandbox.token(provider, persona)
    with place.calls.relay.at_once(AT_ONCE.get(provider, 1)):
        assert api.sign_up(fields).status_code == 201


@pytest.mark.parametrize("provider", CALLS)
def test_calls_of_a_returning_sign_in(api: Api, place: Place, guest: str, provider: str) -> None:
    """As many as the proof takes, on connections that are there."""
    for _ in range(2):
        warm(api, place, provider, guest)
    fields = place.sandbox.token(provider, guest)
    place.reset()
    assert api.sign_up(fields).json()["outcome"] == "signed_in"
    assert (place.calls.count, place.calls.connections) == (CALLS[provider], 0)


@pytest.mark.parametrize("provider", BY_ID_TOKEN)
def test_no_calls_by_id_token(api: Api, place: Place, guest: str, provider: str) -> None:
    """Once the keys are known, also for whoever was never here before."""
    api.sign_up(place.sandbox.id_token(provider, guest))
    for persona, outcome in ((guest, "signed_in"), (guest.replace("guest-1", "guest-3"), "created")):
        fields = place.sandbox.id_token(provider, persona)
        place.reset()
        assert api.sign_up(fields).json()["outcome"] == outcome
        assert (place.calls.count, place.calls.connections) == (0, 0)


@pytest.mark.parametrize("provider", AT_ONCE)
def test_both_things_are_asked_at_once(api: Api, place: Place, guest: str, provider: str) -> None:
    """Neither answer comes before both questions are there: one round trip in sequence."""
    warm(api, place, provider, guest)
    fields = place.sandbox.token(provider, guest)
    place.reset()
    with place.calls.relay.at_once(AT_ONCE[provider]):
        assert api.sign_up(fields).json()["outcome"] == "signed_in"
    assert (place.calls.count, place.calls.connections) == (AT_ONCE[provider], 0)


@pytest.mark.threat(23)
def test_the_database_is_given_back_while_the_provider_is_asked(api: Api, place: Place, guest: str) -> None:
    """For a caller with a credential, too: with the one connection there is, others read and sign in meanwhile."""
    token = api.sign_up(place.sandbox.token("facebook", guest)).json()["token"]
    fields, by_id_token = place.sandbox.token("github", guest), place.sandbox.id_token("facebook", guest)
    api.sign_up(by_id_token)
    place.reset()
    with ThreadPoolExecutor(1) as caller, place.calls.relay.at_once(2):
        linking = caller.submit(api.as_user(token).sign_up, fields)
        place.calls.relay.wait_for_one()
        if place.database.database.vendor == "postgres":
            assert place.database.database.sessions() == ["idle"]
        # Who is calling, and nothing yet of what is to be written.
        assert place.database.kinds == ["SELECT"]
        assert api.as_user(token).get("user/").status_code == 200
        assert api.sign_up(by_id_token).json()["outcome"] == "signed_in"
        assert not linking.done()
        place.calls.relay.let_go()
        assert linking.result(30).json()["outcome"] == "linked"


def test_the_database_is_connected_to_once(api: Api, place: Place, guest: str) -> None:
    """No call opens a connection, nor asks whether the one it has been given is alive."""
    log = place.database.log
    api.sign_up(place.sandbox.token("facebook", guest))
    place.reset()
    for _ in range(5):
        token = api.sign_up(place.sandbox.token("facebook", guest)).json()["token"]
        api.as_user(token).get("user/")
    assert "" not in log.statements
    assert len(place.database.statements) == 5 * (4 + 1)
    assert getattr(log, "connections", 0) == 0
