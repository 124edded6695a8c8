"""The first sign-ups of a process, all at once, and as many after them."""

from benchmarks.candidates import Candidate
from benchmarks.load import send_concurrently
from benchmarks.results import BASELINE, Key, percentile
from benchmarks.run import Run, Server, progress

AT_ONCE = 32
PEERS = ("rest_social_auth",)
_SECONDS = 120
"""The longest that a burst may take."""


def candidates(run: Run) -> list[Candidate]:
    """Return the candidates that are measured from their start on: the baseline, a peer and the newest Tandem."""
    return [one for one in run.candidates if one.name in (BASELINE, *PEERS)] + run.newest_tandem


def measure(run: Run) -> None:
    """Measure the CPU and the p99 of two bursts of new users after each start."""
    for number in range(run.options.rounds):
        progress(f"cold bursts, round {number + 1} of {run.options.rounds}")
        for candidate in candidates(run):
            deployment = run.deployment(candidate, "postgres")
            setup = run.setup(deployment, "tls", threads=AT_ONCE)
            with run.recording_failures(deployment, "cold burst"), run.serving(deployment, setup) as server:
                for burst in ("first", "next"):
                    _measure(run, server, burst)


def _measure(run: Run, server: Server, burst: str) -> None:
    deployment, port = server.deployment, server.setup.port
    sign_ups = deployment.candidate.sign_ins(deployment.new_users(AT_ONCE))
    cost = server.cost(lambda: send_concurrently(port, sign_ups, connections=AT_ONCE, count=AT_ONCE, seconds=_SECONDS))
    key = Key(f"{burst}_burst_cpu_ms", deployment.candidate.name, deployment.vendor, "tls")
    run.results.add(key, cost.cpu_ms)
    run.results.add(key._replace(what=f"{burst}_burst_p99_ms"), percentile(cost.load.durations, 99) * 1000)
