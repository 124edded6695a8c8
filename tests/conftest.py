"""Fixtures that more than one room uses."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest
import responses
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # the package has no types

from scripts import threats_page
from tests import measured
from tests.providers import Providers

# Before anything imports them: an assertion of theirs that fails is to say why, too.
pytest.register_assert_rewrite("tests.contract.answers", "tests.differential.agreement")


STARTS_PROCESSES = {
    "adopting",
    "benchmarks",
    "behind_nginx",
    "behind_pgbouncer",
    "browser",
    "clients",
    "config",
    "counts",
    "demo",
    "e2e",
    "leaks",
    "ledger",
    "metrics",
    "migration",
    "parity",
    "schemathesis",
    "server",
    "translate",
}
LONGEST = (
    "schemathesis/test_document",
    "e2e/test_kills",
    "e2e/test_isolation",
    "legacy_rows/test_sign_in",
    "browser/test_front_page",
    "demo/test_demo",
    "e2e/test_outages",
    "scale/test_a_million",
    "server/test_restarts",
    "behind_nginx/test_three_servers",
    "leaks/test_over_http",
    "e2e/test_misbehaviour",
    "e2e/test_races",
    "server/test_startup",
)
"""Files, by the time that they take alone; those that mostly wait among those that mostly work."""
ON_ONE_SERVICE = {
    "tests/e2e": ("test_misbehaviour", "test_story", "test_whose_account", "test_wire"),
    "tests/counts": ("test_calls", "test_statements"),
}
"""Files whose tests share the services of their folder: a worker of xdist each would start them for each."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be shorter."""
    parser.addoption("--first-cases", action="store_true", help="of each test, run the first case for each API only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that at the end no worker waits for another's; report the threats."""
    items.sort(key=_turn)
    if config.getoption("first_cases"):
        chosen = measured.first_cases(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen
    measured.choose(items)
    for item in items:
        if threats := threats_page.numbers_of(item):
            # Into the report of the run, where scripts/threats_results.py finds them.
            item.user_properties += threats_page.properties_of(item, threats)


def _turn(item: pytest.Item) -> tuple[int, bool]:
    folder = item.path.parent.name
    place = f"{folder}/{item.path.stem}"
    return LONGEST.index(place) if place in LONGEST else len(LONGEST), folder not in STARTS_PROCESSES


class _Scheduling(LoadFileScheduling):  # type: ignore[misc]  # likewise
    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        folder, _, name = file.removesuffix(".py").rpartition("/")
        return folder if name in ON_ONE_SERVICE.get(folder, ()) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Hand out a file at a time, and those on one service as one."""
    return _Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure what is to be measured."""
    with measured.as_chosen(item):
        return (yield)


@pytest.fixture
def providers() -> Iterator[Providers]:
    """The providers, played in this process; a call to any other address fails the test."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Providers(mock)
