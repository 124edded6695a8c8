"""The report: the page *Migration* as one HTML file that needs no other file, no script and no network."""

from functools import cache
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string

from rollout.conf import conf
from rollout.dashboard import content
from rollout.dashboard.charts import SPARKLINE_HEIGHT, SPARKLINE_WIDTH
from rollout.dashboard.drawing import HEIGHT, LEFT, RIGHT, WIDTH, Drawing, lines, stacked
from rollout.status.counts import new_name, old_name
from rollout.status.status import Status
from rollout.status.verdict import verdict

RANGE = "year"
_STYLES = Path(__file__).parent.parent / "static/rollout"


def as_html(found: Status) -> str:
    """Return the report of a status."""
    context = {
        "status": found,
        "verdict": verdict(found),
        "old": old_name(),
        "new": new_name(),
        "styles": _styles(),
        **(_recorded(found) if found.recorded else {"flush_seconds": conf.flush_seconds}),
    }
    return render_to_string("rollout/report.html", context)


def _recorded(found: Status) -> dict[str, Any]:
    shown = content.migration(found, RANGE)
    return {
        **shown,
        "drawings": _drawings(shown["charts"]),
        "brownouts": [{"shown": one, "forecast": one.forecast} for one in shown["brownouts"]],
        "gone": [{"client": client} for client in shown["gone"]],
        "open": True,  # what a screen folds, paper must show
        "spark": {"width": SPARKLINE_WIDTH, "height": SPARKLINE_HEIGHT},
        "box": {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT},
    }


def _drawings(charts: dict[str, Any]) -> dict[str, Drawing]:
    calls, share, users = charts["calls"], charts["share"], charts["users"]
    measured = share["measured"] + [None] * (len(share["labels"]) - len(share["measured"]))
    threshold = [share["threshold"]] * len(share["labels"])
    return {
        "calls": stacked(
            {"new": calls["new"], "old": calls["answered"], "refused": calls["refused"]},
            calls["labels"],
            calls["marks"],
        ),
        "share": lines(
            {"old": measured, "line": share["projected"], "threshold": threshold}, share["labels"], share["marks"], " %"
        ),
        "users": lines({"old": users["left"]}, users["labels"], users["marks"]),
    }


@cache
def _styles() -> str:
    """Return the styles of the dashboard, and what the admin's own stylesheet adds on the page."""
    return "".join((_STYLES / name).read_text(encoding="utf-8") for name in ("dashboard.css", "report.css"))
