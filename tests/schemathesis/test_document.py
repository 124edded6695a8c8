"""Requests generated from `openapi.yaml` by Schemathesis and sent to every mounted API over sockets.

Schemathesis' terms: an operation is a method of a path; the phases are the examples of the document, the bounds of
all fields, random values of the schemas, and links that are followed from call to call.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings

from tests.e2e.servers import Sandbox
from tests.schemathesis.runs import Run, peer, run_schemathesis

pytestmark = pytest.mark.e2e

APIS = list(settings.APIS)
ON_THE_FIRST = pytest.mark.parametrize("base_url", APIS[:1], indirect=True)
ON_THE_LAST = pytest.mark.parametrize("base_url", APIS[-1:], indirect=True)
"""One API is enough: tests/differential sends such requests to all of them, which have to answer alike."""

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
DELETING = {"DELETE /social_account/{id}/", "DELETE /token/", "DELETE /token/{id}/", "DELETE /token/current/"}


def sign_ups(sandbox: Sandbox, persona: str) -> list[Mapping[str, Any]]:
    """Return bodies that providers accept."""
    return [sandbox.token(provider, persona) for provider in PROVIDERS]


def assert_no_failures(run: Run) -> None:
    """Fail with Schemathesis' output if it found a failure; otherwise print its counts."""
    print(run.summary())  # noqa: T201 - shown by -rP, and where the test fails
    assert (run.exit_code, run.report["failures"], run.report["errors"]) == (0, [], []), run.output
    assert run.report["complete"], run.output


def two_users(base_url: str, sandbox: Sandbox) -> list[Mapping[str, Any]]:
    """Return users that Schemathesis signs in, again after their token was revoked."""
    at = f"{base_url}/social_sign_up/"
    return [peer(at, persona, sandbox.token("github", persona)) for persona in ("ripley", "dallas")]


def test_every_operation_answers_as_documented(base_url: str, sandbox: Sandbox, tmp_path: Path) -> None:
    """Every operation succeeds for a user, refuses invalid requests, and requires the documented credentials."""
    run = run_schemathesis(
        tmp_path,
        base_url=base_url,
        phases=SINGLE,
        sign_ups=sign_ups(sandbox, "ripley"),
        peers=two_users(base_url, sandbox),
    )
    assert_no_failures(run)
    assert set(run.statuses) == PUBLIC | READING | DELETING
    succeeded = {operation for operation, statuses in run.statuses.items() if 200 in statuses}
    # A generated id is rarely that of a token once `DELETE /token/` has revoked the first ones; links have the ids.
    assert succeeded | {"GET /token/{id}/"} == {*READING, *PUBLIC - {"POST /social_sign_up/"}}
    assert {201, 400, 415} <= run.statuses["POST /social_sign_up/"]
    assert all(401 in run.statuses[operation] for operation in READING | DELETING)


@ON_THE_LAST
def test_links_lead_where_documented(base_url: str, sandbox: Sandbox, tmp_path: Path) -> None:
    """Most links are followed; new rows are found, and deleted ones are not."""
    at = f"{base_url}/social_sign_up/"
    first, *others = sign_ups(sandbox, "parker")
    token = requests.post(at, json=first, timeout=30).json()["token"]
    for other in others:  # A second identity, so that one can be disconnected.
        assert requests.post(at, json=other, timeout=30, headers={"Authorization": f"Bearer {token}"}).ok
    run = run_schemathesis(tmp_path, base_url=base_url, phases=["stateful"], sign_ups=[first, *others], sign_in_at=at)
    assert_no_failures(run)
    followed, links = run.links
    assert followed >= links * 3 // 4 > 0, run.output
    assert {200, 404} <= run.statuses["GET /token/{id}/"]
    assert 204 in run.statuses["DELETE /token/{id}/"] | run.statuses["DELETE /social_account/{id}/"]


@ON_THE_FIRST
def test_rows_of_another_user_are_not_found(base_url: str, sandbox: Sandbox, tmp_path: Path) -> None:
    """A user does not get the rows of another user by their ids."""
    run = run_schemathesis(
        tmp_path,
        base_url=base_url,
        phases=["stateful"],
        sign_ups=sign_ups(sandbox, "ripley"),
        peers=two_users(base_url, sandbox),
        # Schemathesis does not sign in again while it follows links, so a revoked token would end the run.
        without=["DELETE"],
    )
    assert_no_failures(run)
    assert all(200 in run.statuses[f"GET /{resource}/{{id}}/"] for resource in ("user", "social_account", "token"))


@ON_THE_FIRST
def test_calls_without_credentials_answer_as_documented(base_url: str, sandbox: Sandbox, tmp_path: Path) -> None:
    """Without credentials the public operations succeed, and all others are 401."""
    run = run_schemathesis(tmp_path, base_url=base_url, phases=SINGLE, sign_ups=sign_ups(sandbox, "zoe"))
    assert_no_failures(run)
    assert set(run.statuses) == PUBLIC | READING | DELETING
    assert 201 in run.statuses["POST /social_sign_up/"]
    for operation in READING | DELETING:
        # A malformed id is 404: it is outside the paths.
        assert {401} <= set(run.statuses[operation]) <= {401, 404}, operation
