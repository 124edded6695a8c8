"""Make first sign-ups in a process that has warmed up, and print as JSON what each of them loaded and compiled.

`python -m tests.server.first_sign_up` reads the sign-ups from the environment: a JSON list of paths and fields.
"""

import io
import json
import os
import re
import sys
from typing import Any
from wsgiref.util import setup_testing_defaults

from config.wsgi import application


def sign_up(path: str, fields: dict[str, Any]) -> str:
    """Return the status of a sign-up."""
    body = json.dumps(fields).encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    statuses: list[str] = []

    def start_response(status: str, *_: Any) -> Any:
        statuses.append(status)

    response: Any = application(environ, start_response)
    b"".join(response)
    response.close()
    return statuses[0]


def main() -> None:
    """Warm up, make the sign-ups and print the results."""
    from config.warm_up import warm_up  # noqa: PLC0415 - the application loads the apps first

    warm_up()
    compiled: list[str] = []
    compiler: Any = re._compiler  # type: ignore[attr-defined]  # private: Python has no other way to observe it
    compile_pattern = compiler.compile

    def observed(pattern: Any, *args: Any) -> Any:
        compiled.append(str(pattern))
        return compile_pattern(pattern, *args)

    compiler.compile = observed
    results = []
    for path, fields in json.loads(os.environ["SIGN_UPS"]):
        compiled.clear()
        known = set(sys.modules)
        status = sign_up(path, fields)
        results.append({"status": status, "loaded": sorted(set(sys.modules) - known), "compiled": list(compiled)})
    print(json.dumps(results))  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main()
