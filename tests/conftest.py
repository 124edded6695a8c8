"""Fixtures that more than one room uses."""

from collections.abc import Iterator

import pytest
import responses

from tests.providers import Providers

# Before anything imports them: an assertion of theirs that fails is to say why, too.
pytest.register_assert_rewrite("tests.contract.answers", "tests.differential.agreement")


STARTS_PROCESSES = {"browser", "clients", "demo", "e2e", "schemathesis"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that at the end no worker waits for another's."""
    items.sort(key=lambda item: item.path.parent.name not in STARTS_PROCESSES)


@pytest.fixture
def providers() -> Iterator[Providers]:
    """The providers, played in this process; a call to any other address fails the test."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Providers(mock)
