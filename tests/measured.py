"""What of a test run is measured for coverage: enough to tell whether a line is run at all, at half the time.

Tracing makes Python take twice as long. The second case of a test runs the lines of the first, and a test over
sockets those of the tests of its rooms; so neither is traced, in this process or in those that it starts.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

OVER_SOCKETS = frozenset({"behind_nginx", "clients", "differential", "e2e", "schemathesis"})
"""Folders of tests that run nothing which others do not run, too."""
MANY_CASES = frozenset({"breadth", "config", "contract", "demo", "leaks", "legacy_rows", "scale", "server"})
"""Folders of which the first case of each test, for each API, is measured; of all others every case is."""
_unmeasured = pytest.StashKey[bool]()


def choose(items: Sequence[pytest.Item]) -> None:
    """Choose what is measured."""
    first = set(first_cases(items))
    for item in items:
        folder = item.path.parent.name
        item.stash[_unmeasured] = folder in OVER_SOCKETS or (folder in MANY_CASES and item not in first)


def first_cases(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Give the first case of each test, for each API."""
    found: dict[tuple[str, object], pytest.Item] = {}
    for item in items:
        callspec = getattr(item, "callspec", None)
        found.setdefault((item.nodeid.partition("[")[0], callspec.params.get("api") if callspec else None), item)
    return list(found.values())


@contextmanager
def as_chosen(item: pytest.Item) -> Iterator[None]:
    """Run a test with its fixtures, and the processes that it starts, measured or not."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    controller = plugin.cov_controller if plugin else None
    if controller is None or not item.stash[_unmeasured]:
        yield
        return
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COVERAGE_")}
    controller.pause()
    try:
        yield
    finally:
        controller.resume()
        os.environ.update(hidden)
