"""The tables of what a sign-in and a sign-up cost, and of how many there are a second."""

from collections.abc import Iterator

from benchmarks.report.markdown import NOTHING, figure, spread, table
from benchmarks.report.names import DATABASES, OVER, tandems, to_yardstick, ways
from benchmarks.report.summary import ratio, summarised
from benchmarks.results import Key, Results


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
