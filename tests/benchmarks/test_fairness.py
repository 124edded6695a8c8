"""What the waiting times are computed of, and where they are shown."""

from xml.etree import ElementTree as ET

from benchmarks.goals import goals
from benchmarks.load import Load
from benchmarks.measurements.fairness import AWAY, CALLERS, OUTAGE_CALLERS, Outage, key, outage_figures, outage_key
from benchmarks.report import report
from benchmarks.results import Results
from benchmarks.waiting_times import plot_waiting_times

TITLES = {"tandem-v2": "Tandem, /api/v2/", "one_peer": "a peer (with a note)"}


def outage(*answers: tuple[float, float, str]) -> Outage:
    """Return an outage from second 10 to 20, with answers: when each came, how long it took, and its outcome."""
    finished_at, durations, outcomes = zip(*answers, strict=True)
    return Outage(Load(30.0, durations, finished_at, 30.0, outcomes), 10.0, 20.0)


def test_the_times_of_an_outage():
    """Requests that began before it, or ended after it, do not count as waiting during it."""
    found = outage_figures(
        outage(
            (9.0, 1.0, "201"),
            (9.5, 4.0, AWAY),
            (10.25, 3.0, AWAY),
            (11.0, 0.5, AWAY),
            (12.0, 0.75, AWAY),
            (20.5, 2.0, AWAY),
            (20.75, 0.5, "201"),
            (21.0, 0.5, "201"),
        )
    )

    assert found == {"false_503": 1, "first_503_s": 0.25, "p50_s": 0.5, "p99_s": 0.75, "first_success_s": 0.75}


def test_an_outage_that_nobody_noticed():
    """What has not happened has no figure."""
    assert outage_figures(outage((9.0, 1.0, "201"), (30.0, 1.0, "503 other"))) == {"false_503": 0}


def measured() -> Results:
    found = Results(titles=TITLES)
    for callers in CALLERS:
        for name, slower in (("tandem-v2", 1), ("one_peer", 8)):
            found.add(key(name, "p50_ms", callers), 2.0 * callers * slower + 200)
            found.add(key(name, "p99_ms", callers), 3.0 * callers * slower + 400)
            found.add(key(name, f"refused_{AWAY}", callers), callers // 128)
    found.add(outage_key("tandem-v2", "refuses", "false_503"), 0)
    found.add(outage_key("tandem-v2", "refuses", "first_503_s"), 0.375)
    return found


def test_the_report_shows_the_waiting_times():
    """Of all candidates, and of an outage."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in report(measured()).splitlines()]

    assert ["Tandem, /api/v2/", "16", "232", "448", "1.93", "–", "0", "–", "–"] in lines
    assert ["Tandem, /api/v2/, database refuses", "0.38", "–", "–", "–", "0"] in lines


def test_the_goals_for_waiting_times():
    """A ratio of p99 to p50, and no false refusal."""
    found = [(goal.measured, goal.verdict) for goal in goals(measured()) if str(OUTAGE_CALLERS) in goal.what]

    assert found == [(784 / 456, "met"), (1, "missed")]


def test_the_plot_has_two_lines_for_each_candidate():
    """A longer time is higher."""
    root = ET.fromstring(plot_waiting_times(measured()))  # noqa: S314 - our own
    lines = [one.attrib["points"].split() for one in root.iter("{http://www.w3.org/2000/svg}polyline")]
    ends = [float(points[-1].partition(",")[2]) for points in lines]

    assert [len(points) for points in lines] == [len(CALLERS)] * 4
    assert ends == sorted(ends, reverse=True)
    assert ET.fromstring(plot_waiting_times(Results())) is not None  # noqa: S314 - our own
