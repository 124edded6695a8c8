"""Fixtures that more than one room uses."""

from collections.abc import Generator, Iterator

import pytest
import responses

from scripts import threats_page
from tests import measured
from tests.providers import Providers

# Before anything imports them: an assertion of theirs that fails is to say why, too.
pytest.register_assert_rewrite("tests.contract.answers", "tests.differential.agreement")


STARTS_PROCESSES = {
    "adopting",
    "browser",
    "clients",
    "config",
    "demo",
    "e2e",
    "leaks",
    "ledger",
    "metrics",
    "migration",
    "parity",
    "schemathesis",
    "translate",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that at the end no worker waits for another's; report the threats."""
    items.sort(key=lambda item: item.path.parent.name not in STARTS_PROCESSES)
    measured.choose(items)
    for item in items:
        if threats := threats_page.numbers_of(item):
            # Into the report of the run, where scripts/threats_results.py finds them.
            item.user_properties += threats_page.properties_of(item, threats)


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
