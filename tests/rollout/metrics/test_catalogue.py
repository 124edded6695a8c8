"""docs/metrics.md and the catalogue list the same metrics."""

import re

import pytest
from prometheus_client import CollectorRegistry

from rollout.metrics import catalogue
from rollout.metrics.catalogue import CATALOGUE, Entry
from rollout.metrics.receivers import Receivers
from tests.e2e.servers import ROOT

PAGE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
FROM_THE_DATABASE = (
    catalogue.ACTIVE_USERS,
    catalogue.CLIENT_CALLS,
    catalogue.DEPENDENT_USERS,
    catalogue.PROJECTED_END,
    catalogue.DEPRECATED_AT,
    catalogue.SUNSET_AT,
)
UNITS = ("_total", "_seconds", "_in_progress", "_users", "_calls")


def documented() -> list[Entry]:
    """Return the rows of the page's table."""
    rows = re.findall(r"^\| `(tandem_\w+)` \| (\w+) \| (.*?) ?\| (.+) \|$", PAGE, flags=re.MULTILINE)
    return [Entry(name, kind, tuple(re.findall("`(.*?)`", names)), meaning) for name, kind, names, meaning in rows]


def test_the_page_is_the_catalogue() -> None:
    """Every metric, in the same order, with its type, its labels and its meaning."""
    assert documented() == list(CATALOGUE)


def test_every_label_is_explained() -> None:
    """And no other."""
    explained = re.findall(r"^\| `(\w+)` \| .+ \|$", PAGE.partition("| label | values |")[2], flags=re.MULTILINE)
    assert set(explained) == {label for entry in CATALOGUE for label in entry.labels}


def test_registered_metrics_are_in_the_catalogue() -> None:
    """Every registered metric is one of the catalogue."""
    registry = CollectorRegistry()
    Receivers(registry)
    kept = {(metric.name, metric.type, metric.documentation) for metric in registry.collect()}
    expected = {
        # The library adds `_total` when it writes.
        (entry.name.removesuffix("_total"), entry.type, entry.meaning)
        for entry in CATALOGUE
        if entry not in FROM_THE_DATABASE
    }
    assert kept == expected


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_names_follow_prometheus(entry: Entry) -> None:
    """One prefix, base units, and `_total` for counters only."""
    assert re.fullmatch(r"tandem(_[a-z0-9]+)+", entry.name)
    assert entry.name.endswith(UNITS)
    assert entry.name.endswith("_total") == (entry.type == "counter")
    assert all(re.fullmatch(r"[a-z]+", label) for label in entry.labels)


def test_documented_queries_use_existing_names() -> None:
    """The examples of the page use metrics, labels and outcomes that exist."""
    code = "\n".join(re.findall(r"^    .*$", PAGE, flags=re.MULTILINE))
    known = {entry.name: entry for entry in CATALOGUE}
    for name, matchers in re.findall(r"(tandem_\w+)(?:\{(.*?)\})?", code):
        entry = known[name.removesuffix("_bucket")]
        for label, pattern in re.findall(r'(\w+)(?:=~|!~|=|!=)"(.*?)"', matchers):
            assert label in entry.labels
            if label == "outcome":
                assert all(
                    any(re.fullmatch(one, known) for known in catalogue.outcomes()) for one in pattern.split("|")
                )
