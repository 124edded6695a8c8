"""The report of a run in Markdown, made from its results alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.goals import goals
from benchmarks.measurements import fairness, scale
from benchmarks.results import DATABASES, SCHEMES, Key, Results, Summary

NOT_MEASURED = "–"
_COUNTS = {
    "sign_in_statements": "SQL of a sign-in",
    "sign_in_empty_statements": "empty statements",
    "sign_in_database_connections": "new database connections",
    "sign_in_provider_calls": "provider calls",
    "sign_in_provider_connections": "new provider connections",
    "sign_up_statements": "SQL of a sign-up",
    "sign_up_empty_statements": "empty statements",
    "sign_up_provider_calls": "provider calls",
}
_TANDEM_ALONE = {
    "production_per_second": "sign-ins per second, default settings",
    "production_connections_a_process": "most database connections of a process meanwhile",
    "fleet_of_1_per_second": "sign-ins per second, one server of one process behind nginx",
    "fleet_of_3_per_second": "sign-ins per second, three servers of one process behind nginx",
    "reads_p99_ms": "p99 of `user/`, ms",
    "reads_p99_ms_while_hanging": "p99 of `user/` while a provider hangs, ms",
    "start_cpu_s": "cold start to the first sign-in, s of CPU",
    "first_burst_cpu_ms": "first 32 sign-ups at once, ms of CPU for each",
    "next_burst_cpu_ms": "next 32 sign-ups at once, ms of CPU for each",
    "first_burst_p99_ms": "p99 of the first 32 sign-ups at once, ms",
    "next_burst_p99_ms": "p99 of the next 32 sign-ups at once, ms",
}


def report(results: Results) -> str:
    """Return the report, with the tables for which something was measured."""
    sections: dict[str, Callable[[Results], Iterator[str]]] = {
        "At a glance": _overview,
        "Instructions": _instruction_table,
        "Sign-in of a returning user": sign_in_tables,
        "Sign-in with a slow provider": _latency_tables,
        "Sign-up of a new user": _sign_up_table,
        "Exact counts": _count_table,
        "With a million users": _scale_tables,
        "Waiting times": _fairness_table,
        "The database goes away": _outage_table,
        "Read of the own user": _read_table,
        "Tandem alone": _tandem_table,
        "Goals": _goal_table,
        "Failures": lambda results: (f"- {failure}\n" for failure in results.failures),
    }
    about = "".join(f"- {name}: {value}\n" for name, value in results.about.items())
    note = "Medians, with the range of all rounds in brackets. On another machine only the ratios are comparable.\n"
    parts = ["# What a sign-in costs\n", note, about]
    for title, section in sections.items():
        if content := list(section(results)):
            parts += [f"## {title}\n", *content]
    return "\n".join(parts)


def _overview(results: Results) -> Iterator[str]:
    columns = {
        "SQL": ("sign_in_statements", "tls"),
        "new connections": ("sign_in_provider_connections", "tls"),
        "CPU ms, http": ("cpu_ms", "http"),
        "CPU ms, TLS": ("cpu_ms", "tls"),
        "per second, http": ("per_second", "http"),
    }

    def cell(key: Key) -> str:
        found = figure(results.median(key))
        if key not in results.values or key.what.startswith("sign_in"):
            return found
        return f"{found} ({figure(results.to_baseline(key))})"

    rows = []
    for name in results.candidates("cpu_ms"):
        keys = [Key(what, name, "postgres", scheme) for what, scheme in columns.values()]
        if any(key in results.values for key in keys):
            rows.append([results.titles[name], *(cell(key) for key in keys)])
    if rows:
        yield "PostgreSQL, provider without latency; in brackets the ratio to the baseline.\n"
        yield table(("", *columns), rows)


def _instruction_table(results: Results) -> Iterator[str]:
    figures = {
        "sign-in, http": Key("sign_in_instructions", "", "postgres", "http"),
        "sign-in, TLS": Key("sign_in_instructions", "", "postgres", "tls"),
        "sign-in, http, SQLite": Key("sign_in_instructions", "", "sqlite", "http"),
        "sign-up, http": Key("sign_up_instructions", "", "postgres", "http"),
        "read": Key("read_instructions", "", "postgres", "http"),
    }

    def cell(key: Key) -> str:
        found = results.median(key)
        return NOT_MEASURED if found is None else f"{found / 1e6:.2f} ({figure(results.to_baseline(key))})"

    names = [
        name
        for name in results.titles
        if any(key._replace(candidate=name) in results.values for key in figures.values())
    ]
    if names:
        yield "Millions, in one process without a server; in brackets the ratio to the baseline.\n"
        rows = (
            [results.titles[name], *(cell(key._replace(candidate=name)) for key in figures.values())] for name in names
        )
        yield table(("", *figures), list(rows))


def sign_in_tables(results: Results) -> Iterator[str]:
    """Yield a table of the sign-ins of returning users for each database and scheme."""
    versions = results.tandems()
    head = ("", "CPU ms", "× baseline", *(f"÷ {name}" for name in versions), "database's CPU ms", "per second")
    for database, scheme in _ways(results, "cpu_ms"):
        yield f"{DATABASES[database]}, provider over {SCHEMES[scheme]}:\n"
        rows = []
        for name in results.candidates("cpu_ms"):
            cost = Key("cpu_ms", name, database, scheme)
            row = [results.titles[name], *_with_ratio(results, cost)]
            row += [figure(results.ratio(cost, cost._replace(candidate=version))) for version in versions]
            row += [with_range(results.summary(cost._replace(what=what))) for what in ("database_cpu_ms", "per_second")]
            rows.append(row)
        yield table(head, rows)


def _latency_tables(results: Results) -> Iterator[str]:
    latencies = sorted({key.latency for key in results.values if key.what == "cpu_ms" and key.latency})
    head = ["", *(f"{title}, {ms} ms" for ms in latencies for title in ("CPU ms", "× baseline", "per second"))]
    for database, scheme in _ways(results, "cpu_ms") if latencies else ():
        yield f"{DATABASES[database]}, provider over {SCHEMES[scheme]}; CPU with every thread busy:\n"
        rows = []
        for name in results.candidates("cpu_ms"):
            row = [results.titles[name]]
            for latency in latencies:
                cost = Key("cpu_ms", name, database, scheme, latency)
                row += [*_with_ratio(results, cost), with_range(results.summary(cost._replace(what="per_second")))]
            rows.append(row)
        yield table(head, rows)


def _sign_up_table(results: Results) -> Iterator[str]:
    ways = _ways(results, "sign_up_cpu_ms")
    head = ["CPU ms"]
    for database, scheme in ways:
        head += [f"{DATABASES[database]}, {SCHEMES[scheme]}", "× baseline"]
    rows = []
    for name in results.candidates("sign_up_cpu_ms"):
        row = [results.titles[name]]
        for database, scheme in ways:
            row += _with_ratio(results, Key("sign_up_cpu_ms", name, database, scheme))
        rows.append(row)
    if rows:
        yield table(head, rows)


def _count_table(results: Results) -> Iterator[str]:
    rows = [
        (results.titles[name], *(with_range(results.summary(Key(what, name, "postgres", "tls"))) for what in _COUNTS))
        for name in results.candidates("sign_in_statements")
    ]
    if rows:
        yield (
            "After a warm-up, over TLS, on PostgreSQL. BEGIN and COMMIT count; "
            "by an empty statement a pool checks a connection.\n"
        )
        yield table(("", *_COUNTS.values()), rows)


def _scale_tables(results: Results) -> Iterator[str]:
    few, many = scale.SIZES
    names = results.candidates(f"sign_in_ms_among_{few}")
    head = [""]
    for what in ("sign-in", "sign-up"):
        head += [f"{what}, {_thousands(few)} users", f"{_thousands(many)} users", "×"]
    units = {"cpu_ms": "CPU ms of one, the database's included", "ms": "Milliseconds that one takes"}
    for unit, title in units.items() if names else ():
        yield f"{title}; PostgreSQL, over http:\n"
        rows = []
        for name in names:
            row = [results.titles[name]]
            for what in ("sign_in", "sign_up"):
                low, high = (Key(f"{what}_{unit}_among_{size}", name, "postgres", "http") for size in (few, many))
                row += [with_range(results.summary(low)), with_range(results.summary(high))]
                row.append(figure(results.ratio(high, low)))
            rows.append(row)
        yield table(head, rows)


def _fairness_table(results: Results) -> Iterator[str]:
    refusals = (fairness.AWAY, fairness.BUSY, fairness.OTHER)
    rows = []
    for name in results.candidates(fairness.what("p50_ms", fairness.CALLERS[0])):
        for callers in fairness.CALLERS:
            p50, p99 = (fairness.key(name, what, callers) for what in ("p50_ms", "p99_ms"))
            row = [results.titles[name], str(callers), with_range(results.summary(p50))]
            row += [with_range(results.summary(p99)), figure(results.ratio(p99, p50))]
            others = ("per_second", *(f"refused_{refusal}" for refusal in refusals))
            row += [figure(results.median(fairness.key(name, other, callers))) for other in others]
            rows.append(row)
    if rows:
        yield "Default settings, provider at 200 ms over TLS; each caller signs in again and again without a pause.\n"
        yield table(("", "callers", "p50 ms", "p99 ms", "p99 / p50", "sign-ins a second", *refusals), rows)


def _outage_table(results: Results) -> Iterator[str]:
    figures = {
        "first_503_s": "until the first 503, s",
        "p50_s": "p50 while away, s",
        "p99_s": "p99 while away, s",
        "first_success_s": "until the first sign-in after it is back, s",
        "false_503": "503 before it went away",
    }
    rows = []
    for outage in fairness.OUTAGES:
        for name in results.candidates(fairness.outage_key("", outage, "false_503").what):
            keys = [fairness.outage_key(name, outage, what) for what in figures]
            title = f"{results.titles[name]}, database {outage}"
            rows.append([title, *(with_range(results.summary(key)) for key in keys)])
    if rows:
        yield f"{fairness.OUTAGE_CALLERS} callers, as above.\n"
        yield table(("", *figures.values()), rows)


def _read_table(results: Results) -> Iterator[str]:
    figures = {
        "read_cpu_ms": "CPU ms",
        "reads_per_second": "per second",
        "read_cpu_ms_deployed": "CPU ms, default settings",
        "reads_per_second_deployed": "per second, default settings",
    }
    rows = [
        (results.titles[name], *(with_range(results.summary(Key(what, name, "postgres"))) for what in figures))
        for name in results.candidates("read_cpu_ms")
    ]
    if rows:
        yield "`user/` with a token, on PostgreSQL, 2 processes of 8 threads; Tandem counts its rate limits in Redis.\n"
        yield table(("", *figures.values()), rows)


def _tandem_table(results: Results) -> Iterator[str]:
    rows = []
    for what, title in _TANDEM_ALONE.items():
        for key in results.values:
            if key.what == what:
                latency = f", provider at {key.latency} ms" if what.startswith(("production_", "fleet_")) else ""
                rows.append((title + latency, key.candidate, with_range(results.summary(key))))
    if rows:
        yield table(("", "of", "median (range)"), rows)


def _goal_table(results: Results) -> Iterator[str]:
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
        yield table(("", "goal", "measured", ""), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns; all but the first are numbers."""
    columns = list(zip(head, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        return f"| {' | '.join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)])} |\n"

    head_line, *lines = (line(cells) for cells in zip(*columns, strict=True))
    return "".join([head_line, line(rule), *lines])


def figure(value: float | None, unit: str = "") -> str:
    """Return a number with three significant digits."""
    if value is None:
        return NOT_MEASURED
    if value == int(value) and abs(value) < 1000:
        text = str(int(value))
    else:
        text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return f"{text} {unit}".rstrip()


def with_range(found: Summary | None) -> str:
    """Return a median with the range of the values."""
    if found is None:
        return NOT_MEASURED
    if found.least == found.most:
        return figure(found.median)
    return f"{figure(found.median)} ({figure(found.least)}–{figure(found.most)})"


def _with_ratio(results: Results, key: Key) -> tuple[str, str]:
    """Return the cells of a figure and of its ratio to the baseline."""
    return with_range(results.summary(key)), figure(results.to_baseline(key))


def _ways(results: Results, what: str) -> list[tuple[str, str]]:
    """Return the databases and schemes with which a figure was measured."""
    measured = {(key.database, key.scheme) for key in results.values if key.what == what}
    return [(database, scheme) for database in DATABASES for scheme in SCHEMES if (database, scheme) in measured]


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", " ")
