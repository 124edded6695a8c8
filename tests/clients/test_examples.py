"""The examples of a sign-up in `openapi.yaml`, with credentials of the sandbox in place of the invented ones."""

import pytest
import requests

from shared.contract.sign_up import SAMPLES
from tests.clients.issuing import Issuing
from tests.e2e.servers import Sandbox

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("title", SAMPLES)
def test_an_example_signs_up(title: str, base_url: str, sandbox: Sandbox) -> None:
    """Each kind of credential signs a person up with the fields of its example."""
    body = Issuing(sandbox).fill(dict(SAMPLES[title]))
    assert body.keys() == SAMPLES[title].keys()
    answer = requests.post(f"{base_url}/social_sign_up/", json=body, timeout=60)
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created")
