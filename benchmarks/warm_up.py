"""What comes before a measurement: everyone has been here, and every thread has answered."""

from benchmarks.bench import PEOPLE, Place
from benchmarks.candidates.candidate import sign_ins
from benchmarks.databases import clear
from benchmarks.load.runs import at_once
from benchmarks.started import Started

_EACH = 4
"""Sign-ins for each thread."""
_SECONDS = 120


def warm_up(place: Place, started: Started) -> None:
    """Sign everyone up, once for each database; then keep all threads busy for a moment."""
    port, busy = started.setup.port, connections(started)
    if place.has_people and place.candidate.credentials:
        # Whoever comes back has a few credentials, not those of all earlier measurements.
        clear(place.url, place.candidate.credentials)
    if not place.has_people:
        at_once(port, sign_ins(place.candidate, PEOPLE), connections=busy, count=len(PEOPLE), seconds=_SECONDS)
        place.has_people = True
    at_once(port, sign_ins(place.candidate, PEOPLE), connections=busy, count=busy * _EACH // 2, seconds=_SECONDS)


def connections(started: Started) -> int:
    """Give how many keep all threads of all workers busy: they are not handed out evenly."""
    return 2 * (started.setup.workers or 1) * (started.setup.threads or 1)
