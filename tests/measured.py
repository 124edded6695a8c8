"""The choice of the tests that are measured for coverage.

Tracing doubles the time of a test. The second case of a test runs the same lines as the first, and a test over sockets
the same lines as others; neither is measured. Of the processes that the tests start only that of tests/declared is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

OVER_SOCKETS = frozenset({"behind_nginx", "clients", "counts", "differential", "e2e", "schemathesis"})
"""Folders whose tests run no line that others do not run too."""
MANY_CASES = frozenset(
    {"breadth", "config", "contract", "demo", "differences", "leaks", "legacy_rows", "sandbox", "scale", "server"}
)
"""Folders where only the first case of each test, for each API, is measured."""
_unmeasured = pytest.StashKey[bool]()


def choose(items: Sequence[pytest.Item]) -> None:
    """Record in each test's stash if it is measured."""
    first = set(first_cases(items))
    for item in items:
        folder = item.path.parent.name
        item.stash[_unmeasured] = folder in OVER_SOCKETS or (folder in MANY_CASES and item not in first)


def first_cases(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the first case of each test, for each API."""
    found: dict[tuple[str, object], pytest.Item] = {}
    for item in items:
        callspec = getattr(item, "callspec", None)
        found.setdefault((item.nodeid.partition("[")[0], callspec.params.get("api") if callspec else None), item)
    return list(found.values())


@contextmanager
def as_chosen(item: pytest.Item) -> Iterator[None]:
    """Measure a test with its fixtures, or pause the measurement, as `choose` has decided."""
    plugin = item.config.pluginmanager.getplugin("_cov")
    controller = plugin.cov_controller if plugin else None
    if controller is None or not item.stash[_unmeasured]:
        yield
        return
    controller.pause()
    try:
        yield
    finally:
        controller.resume()
