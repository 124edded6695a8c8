"""The command line: serve the providers, or print the environment of a service that uses them."""

import argparse
import json
import shlex
import signal
import sys
import threading
from collections.abc import Mapping, Sequence

from sandbox.providers import PROVIDERS, microsoft, oidc
from sandbox.registrations import (
    APP_REDIRECT_URIS,
    APPLE_KEY,
    APPLE_TEAM,
    NATIVE,
    OURS,
    Registration,
    apple_key_pem,
)
from sandbox.server import HOST, SandboxServer

DEFAULT_PORT = 9100
ENABLED = ("facebook", "twitter", "instagram", "google-oauth2", "apple-id", "github")
"""The providers that the environment enables; it has the settings of all others too."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    chosen = _parser().parse_args(arguments)
    if chosen.command == "environment":
        variables = environment(f"http://{HOST}:{chosen.port}", chosen.redirect_uri)
        print(json.dumps(variables, indent=2) if chosen.format == "json" else _shell(variables))
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


def environment(server: str, redirect_uris: Sequence[str] = ()) -> dict[str, str]:
    """Return the environment variables of a service that uses the sandbox at this URL.

    Args:
        server: The URL of the sandbox.
        redirect_uris: Where apps receive codes besides the registered addresses, such as a page of the service.
    """
    hosts = {
        origin: f"{server}/{provider.name}{path}" for provider in PROVIDERS for origin, path in provider.hosts.items()
    }
    variables = {
        "SANDBOX": "1",
        "PROVIDER_HOSTS": json.dumps(hosts),
        "SOCIAL_PROVIDERS": ",".join(ENABLED),
    }
    receiving = {"REDIRECT_URIS": ",".join([*APP_REDIRECT_URIS, f"{server}/received", *redirect_uris])}
    for name, registration in OURS.items():
        prefix = f"SOCIAL_AUTH_{name.upper().replace('-', '_')}"
        settings = _settings(name, registration) | receiving
        if name in NATIVE:
            settings["NATIVE_CLIENT_ID"] = NATIVE[name].client_id
        variables |= {f"{prefix}_{setting}": value for setting, value in settings.items()}
    return variables


def _shell(variables: Mapping[str, str]) -> str:
    """Return assignments for a shell: `set -a; . ./file`."""
    return "\n".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())


def _settings(name: str, registration: Registration) -> dict[str, str]:
    if name == "apple-id":
        return {
            "CLIENT": registration.client_id,
            "TEAM": APPLE_TEAM,
            "KEY": APPLE_KEY,
            "SECRET": apple_key_pem(registration),
        }
    settings = {"KEY": registration.client_id, "SECRET": registration.secret}
    if registration.app_id is not None:
        settings["APP_ID"] = str(registration.app_id)
    if name == "azuread-v2-tenant-oauth2":
        settings["TENANT_ID"] = microsoft.TENANT
    if name == "oidc":
        settings["OIDC_ENDPOINT"] = oidc.ISSUER
    return settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Stand-ins for identity providers.")
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="serve the providers until interrupted")
    serving.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 chooses a free port")
    serving.add_argument("--verbose", action="store_true", help="print each request, without its query string")
    printing = commands.add_parser("environment", help="print the environment of a service that uses them")
    printing.add_argument("--port", type=_port, default=DEFAULT_PORT, help="the port that the sandbox serves on")
    printing.add_argument("--format", choices=("json", "shell"), default="json", help="shell: lines NAME='value'")
    printing.add_argument(
        "--redirect-uri",
        type=_redirect_uri,
        action="append",
        default=[],
        help="a page on this machine that receives codes, besides the registered addresses; repeatable",
    )
    return parser


def _redirect_uri(text: str) -> str:
    if not OURS["oidc"].allows(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not registered: use http://localhost:<port>/")
    return text


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
