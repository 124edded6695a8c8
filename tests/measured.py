"""What of a test run is measured for coverage: enough to tell whether a line is run at all, at half the time.

Tracing makes Python take twice as long. The second case of a test runs the lines of the first, and a test over
sockets those of the tests of its rooms; so neither is traced, in this process or in those that it starts.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

OVER_SOCKETS = frozenset({"clients", "differential", "e2e", "schemathesis"})
"""Folders of tests that run nothing which others do not run, too."""
MANY_CASES = frozenset({"breadth", "config", "contract", "leaks", "legacy_rows"})
"""Folders of which the first case of each test, for each API, is measured; of all others every case is."""
_repeated = pytest.StashKey[bool]()


def choose(items: Sequence[pytest.Item]) -> None:
    """Choose what is measured."""
    seen: set[tuple[str, object]] = set()
    for item in items:
        callspec = getattr(item, "callspec", None)
        case = (item.nodeid.partition("[")[0], callspec.params.get("api") if callspec else None)
        folder = item.path.parent.name
        item.stash[_repeated] = folder in OVER_SOCKETS or (folder in MANY_CASES and case in seen)
        seen.add(case)


@contextmanager
def as_chosen(item: pytest.Item) -> Iterator[None]:
    """Run a test with its fixtures, and the processes that it starts, measured or not."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    controller = plugin.cov_controller if plugin else None
    if controller is None or not item.stash[_repeated]:
        yield
        return
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("COVERAGE_")}
    controller.pause()
    try:
        yield
    finally:
        controller.resume()
        os.environ.update(hidden)
