"""An operator's own steps, over sockets on both databases: those that cannot be taken here leave nothing."""

import json
from collections.abc import Iterator

import pytest
from django.conf import settings
from social_core.pipeline import DEFAULT_AUTH_PIPELINE

from tests.e2e.client import Api, code_of
from tests.e2e.conftest import ROOMY
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service, running_service

pytestmark = pytest.mark.e2e

STEPS = {
    "facebook": ([*DEFAULT_AUTH_PIPELINE, "tests.social.steps.ask"], (400, "interaction_required")),
    "twitter": ([*DEFAULT_AUTH_PIPELINE, "tests.social.steps.refuse"], (403, "sign_up_not_allowed")),
    "github": ([*DEFAULT_AUTH_PIPELINE, "tests.social.steps.fail"], (500, "internal_error")),
}
"""By provider: its pipeline, with a step at the very end, and what a sign-up there comes to."""


@pytest.fixture(scope="module")
def extended(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with a pipeline of each provider's own."""
    pipelines = {f"SOCIAL_AUTH_{name.upper()}_PIPELINE": json.dumps(steps) for name, (steps, _) in STEPS.items()}
    with running_service(sandbox, database_url=database.url, **ROOMY, **pipelines) as extended:
        yield extended


@pytest.mark.threat(22, 26)
@pytest.mark.parametrize("prefix", settings.APIS.values())
@pytest.mark.parametrize("provider", STEPS)
def test_nothing_is_left(extended: Service, sandbox: Sandbox, database: Database, prefix: str, provider: str) -> None:
    """The user and all else that earlier steps have written are gone, and so is the state for a return; linking too."""
    api = Api(extended.url, prefix)
    token = api.sign_up(sandbox.token("instagram", "zoe")).json()["token"]
    before = database.counts()
    for caller in (api, api.as_user(token)):
        answer = caller.sign_up(sandbox.token(provider, "parker"))
        assert code_of(answer) == STEPS[provider][1]
        assert "Location" not in answer.headers
    assert database.counts() == before
