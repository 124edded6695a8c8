"""The goals, beside what was measured."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.measurements import fairness, production, reads, scale
from benchmarks.results import SCHEMES, Key, Results


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit for a figure."""

    what: str
    aim: float
    measured: float | None
    """None if the run has not measured it."""
    unit: str = ""
    at_least: bool = False
    """Whether the figure has to reach the limit; otherwise it must not exceed it."""

    @property
    def verdict(self) -> str:
        """`met`, `missed` or `not measured`."""
        if self.measured is None:
            return "not measured"
        met = self.measured >= self.aim if self.at_least else self.measured <= self.aim
        return "met" if met else "missed"


def goals(results: Results) -> list[Goal]:
    """Return all goals."""
    versions = results.tandems()
    return [
        *(goal for name in versions for goal in _cost(results, name)),
        *(goal for name in versions for goal in _counts(results, name)),
        *_same_cost(results, versions),
        *(_scale(results, name) for name in versions),
        *(_reads(results, name) for name in versions),
        *(goal for name in versions[-1:] for goal in _production(results, name)),
        *(goal for name in versions[-1:] for goal in _fairness(results, name)),
    ]


def _cost(results: Results, name: str) -> Iterator[Goal]:
    for scheme, to_least in (("http", 0.46), ("tls", 0.1)):
        what = f"{name}: instructions of a sign-in over {SCHEMES[scheme]}"
        own = Key("sign_in_instructions", name, "postgres", scheme)
        yield Goal(what, 1.85, results.to_baseline(own), "× the baseline")
        ratios = [results.ratio(own, own._replace(candidate=peer)) for peer in results.peers()]
        yield Goal(
            what, to_least, max((found for found in ratios if found), default=None), "× the peer with the fewest"
        )
    read = Key("read_instructions", name, "postgres", "http")
    ratio = results.ratio(read, read._replace(candidate=reads.WITHOUT_LIMIT))
    yield Goal(f"{name}: instructions of a read with its limit", 0.5, ratio, "× REST framework's tokens without one")


def _counts(results: Results, name: str) -> Iterator[Goal]:
    for what, aim, title in (
        ("sign_in_statements", 4, "SQL statements of a sign-in"),
        ("sign_up_statements", 9, "SQL statements of a sign-up"),
        ("sign_in_provider_calls", 1, "provider calls of a sign-in"),
        ("sign_in_provider_connections", 0, "new connections to the provider after a warm-up"),
    ):
        yield Goal(f"{name}: {title}", aim, results.median(Key(what, name, "postgres", "tls")))


def _same_cost(results: Results, versions: list[str]) -> Iterator[Goal]:
    for scheme in SCHEMES if len(versions) > 1 else ():
        costs = [results.median(Key("sign_in_instructions", name, "postgres", scheme)) for name in versions]
        measured = [cost for cost in costs if cost is not None]
        ratio = max(measured) / min(measured) if len(measured) == len(versions) else None
        yield Goal(f"instructions of the dearer API against the other's, over {SCHEMES[scheme]}", 1.15, ratio, "×")


def _scale(results: Results, name: str) -> Goal:
    few, many = (Key(f"sign_in_cpu_ms_among_{size}", name, "postgres", "http") for size in scale.SIZES)
    return Goal(f"{name}: CPU of a sign-in at 1 000 000 users against 1 000", 1.1, results.ratio(many, few), "×")


def _reads(results: Results, name: str) -> Goal:
    peer = Key("reads_per_second", reads.WITHOUT_LIMIT, "postgres")
    ratio = results.ratio(Key("reads_per_second_deployed", name, "postgres"), peer)
    what = f"{name}: reads a second with limits, default settings, against REST framework's without"
    return Goal(what, 1, ratio, "×", at_least=True)


def _production(results: Results, name: str) -> Iterator[Goal]:
    fast = Key("production_per_second", name, "postgres", "tls")
    slow = fast._replace(latency=production.LATENCY)
    what = f"{name}: throughput at 200 ms against 0 ms, default settings"
    yield Goal(what, 0.8, results.ratio(slow, fast), "×", at_least=True)
    connections = results.median(slow._replace(what="production_connections_a_process"))
    yield Goal(f"{name}: database connections of a process meanwhile", 8, connections)
    undisturbed = Key("reads_p99_ms", name, "postgres", "http")
    ratio = results.ratio(undisturbed._replace(what="reads_p99_ms_while_hanging"), undisturbed)
    yield Goal(f"{name}: p99 of reads while a provider hangs, against without", 2, ratio, "×")
    start = Key("start_cpu_s", name, "postgres")
    yield Goal(f"{name}: CPU of a cold start to the first sign-in", 2.5, results.to_baseline(start), "× the baseline")
    for what, title in (("cpu_ms", "CPU"), ("p99_ms", "p99")):
        first = Key(f"first_burst_{what}", name, "postgres", "tls")
        ratio = results.ratio(first, first._replace(what=f"next_burst_{what}"))
        yield Goal(f"{name}: {title} of the first 32 sign-ups at once against the next 32", 1.5, ratio, "×")


def _fairness(results: Results, name: str) -> Iterator[Goal]:
    callers = fairness.OUTAGE_CALLERS
    p50, p99, away = (fairness.key(name, one, callers) for one in ("p50_ms", "p99_ms", f"refused_{fairness.AWAY}"))
    what = f"{name}: sign-ins of {callers} callers at 200 ms, default settings"
    yield Goal(f"{what}: p99 against p50", 2, results.ratio(p99, p50), "×")
    yield Goal(f"{what}: {fairness.AWAY}", 0, results.median(away))
