"""Requests made from `openapi.yaml` by Schemathesis, to every mounted API, from outside and over sockets.

Its words: an operation is a method of a path; the phases are the document's examples, every bound of every field,
what chance makes of the schemas, and the document's links followed from call to call.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.servers import Sandbox
from tests.schemathesis.runs import Run, peer, run_schemathesis

pytestmark = pytest.mark.e2e

PROVIDERS = ("github", "facebook", "twitter", "google-oauth2")
SINGLE = ("examples", "coverage", "fuzzing")
PUBLIC = {"GET /", "GET /provider/", "POST /social_sign_up/"}
READING = {
    "GET /user/",
    "GET /user/{id}/",
    "GET /social_account/",
    "GET /social_account/{id}/",
    "GET /token/",
    "GET /token/{id}/",
    "GET /token/current/",
}
DELETING = {"DELETE /social_account/{id}/", "DELETE /token/{id}/", "DELETE /token/current/"}


def sign_ups(sandbox: Sandbox, persona: str) -> list[Mapping[str, Any]]:
    """Bodies that providers vouch for."""
    return [sandbox.token(provider, persona) for provider in PROVIDERS]


def found_nothing(run: Run) -> None:
    """Fail with Schemathesis' own words if it found anything; else print its counts."""
    print(run.summary())  # noqa: T201 - shown by -rP, and where the test fails
    assert (run.exit_code, run.report["failures"], run.report["errors"]) == (0, [], []), run.output
    assert run.report["complete"], run.output


def two_people(base_url: str, sandbox: Sandbox) -> list[Mapping[str, Any]]:
    """People whom Schemathesis signs in itself; it signs them in again where a token has been revoked."""
    at = f"{base_url}/social_sign_up/"
    return [peer(at, persona, sandbox.token("github", persona)) for persona in ("ripley", "dallas")]


def test_every_operation_answers_as_the_document_says(base_url: str, sandbox: Sandbox, tmp_path: Path) -> None:
    """Every operation works for somebody, refuses what is wrong, and wants the credentials that it says it wants."""
    run = run_schemathesis(
        tmp_path,
        base_url=base_url,
        phases=SINGLE,
        sign_ups=sign_ups(sandbox, "ripley"),
        peers=two_people(base_url, sandbox),
    )
    found_nothing(run)
    assert set(run.statuses) == PUBLIC | READING | DELETING
    assert {operation for operation, statuses in run.statuses.items() if 200 in statuses} == {
        *READING,
        *PUBLIC - {"POST /social_sign_up/"},
    }
    assert {201, 400, 415} <= run.statuses["POST /social_sign_up/"]
    assert all(401 in run.statuses[operation] for operation in READING | DELETING)


def test_links_lead_where_the_document_says(base_url: str, sandbox: Sandbox, tmp_path: Path) -> None:
    """Links are followed, all but what chance leaves out; what was made is there, and what was deleted is gone."""
    at = f"{base_url}/social_sign_up/"
    first, *others = sign_ups(sandbox, "parker")
    token = requests.post(at, json=first, timeout=30).json()["token"]
    for other in others:  # so that there is one to disconnect
        assert requests.post(at, json=other, timeout=30, headers={"Authorization": f"Bearer {token}"}).ok
    run = run_schemathesis(tmp_path, base_url=base_url, phases=["stateful"], sign_ups=[first, *others], sign_in_at=at)
    found_nothing(run)
    followed, links = run.links
    assert followed >= links * 3 // 4 > 0, run.output
    assert {200, 404} <= run.statuses["GET /token/{id}/"]
    assert 204 in run.statuses["DELETE /token/{id}/"] | run.statuses["DELETE /social_account/{id}/"]


def test_nobody_sees_what_is_another_s(base_url: str, sandbox: Sandbox, tmp_path: Path) -> None:
    """What one of two people has made or listed, the other does not get by its id."""
    run = run_schemathesis(
        tmp_path,
        base_url=base_url,
        phases=["stateful"],
        sign_ups=sign_ups(sandbox, "ripley"),
        peers=two_people(base_url, sandbox),
        # While it follows links it does not sign in again: a revoked token would end the story.
        without=["DELETE"],
    )
    found_nothing(run)
    assert all(200 in run.statuses[f"GET /{resource}/{{id}}/"] for resource in ("user", "social_account", "token"))


def test_nobody_finds_what_the_document_says(base_url: str, sandbox: Sandbox, tmp_path: Path) -> None:
    """Without credentials the public operations work, and all others answer 401."""
    run = run_schemathesis(tmp_path, base_url=base_url, phases=SINGLE, sign_ups=sign_ups(sandbox, "zoe"))
    found_nothing(run)
    assert set(run.statuses) == PUBLIC | READING | DELETING
    assert 201 in run.statuses["POST /social_sign_up/"]
    for operation in READING | DELETING:
        # 404 for what can be no id: that is no path, whoever asks.
        assert {401} <= set(run.statuses[operation]) <= {401, 404}, operation
