"""The sampled check in the running server: silent over a person's story, and telling of a version that drifts."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

from tests.e2e.client import Api
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, running_service

pytestmark = pytest.mark.e2e

ROWS = "SELECT called, part, place, old, new, seen FROM rollout_paritydifference ORDER BY called"
DRIFT = {"X-Drift": "1"}


def story(api: Api, sandbox: Sandbox, persona: str) -> tuple[str, list[int]]:
    """Sign up, in, link, look, fail, disconnect, sign out; gives a token of somebody else's, and the statuses."""
    token = api.sign_up(sandbox.token("facebook", persona)).json()["token"]
    mine = api.as_user(token)
    answers = [
        api.sign_up(sandbox.token("facebook", persona)),
        mine.sign_up(sandbox.token("twitter", persona)),
        api.sign_up({"provider": "facebook", "access_token": "nobody's"}),
        api.sign_up({"provider": "facebook"}),
        api.call("POST", "social_sign_up/", data=iter([b'{"provider"', b":1}"])),
        mine.get("user/"),
        api.get("user/"),
        mine.get("social_account/?limit=1"),
        api.call("HEAD", "provider/"),
        api.call("OPTIONS", "user/"),
        api.get("nowhere/"),
        mine.delete(f"social_account/{mine.get('social_account/').json()['objects'][0]['id']}/"),
        mine.delete("token/current/"),
    ]
    return api.sign_up(sandbox.token("github", "dallas")).json()["token"], [one.status_code for one in answers]


def eventually(look: Callable[[], object]) -> None:
    """Wait for what is written within about a second."""
    until = time.monotonic() + 30
    while not look() and time.monotonic() < until:
        time.sleep(0.05)
    assert look()


def test_a_story_and_a_drift(sandbox: Sandbox, database: Database) -> None:
    """No row for what is alike; one row for each version called where it is not, counted over threads and restarts."""
    if len(settings.APIS) < 2:
        pytest.skip("v1 is not mounted")
    environment = {"PARITY_SAMPLE": "1", "DJANGO_SETTINGS_MODULE": "tests.e2e.drifting"}
    with running_service(sandbox, database_url=database.url, **environment) as service:
        apis = [Api(service.url, prefix) for prefix in settings.APIS.values()]
        tokens = []
        for api, persona in zip(apis, ("zoe", "lambert"), strict=True):
            token, statuses = story(api, sandbox, persona)
            tokens.append(token)
            assert statuses == [201, 201, 400, 400, 400, 200, 401, 200, 200, 204, 404, 204, 204]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: apis[n % 2].as_user(tokens[n % 2]).get("user/", headers=DRIFT), range(40)))
        eventually(lambda: sum(row[-1] for row in database.rows(ROWS)) == 40)
        for api in apis:
            api.get("provider/", headers=DRIFT)
        log = service.log()
    assert database.rows(ROWS.replace("ORDER", "WHERE path = 'user' ORDER")) == [
        (version, "body", "meta.offset", "number", "number", 20) for version in ("v1", "v2")
    ]
    # Seen just before the end, and written at the end.
    assert database.rows(ROWS.replace("ORDER", "WHERE path = 'provider' ORDER")) == [
        (version, "body", "meta.offset", "number", "number", 1) for version in ("v1", "v2")
    ]
    assert log.count("GET /user, v1 called, v2 compared: body meta.offset") >= 1
    assert "could not be" not in log
    assert not any(token in log for token in tokens)
