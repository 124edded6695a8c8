"""Fixtures, options and the order of tests that more than one folder uses."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest
import responses
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # the package has no types

from scripts import threats_page
from tests import measured
from tests.providers import Providers

# Before these helpers are imported: pytest explains a failing assertion in them too.
pytest.register_assert_rewrite("tests.contract.answers", "tests.differential.agreement")


SLOW_FOLDERS = {
    "adopting",
    "behind_nginx",
    "behind_pgbouncer",
    "benchmarks",
    "browser",
    "clients",
    "config",
    "counts",
    "custom_user",
    "declared",
    "demo",
    "deploy",
    "differential",
    "e2e",
    "leaks",
    "ledger",
    "legacy_rows",
    "metrics",
    "migration",
    "parity",
    "scale",
    "schemathesis",
    "server",
}
"""Folders whose tests start processes or fill databases; they run first, so that a run ends with short files."""
SHARED_SERVICES = {
    "tests/e2e": (
        "test_account_ownership",
        "test_addresses",
        "test_credential_checks",
        "test_foreign_codes",
        "test_hostile_headers",
        "test_http",
        "test_provider_codes",
        "test_provider_faults",
        "test_sandbox_access",
        "test_sign_up",
    ),
    "tests/clients": ("test_field_client", "test_generated_python", "test_generated_typescript", "test_rehearsing"),
    "tests/counts": ("test_calls", "test_statements"),
    "tests/parity": ("test_containment", "test_contract", "test_recorded"),
}
"""Files that use session fixtures of their folder; in several workers of pytest-xdist, each would start its own."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--first-cases`, for a short run."""
    parser.addoption("--first-cases", action="store_true", help="of each test, run the first case for each API only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put slow folders first, select the first cases if asked, and add the threats of each test to the report."""
    items.sort(key=lambda item: item.path.parent.name not in SLOW_FOLDERS)
    if config.getoption("first_cases"):
        chosen = measured.first_cases(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
    measured.choose(items)
    for item in items:
        if threats := threats_page.numbers_of(item):
            # scripts/threats_results.py reads them from the JUnit report.
            item.user_properties += threats_page.properties_of(item, threats)


class _Scheduling(LoadFileScheduling):  # type: ignore[misc]  # likewise
    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        folder, _, name = file.removesuffix(".py").rpartition("/")
        return folder if name in SHARED_SERVICES.get(folder, ()) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Send each file to one worker, and the files that share services to the same one."""
    return _Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run the test with or without coverage, as tests/measured.py chooses."""
    with measured.as_chosen(item):
        return (yield)


@pytest.fixture
def providers() -> Iterator[Providers]:
    """Simulated providers in this process; a call to any other address fails the test."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Providers(mock)
