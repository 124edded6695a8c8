"""How much CPU it takes from nothing to the first person signed in, with one process."""

from benchmarks.candidates import sign_ins
from benchmarks.load import in_sequence
from benchmarks.processes import await_ready, listens, running
from benchmarks.results import Key
from benchmarks.run import PEOPLE, Bench, Place, Started, say


def run(bench: Bench) -> None:
    """Start the yardstick and the newest of Tandem's mounts, round by round."""
    chosen = [one for one in bench.candidates if one.name == "yardstick"] + bench.tandems()[-1:]
    for turn in range(bench.choice.rounds):
        say(f"cold starts, round {turn + 1} of {bench.choice.rounds}")
        for candidate in chosen:
            _turn(bench, bench.place(candidate, "postgres"))


def _turn(bench: Bench, place: Place) -> None:
    candidate, setup = place.candidate, bench.setup(place, "http")
    log = bench.folder / "start.log"
    with running(candidate.command(setup), candidate.environment(setup), log) as process:
        await_ready(process, log, lambda: listens(setup.port))
        # Its one worker takes the connection as soon as it can.
        in_sequence(setup.port, sign_ins(candidate, PEOPLE), count=1)
        taken = Started(candidate, setup, process.pid).cpu_since_start()
    bench.results.add(Key("start_cpu_s", candidate.name, place.database), taken)
