"""What the story needs: the sandbox, the service that the visitor will use, and a fresh service for each version."""

import json
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from demo.programs import FOLDER, Program, ProgramEndedError, Programs, inherited
from demo.terminal import Screen

READY_WITHIN = 60
HOST = "127.0.0.1"
VERSIONS = ("/api/v1/", "/api/v2/")
"""What a service may have mounted; the older one leaves some day."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything is."""

    sandbox: str
    service: str
    fresh: Mapping[str, str]
    """A service by the prefix of the version that it is for; their databases were empty at the start."""
    extras: tuple[Program, ...]
    """The programs that only the story needs."""


def build(programs: Programs, screen: Screen, *, port: int, sandbox_port: int, folder: Path) -> Stage:
    """Start everything and wait until it answers.

    :raises ProgramEndedError: where something does not start.
    """
    sandbox = f"http://{HOST}:{sandbox_port}"
    screen.line("Starting the providers of the sandbox, the service, and two more of it with empty databases")
    programs.start("The sandbox", "sandbox", "serve", "--port", str(sandbox_port))
    environment = _environment(sandbox_port)
    ports = [port, *free_ports(len(VERSIONS))]
    started = [
        programs.start(
            "The service",
            "server",
            **environment,
            PORT=str(number),
            DATABASE_URL=f"sqlite:///{folder}/{number}.sqlite3",
        )
        for number in ports
    ]
    urls = [f"http://{HOST}:{number}" for number in ports]
    for url in (f"{sandbox}/personas", *(f"{url}/readyz" for url in urls)):
        _await(url, programs, screen)
    mounted = [version for version in VERSIONS if _get(f"{urls[0]}{version}") == 200]
    fresh = dict(zip(mounted, urls[1:], strict=False))
    return Stage(sandbox, f"http://localhost:{port}", fresh, tuple(started[1:]))


def is_free(port: int) -> bool:
    """Say whether the service could listen on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - the address that the server will bind
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Give ports that nobody listens on at this moment, all different."""
    probes = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _environment(sandbox_port: int) -> dict[str, str]:
    printed = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", "sandbox", "environment", "--port", str(sandbox_port)],
        cwd=FOLDER,
        env=inherited(),
        stdout=subprocess.PIPE,
        timeout=READY_WITHIN,
        check=True,
    )
    return {
        **json.loads(printed.stdout),
        "SECRET_KEY": secrets.token_urlsafe(32),
        "ALLOWED_HOSTS": f"localhost,{HOST}",
        "LOG_LEVEL": "WARNING",
    }


def _await(url: str, programs: Programs, screen: Screen) -> None:
    until = time.monotonic() + READY_WITHIN
    while _get(url) != 200:
        programs.check()
        if time.monotonic() > until:
            raise ProgramEndedError(f"There is no answer at {url} after {READY_WITHIN} seconds.")
        screen.tick()
        time.sleep(0.2)


def _get(url: str) -> int:
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the shell leads away from this machine
        try:
            return session.get(url, timeout=10).status_code
        except requests.RequestException:
            return 0
