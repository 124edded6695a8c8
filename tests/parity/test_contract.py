"""The contract's own cases against a running service: none differs, and a planted difference is found."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from parity import contract
from scripts.differences_page import rows
from tests.e2e.servers import Sandbox, Service
from tests.parity.planted import SECRET
from tests.parity.running import Ended, check_parity

pytestmark = pytest.mark.e2e
HIDDEN = f"[redacted, {len(SECRET)} characters]"
LEAST = 700
"""Cases; fewer would mean that some are missing."""


def check(service: Service, sandbox: Sandbox, *more: object) -> Ended:
    return check_parity("--url", service.url, "--sandbox", sandbox.url, *more)


def test_the_versions_answer_alike(service: Service, sandbox: Sandbox, tmp_path: Path) -> None:
    """Every case has two answers, and they are alike."""
    ended = check(service, sandbox, "--json", "--report", tmp_path / "report.html")
    assert ended.code == 0, ended
    summary = ended.json
    assert summary["compared"] == summary["requests"] >= LEAST
    assert (summary["different"], summary["failed"], summary["skipped"], summary["results"]) == (0, 0, {}, [])
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for status in (200, 201, 204, 400, 401, 404, 405, 409, 413, 415, 502, 503):
        assert f'<td class="number">{_count(page, status)}</td><td>{status}</td>' in page, status


def _count(page: str, status: int) -> str:
    return page.partition(f"</td><td>{status}</td>")[0].rpartition(">")[2]


@pytest.mark.parametrize(
    ("what", "asked", "part", "place", "old", "new"),
    [
        ("status", "GET nowhere/  (contract, paths)", "status", "", "404", "410"),
        ("header", "GET provider/  (contract, exchanges)", "header", "cache-control", '"no-store"', '"private"'),
        (
            "value",
            "GET social_account/  (contract, exchanges)",
            "body",
            "$.objects[1].provider",
            '"facebook"',
            '"Facebook"',
        ),
        ("key", "GET user/  (contract, exchanges)", "body", "$.objects[0].token", "(absent)", HIDDEN),
    ],
)
def test_one_planted_difference_is_found(
    planted_service: Service,
    sandbox: Sandbox,
    plant: Callable[[str], None],
    tmp_path: Path,
    what: str,
    asked: str,
    part: str,
    place: str,
    old: str,
    new: str,
) -> None:
    """It is printed with the number of the request, part, place and both values, and is in the report."""
    plant(what)
    report, only = tmp_path / "report.html", "^" + re.escape(asked.replace("  ", " ")) + "$"
    ended = check(planted_service, sandbox, "--only", only, "--report", report)
    assert ended.code == 1
    line = f"#1  {only.split(' (', maxsplit=1)[0].strip('^').split(chr(92))[0].strip()}"
    assert line in ended.out, ended.out
    assert f"    {part:7} {place}".rstrip() in ended.out.splitlines()
    assert f"        api/v1/  {old}\n        api/v2/  {new}" in ended.out
    page = report.read_text(encoding="utf-8")
    assert '<article id="request-1">' in page
    assert place in page
    for text in (ended.out, page):
        assert SECRET not in text
    plant("")
    assert check(planted_service, sandbox, "--only", only).code == 0


def test_differences_between_synthetic_users_hide_no_other(
    planted_service: Service, sandbox: Sandbox, plant: Callable[[str], None]
) -> None:
    """Their e-mail addresses differ by a number only; any other difference in them is found."""
    plant("email")
    ended = check(planted_service, sandbox, "--json", "--only", r"^GET user/ \(contract, ex")
    (result,) = ended.json["results"]
    assert [one["place"] for one in result["findings"]] == ["$.objects[0].email"]


def test_a_header_of_a_proxy_can_be_ignored(
    planted_service: Service, sandbox: Sandbox, plant: Callable[[str], None]
) -> None:
    """--ignore-header excludes it from the comparison."""
    plant("header")
    only = ("--only", r"^GET provider/ \(contract, ex")
    assert check(planted_service, sandbox, *only).code == 1
    assert check(planted_service, sandbox, *only, "--ignore-header", "cache-control").code == 0


def test_every_example_of_the_differences_is_a_case() -> None:
    """All examples that the documentation shows are sent."""
    shown = contract.examples()
    assert len(shown) == sum(len(row.examples) for row in rows())
    text = json.dumps([step.request.target for step in shown])
    assert "user/1/" not in text
    assert all(b"known" not in (step.request.body or b"").replace(b"{known}", b"") for step in shown)


def test_without_a_sandbox_the_providers_cases_are_missing() -> None:
    """Cases that need users exist once for each provider, and not without a sandbox."""
    assert len(contract.steps(("facebook", "github"))) > len(contract.steps(("facebook",))) > len(contract.steps(()))
