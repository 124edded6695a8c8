"""A peer, seen from outside: started by its settings, spoken to over HTTP."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from benchmarks.peers import environment

WSGI = "benchmarks.peers.project.wsgi"
"""What the peer's interpreter gives gunicorn to serve, from the root of the project."""


@dataclass(frozen=True)
class Request:
    """What a client sends to sign in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Peer:
    """A way to sign in with a provider's token that is not Tandem's.

    It counts on `prepare` having been run on its database, once, each a command of Django's with its arguments.
    """

    name: str
    distribution: str
    """The package that the title gives the version of."""
    note: str
    """What the title adds."""
    path: str
    fields: Callable[[str], Mapping[str, Any]]
    """The JSON body by which a client signs in with a provider's token."""
    credential_at: tuple[str, ...]
    """Where in the answer's JSON the credential stands."""
    prepare: tuple[tuple[str, ...], ...] = (("migrate", "--no-input", "--verbosity=0"),)
    status: int = 200
    """Of the answer to a sign-in or sign-up that has succeeded."""
    lock: Path = environment.LOCK

    @property
    def settings(self) -> str:
        """Its settings module."""
        return f"benchmarks.peers.project.{self.name}.settings"

    def interpreter(self) -> Path:
        """Give the Python that runs it, installed where it is not yet."""
        return environment.interpreter(self.lock)

    @cached_property
    def title(self) -> str:
        """Its name for a table, with the version that is installed."""
        self.interpreter()
        places = environment.home(self.lock).glob("lib/python*/site-packages")
        found = distributions(name=self.distribution, path=[str(place) for place in places])
        return f"{self.distribution} {next(iter(found)).version}{self.note}"

    def variables(self, *, database_url: str, provider: str, authorities: Path | None = None) -> dict[str, str]:
        """Give what it reads from the environment.

        :param provider: the origin where it reaches the provider.
        :param authorities: the certificates by which it believes the provider over TLS.
        """
        trusted = (
            {} if authorities is None else dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), str(authorities))
        )
        return {
            "DJANGO_SETTINGS_MODULE": self.settings,
            "DATABASE_URL": database_url,
            "PROVIDER_ORIGIN": provider,
            **trusted,
        }

    def sign_in(self, token: str) -> Request:
        """Give the request that signs in whoever a provider's token belongs to, or signs them up."""
        body = json.dumps(self.fields(token)).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return Request("POST", self.path, headers, body)

    def credential(self, status: int, body: bytes) -> str | None:
        """Give what the answer lets the client in with; None if the sign-in has failed."""
        if status != self.status:
            return None
        found: Any = json.loads(body)
        for key in self.credential_at:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, str) and found else None
