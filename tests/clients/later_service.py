"""A stand-in for a later release of the service: a proxy that changes values to ones that no client knows yet."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

CHANGES: dict[str, Any] = {
    "outcome": "outcome_of_a_later_release",
    "code": "code_of_a_later_release",
}


@contextmanager
def later_service(service_url: str) -> Iterator[str]:
    """Run the proxy and yield its URL. Each JSON object in an answer gets a new field as well."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = requests.post(f"{service_url}{self.path}", body, headers=dict(self.headers), timeout=60)
            content = {name: CHANGES.get(name, value) for name, value in answer.json().items()}
            changed = json.dumps({**content, "field_of_a_later_release": {}}).encode()
            self.send_response(answer.status_code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(changed)))
            self.end_headers()
            self.wfile.write(changed)

        def log_message(self, *args: Any) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
