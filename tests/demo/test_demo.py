"""The demo as a program: its output, its exit status, and that nothing is left over."""

import os
import re
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

from demo.programs import inherited
from demo.steps import MIGRATION, STEPS
from tests.e2e.servers import ROOT, free_port

pytestmark = pytest.mark.e2e

TIMEOUT = 120
"""Seconds for four programs to start and all steps, on a busy machine."""


class Demo:
    """A running demo, on its own ports."""

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
                    # Variables of a developer's shell must change nothing.
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
        until = time.monotonic() + TIMEOUT
        while text not in self.output():
            assert self.process.poll() is None, self.output() + self.err.read_text()
            assert time.monotonic() < until, self.output() + self.err.read_text()
            time.sleep(0.1)

    def output(self) -> str:
        return self.out.read_text(encoding="utf-8")

    def leftovers(self) -> list[str]:
        """Return the ports that are open and the files that are left."""
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
        demo.process.wait(TIMEOUT)


def test_once(tmp_path: Path) -> None:
    """With `ONCE=1` it exits with 0 if every answer was as expected; it prints no whole token."""
    with running_demo(tmp_path, ONCE="1") as demo:
        assert demo.process.wait(TIMEOUT) == 0, demo.output() + demo.err.read_text()
    lines = demo.output().splitlines()
    both = len(settings.APIS) > 1
    steps = len(STEPS) + (len(MIGRATION) if both else 0)
    assert lines[-1] == f"{steps} steps, {steps} as expected"
    if both:
        compared = len(STEPS) + sum(not step.on for step in MIGRATION)
        assert lines[-2] == f"{compared} exchanges, {compared} identical"
        assert sum(line.strip().startswith("identical") for line in lines) == compared
    assert not any(re.search(r"\.\.\.|^\.", line) for line in lines)  # waiting is reported in words
    first = demo.output().partition("\n1. ")[2].partition("\n2. ")[0]
    assert first.count('"outcome": "created"') == len(settings.APIS)
    assert "\x1b" not in demo.output()
    assert not any(len(word.strip('",')) > 40 for line in lines for word in line.split() if '"' in line)
    assert demo.err.read_text() == ""
    assert demo.leftovers() == []


def assert_the_admin_opens(browser: requests.Session, demo: Demo) -> None:
    found = re.search(r"(http://localhost:[0-9]+/admin/) +user (\w+), password (\S+)", demo.output())
    assert found is not None, demo.output()
    login = f"{found[1]}login/"
    form = browser.get(login, timeout=30)
    sent = {"username": found[2], "password": found[3], "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    answer = browser.post(login, {**sent, "next": "/admin/"}, headers={"Referer": login}, timeout=30)
    assert (form.status_code, answer.status_code, answer.url) == (200, 200, found[1])


def assert_the_commands_work(demo: Demo, folder: Path) -> None:
    """Run the commands that are printed for whoever retires v1; v1 is in use, so the status is 1."""
    variables = re.search(r"^ +export (.*)$", demo.output(), re.MULTILINE)
    commands = re.findall(r"^ +\.venv/bin/python (manage\.py .*)$", demo.output(), re.MULTILINE)
    assert variables is not None, demo.output()
    environment = {**inherited(), **dict(one.split("=", 1) for one in variables[1].split())}
    printed = {}
    for command in commands:
        name, *options = (
            command.replace("report.html", f"{folder}/report").replace("calls.csv", f"{folder}/calls").split()
        )
        ended = subprocess.run(  # noqa: S603 - what the demo has printed
            [sys.executable, name, *options], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        printed[options[0]] = (ended.returncode, ended.stdout.partition(":")[0], ended.stderr)
    assert printed == {"migration_status": (1, "Not yet", ""), "notify_clients": (0, "Nothing is due.\n", "")}


def test_it_serves_until_a_signal(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """After the steps it serves the front page; one signal then ends everything without an error."""
    with running_demo(tmp_path) as demo:
        demo.wait_for("Ctrl-C ends everything.")
        assert f"http://localhost:{demo.port}/" in demo.output()
        with requests.Session() as browser:
            browser.trust_env = False
            page = browser.get(f"http://127.0.0.1:{demo.port}/", timeout=30)
            assert (page.status_code, "Get a token" in page.text) == (200, True)
            assert_the_admin_opens(browser, demo)
            if len(settings.APIS) > 1:
                assert_the_commands_work(demo, tmp_path_factory.mktemp("files"))
            for role in ("You write a client", "You run the service"):
                assert f"\n  {role}\n" in demo.output()
            named = re.findall(r"^    (http\S+|docs/\S+)  ", demo.output(), re.MULTILINE)
            assert len(named) >= 7
            for place in named:
                if place.startswith("http"):
                    assert browser.get(place, timeout=30).status_code == 200, place
                else:
                    assert (ROOT / place).exists(), place
        demo.process.send_signal(signal.SIGTERM)
        assert demo.process.wait(TIMEOUT) == 0
    assert demo.err.read_text() == ""
    assert demo.leftovers() == []


def test_an_interruption_at_the_start_ends_everything(tmp_path: Path) -> None:
    """The programs started so far are ended; with `ONCE=1` an interruption is a failure."""
    with running_demo(tmp_path, ONCE="1") as demo:
        demo.wait_for("Starting the sandbox")
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(TIMEOUT) == 130
    assert demo.err.read_text() == ""
    assert demo.leftovers() == []


def test_a_port_in_use_is_an_error(tmp_path: Path) -> None:
    """One line says what to do, before anything is started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running_demo(tmp_path, PORT=str(port)) as demo:
            assert demo.process.wait(TIMEOUT) == 1
    assert demo.err.read_text() == f"Port {port} is taken. Choose another one: make demo PORT={port + 1}\n"
    assert demo.output() == ""


def test_an_invalid_port_is_an_error(tmp_path: Path) -> None:
    """The message names the variable and its value."""
    with running_demo(tmp_path, PORT="http") as demo:
        assert demo.process.wait(TIMEOUT) == 1
    assert demo.err.read_text() == "PORT is 'http': give a number from 1 to 65535.\n"


def test_a_sandbox_port_in_use_is_an_error(tmp_path: Path) -> None:
    """Only if SANDBOX_PORT is set; instead of the default port the demo takes a free one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running_demo(tmp_path, SANDBOX_PORT=str(port)) as demo:
            assert demo.process.wait(TIMEOUT) == 1
    assert demo.err.read_text() == f"Port {port} is taken. Choose another SANDBOX_PORT, or none.\n"
