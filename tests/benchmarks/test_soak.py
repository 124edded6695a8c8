"""The checks of the soak can fail: a lost user, a duplicate, a leak, an unexpected answer, an uncounted call."""

import os
import random
import socket
import threading
from collections import Counter
from contextlib import closing, suppress
from xml.etree import ElementTree as ET

import pytest

from benchmarks.soak import checks, stored
from benchmarks.soak.client import Answer
from benchmarks.soak.expected import BROKEN, DURING, EXPECTED, RETIRED, SLOW
from benchmarks.soak.gate import Gate
from benchmarks.soak.people import Identity, Names, Person
from benchmarks.soak.plot import plot
from benchmarks.soak.records import FLUSH, GRACE, Disruption, Exchange, Record
from benchmarks.soak.report import Outcome
from benchmarks.soak.samples import Sample, load, measure_process
from benchmarks.soak.traffic import _FAULTS, _INVALID, Caller

TOKEN, REVOKED = "t" * 43, "r" * 43
OLD, NEW = "old", "new"


def exchange(result: str, *, operation: str = "sign in", at: float = 100.0, version: str = NEW) -> Exchange:
    return Exchange(operation, version, "social_sign_up", at, at + 0.1, result)


def record_with(*disruptions: Disruption, brownouts: tuple[Disruption, ...] = ()) -> Record:
    return Record(started=0.0, disruptions=list(disruptions), brownouts=list(brownouts))


def unexpected(record: Record, *exchanges: Exchange) -> int:
    for one in exchanges:
        record.add(one)
    return record.unexpected_count


@pytest.mark.parametrize("operation", EXPECTED)
def test_a_500_is_never_expected(operation):
    """Whatever the operation, and whatever happens at the time."""
    record = record_with(*(Disruption(kind, 0.0) for kind in DURING))
    assert unexpected(record, exchange("500 internal_error", operation=operation)) == 1


@pytest.mark.parametrize(
    "result", ["201 created", "200 ok", "401 invalid_credentials", "503 service_unavailable", BROKEN]
)
def test_a_sign_in_of_a_known_person_has_one_result(result):
    """A second user, an error and no answer at all are unexpected."""
    record = record_with()
    assert unexpected(record, exchange("201 signed_in")) == 0
    assert unexpected(record, exchange(result)) == 1
    assert result in record.unexpected[0]


@pytest.mark.parametrize(
    ("kind", "result", "allowed"),
    [
        ("database outage", "503 service_unavailable", True),
        ("database outage", "503 provider_unavailable", False),
        ("provider outage", "503 provider_unavailable", True),
        ("worker killed", BROKEN, True),
        ("Redis outage", "503 service_unavailable", False),
        ("upgrade", "503 service_unavailable", False),
        ("rolling restart", BROKEN, False),
    ],
)
def test_a_disruption_allows_its_own_results(kind, result, allowed):
    assert (unexpected(record_with(Disruption(kind, 90.0, 110.0)), exchange(result)) == 0) is allowed


@pytest.mark.parametrize(
    ("at", "allowed"), [(89.0, False), (89.95, True), (110.0 + GRACE, True), (110.1 + GRACE, False)]
)
def test_a_disruption_allows_them_at_its_time(at, allowed):
    """From its beginning to a moment after its end, also for requests that began before."""
    record = record_with(Disruption("database outage", 90.0, 110.0))
    assert (unexpected(record, exchange("503 service_unavailable", at=at)) == 0) is allowed


@pytest.mark.parametrize(
    ("version", "at", "result", "allowed"),
    [
        (OLD, 100.0, RETIRED, True),
        (OLD, 100.0, "201 signed_in", False),
        (OLD, 109.95, "201 signed_in", True),
        (OLD, 109.95, RETIRED, True),
        (OLD, 120.0, RETIRED, False),
        (NEW, 100.0, RETIRED, False),
        (NEW, 100.0, "201 signed_in", True),
    ],
)
def test_a_brownout_is_of_one_version(version, at, result, allowed):
    """Inside it that version must answer 410, outside and elsewhere nothing may."""
    record = record_with(brownouts=(Disruption("brownout", 90.0, 110.0, OLD),))
    assert (unexpected(record, exchange(result, at=at, version=version)) == 0) is allowed


def test_a_wrong_host_is_refused_before_a_brownout():
    """The contract's first check."""
    record = record_with(brownouts=(Disruption("brownout", 90.0, 110.0, OLD),))
    assert unexpected(record, exchange("400 invalid_request", operation="invalid: host", version=OLD)) == 0
    assert unexpected(record, exchange(RETIRED, operation="invalid: host", version=OLD)) == 1


def test_every_operation_has_its_results():
    """Those of the failing providers and of the invalid requests are made of names."""
    assert {f"provider: {name}" for name in _FAULTS} | {name for name, *_ in _INVALID} | SLOW <= set(EXPECTED)


def person() -> Person:
    return Person(7, "guest", "10.0.0.1", [Identity("github", "guest-1")], [TOKEN], [REVOKED])


def rows() -> stored.Stored:
    return stored.Stored({7}, Counter({(7, "github"): 1}), {stored._digest(TOKEN): 7})


def test_what_is_stored_as_acknowledged_has_no_contradiction():
    assert list(stored.contradictions([person()], rows())) == []


def _lose_user(found: stored.Stored) -> None:
    found.users.clear()


def _add_user(found: stored.Stored) -> None:
    found.users.add(8)


def _lose_association(found: stored.Stored) -> None:
    found.associations.clear()


def _add_association(found: stored.Stored) -> None:
    found.associations[7, "github"] += 1


def _lose_token(found: stored.Stored) -> None:
    found.tokens.clear()


def _change_token(found: stored.Stored) -> None:
    found.tokens[stored._digest(TOKEN)] = 8


def _keep_revoked(found: stored.Stored) -> None:
    found.tokens[stored._digest(REVOKED)] = 7


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (_lose_user, "user 7 was acknowledged and is lost"),
        (_add_user, "user 8 exists and belongs to no identity"),
        (_lose_association, "association of user 7 with github is lost"),
        (_add_association, "association of user 7 with github was never acknowledged"),
        (_lose_token, "an access token of user 7 is lost"),
        (_change_token, "an access token of user 7 is lost"),
        (_keep_revoked, "a revoked access token of user 7 is still stored"),
    ],
)
def test_each_difference_is_found(change, text):
    found = rows()
    change(found)
    [only] = stored.contradictions([person()], found)
    assert text in only


class _Client:
    """Answers in turn what it was given."""

    prefixes = ("api/old/", "api/new/")

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)

    def send(self, *_: object, **__: object) -> Answer:
        return self._answers.pop(0)


class _Sandbox:
    def fields(self, *_: object) -> dict[str, str]:
        return {}


def caller(*answers: Answer) -> Caller:
    choice = random.Random(1)  # noqa: S311 - no secret
    return Caller(_Client(*answers), _Sandbox(), Names(), Record(), choice)  # type: ignore[arg-type]  # stand-ins


def signed_up(user: int, outcome: str) -> Answer:
    return Answer(f"201 {outcome}", {"id": user, "username": "guest", "token": TOKEN})


@pytest.mark.parametrize(
    ("answers", "faults"),
    [
        ([signed_up(7, "created"), signed_up(7, "signed_in")], 0),
        ([signed_up(7, "created"), Answer("503 service_unavailable")], 0),
        ([signed_up(7, "signed_in"), Answer("503 service_unavailable")], 0),
        ([signed_up(7, "created"), signed_up(8, "created")], 1),
        ([signed_up(7, "created"), signed_up(8, "signed_in")], 1),
        ([signed_up(7, "created"), signed_up(7, "created")], 1),
        ([signed_up(7, "signed_in"), signed_up(7, "signed_in")], 1),
    ],
)
def test_one_identity_gets_one_user(answers, faults):
    """One of several simultaneous sign-ups creates it; one without an answer may have been that one."""
    one = caller()
    one._welcome(Identity("github", "guest-1"), "10.0.0.1", answers)
    assert len(one.record.faults) == faults
    assert [known.user for known in one.people.known] == [7]


def test_another_user_at_a_sign_in_is_found():
    one = caller(signed_up(8, "signed_in"))
    one.people.known.append(person())
    one.sign_in()
    assert one.record.faults == [one.record.faults[0]]
    assert "user 7 was answered as user 8" in one.record.faults[0]


@pytest.mark.parametrize(("text", "faults"), [('"/api/new/user/7/"', 0), ('"/api/new/user/8/"', 1)])
def test_a_difference_between_the_versions_is_found(text, faults):
    """Apart from their prefixes."""
    one = caller(Answer("200 ok", text='"/api/old/user/7/"'), Answer("200 ok", text=text))
    one.people.known.append(person())
    one.read()
    assert len(one.record.faults) == faults


def test_a_sign_up_without_an_answer_is_settled_later():
    one = caller(Answer(BROKEN))
    one.sign_up()
    assert (len(one.people.known), len(one.people.unsettled)) == (0, 1)


def test_an_answer_without_its_fields_is_a_fault(monkeypatch):
    """It ends neither the caller nor the run."""
    one, stopped = caller(Answer("201 created")), threading.Event()

    def sign_up_once(caller: Caller) -> None:
        stopped.set()
        caller.sign_up()

    monkeypatch.setattr("benchmarks.soak.traffic._WEIGHTS", {sign_up_once: 1})
    one.run(1000.0, stopped)
    assert "sign_up_once: KeyError: 'id'" in one.record.faults[0]


def _samples(grows: float, *, seconds: int = 2160, subject: str = "server 1 worker 1") -> list[Sample]:
    """Return samples of a worker of 80 MiB with noise, which grows by so many MiB an hour."""
    return [Sample(at, subject, "anonymous_mib", 80 + at % 3 / 10 + grows * at / 3600) for at in range(0, seconds, 10)]


MEMORY = next(bound for bound in checks.BOUNDS if bound.measure == "anonymous_mib")


@pytest.mark.parametrize(("grows", "passed"), [(0.0, True), (7.0, True), (-20.0, True), (14.0, False)])
def test_a_leak_is_found(grows, passed):
    """Of two kibibytes a request: 14 MiB an hour, at two requests a second."""
    assert checks.flatness(_samples(grows), MEMORY, lambda _: False).passed is passed


def test_a_longer_run_finds_a_smaller_leak():
    assert checks.flatness(_samples(7.0, seconds=4800), MEMORY, lambda _: False).passed is False


def test_the_worst_worker_decides():
    both = _samples(0.0) + _samples(20.0, subject="server 2 worker 2")
    verdict = checks.flatness(both, MEMORY, lambda _: False)
    assert (verdict.passed, "server 2 worker 2" in verdict.text) == (False, True)


def test_the_first_half_and_events_are_left_out():
    """A process warms up, and an outage is no leak."""
    grown = [one._replace(value=one.value - 30) if one.seconds < 1000 else one for one in _samples(0.0)]
    grown = [one._replace(value=one.value + 500) if one.seconds > 2000 else one for one in grown]
    assert checks.flatness(grown, MEMORY, lambda at: at > 2000).passed
    assert not checks.flatness(grown, MEMORY, lambda _: False).passed


def test_a_young_worker_is_not_judged():
    assert checks.flatness(_samples(900.0, seconds=800), MEMORY, lambda _: False).passed is None


@pytest.mark.parametrize(
    ("counted", "lost", "doubtful", "passed"),
    [(10, 0, 0, True), (9, 0, 0, False), (9, 1, 0, True), (9, 0, 1, True), (11, 1, 0, False), (11, 0, 1, True)],
)
def test_the_ledger_must_have_each_call(counted, lost, doubtful, passed):
    """But those that killed workers lose, and those whose answer is unknown."""
    sent = Counter({("new", "user", "ok"): 10})
    differences = stored.uncounted(sent, Counter({("new", "user", "ok"): counted}))
    [verdict] = checks.ledger(differences, lost, doubtful)
    assert verdict.passed is passed


def test_calls_under_another_name_are_found():
    """The sum alone would not show them."""
    sent, counted = Counter({("new", "user", "ok"): 10}), Counter({("new", "token", "ok"): 10})
    assert stored.uncounted(sent, counted) == {"new": (10, 10)}


def test_the_log_says_how_many_calls_are_lost():
    """In the words of server/hooks.py."""
    line = "Worker 4711 ended without its last flush: the ledger may lack up to 37 of its calls.\n"
    assert checks.lost_calls(line + "another line\n" + line) == 74


def test_calls_without_an_answer_are_doubtful():
    """And those of a flush that an outage of the database interrupts; all others are counted."""
    record = record_with(Disruption("database outage", 110.0, 120.0), Disruption("worker killed", 200.0, 201.0))
    for result, at in (("201 signed_in", 50.0), ("201 signed_in", 110.0 - FLUSH), (BROKEN, 200.0)):
        record.add(exchange(result, at=at))
    record.add(exchange("503 service_unavailable", at=200.5))
    assert (record.doubtful_calls, record.calls.total()) == (3, 2)


@pytest.mark.parametrize("passed", [False, None])
def test_a_run_with_a_failed_check_has_failed(passed):
    """And so has one in which something could not be judged."""
    good = checks.Verdict("a", passed=True, text="")
    outcome = Outcome(Record(), None, 1, "", "", [good])  # type: ignore[arg-type]  # nothing is sampled
    assert outcome.passed
    outcome.verdicts.append(checks.Verdict("b", passed=passed, text=""))
    assert not outcome.passed


def test_missing_samples_are_a_failure():
    assert not checks.complete([], 360).passed
    assert checks.complete(_samples(0.0, seconds=3600), 360).passed


def test_a_process_is_measured():
    mine = measure_process(os.getpid())
    assert mine["anonymous_mib"] > 1
    assert mine["pss_mib"] <= mine["rss_mib"]
    with open(os.devnull, "rb"):  # noqa: PTH123 - any descriptor
        assert measure_process(os.getpid())["descriptors"] == mine["descriptors"] + 1
    assert measure_process(2**22 + 1) == {}


def test_the_plot_shows_each_line_and_event(tmp_path):
    """It is made of the saved samples."""
    source = tmp_path / "samples.csv"
    lines = ["seconds,subject,measure,value", "0,server 1 worker 1,pss_mib,80", "60,server 1 worker 1,pss_mib,81"]
    source.write_text("\n".join([*lines, "0,fleet,errors_5xx,0", "60,fleet,errors_5xx,3"]), encoding="utf-8")
    root = ET.fromstring(plot(load(source), [(20.0, 30.0, "Redis <outage>")]))  # noqa: S314 - our own
    texts = {one.text for one in root.iter() if one.tag.endswith("text")}
    assert {"Redis <outage>", "server 1", "5xx", "1 min"} <= texts
    assert sum(one.tag.endswith("polyline") for one in root.iter()) == 2


@pytest.fixture
def echo():
    """A server that returns what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=answer, args=(client,), daemon=True).start()

        def answer(client: socket.socket) -> None:
            with client, suppress(OSError):
                while data := client.recv(100):
                    client.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _echoes(connection: socket.socket) -> bool:
    with suppress(OSError):
        connection.sendall(b"hello")
        return connection.recv(100) == b"hello"
    return False


def test_a_gate_can_be_shut_and_stalled(echo):
    """Shut, it resets old and new connections; stalled, it delivers everything afterwards."""
    with Gate(echo) as gate:

        def connect() -> socket.socket:
            return socket.create_connection(("127.0.0.1", gate.port), 5)

        with closing(connect()) as before:
            assert _echoes(before)
            gate.shut()
            assert not _echoes(before)
        with closing(connect()) as meanwhile:
            assert not _echoes(meanwhile)
        gate.open()
        with closing(connect()) as after:
            assert _echoes(after)
            gate.stall()
            after.settimeout(0.2)
            assert not _echoes(after)
            gate.open()
            after.settimeout(5)
            assert after.recv(100) == b"hello"
