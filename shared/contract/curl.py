"""An example request as a curl command, for the documentation and the front page."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from shared.contract.resources import Access, Operation


def command(operation: Operation, url: str, body: Mapping[str, Any] | None = None) -> str:
    """Return the command that sends a request, with the access token of the shell variable `TOKEN` if it needs one.

    :param url: it may begin with a shell variable: `$BASE/user/`.
    """
    method = [] if operation.method == "GET" else [f"-X {operation.method}"]
    parts = [" ".join(["curl", *method, f'"{url}"'])]
    if operation.access is Access.REQUIRED:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    if body is not None:
        parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"]
    return " \\\n  ".join(parts)
