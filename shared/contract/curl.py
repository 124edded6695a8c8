"""An example exchange as a curl command, for the documentation and the front page."""

import json
import shlex

from shared.contract.resources import Access, Exchange


def command(exchange: Exchange, base: str) -> str:
    """Return the command that sends an exchange's request, with the access token of the shell variable `TOKEN`.

    :param base: the URL of an API's root without its last slash, or a shell variable with it: `$BASE`.
    """
    method = [] if exchange.method == "GET" else [f"-X {exchange.method}"]
    parts = [" ".join(["curl", *method, f'"{base}/{exchange.path}"'])]
    if exchange.operation.access is Access.REQUIRED:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    if exchange.example.request is not None:
        body = json.dumps(exchange.example.request, ensure_ascii=False)
        parts += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(body)}"]
    return " \\\n  ".join(parts)
