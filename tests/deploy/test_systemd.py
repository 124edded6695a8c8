"""deploy/tandem.service: systemd accepts it, and the service runs as it says."""

import configparser
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from server import gunicorn_settings
from tests import SECRET_KEY
from tests.e2e.servers import READY_WITHIN, ROOT, free_port

UNIT = ROOT / "deploy" / "tandem.service"
FOLDER = "/opt/tandem"


class _Unit(configparser.RawConfigParser):
    """A unit file: keys may repeat, and keep their case."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def service() -> dict[str, str]:
    """Return the section of the service; of a repeated key, the last value."""
    unit = _Unit(strict=False, interpolation=None)
    unit.read(UNIT, encoding="utf-8")
    return dict(unit["Service"])


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607 - our files; from PATH


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` reports nothing about it, with the folder in which it is installed here."""
    text = UNIT.read_text(encoding="utf-8").replace(FOLDER, str(ROOT))
    copy = tmp_path / UNIT.name
    copy.write_text(text, encoding="utf-8")
    ended = _analyze("verify", str(copy))
    # It also loads the units of the machine, which are not ours.
    assert [line for line in ended.stderr.splitlines() if UNIT.name in line] == []


def test_systemd_finds_it_hardened() -> None:
    """`systemd-analyze security` rates its exposure at 1.5 of 10 at most."""
    ended = _analyze("security", "--offline=true", "--threshold=15", str(UNIT))
    assert ended.returncode == 0, ended.stdout


def test_the_supervisors_wait_long_enough() -> None:
    """systemd and a container engine kill after the graceful stop could have ended."""
    seconds = service()["TimeoutStopSec"]
    assert int(seconds) == gunicorn_settings.graceful_timeout + 5
    assert f"stop_grace_period: {seconds}s" in (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")


@pytest.fixture
def notifications(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket on which systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(READY_WITHIN)
        yield listener


@pytest.mark.process
def test_the_service_runs_as_the_unit_says(tmp_path: Path, notifications: socket.socket) -> None:
    """It reports that it is ready, reloads, and ends in time, with no variable but the file's and no home directory."""
    unit, port = service(), free_port()
    assert unit["Type"] == "notify"
    command = shlex.split(unit["ExecStart"].replace(FOLDER, str(ROOT)))
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": f"{tmp_path}/log/home",  # below a file, so that nobody can create it
        "TMPDIR": str(tmp_path),
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "PORT": str(port),
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)  # noqa: S603 - our own
    try:
        assert notifications.recv(4096).startswith(b"READY=1")
        assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=READY_WITHIN).status_code == 200
        before = _children(process.pid)
        subprocess.run(shlex.split(unit["ExecReload"].replace("$MAINPID", str(process.pid))), check=True)  # noqa: S603 - our own
        _await(lambda: bool(_children(process.pid)) and not before & _children(process.pid))
        assert requests.get(f"http://127.0.0.1:{port}/livez", timeout=READY_WITHIN).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(int(unit["TimeoutStopSec"])) == 0
    finally:
        process.kill()
        process.wait()
    assert "ERROR" not in (tmp_path / "log").read_text(encoding="utf-8")


def _children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()}


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
