"""A project's own pipeline steps: their refusals write nothing, and a slow step is safe from races."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from social_core.pipeline import DEFAULT_AUTH_PIPELINE

from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ROOMY
from tests.e2e.databases import Database
from tests.e2e.pipeline_steps import PAUSE
from tests.e2e.servers import Sandbox, Service, running_service

pytestmark = pytest.mark.e2e

REFUSED = {
    "facebook": ("tests.social.steps.ask", (400, "interaction_required")),
    "twitter": ("tests.social.steps.refuse", (403, "sign_up_not_allowed")),
    "github": ("tests.social.steps.fail", (500, "internal_error")),
}
"""By provider: the last step of its pipeline, and the answer to a sign-up."""
SLOW = list(DEFAULT_AUTH_PIPELINE)
SLOW.insert(SLOW.index("social_core.pipeline.social_auth.load_extra_data"), "tests.e2e.pipeline_steps.pause")
PIPELINES = {
    **{f"SOCIAL_AUTH_{name.upper()}_PIPELINE": [*DEFAULT_AUTH_PIPELINE, step] for name, (step, _) in REFUSED.items()},
    "SOCIAL_AUTH_GOOGLE_OAUTH2_PIPELINE": SLOW,
}


@pytest.fixture(scope="module")
def service(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with these pipelines; it stores the provider's token at each sign-in, which updates the row."""
    more = {name: json.dumps(steps) for name, steps in PIPELINES.items()}
    more["PROVIDER_TOKEN_KEYS"] = Fernet.generate_key().decode()
    with running_service(sandbox, database_url=database.url, **ROOMY, **more) as service:
        yield service


@pytest.mark.threat(22, 26)
@pytest.mark.parametrize("prefix", settings.APIS.values())
@pytest.mark.parametrize("provider", REFUSED)
def test_a_refusing_step_leaves_no_rows(
    service: Service, sandbox: Sandbox, database: Database, prefix: str, provider: str
) -> None:
    """The rows of earlier steps and the state of a partial pipeline are rolled back, also when linking."""
    api = Api(service.url, prefix)
    token = api.sign_up(sandbox.token("instagram", "zoe")).json()["token"]
    before = database.counts()
    for caller in (api, api.as_user(token)):
        answer = caller.sign_up(sandbox.token(provider, "parker"))
        assert code_of(answer) == REFUSED[provider][1]
        assert "Location" not in answer.headers
    assert database.counts() == before


@pytest.mark.threat(15)
@pytest.mark.parametrize("app", list(settings.APIS))
def test_disconnect_during_a_sign_in(service: Service, sandbox: Sandbox, database: Database, app: str) -> None:
    """Both requests succeed, and the disconnected account stays deleted."""
    database.clear()
    api = Api(service.url, settings.APIS[app])
    mine = api.as_user(api.sign_up(sandbox.token("google-oauth2", "ripley")).json()["token"])
    mine.sign_up(sandbox.token("instagram", "ripley"))
    account = mine.get("social_account/").json()["objects"][0]
    token = sandbox.token("google-oauth2", "ripley")
    with ThreadPoolExecutor(1) as callers:
        signing_in = callers.submit(Api(service.url, settings.APIS[app]).sign_up, token)
        time.sleep(PAUSE / 2)
        assert mine.delete(f"social_account/{account['id']}/").status_code == 204
        assert signing_in.result().status_code == 201
    assert mine.get(f"social_account/{account['id']}/").status_code == 404
    assert database.orphans() == []
