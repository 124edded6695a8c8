"""The command line: serve the providers, or print the environment of a service that uses them."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence

from sandbox.providers import PROVIDERS, oidc
from sandbox.registrations import OURS, Registration
from sandbox.server import HOST, SandboxServer

DEFAULT_PORT = 9100
ENABLED = ("facebook", "twitter", "instagram", "google-oauth2", "github")
"""The providers that the environment enables; it has the settings of all others too."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    chosen = _parser().parse_args(arguments)
    if chosen.command == "environment":
        print(json.dumps(environment(f"http://{HOST}:{chosen.port}"), indent=2))
        return 0
    return serve(chosen.port, verbose=chosen.verbose)


def serve(port: int, *, verbose: bool = False) -> int:
    """Serve until SIGINT or SIGTERM and return the exit status."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        server = SandboxServer(port, verbose=verbose)
    except OSError as error:
        print(f"The sandbox cannot listen on {HOST}:{port}: {error.strerror}.", file=sys.stderr)
        return 1
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        print(f"Sandbox providers on {server.url}", flush=True)
        stopped.wait()
        server.shutdown()
    return 0


def environment(server: str) -> dict[str, str]:
    """Return the environment variables of a service that uses the sandbox at this URL."""
    hosts = {
        origin: f"{server}/{provider.name}{path}" for provider in PROVIDERS for origin, path in provider.hosts.items()
    }
    variables = {
        "SANDBOX": "1",
        "PROVIDER_HOSTS": json.dumps(hosts),
        "SOCIAL_PROVIDERS": ",".join(ENABLED),
    }
    for name, registration in OURS.items():
        prefix = f"SOCIAL_AUTH_{name.upper().replace('-', '_')}"
        variables |= {f"{prefix}_{setting}": value for setting, value in _settings(name, registration).items()}
    return variables


def _settings(name: str, registration: Registration) -> dict[str, str]:
    if name == "apple-id":
        # Apple's `_KEY` is the id of a signing key; checking an id_token needs no secret.
        return {"CLIENT": registration.client_id}
    settings = {"KEY": registration.client_id, "SECRET": registration.secret}
    if registration.app_id is not None:
        settings["APP_ID"] = str(registration.app_id)
    if name == "oidc":
        settings["OIDC_ENDPOINT"] = oidc.ISSUER
    return settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Stand-ins for identity providers.")
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="serve the providers until interrupted")
    serving.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 chooses a free port")
    serving.add_argument("--verbose", action="store_true", help="print each request, without its query string")
    printing = commands.add_parser("environment", help="print the service's environment as JSON")
    printing.add_argument("--port", type=_port, default=DEFAULT_PORT, help="the port that the sandbox serves on")
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
