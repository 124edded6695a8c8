"""The alert rules and the dashboard use metrics, labels and outcomes that exist."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest
import yaml

from rollout.metrics import catalogue
from rollout.metrics.catalogue import CATALOGUE, Entry
from tests.e2e.servers import ROOT

DEPLOY = ROOT / "deploy"
KNOWN = {entry.name: entry for entry in CATALOGUE}
FROM_PROMETHEUS = {"job", "instance", "le"}
"""Labels that each scrape adds, and that of a histogram's buckets."""


def alerts() -> dict[str, str]:
    """Return the expression of each alert by its name."""
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule["expr"] for rule in group["rules"]}


def panels() -> dict[str, str]:
    """Return the expression of each query of the dashboard by the title of its panel."""
    board = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    return {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in board["panels"]
        for target in panel.get("targets", ())
    }


def selectors(expression: str) -> Iterator[tuple[Entry, str]]:
    """Yield the catalogue's entry for each metric in an expression, with what is between the braces."""
    for name, matchers in re.findall(r"(tandem_\w+)(?:\{(.*?)\})?", expression):
        yield KNOWN[re.sub("_(bucket|count|sum)$", "", name)], matchers


@pytest.mark.parametrize("source", [alerts, panels], ids=["alerts", "dashboard"])
def test_expressions_use_existing_names(source: Callable[[], dict[str, str]]) -> None:
    """Otherwise an alert would never fire, and a panel would stay empty."""
    for where, expression in source().items():
        for entry, matchers in selectors(expression):
            for label, pattern in re.findall(r'(\w+)(?:=~|!~|=|!=)"(.*?)"', matchers):
                assert label in {*entry.labels, *FROM_PROMETHEUS}, where
                if label == "outcome":
                    for one in pattern.split("|"):
                        assert any(re.fullmatch(one, known) for known in catalogue.outcomes()), (where, one)


def test_grouping_labels_exist() -> None:
    """`by (…)` and legends name labels of the metrics in the expression."""
    for where, expression in {**alerts(), **panels()}.items():
        labels = FROM_PROMETHEUS.union(*(entry.labels for entry, _ in selectors(expression)))
        for names in re.findall(r"by \((.*?)\)", expression):
            assert {name.strip() for name in names.split(",")} <= labels, where


def test_every_metric_is_on_the_dashboard() -> None:
    """A new metric gets a panel."""
    shown = {entry.name for expression in panels().values() for entry, _ in selectors(expression)}
    assert shown == set(KNOWN)


def test_the_dashboard_can_be_imported() -> None:
    """Each panel has an id and a place of its own, and takes its data source from the variable."""
    board = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    squares = [
        (x, y)
        for at in (panel["gridPos"] for panel in board["panels"])
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(squares) == len(set(squares))
    assert max(x for x, _ in squares) < 24
    assert {panel["datasource"]["uid"] for panel in board["panels"] if "targets" in panel} == {"${datasource}"}
    assert {one["name"] for one in board["templating"]["list"]} == {"datasource", "job", "provider"}


def test_each_alert_has_a_test() -> None:
    """deploy/alerts.test.yml lets each alert fire, and has an hour in which none does."""
    tests = yaml.safe_load((DEPLOY / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]
    cases = [(case["alertname"], bool(case["exp_alerts"])) for test in tests for case in test["alert_rule_test"]]
    for fires in (True, False):
        assert {name for name, firing in cases if firing is fires} == set(alerts())


def test_prometheus_accepts_the_alerts() -> None:
    """`promtool` checks the rules and runs their tests."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    for arguments in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]):
        ended = subprocess.run(["promtool", *arguments], cwd=DEPLOY, capture_output=True, text=True, check=False)  # noqa: S603, S607 - our files; from PATH
        assert ended.returncode == 0, ended.stdout + ended.stderr
