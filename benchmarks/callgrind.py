"""Count the instructions of requests to a WSGI application in one process under Callgrind (valgrind.org).

The counts include all libraries and no kernel, so neither the scheduler nor other programs change them. Those of two
runs differ by less than half a percent.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.load import Request, UnexpectedResponseError
from benchmarks.processes import ROOT, ProcessError, environment_of, run_command, tail

_TOTAL = re.compile(r"^(?:totals|summary): ([0-9]+)$", re.MULTILINE)


def is_installed() -> bool:
    """Return True if Callgrind and the program that controls it are installed."""
    return all(shutil.which(program) for program in ("valgrind", "callgrind_control"))


class CountedApplication:
    """An application in a process under Callgrind."""

    def __init__(self, process: "subprocess.Popen[str]", out: Path, log: Path) -> None:
        self._process, self._out, self._log = process, out, log
        self._dumps = count(1)

    def answer(self, requests: Sequence[Request]) -> list[bytes]:
        """Answer requests, in turn, without counting; return the bodies."""
        self._prepare(requests)
        for _ in requests:
            self._exchange("")
        return self._bodies(requests)

    def count(self, requests: Sequence[Request]) -> int:
        """Answer requests, in turn, and return the least number of instructions of one.

        The others may contain what the process does every few seconds, under Callgrind after every few requests.

        :raises UnexpectedResponseError: a status or a body is not as expected.
        """
        self._prepare(requests)
        self._control("--instr=on")
        counts = []
        for _ in requests:
            self._exchange("")
            self._control("--dump")
            text = self._out.with_name(f"{self._out.name}.{next(self._dumps)}").read_text(encoding="utf-8")
            counts.append(int(_TOTAL.findall(text)[-1]))
        self._control("--instr=off")
        self._bodies(requests)
        return min(counts)

    def _prepare(self, requests: Sequence[Request]) -> None:
        self._exchange(json.dumps([request.data.decode("latin-1") for request in requests]))

    def _bodies(self, requests: Sequence[Request]) -> list[bytes]:
        bodies = []
        for request, (status, text) in zip(requests, json.loads(self._exchange("")), strict=True):
            body = text.encode("latin-1")
            if status not in request.statuses or request.contains not in body:
                raise UnexpectedResponseError(f"{status} {body[:1000]!r}")
            bodies.append(body)
        return bodies

    def _exchange(self, line: str) -> str:
        """Send a line to the process and return its next one.

        :raises ProcessError: it has ended.
        """
        stdin: Any = self._process.stdin
        stdout: Any = self._process.stdout
        try:
            stdin.write(f"{line}\n")
            stdin.flush()
        except BrokenPipeError:
            pass
        reply: str = stdout.readline()
        if not reply:
            raise ProcessError(f"the application has ended with {self._process.wait()}:\n{tail(self._log)}")
        return reply

    def _control(self, option: str) -> None:
        run_command(["callgrind_control", option, str(self._process.pid)], {})


@contextmanager
def counted_application(
    python: str, application: str, environment: Mapping[str, str], folder: Path
) -> Iterator[CountedApplication]:
    """Run a WSGI application under Callgrind until the block ends.

    :param python: its interpreter.
    :param application: as gunicorn takes it: `config.wsgi`.
    :param folder: for the log, and for a profile of each count, which `callgrind_annotate` reads.
    """
    out, log = folder / "callgrind.out", folder / "callgrind.log"
    for old in folder.glob("callgrind.out*"):
        old.unlink()
    command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}", python]
    command += ["-m", "benchmarks.in_process", application]
    # The order of sets, and with it the number of instructions, would depend on the seed.
    variables = environment_of({**environment, "PYTHONHASHSEED": "0"})
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=ROOT, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield CountedApplication(process, out, log)
        finally:
            process.kill()
