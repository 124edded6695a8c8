"""A provider that shows a certificate, and a name that is not its own."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import socket

from cryptography import x509

from tests.social.local_provider import LocalProvider, Play

ELSEWHERE: tuple[x509.GeneralName, ...] = (x509.DNSName("api.example.com"),)


class SecureProvider(LocalProvider):
    """A provider over TLS, which counts handshakes that came to an end."""

    def __init__(self, play: Play, certificate: Path) -> None:
        super().__init__(play)
        self.handshakes = 0
        self.url = self.url.replace("http:", "https:")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)

    def _attend(self, connection: socket) -> None:
        with suppress(OSError), self._context.wrap_socket(connection, server_side=True) as secure:
            self.handshakes += 1
            super()._attend(secure)


@contextmanager
def playing_over_tls(play: Play, certificate: Path) -> Iterator[SecureProvider]:
    """Serve for the time of a test."""
    provider = SecureProvider(play, certificate)
    thread = threading.Thread(target=provider.serve, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.close()
        thread.join(5)
