"""The report of a run, in Markdown."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.goals import goals
from benchmarks.measurements import scale
from benchmarks.results import DATABASES, OVER, Key, Results, Summary, ratio, summarised, tandems

NOTHING = "–"
"""What was not measured."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table, its columns as wide as they need; all but the first are figures."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    marks = [("-" * width) if place == 0 else "-" * (width - 1) + ":" for place, width in enumerate(widths)]

    def written(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    return "\n".join([written(lines[0]), written(marks), *(written(line) for line in lines[1:])]) + "\n"


def figure(value: float | None, unit: str = "") -> str:
    """Give a number with as many digits as mean something."""
    if value is None:
        return NOTHING
    if value == int(value) and abs(value) < 1000:
        text = str(int(value))
    else:
        text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{text} {unit}".rstrip()


def spread(found: Summary | None) -> str:
    """Give a median with the least and the most."""
    if found is None:
        return NOTHING
    if found.least == found.most:
        return figure(found.median)
    return f"{figure(found.median)} ({figure(found.least)}–{figure(found.most)})"


def ways(results: Results, what: str) -> list[tuple[str, str]]:
    """Give the databases and schemes by which a figure was measured."""
    having = {(key.database, key.scheme) for key in results.values if key.what == what}
    return [(database, scheme) for database in DATABASES for scheme in OVER if (database, scheme) in having]


def to_yardstick(results: Results, key: Key) -> str:
    """Give a figure's ratio to the yardstick's."""
    return figure(ratio(results, key, key._replace(candidate="yardstick")))


def overview(results: Results) -> Iterator[str]:
    """Give the one table to look at first."""
    columns = {
        "SQL": ("sign_in_statements", "tls"),
        "new connections": ("sign_in_provider_connections", "tls"),
        "CPU ms, http": ("cpu_ms", "http"),
        "CPU ms, TLS": ("cpu_ms", "tls"),
        "a second, http": ("per_second", "http"),
    }
    rows = []
    for name in results.candidates("cpu_ms"):
        keys = [Key(what, name, "postgres", scheme) for what, scheme in columns.values()]
        if any(key in results.values for key in keys):
            rows.append([results.titles[name], *(_median(results, key) for key in keys)])
    if rows:
        yield "PostgreSQL, provider at 0 ms; in brackets the ratio to the yardstick.\n"
        yield table(("", *columns), rows)


def sign_in(results: Results) -> Iterator[str]:
    """Give a table for each database and scheme."""
    for database, scheme in ways(results, "cpu_ms"):
        yield f"{DATABASES[database]}, provider over {OVER[scheme]}:\n"
        versions = tandems(results)
        head = ("", "CPU ms", "× yardstick", *(f"÷ {name}" for name in versions), "database's CPU ms", "a second")
        rows = []
        for name in results.candidates("cpu_ms"):
            cost = Key("cpu_ms", name, database, scheme)
            throughput = summarised(results, cost._replace(what="per_second"))
            rows.append(
                (
                    results.titles[name],
                    spread(summarised(results, cost)),
                    to_yardstick(results, cost),
                    *(figure(ratio(results, cost, cost._replace(candidate=version))) for version in versions),
                    spread(summarised(results, cost._replace(what="database_cpu_ms"))),
                    spread(throughput),
                )
            )
        yield table(head, rows)


def latencies(results: Results) -> Iterator[str]:
    """Give a table for each database and scheme, with a provider that takes its time."""
    measured = sorted({key.latency for key in results.values if key.what == "cpu_ms" and key.latency})
    for database, scheme in ways(results, "cpu_ms") if measured else ():
        yield f"{DATABASES[database]}, provider over {OVER[scheme]}; CPU with every thread busy:\n"
        head = ["", *(f"{title}, {ms} ms" for ms in measured for title in ("CPU ms", "× yardstick", "a second"))]
        rows = []
        for name in results.candidates("cpu_ms"):
            row = [results.titles[name]]
            for latency in measured:
                cost = Key("cpu_ms", name, database, scheme, latency)
                row += [spread(summarised(results, cost)), to_yardstick(results, cost)]
                row.append(spread(summarised(results, cost._replace(what="per_second"))))
            rows.append(row)
        yield table(head, rows)


def sign_up(results: Results) -> Iterator[str]:
    """Give the CPU of a new user's sign-up, by all ways that were measured."""
    measured = ways(results, "sign_up_cpu_ms")
    head = ["CPU ms", *(title for way in measured for title in (_way(*way), "× yardstick"))]
    rows = []
    for name in results.candidates("sign_up_cpu_ms"):
        row = [results.titles[name]]
        for database, scheme in measured:
            key = Key("sign_up_cpu_ms", name, database, scheme)
            row += [spread(summarised(results, key)), to_yardstick(results, key)]
        rows.append(row)
    if rows:
        yield table(head, rows)


def _way(database: str, scheme: str) -> str:
    return f"{DATABASES[database]}, {OVER[scheme]}"


def _median(results: Results, key: Key) -> str:
    found = summarised(results, key)
    if found is None:
        return NOTHING
    if key.what.startswith("sign_in"):
        return figure(found.median)
    return f"{figure(found.median)} ({to_yardstick(results, key)})"


_COUNTS = {
    "sign_in_statements": "SQL of a sign-in",
    "sign_in_empty_statements": "empty besides",
    "sign_in_database_connections": "new to the database",
    "sign_in_provider_calls": "provider calls",
    "sign_in_provider_connections": "new to the provider",
    "sign_up_statements": "SQL of a sign-up",
    "sign_up_empty_statements": "empty besides",
    "sign_up_provider_calls": "provider calls",
}
_ALONE = {
    "production_per_second": "sign-ins a second, documented settings",
    "production_connections_a_process": "most database connections of a process meanwhile",
    "fleet_of_1_per_second": "sign-ins a second, one server of one process behind nginx",
    "fleet_of_3_per_second": "sign-ins a second, three servers of one process behind nginx",
    "reads_p99_ms": "p99 of `user/`, ms",
    "reads_p99_ms_while_hanging": "p99 of `user/` while a provider hangs, ms",
    "start_cpu_s": "cold start to the first person signed in, s of CPU",
}


def counts(results: Results) -> Iterator[str]:
    """Give what was counted."""
    rows = [
        (results.titles[name], *(spread(summarised(results, Key(what, name, "postgres", "tls"))) for what in _COUNTS))
        for name in results.candidates("sign_in_statements")
    ]
    if rows:
        yield (
            "When warm, over TLS, on PostgreSQL. What begins and ends a transaction counts; empty statements are a "
            "pool's question whether a connection is alive; `new` are connections.\n"
        )
        yield table(("", *_COUNTS.values()), rows)


def crowds(results: Results) -> Iterator[str]:
    """Give what grows with the number of people."""
    few, many = scale.SIZES
    names = list(results.candidates(f"sign_in_ms_among_{few}"))
    ways = {"cpu_ms": "CPU ms of one, the database's included", "ms": "Milliseconds that one takes"}
    head = [""]
    for what in ("sign-in", "sign-up"):
        head += [f"{what} among {_thousands(few)}", f"among {_thousands(many)}", "×"]
    for unit, said in ways.items() if names else ():
        yield f"{said}; PostgreSQL, over http:\n"
        rows = []
        for name in names:
            row = [results.titles[name]]
            for what in ("sign_in", "sign_up"):
                low, high = (Key(f"{what}_{unit}_among_{size}", name, "postgres", "http") for size in (few, many))
                row += [spread(summarised(results, low)), spread(summarised(results, high))]
                row.append(figure(ratio(results, high, low)))
            rows.append(row)
        yield table(head, rows)


def alone(results: Results) -> Iterator[str]:
    """Give what was measured of Tandem alone."""
    rows = [
        (_titled(key), key.candidate, spread(summarised(results, key)))
        for what in _ALONE
        for key in results.values
        if key.what == what
    ]
    if rows:
        yield table(("", "of", "median (least–most)"), rows)


def _titled(key: Key) -> str:
    title = _ALONE[key.what]
    return f"{title}, provider at {key.latency} ms" if key.what.startswith(("production_", "fleet_")) else title


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def report(results: Results) -> str:
    """Give all tables for which something was measured."""
    about = "".join(f"- {name}: {value}\n" for name, value in results.about.items())
    said = "Medians, with the least and the most of all rounds in brackets. Only ratios mean anything elsewhere.\n"
    return "\n".join(["# What a sign-in costs\n", said, about, *_sections(results)])


def _sections(results: Results) -> Iterator[str]:
    sections: dict[str, Callable[[Results], Iterator[str]]] = {
        "At a glance": overview,
        "A returning user signs in": sign_in,
        "Behind a provider that takes its time": latencies,
        "A new user signs up": sign_up,
        "Exact counts": counts,
        "Among a million people": crowds,
        "Tandem alone": alone,
        "Goals": _goals,
        "Failures": _failures,
    }
    for title, parts in sections.items():
        if found := list(parts(results)):
            yield f"## {title}\n"
            yield from found


def _failures(results: Results) -> Iterator[str]:
    for failure in results.failures:
        yield f"- {failure}\n"


def _goals(results: Results) -> Iterator[str]:
    rows = [
        (
            goal.what,
            f"{'≥' if goal.at_least else '≤'} {figure(goal.aim, goal.unit)}",
            figure(goal.measured),
            f"**{goal.verdict}**" if goal.verdict == "missed" else goal.verdict,
        )
        for goal in goals(results)
    ]
    if rows:
        yield table(("", "aim", "measured", ""), rows)
