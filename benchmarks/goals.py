"""What was aimed at, beside what was measured."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.measurements import production, scale
from benchmarks.results import Key, Results, median, peers, ratio, tandems

_SAME_WORK = 1.15
"""How much more one version may cost than the other."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that is to be no greater than another; or no less."""

    what: str
    aim: float
    measured: float | None
    """None where the run has not measured it."""
    at_least: bool = False
    unit: str = ""

    @property
    def verdict(self) -> str:
        """Say `met`, `missed` or `not measured`."""
        if self.measured is None:
            return "not measured"
        met = self.measured >= self.aim if self.at_least else self.measured <= self.aim
        return "met" if met else "missed"


def goals(results: Results) -> list[Goal]:
    """Give all of them."""
    versions = tandems(results)
    return [
        *(goal for name in versions for goal in _cost(results, name)),
        *(goal for name in versions for goal in _counts(results, name)),
        *_versions(results, versions),
        *(goal for name in versions for goal in _scale(results, name)),
        *(goal for name in versions[-1:] for goal in _alone(results, name)),
    ]


def _cost(results: Results, name: str) -> Iterator[Goal]:
    for scheme, over, to_yardstick, to_fastest in (("http", "http", 2, 1 / 3), ("tls", "TLS", 1.8, 1 / 10)):
        own = Key("cpu_ms", name, "postgres", scheme)
        against = ratio(results, own, own._replace(candidate="yardstick"))
        yield Goal(f"{name}: CPU of a sign-in over {over}", to_yardstick, against, unit="× the yardstick")
        ratios = [found for peer in peers(results) if (found := ratio(results, own, own._replace(candidate=peer)))]
        fastest = max(ratios, default=None)
        yield Goal(f"{name}: CPU of a sign-in over {over}", to_fastest, fastest, unit="× the fastest peer")


def _counts(results: Results, name: str) -> Iterator[Goal]:
    for what, aim, title in (
        ("sign_in_statements", 4, "SQL statements of a sign-in"),
        ("sign_up_statements", 9, "SQL statements of a sign-up"),
        ("sign_in_provider_calls", 1, "provider calls of a sign-in"),
        ("sign_in_provider_connections", 0, "new connections to the provider when warm"),
    ):
        yield Goal(f"{name}: {title}", aim, median(results, Key(what, name, "postgres", "tls")))


def _versions(results: Results, versions: list[str]) -> Iterator[Goal]:
    if len(versions) < 2:
        return
    for scheme, over in (("http", "http"), ("tls", "TLS")):
        costs = [median(results, Key("cpu_ms", name, "postgres", scheme)) for name in versions]
        known = [cost for cost in costs if cost is not None]
        apart = max(known) / min(known) if len(known) == len(versions) else None
        yield Goal(f"the dearer version against the other, over {over}", _SAME_WORK, apart, unit="×")


def _scale(results: Results, name: str) -> Iterator[Goal]:
    few, many = (Key(f"sign_in_cpu_ms_among_{size}", name, "postgres", "http") for size in scale.SIZES)
    yield Goal(f"{name}: CPU of a sign-in at 1 000 000 users against 1 000", 1.1, ratio(results, many, few), unit="×")


def _alone(results: Results, name: str) -> Iterator[Goal]:
    fast = Key("production_per_second", name, "postgres", "tls")
    slow = fast._replace(latency=production.LATENCY)
    yield Goal(
        f"{name}: throughput at 200 ms against 0 ms, documented settings",
        0.8,
        ratio(results, slow, fast),
        at_least=True,
        unit="×",
    )
    connections = slow._replace(what="production_connections_a_process")
    yield Goal(f"{name}: database connections of a process meanwhile", 8, median(results, connections))
    undisturbed = Key("reads_p99_ms", name, "postgres", "http")
    disturbed = undisturbed._replace(what="reads_p99_ms_while_hanging")
    yield Goal(
        f"{name}: p99 of reads while a provider hangs, against without",
        2,
        ratio(results, disturbed, undisturbed),
        unit="×",
    )
    yield Goal(
        f"{name}: cold start to first answer", 2, median(results, Key("start_cpu_s", name, "postgres")), unit="s of CPU"
    )
