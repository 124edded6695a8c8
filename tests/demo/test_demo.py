"""The demo as a person starts it: a program, its output, its end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from django.conf import settings

from demo.steps import MOVE, STORY
from tests.e2e.servers import ROOT, free_port

pytestmark = pytest.mark.e2e

WITHIN = 120
"""Seconds for four programs to start and the whole story, on a machine with much else to do."""


class Demo:
    """A demo of one's own, on ports of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port, self.sandbox_port = free_port(), free_port()
        self.out, self.err = folder / "out", folder / "err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "demo"],
                cwd=ROOT,
                env={
                    **os.environ,
                    "PORT": str(self.port),
                    "SANDBOX_PORT": str(self.sandbox_port),
                    "TMPDIR": str(folder),
                    # What a developer's shell may hold must change nothing.
                    "SOCIAL_PROVIDERS": "nonsense",
                    "DATABASE_URL": "sqlite:////nowhere/at.all",
                    "http_proxy": "http://127.0.0.1:9",
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + WITHIN
        while text not in self.said():
            assert self.process.poll() is None, self.said() + self.err.read_text()
            assert time.monotonic() < until, self.said() + self.err.read_text()
            time.sleep(0.1)

    def said(self) -> str:
        return self.out.read_text(encoding="utf-8")

    def left_behind(self) -> list[str]:
        """What still listens, and what still lies about."""
        listening = [f"port {port}" for port in (self.port, self.sandbox_port) if _is_open(port)]
        return listening + [path.name for path in self.out.parent.iterdir() if path not in {self.out, self.err}]


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running_demo(folder: Path, **environment: str) -> Iterator[Demo]:
    demo = Demo(folder, **environment)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.terminate()
        demo.process.wait(WITHIN)


def test_the_story_alone(tmp_path: Path) -> None:
    """`ONCE=1` ends with success when every answer was as it should be, and shows no whole token."""
    with running_demo(tmp_path, ONCE="1") as demo:
        assert demo.process.wait(WITHIN) == 0, demo.said() + demo.err.read_text()
    lines = demo.said().splitlines()
    both = len(settings.APIS) > 1
    steps = len(STORY) + (len(MOVE) if both else 0)
    assert lines[-1] == f"{steps} steps, {steps} as expected"
    if both:
        compared = len(STORY) + sum(not step.on for step in MOVE)
        assert lines[-2] == f"{compared} exchanges, {compared} identical"
        assert sum(line.strip().startswith("identical") for line in lines) == compared
    assert "\x1b" not in demo.said()
    assert not any(len(word.strip('",')) > 40 for line in lines for word in line.split() if '"' in line)
    assert demo.err.read_text() == ""
    assert demo.left_behind() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    """After the story the front page is there; then one signal ends everything, quietly."""
    with running_demo(tmp_path) as demo:
        demo.wait_for("Ctrl-C ends everything.")
        assert f"http://localhost:{demo.port}/" in demo.said()
        with requests.Session() as browser:
            browser.trust_env = False
            page = browser.get(f"http://127.0.0.1:{demo.port}/", timeout=30)
            assert (page.status_code, "Get a token" in page.text) == (200, True)
        demo.process.send_signal(number)
        assert demo.process.wait(WITHIN) == 0
    assert demo.err.read_text() == ""
    assert demo.left_behind() == []


def test_an_early_end_is_a_clean_one(tmp_path: Path) -> None:
    """Whatever has been started by then is ended; the story alone has not succeeded."""
    with running_demo(tmp_path, ONCE="1") as demo:
        demo.wait_for("Starting the providers")
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(WITHIN) == 130
    assert demo.err.read_text() == ""
    assert demo.left_behind() == []


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """One line that says what to do, before anything is started."""
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104 - the address that the server would bind
        taken.listen()
        port = taken.getsockname()[1]
        with running_demo(tmp_path, PORT=str(port)) as demo:
            assert demo.process.wait(WITHIN) == 1
    assert demo.err.read_text() == f"Port {port} is taken. Choose another one: make demo PORT={port + 1}\n"
    assert demo.said() == ""


def test_a_port_must_be_one(tmp_path: Path) -> None:
    """A value that cannot be read is named."""
    with running_demo(tmp_path, PORT="http") as demo:
        assert demo.process.wait(WITHIN) == 1
    assert demo.err.read_text() == "PORT is 'http': give a number from 1 to 65535.\n"


def test_a_taken_port_of_the_sandbox_is_named(tmp_path: Path) -> None:
    """Where it was asked for; the default one gives way to a free one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running_demo(tmp_path, SANDBOX_PORT=str(port)) as demo:
            assert demo.process.wait(WITHIN) == 1
    assert demo.err.read_text() == f"Port {port} is taken. Choose another SANDBOX_PORT, or none.\n"
