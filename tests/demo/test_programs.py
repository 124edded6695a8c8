"""Programs that the demo starts, and their end."""

import time

import pytest

from demo import programs
from demo.programs import Program, ProgramEndedError


def test_what_a_program_has_written_tells_why_it_ended() -> None:
    """Its own words."""
    program = Program("The sandbox", ["sandbox", "serve", "--port", "none"], {})
    program.end(30)
    assert "'none' is not a port" in program.written()


def test_a_program_that_is_gone_is_missed() -> None:
    """The demo does not go on without it."""
    running = programs.Programs()
    program = running.start("The sandbox", "sandbox", "serve", "--port", "none")
    program.end(30)
    with pytest.raises(ProgramEndedError, match="The sandbox has ended unexpectedly"):
        running.check()


def test_a_program_that_does_not_listen_is_ended_all_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    """SIGTERM first, SIGKILL when patience is at an end; what it writes meanwhile is passed on."""
    program = Program("A deaf one", ["timeit", "-n1", "-r1", "-s", _DEAF, "time.sleep(600)"], {})
    program.aloud = True
    until = time.monotonic() + 60
    while "deaf" not in program.written() and time.monotonic() < until:
        time.sleep(0.05)
    program.ask_to_end()
    program.end(0)
    assert program.ended
    assert "deaf" in program.written()  # which waits for what passes it on
    assert "deaf" in capfd.readouterr().err
    program.ask_to_end()


_DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)"


def test_settings_of_the_shell_stay_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what every program needs is handed on."""
    monkeypatch.setenv("SOCIAL_AUTH_FACEBOOK_SECRET", "theirs")
    monkeypatch.setenv("PATH", "/bin")
    handed_on = programs.inherited()
    assert "PATH" in handed_on
    assert "SOCIAL_AUTH_FACEBOOK_SECRET" not in handed_on
