"""`python -m scripts.lookup_cost`: measure what compiled lookups save (docs/decisions/0016).

For each database the service runs in one process, without a server. Rounds with compiled lookups and with plain
querysets alternate, and only the CPU time of that process counts.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.databases import new_database
from benchmarks.processes import run_command
from benchmarks.provider import APP_ID, running_provider
from social import compiled_lookup

ROUNDS, CALLS, USERS = 9, 100, 50
_Call = Callable[[int], dict[str, Any]]
"""Calls the service as a user, by number, and returns the body of the response."""


def main() -> int:
    """Measure on each database, in a process that ends before its database is dropped."""
    with tempfile.TemporaryDirectory(prefix="tandem-lookup-") as folder, running_provider() as provider:
        for vendor in ("sqlite", "postgres"):
            with new_database(vendor, Path(folder)) as url:
                environment = {
                    "DJANGO_SETTINGS_MODULE": "config.settings",
                    "SECRET_KEY": "benchmarks-only",
                    "DATABASE_URL": url,
                    "SOCIAL_PROVIDERS": "facebook",
                    "SOCIAL_AUTH_FACEBOOK_KEY": APP_ID,
                    "SOCIAL_AUTH_FACEBOOK_SECRET": "benchmarks-only",
                    "SANDBOX": "1",
                    "PROVIDER_HOSTS": json.dumps({"https://graph.facebook.com": provider.http}),
                    "THROTTLE_ANONYMOUS": "off",
                    "THROTTLE_USER": "off",
                    # No user reaches it: what a sign-in beyond the limit costs is not measured here.
                    "TOKENS_PER_USER": "10000",
                }
                command = [sys.executable, "-c", "from scripts.lookup_cost import measure; measure()"]
                sys.stdout.write(f"{vendor}:\n{run_command(command, environment)}")
    return 0


def measure() -> None:
    """Write the medians of each kind of call, with compiled lookups and with plain querysets."""
    for name, compiled, plain in _measured():
        saved = f"{100 * (1 - compiled / plain):.0f} % saved"
        sys.stdout.write(f"{name}: compiled {compiled:.2f} ms of CPU, plain {plain:.2f} ms, {saved}\n")


def _measured() -> Iterator[tuple[str, float, float]]:
    """Yield the name of each kind of call, and its medians with compiled lookups and with plain querysets."""
    tested = compiled_lookup.TESTED_DJANGO
    for name, call in _calls():
        taken: dict[bool, list[float]] = {True: [], False: []}
        for number in range(2 * ROUNDS + 2):
            is_compiled = number % 2 == 0
            compiled_lookup.TESTED_DJANGO = tested if is_compiled else ()
            began = time.process_time()
            for count in range(CALLS):
                call(1 + count % USERS)
            taken[is_compiled].append((time.process_time() - began) / CALLS * 1000)
        # The first round warms up.
        yield name, statistics.median(taken[True][1:]), statistics.median(taken[False][1:])


def _calls() -> Iterator[tuple[str, _Call]]:
    from django.conf import settings  # noqa: PLC0415 - in the process of `measure` only: it has the settings
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import RequestFactory  # noqa: PLC0415

    from config.wsgi import application  # noqa: PLC0415

    requests = RequestFactory(SERVER_NAME="localhost")

    def call(method: str, path: str, expected: str, **extra: Any) -> dict[str, Any]:
        statuses: list[str] = []

        def start_response(status: str, *_: Any) -> Any:
            statuses.append(status)

        response = application(requests.generic(method, path, **extra).environ, start_response)
        body = b"".join(response)
        response.close()
        if not statuses[0].startswith(expected):
            raise ValueError(f"{method} {path}: {statuses[0]} {body!r}")
        parsed: dict[str, Any] = json.loads(body)
        return parsed

    call_command("migrate", verbosity=0)
    for prefix in settings.APIS.values():

        def sign_in(user: int, prefix: str = prefix) -> dict[str, Any]:
            fields = json.dumps({"provider": "facebook", "access_token": f"token-{user}"})
            path = f"/{prefix}social_sign_up/"
            return call("POST", path, "201", data=fields, content_type="application/json")

        tokens = {user: sign_in(user)["token"] for user in range(1, USERS + 1)}

        def read(user: int, prefix: str = prefix, tokens: dict[int, str] = tokens) -> dict[str, Any]:
            return call("GET", f"/{prefix}user/", "200", headers={"Authorization": f"Bearer {tokens[user]}"})

        yield f"a read of /{prefix}user/", read
        yield f"a sign-in at /{prefix}", sign_in


if __name__ == "__main__":
    sys.exit(main())
