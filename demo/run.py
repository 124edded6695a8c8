"""The course of the demo: choose ports, start the services, run the walkthrough, keep serving."""

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import requests

from demo import roles, walkthrough
from demo.programs import DATABASES_PREFIX, FOLDER, Program, ProgramEndedError, Programs, inherited
from demo.terminal import Terminal

DEFAULT_PORT = 8000
DEFAULT_SANDBOX_PORT = 9100
START_TIMEOUT = 60
REPORT_INTERVAL = 5
"""Seconds between two lines about a program that does not answer yet."""
OPERATOR = "operator"
HOST = "127.0.0.1"
VERSIONS = ("/api/v1/", "/api/v2/")
"""Prefixes that a service may have; the older one will be removed some day."""


class CannotStartError(Exception):
    """The demo cannot start; the message says why."""


@dataclass(frozen=True, slots=True)
class Services:
    """The URLs of the running services."""

    sandbox: str
    service: str
    environment: Mapping[str, str]
    """The environment of `service`."""
    fresh: Mapping[str, str]
    """By prefix of a version, a service with an empty database for it."""
    extras: tuple[Program, ...]
    """The programs of `fresh`, which only the walkthrough needs."""


def run() -> int:
    """Run the demo and return the exit status."""
    terminal = Terminal(sys.stdout)
    try:
        port, sandbox_port = _ports()
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    # The databases are in a temporary folder: two demos do not share one, and none is left over.
    with tempfile.TemporaryDirectory(prefix=DATABASES_PREFIX) as folder, Programs() as programs:
        try:
            services = start(programs, terminal, port=port, sandbox_port=sandbox_port, folder=Path(folder))
            passed = walkthrough.walk(services.sandbox, services.service, services.fresh, terminal)
            programs.check()
            if os.environ.get("ONCE") == "1":
                return 0 if passed else 1
            programs.end(services.extras)
            _keep_serving(services, programs, terminal)
        except ProgramEndedError as error:
            terminal.line()
            sys.stderr.write(f"The demo cannot go on. {error}\n")
            return 1


def start(programs: Programs, terminal: Terminal, *, port: int, sandbox_port: int, folder: Path) -> Services:
    """Start the sandbox and the services and wait until they answer.

    :raises ProgramEndedError: one of them does not start.
    """
    sandbox = f"http://{HOST}:{sandbox_port}"
    terminal.line("Starting the sandbox, the service, and two services with empty databases:")
    programs.start("The sandbox", "sandbox", "serve", "--port", str(sandbox_port))
    environment = _environment(sandbox_port, f"http://localhost:{port}/")
    ports = [port, *free_ports(len(VERSIONS))]
    environments = [
        {**environment, "PORT": str(number), "DATABASE_URL": f"sqlite:///{folder}/{number}.sqlite3"} for number in ports
    ]
    started = [programs.start("The service", "server", **each) for each in environments]
    urls = [f"http://{HOST}:{number}" for number in ports]
    _wait_for("The sandbox", f"{sandbox}/personas", programs, terminal)
    for name, url in zip(("The service", "The first empty service", "The second empty service"), urls, strict=True):
        _wait_for(name, f"{url}/readyz", programs, terminal)
    mounted = [version for version in VERSIONS if _status(f"{urls[0]}{version}") == 200]
    fresh = dict(zip(mounted, urls[1:], strict=False))
    return Services(sandbox, f"http://localhost:{port}", environments[0], fresh, tuple(started[1:]))


def _environment(sandbox_port: int, front_page: str) -> dict[str, str]:
    printed = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "sandbox", "environment", "--port", str(sandbox_port), "--redirect-uri", front_page],
        cwd=FOLDER,
        env=inherited(),
        stdout=subprocess.PIPE,
        timeout=START_TIMEOUT,
        check=True,
    )
    return {
        **json.loads(printed.stdout),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ALLOWED_HOSTS": f"localhost,{HOST}",
        "LOG_LEVEL": "WARNING",
        "ADMIN": "1",
    }


def _create_operator(services: Services) -> str:
    """Create a user for the admin, as docs/operators.md describes, and return the password."""
    password = secrets.token_urlsafe(9)
    named = ("--no-input", "--username", OPERATOR, "--email", f"{OPERATOR}@example.com")
    subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "manage.py", "createsuperuser", *named],
        cwd=FOLDER,
        env={**inherited(), **services.environment, "DJANGO_SUPERUSER_PASSWORD": password},
        stdout=subprocess.DEVNULL,
        timeout=START_TIMEOUT,
        check=True,
    )
    return password


def _fill_a_year(services: Services) -> None:
    """Write the year that the dashboard shows, after the walkthrough, whose people are the first users."""
    subprocess.run(
        [sys.executable, "-m", "demo.seeded_year"],
        cwd=FOLDER,
        env={**inherited(), **services.environment},
        timeout=START_TIMEOUT,
        check=True,
    )


def _wait_for(name: str, url: str, programs: Programs, terminal: Terminal) -> None:
    began = reported = time.monotonic()
    while _status(url) != 200:
        programs.check()
        now = time.monotonic()
        if now - began > START_TIMEOUT:
            raise ProgramEndedError(f"There is no answer at {url} after {START_TIMEOUT} seconds.")
        if now - reported > REPORT_INTERVAL:
            reported = now
            terminal.line(f"  {name} does not answer yet, after {now - began:.0f} seconds.")
        time.sleep(0.2)
    terminal.line(f"  {name} answers.")


def _status(url: str) -> int:
    with requests.Session() as session:
        session.trust_env = False  # a proxy from the shell's environment cannot reach this machine
        try:
            return session.get(url, timeout=10).status_code
        except requests.RequestException:
            return 0


def _keep_serving(services: Services, programs: Programs, terminal: Terminal) -> NoReturn:
    versions = list(services.fresh)
    addresses = roles.Addresses(
        service=services.service,
        sandbox=services.sandbox,
        newest=versions[-1],
        user=OPERATOR,
        password=_create_operator(services),
        database=services.environment["DATABASE_URL"],
        migrates=len(versions) > 1,
    )
    _fill_a_year(services)
    roles.show(terminal, addresses)
    programs.echo()
    while True:
        time.sleep(0.5)
        programs.check()


def _ports() -> tuple[int, int]:
    port = _port("PORT", DEFAULT_PORT)
    if not is_free(port):
        raise CannotStartError(f"Port {port} is taken. Choose another one: make demo PORT={port + 1}")
    sandbox_port = _port("SANDBOX_PORT", DEFAULT_SANDBOX_PORT)
    if sandbox_port != port and is_free(sandbox_port):
        return port, sandbox_port
    if "SANDBOX_PORT" in os.environ:
        raise CannotStartError(f"Port {sandbox_port} is taken. Choose another SANDBOX_PORT, or none.")
    return port, next(free for free in free_ports(2) if free != port)


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 65536):
        raise CannotStartError(f"{name} is {text!r}: give a number from 1 to 65535.")
    return int(text)


def is_free(port: int) -> bool:
    """Return True if the service could listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Return different ports that are free at the moment."""
    probes = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
