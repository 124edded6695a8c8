"""Commands that the shop's team runs, and requests to the shop."""

import io
import shlex
from typing import Any

from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client

from tests.contract.answers import Response
from tests.contract.conftest import HOST

Outcomes = list[tuple[str, int, str]]
"""Commands, their exit codes, and their output."""


def run(command: str) -> tuple[str, int, str]:
    """Run a management command; return it with its exit code and output."""
    output = io.StringIO()
    name, *arguments = shlex.split(command)
    try:
        call_command(name, *arguments, stdout=output, stderr=output)
    except CommandError as error:
        return command, error.returncode, f"{output.getvalue()}{error}"
    except SystemExit as end:
        return command, int(end.code or 0), output.getvalue()
    return command, 0, output.getvalue()


def is_for(command: str, keys: dict[str, str]) -> bool:
    """Return True if a command of the page applies to this shop, which may have no keys."""
    name, *arguments = command.split()
    if name == "migrate" and arguments:
        return apps.is_installed(arguments[0])
    return bool(keys) or "key" not in name


def assert_refused(answer: Response, code: str) -> None:
    """Check the status and the code of an error; the shop adds headers of its own."""
    assert (answer.status_code in {400, 401}, answer.json()["code"]) == (True, code)


def visit(path: str, **extra: Any) -> Any:
    """Return the answer of a page of the shop."""
    return Client(SERVER_NAME=HOST, raise_request_exception=False).get(path, **extra)
