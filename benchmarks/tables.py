"""The report of a run, in Markdown, from its results alone."""

from collections.abc import Iterator

from benchmarks.goals import goals
from benchmarks.markdown import figure, spread, table
from benchmarks.parts import scale
from benchmarks.results import Key, Results
from benchmarks.summary import ratio, summarised

_OVER = {"http": "http", "tls": "TLS"}
_DATABASES = {"postgres": "PostgreSQL", "sqlite": "SQLite"}


def report(results: Results) -> str:
    """Give all tables for which something was measured."""
    return "\n".join(["# What a sign-in costs\n", *_about(results), *_sections(results)])


def _sections(results: Results) -> Iterator[str]:
    for title, parts in (
        ("A returning user signs in", _sign_in(results)),
        ("Behind a provider that takes its time", _latencies(results)),
        ("A new user signs up", _sign_up(results)),
        ("Exact counts", _counts(results)),
        ("Among a million people", _scale(results)),
        ("Tandem alone", _alone(results)),
        ("Goals", _goals(results)),
    ):
        found = list(parts)
        if found:
            yield f"## {title}\n"
            yield from found


def _about(results: Results) -> Iterator[str]:
    yield "Medians, with the least and the most of all rounds. Only ratios mean anything elsewhere.\n"
    yield table(("run", ""), results.about.items())


def _measured(results: Results, what: str) -> list[tuple[str, str]]:
    """Give the databases and schemes for which there is such a figure."""
    ways = {(key.database, key.scheme) for key in results.values if key.what == what}
    return [(database, scheme) for database in _DATABASES for scheme in _OVER if (database, scheme) in ways]


def _sign_in(results: Results) -> Iterator[str]:
    for database, scheme in _measured(results, "cpu_ms"):
        yield f"{_DATABASES[database]}, provider over {_OVER[scheme]}:\n"
        tandems = [name for name in results.titles if name.startswith("tandem-")]
        head = ("", "CPU ms", "× yardstick", *(f"÷ {name}" for name in tandems), "sign-ins a second", "× yardstick")
        rows = []
        for name in results.candidates("cpu_ms"):
            cost, throughput = (Key(what, name, database, scheme) for what in ("cpu_ms", "per_second"))
            rows.append(
                (
                    results.titles[name],
                    spread(summarised(results, cost)),
                    _to_yardstick(results, cost),
                    *(figure(ratio(results, cost, cost._replace(candidate=tandem))) for tandem in tandems),
                    spread(summarised(results, throughput)),
                    _to_yardstick(results, throughput),
                )
            )
        yield table(head, rows)


def _latencies(results: Results) -> Iterator[str]:
    latencies = sorted({key.latency for key in results.values if key.what == "cpu_ms" and key.latency})
    if not latencies:
        return
    for database, scheme in _measured(results, "cpu_ms"):
        yield f"{_DATABASES[database]}, provider over {_OVER[scheme]}; CPU with every thread busy:\n"
        head = ["", *(f"{title} at {ms} ms" for ms in latencies for title in ("CPU ms", "× yardstick", "a second"))]
        rows = []
        for name in results.candidates("cpu_ms"):
            row = [results.titles[name]]
            for latency in latencies:
                cost = Key("cpu_ms", name, database, scheme, latency)
                row += [spread(summarised(results, cost)), _to_yardstick(results, cost)]
                row.append(spread(summarised(results, cost._replace(what="per_second"))))
            rows.append(row)
        yield table(head, rows)


def _sign_up(results: Results) -> Iterator[str]:
    ways = _measured(results, "sign_up_cpu_ms")
    if not ways:
        return
    head = ["CPU ms", *(f"{_DATABASES[database]}, {_OVER[scheme]}" for database, scheme in ways for _ in (0, 1))]
    head[2::2] = ["× yardstick" for _ in ways]
    rows = []
    for name in results.candidates("sign_up_cpu_ms"):
        keys = [Key("sign_up_cpu_ms", name, database, scheme) for database, scheme in ways]
        cells = [(spread(summarised(results, key)), _to_yardstick(results, key)) for key in keys]
        rows.append([results.titles[name], *(cell for pair in cells for cell in pair)])
    yield table(head, rows)


def _counts(results: Results) -> Iterator[str]:
    columns = {
        "sign_in_statements": "SQL of a sign-in",
        "sign_in_empty_statements": "empty ones besides",
        "sign_in_database_connections": "new database connections",
        "sign_in_provider_calls": "provider calls",
        "sign_in_provider_connections": "new provider connections",
        "sign_up_statements": "SQL of a sign-up",
        "sign_up_provider_calls": "its provider calls",
    }
    rows = [
        (results.titles[name], *(spread(summarised(results, Key(what, name, "postgres", "tls"))) for what in columns))
        for name in results.candidates("sign_in_statements")
    ]
    if rows:
        yield "When warm, over TLS, on PostgreSQL; what begins and ends a transaction counts.\n"
        yield table(("", *columns.values()), rows)


def _scale(results: Results) -> Iterator[str]:
    few, many = scale.SIZES
    names = list(results.candidates(f"sign_in_ms_among_{few}"))
    if not names:
        return
    yield "Milliseconds that one takes, the database's included; PostgreSQL, over http.\n"
    head = [""]
    for what in ("sign-in", "sign-up"):
        head += [f"{what} among 1 000", "among 1 000 000", "×"]
    rows = []
    for name in names:
        row = [results.titles[name]]
        for what in ("sign_in", "sign_up"):
            low, high = (Key(f"{what}_ms_among_{size}", name, "postgres", "http") for size in (few, many))
            row += [spread(summarised(results, low)), spread(summarised(results, high))]
            row.append(figure(ratio(results, high, low)))
        rows.append(row)
    yield table(head, rows)


def _alone(results: Results) -> Iterator[str]:
    titles = {
        "production_per_second": "sign-ins a second, documented settings",
        "production_connections_a_process": "most database connections of a process meanwhile",
        "reads_p99_ms": "p99 of `user/`, ms",
        "reads_p99_ms_while_hanging": "p99 of `user/` while a provider hangs, ms",
        "start_cpu_s": "cold start to the first person signed in, s of CPU",
    }
    rows = [
        (
            f"{titles[key.what]}{f', provider at {key.latency} ms' if key.what.startswith('production') else ''}",
            key.candidate,
            spread(summarised(results, key)),
        )
        for what in titles
        for key in results.values
        if key.what == what
    ]
    if rows:
        yield table(("", "of", "median (least–most)"), rows)


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


def _to_yardstick(results: Results, key: Key) -> str:
    return figure(ratio(results, key, key._replace(candidate="yardstick")))
