"""The cost and the throughput of sign-ins, the cost of sign-ups, and of a cold start."""

from benchmarks.load import send_in_sequence
from benchmarks.measurements import cold_burst
from benchmarks.results import Key
from benchmarks.run import RETURNING_USERS, Cost, Deployment, Run, Server, progress

WORKERS = {"postgres": 2, "sqlite": 1}
THREADS = 8
_SIGN_INS, _SIGN_UPS, _AT_LEAST = 200, 20, 20
_CONCURRENT_SIGN_INS = 5_000
_MAX_ROUNDS = {"postgres": 100, "sqlite": 3}
_MAX_ROUNDS_WITH_LATENCY = 3
_RESPONSES_PER_CONNECTION = 20
"""How many responses of a slow provider a measurement lasts."""


def measure(run: Run) -> None:
    """Measure all candidates in turn, round by round, for each database and scheme of the options."""
    for vendor in run.options.databases:
        deployments = [run.deployment(candidate, vendor) for candidate in run.candidates]
        for scheme in run.options.schemes:
            rounds = min(run.options.rounds, _MAX_ROUNDS[vendor])
            for number in range(rounds):
                progress(f"sign-ins, {vendor}, {scheme}, round {number + 1} of {rounds}")
                for deployment in deployments:
                    _measure(run, deployment, scheme, with_latency=number < _MAX_ROUNDS_WITH_LATENCY)


def _measure(run: Run, deployment: Deployment, scheme: str, *, with_latency: bool) -> None:
    key = Key("", deployment.candidate.name, deployment.vendor, scheme)
    setup = run.setup(deployment, scheme, workers=WORKERS[deployment.vendor], threads=THREADS)
    seconds = run.options.seconds
    with (
        run.recording_failures(deployment, f"{deployment.vendor}, {scheme}"),
        run.serving(deployment, setup) as server,
    ):
        server.warm_up()
        cost = server.cost_in_sequence(RETURNING_USERS, count=_SIGN_INS, at_least=_AT_LEAST, seconds=seconds)
        _add_cost(run, key, "cpu_ms", cost)
        new_users = deployment.new_users(_SIGN_UPS + 1)
        cost = server.cost_in_sequence(new_users, count=_SIGN_UPS, at_least=_AT_LEAST, seconds=seconds)
        _add_cost(run, key, "sign_up_cpu_ms", cost)
        _measure_throughput(run, server, key)
        for latency in run.options.latencies if with_latency else ():
            with run.provider.latency(latency):
                _measure_throughput(run, server, key._replace(latency=latency))


def _add_cost(run: Run, key: Key, what: str, cost: Cost) -> None:
    run.results.add(key._replace(what=what), cost.cpu_ms)
    if cost.database_cpu_ms is not None:
        run.results.add(key._replace(what=f"database_{what}"), cost.database_cpu_ms)


def _measure_throughput(run: Run, server: Server, key: Key) -> None:
    """Keep every thread busy; with latency, add the CPU of a sign-in, too."""
    seconds = max(run.options.seconds, _RESPONSES_PER_CONNECTION * key.latency / 1000)
    cost = server.cost(
        lambda: server.sign_in_concurrently(connections=server.connections, count=_CONCURRENT_SIGN_INS, seconds=seconds)
    )
    run.results.add(key._replace(what="per_second"), cost.load.per_second)
    if key.latency:
        run.results.add(key._replace(what="cpu_ms"), cost.cpu_ms)


def measure_start(run: Run) -> None:
    """Measure the CPU from the start of a server with one worker to its first sign-in: as `cold_burst` does."""
    chosen = cold_burst.candidates(run)
    for number in range(run.options.rounds):
        progress(f"cold starts, round {number + 1} of {run.options.rounds}")
        for candidate in chosen:
            deployment = run.deployment(candidate, "postgres")
            with run.serving(deployment, run.setup(deployment, "http"), until_idle=False) as server:
                send_in_sequence(server.setup.port, candidate.sign_ins(RETURNING_USERS), count=1)
                run.results.add(Key("start_cpu_s", candidate.name, deployment.vendor), server.total_cpu())
