"""The tables of exact counts, of crowds, and of what concerns Tandem alone."""

from collections.abc import Iterator

from benchmarks.parts import scale
from benchmarks.report.markdown import figure, spread, table
from benchmarks.report.summary import ratio, summarised
from benchmarks.results import Key, Results

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
