"""Issuers of id_tokens on this machine: a test chooses their keys and signs any token with them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from social_core.utils import setting_name

from tests.contract.signers import OURS, SIGNERS

NAMES = ("google-oauth2", "apple-id", "facebook", "oidc", "azuread-oauth2")


@dataclass(frozen=True)
class LocalIssuers:
    """The running server."""

    environment: Mapping[str, str]
    """The environment of a service that uses it."""
    documents: dict[str, Any] = field(default_factory=dict)
    """The published documents by their URLs."""
    requested: list[str] = field(default_factory=list)
    """The URL of each request."""

    def publish(self, name: str, kid: str) -> None:
        """Publish the configuration of a provider, and one key."""
        signer = SIGNERS[name]
        if signer.configuration_url:
            issuer = signer.published_issuer or signer.issuer
            self.documents[signer.configuration_url] = {"issuer": issuer, "jwks_uri": signer.keys_url}
        self.documents[signer.keys_url] = signer.key_set(kid)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    issuers: LocalIssuers


class _Document(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        url = "https:/" + self.path
        self.server.issuers.requested.append(url)
        body = json.dumps(self.server.issuers.documents[url]).encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def log_message(self, *_: object, **__: object) -> None:
        """Suppress the log of http.server."""


@contextmanager
def local_issuers() -> Iterator[LocalIssuers]:
    """Run it, with the key `k1` of every provider."""
    with _Server(("127.0.0.1", 0), _Document) as server:
        server.issuers = LocalIssuers(_environment(f"http://127.0.0.1:{server.server_address[1]}"))
        for name in NAMES:
            server.issuers.publish(name, "k1")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        yield server.issuers
        server.shutdown()
        thread.join()


def _environment(url: str) -> dict[str, str]:
    environment = {"SANDBOX": "1", "SOCIAL_PROVIDERS": ",".join(NAMES)}
    hosts = {}
    for name in NAMES:
        signer = SIGNERS[name]
        for setting, value in {"KEY": OURS, "SECRET": "our-secret", **signer.settings}.items():
            environment[setting_name(name, setting)] = value
        for published in filter(None, (signer.configuration_url, signer.keys_url)):
            host = str(urlsplit(published).hostname)
            hosts[f"https://{host}"] = f"{url}/{host}"
    return {**environment, "PROVIDER_HOSTS": json.dumps(hosts)}
