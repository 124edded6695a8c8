"""What the team of the shop does, and what its visitors do."""

import io
import shlex
from typing import Any

from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client

from tests.contract.answers import Response
from tests.contract.conftest import HOST

Outcomes = list[tuple[str, int, str]]
"""Commands, their exit codes, and what they have written."""


def run(command: str) -> tuple[str, int, str]:
    """Run a command of the page; gives it with its exit code and what it has written."""
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
    """Say whether a command of the page is for this shop: it may have no keys."""
    name, *arguments = command.split()
    if name == "migrate" and arguments:
        return apps.is_installed(arguments[0])
    return bool(keys) or "key" not in name


def assert_refused(answer: Response, code: str) -> None:
    """Check an error; that the shop adds a header is the shop's affair."""
    assert (answer.status_code in {400, 401}, answer.json()["code"]) == (True, code)


def visit(path: str, **extra: Any) -> Any:
    """Visit the shop itself."""
    return Client(SERVER_NAME=HOST, raise_request_exception=False).get(path, **extra)
