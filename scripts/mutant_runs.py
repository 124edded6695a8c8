"""Runs of tests against mutants, in forked processes."""

import contextlib
import functools
import gc
import json
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType

import coverage
import pytest

from scripts.mutations import Mutant

ROOT = Path(__file__).resolve().parent.parent
KILLED, SURVIVED, TIMEOUT = "killed", "survived", "timeout"
MANY = 500
"""Of lines that more tests run, only the first case of each further test is run."""
CONTROLS = 200
"""How many tests of each file are run without a mutant first."""
_PASSED, _FAILED, _BROKEN = 0, 1, 99


class Tests:
    """The lines that each test runs, and the durations of the tests."""

    def __init__(self, data_file: Path) -> None:
        self._data = coverage.CoverageData(data_file)
        self._data.read()
        self._durations: dict[str, float] = json.loads(_durations_file(data_file).read_text())
        self._positions = {test: position for position, test in enumerate(self._durations)}

    def of_lines(self, path: Path, lines: Iterable[int]) -> list[str]:
        """Return the tests that run any of these lines, those in test files that run most of the file first."""
        by_line = self._by_line(path)
        return self._sorted(path, set().union(*(by_line.get(line, ()) for line in lines)))

    def of_file(self, path: Path) -> list[str]:
        """Return the tests that run any line of a file, likewise sorted."""
        return self._sorted(path, set().union(*self._by_line(path).values()))

    def all(self, path: Path) -> list[str]:
        """Return all tests, likewise sorted."""
        return self._sorted(path, self._durations)

    def seconds(self, tests: Iterable[str]) -> float:
        """Return how long these tests may take."""
        return 15 + 3 * sum(self._durations[test] for test in tests)

    @functools.cache  # noqa: B019 - one object, for the whole run
    def _by_line(self, path: Path) -> dict[int, set[str]]:
        found = self._data.contexts_by_lineno(str(path))
        return {line: {test for test in tests if test} for line, tests in found.items()}

    @functools.cache  # noqa: B019 - likewise
    def _reach(self, path: Path) -> Counter[str]:
        return Counter(file for tests in self._by_line(path).values() for file in {_file_of(test) for test in tests})

    def _sorted(self, path: Path, tests: Iterable[str]) -> list[str]:
        reach = self._reach(path)
        found = sorted(tests, key=lambda test: (-reach[_file_of(test)], _file_of(test), self._positions[test]))
        rest = {test.partition("[")[0]: test for test in reversed(found[MANY:])}
        return [*found[:MANY], *reversed(rest.values())]


def _file_of(test: str) -> str:
    return test.partition("::")[0]


def _durations_file(data_file: Path) -> Path:
    return data_file.with_suffix(".json")


class Warm:
    """A plugin of pytest that runs tests for each mutant in a fork, instead of all tests once.

    The process has imported everything and created the database. The forks put the changed code into the functions.
    """

    def __init__(self, mutants: Sequence[Mutant], data_file: Path, processes: int) -> None:
        self._mutants, self._data_file, self._processes = mutants, data_file, processes
        self.outcomes: dict[int, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Test the mutants of functions."""
        items = {item.nodeid: item for item in session.items}
        self._create_database(session)
        print("\nrunning all tests without a mutant", flush=True)
        if _wait(_fork(lambda: self._record(session))) != _PASSED:
            sys.exit("The tests fail without a mutant.")
        tests = Tests(self._data_file)
        functions = _functions()
        gc.freeze()  # a collection in a fork would copy all pages
        chosen = {
            number: tests.of_lines(ROOT / mutant.path, mutant.lines)
            for number, mutant in enumerate(self._mutants)
            if mutant.function
        }
        for path in {mutant.path for mutant in self._mutants}:
            # In the order in which mutants are tested: without this, a test that fails in it would kill each of them.
            control = [items[name] for name in tests.of_file(ROOT / path)[:CONTROLS]]
            if _wait(_fork(functools.partial(self._test, None, control, functions))) != _PASSED:
                sys.exit(f"The tests of {path} fail without a mutant.")
        jobs = (
            _Job(
                number,
                self._mutants[number],
                tests.seconds(names),
                functools.partial(self._test, self._mutants[number], [items[name] for name in names], functions),
            )
            for number, names in chosen.items()
            if names
        )
        self.outcomes = dict(_outcomes(jobs, self._processes))
        return True

    def _record(self, session: pytest.Session) -> int:
        """Run all tests, and write which lines each test runs and how long it takes."""
        durations: dict[str, float] = {}
        include = [str(ROOT / path) for path in {mutant.path for mutant in self._mutants}]
        measured = coverage.Coverage(data_file=self._data_file, include=include, config_file=False)
        measured.start()
        for item, following in _with_next(session.items):
            began = time.perf_counter()
            measured.switch_context(item.nodeid)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            measured.switch_context("")
            durations[item.nodeid] = time.perf_counter() - began
        measured.stop()
        measured.save()
        _durations_file(self._data_file).write_text(json.dumps(durations))
        return _FAILED if session.testsfailed else _PASSED

    @staticmethod
    def _create_database(session: pytest.Session) -> None:
        """Run one test that uses the database, and keep the fixtures of the session only."""
        first = next(item for item in session.items if item.get_closest_marker("django_db"))
        # The next test may be in any folder: of the collectors above it, only the session is sure to be one.
        first.config.hook.pytest_runtest_protocol(item=first, nextitem=session)

    @staticmethod
    def _test(
        mutant: Mutant | None, items: Sequence[pytest.Item], functions: Mapping[tuple[str, int], list[FunctionType]]
    ) -> int:
        if mutant:
            path = str(ROOT / mutant.path)
            changed = next(code for code in _codes(mutant.compile(ROOT)) if code.co_firstlineno == mutant.function)
            for function in functions[path, mutant.function]:
                function.__code__ = changed
        for item, following in _with_next(items):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if item.session.testsfailed:
                return _FAILED
        return _PASSED


def _with_next(items: Sequence[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    return zip(items, [*items[1:], None], strict=True)


def _functions() -> dict[tuple[str, int], list[FunctionType]]:
    """Return all functions by file and first line, also decorated ones."""
    found: dict[tuple[str, int], list[FunctionType]] = {}
    for one in gc.get_objects():
        if isinstance(one, FunctionType):
            found.setdefault((one.__code__.co_filename, one.__code__.co_firstlineno), []).append(one)
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of the functions of a module and of its classes."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def in_warm_process(plugin: Warm, arguments: Sequence[str], results: Path) -> dict[int, str]:
    """Return the outcomes of mutants of functions, by number. This process stays without imports of the project."""

    def run() -> int:
        status = pytest.main([*arguments, "-s"], plugins=[plugin])
        results.write_text(json.dumps(list(plugin.outcomes.items())))
        return status

    if _wait(_fork(run, quiet=False)) != _PASSED:
        sys.exit("pytest failed.")
    return dict(json.loads(results.read_text()))


def in_new_processes(
    mutants: Sequence[Mutant],
    chosen: Mapping[int, Sequence[str]],
    tests: Tests,
    processes: int,
    arguments: Sequence[str],
) -> dict[int, str]:
    """Return the outcomes of mutants, each imported anew. A mutant without tests survives."""
    jobs = (
        _Job(
            number,
            mutants[number],
            tests.seconds(names),
            functools.partial(_test_imported, mutants[number], names, arguments),
        )
        for number, names in chosen.items()
        if names
    )
    return dict.fromkeys(chosen, SURVIVED) | dict(_outcomes(jobs, processes))


def _test_imported(mutant: Mutant, tests: Sequence[str], arguments: Sequence[str]) -> int:
    path, code, unchanged = str(ROOT / mutant.path), mutant.compile(ROOT), SourceFileLoader.get_code
    SourceFileLoader.get_code = lambda self, name: code if self.path == path else unchanged(self, name)
    files = list(dict.fromkeys(_file_of(test) for test in tests))
    return pytest.main([*arguments, "-x", *files], plugins=[_Only(set(tests))])


class _Only:
    """A plugin of pytest that runs these tests only."""

    def __init__(self, tests: Collection[str]) -> None:
        self._tests = tests

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self._tests]


@dataclass(slots=True)
class _Job:
    number: int
    mutant: Mutant
    seconds: float
    test: Callable[[], int]
    ends: float = 0.0


def _outcomes(jobs: Iterable[_Job], processes: int) -> Iterator[tuple[int, str]]:
    """Run jobs in forked processes, several at a time; yield the number of each with its outcome."""
    running: dict[int, _Job] = {}
    try:
        for started, job in enumerate(jobs):
            if started % 50 == 0:
                print(time.strftime("%H:%M:%S"), started, "mutants tested", flush=True)
            while len(running) >= processes:
                yield from _ended(running)
            job.ends = time.monotonic() + 20 * job.seconds
            running[_fork(job.test, seconds=job.seconds)] = job
        while running:
            yield from _ended(running)
    finally:
        for pid in running:
            _kill(pid)


def _ended(running: dict[int, _Job]) -> Iterator[tuple[int, str]]:
    time.sleep(0.01)
    for pid, job in list(running.items()):
        if time.monotonic() > job.ends:
            _kill(pid)
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            _kill(pid)  # what it has started
            del running[pid]
            code = os.waitstatus_to_exitcode(status)
            if code == _BROKEN:
                raise RuntimeError("a mutant could not be tested")
            if code == _PASSED:
                print(f"these tests notice nothing: {job.mutant.path}: {job.mutant.name}", flush=True)
            yield job.number, TIMEOUT if code < 0 else SURVIVED if code == _PASSED else KILLED


def _fork(run: Callable[[], int], *, seconds: float | None = None, quiet: bool = True) -> int:
    """Return the id of a process that exits with what a function returns; limit its CPU time."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = _BROKEN
    try:
        if quiet:
            os.setpgid(0, 0)
            nowhere = os.open(os.devnull, os.O_RDWR)
            for descriptor in range(3):
                os.dup2(nowhere, descriptor)
        if seconds:
            # Not the time on the clock, so that a busy machine kills no mutant.
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
        status = run()
    finally:
        sys.stdout.flush()
        os._exit(status)


def _wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
