"""Starting and ending the demo's programs."""

import time

import pytest

from demo import programs
from demo.programs import Program, ProgramEndedError


def test_the_output_of_a_program_is_kept() -> None:
    """It shows why the program ended."""
    program = Program("The sandbox", ["sandbox", "serve", "--port", "none"], {})
    program.wait(30)
    assert "'none' is not a port" in program.output()


def test_a_program_that_has_ended_is_an_error() -> None:
    """The demo does not go on without it."""
    running = programs.Programs()
    program = running.start("The sandbox", "sandbox", "serve", "--port", "none")
    program.wait(30)
    with pytest.raises(ProgramEndedError, match="The sandbox has ended unexpectedly"):
        running.check()


def test_a_program_that_ignores_sigterm_is_killed(capfd: pytest.CaptureFixture[str]) -> None:
    """SIGTERM first, SIGKILL after the timeout; its output is copied to standard error meanwhile."""
    program = Program("A program", ["timeit", "-n1", "-r1", "-s", _IGNORES_SIGTERM, "time.sleep(600)"], {})
    program.echo = True
    until = time.monotonic() + 60
    while "started" not in program.output() and time.monotonic() < until:
        time.sleep(0.05)
    program.terminate()
    program.wait(0)
    assert program.ended
    assert "started" in program.output()  # waits for the thread that reads it
    assert "started" in capfd.readouterr().err
    program.terminate()


_IGNORES_SIGTERM = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('started', flush=True)"


def test_programs_inherit_only_common_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings in the shell do not reach them."""
    monkeypatch.setenv("SOCIAL_AUTH_FACEBOOK_SECRET", "theirs")
    monkeypatch.setenv("PATH", "/bin")
    variables = programs.inherited()
    assert "PATH" in variables
    assert "SOCIAL_AUTH_FACEBOOK_SECRET" not in variables
