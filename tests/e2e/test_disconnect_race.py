"""docs/threats.md, row 15: a sign-in in progress does not undo a disconnect, and neither waits for ever."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from social_core.pipeline import DEFAULT_AUTH_PIPELINE

from tests.e2e import pipeline_steps
from tests.e2e.client import Api
from tests.e2e.conftest import ROOMY
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service, running_service

pytestmark = [pytest.mark.e2e, pytest.mark.threat(15)]

SLOW = list(DEFAULT_AUTH_PIPELINE)
SLOW.insert(
    SLOW.index("social_core.pipeline.social_auth.load_extra_data"),
    f"{pipeline_steps.__name__}.{pipeline_steps.pause.__name__}",
)


@pytest.fixture(scope="module")
def slow(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with a pipeline that takes its time."""
    # A token is kept anew at each sign-in, so that the row is written.
    more = {**ROOMY, "SOCIAL_AUTH_PIPELINE": json.dumps(SLOW), "PROVIDER_TOKEN_KEYS": Fernet.generate_key().decode()}
    with running_service(sandbox, database_url=database.url, **more) as slow:
        yield slow


@pytest.mark.parametrize("app", list(settings.APIS))
def test_a_disconnect_in_the_middle_of_a_sign_in(slow: Service, sandbox: Sandbox, database: Database, app: str) -> None:
    """As if one of them had come first: the row is gone, and both have their answer."""
    database.clear()
    api = Api(slow.url, settings.APIS[app])
    mine = api.as_user(api.sign_up(sandbox.token("facebook", "ripley")).json()["token"])
    mine.sign_up(sandbox.token("github", "ripley"))
    account = mine.get("social_account/").json()["objects"][0]
    token = sandbox.token("facebook", "ripley")
    with ThreadPoolExecutor(1) as callers:
        signing_in = callers.submit(Api(slow.url, settings.APIS[app]).sign_up, token)
        time.sleep(pipeline_steps.PAUSE / 2)
        assert mine.delete(f"social_account/{account['id']}/").status_code == 204
        assert signing_in.result().status_code == 201
    assert mine.get(f"social_account/{account['id']}/").status_code == 404
    assert database.orphans() == []
