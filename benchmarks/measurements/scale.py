"""Sign-ins and sign-ups in a database of a thousand users, and of a million."""

import statistics
from contextlib import ExitStack

from benchmarks.databases import TEMPLATE_USER, copy_template_user
from benchmarks.load import send_in_sequence
from benchmarks.results import BASELINE, Key
from benchmarks.run import RETURNING_USERS, Deployment, Run, progress

SIZES = (1_000, 1_000_000)
_MAX_ROUNDS = 3
_SIGN_INS, _SIGN_UPS, _AT_LEAST = 150, 40, 10


def measure(run: Run) -> None:
    """Measure each candidate with both databases in turn; drop them before the next candidate."""
    for candidate in run.candidates:
        with ExitStack() as stack:
            deployments = [(size, stack.enter_context(run.new_deployment(candidate, "postgres"))) for size in SIZES]
            for size, deployment in deployments:
                progress(f"scale, {candidate.name}: {size} users")
                add_users(run, deployment, size)
            # The order of magnitude is enough for the peers.
            is_ours = candidate.is_tandem or candidate.name == BASELINE
            for _ in range(min(run.options.rounds, _MAX_ROUNDS if is_ours else 1)):
                for size, deployment in deployments:
                    _measure(run, deployment, size)


def add_users(run: Run, deployment: Deployment, count: int) -> None:
    """Sign one user up, and add users 1 to `count` to the database as copies of it."""
    candidate, setup = deployment.candidate, run.setup(deployment, "http")
    with run.serving(deployment, setup):
        send_in_sequence(setup.port, candidate.sign_ins(range(TEMPLATE_USER, TEMPLATE_USER + 1)), count=1)
    copy_template_user(deployment.url, candidate.tables, count)
    deployment.has_users = True


def _measure(run: Run, deployment: Deployment, size: int) -> None:
    setup = run.setup(deployment, "http")
    with (
        run.recording_failures(deployment, f"{size} users"),
        run.serving(deployment, setup) as server,
    ):
        server.warm_up()
        measured = {
            "sign_in": (range(1, size + 1, max(size // len(RETURNING_USERS), 1)), _SIGN_INS),
            "sign_up": (deployment.new_users(_SIGN_UPS + 1), _SIGN_UPS),
        }
        for what, (users, count) in measured.items():
            cost = server.cost_in_sequence(users, count=count, at_least=_AT_LEAST, seconds=2 * run.options.seconds)
            key = Key(f"{what}_ms_among_{size}", deployment.candidate.name, deployment.vendor, "http")
            run.results.add(key, statistics.median(cost.load.durations) * 1000)
            if cost.database_cpu_ms is not None:
                run.results.add(key._replace(what=f"{what}_cpu_ms_among_{size}"), cost.cpu_ms + cost.database_cpu_ms)
