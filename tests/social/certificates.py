"""A local provider with a TLS certificate."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import socket

from cryptography import x509

from tests.social.local_provider import Handler, LocalProvider

ELSEWHERE: tuple[x509.GeneralName, ...] = (x509.DNSName("api.example.com"),)


class SecureProvider(LocalProvider):
    """A provider over TLS that counts completed handshakes."""

    def __init__(self, handler: Handler, certificate: Path) -> None:
        super().__init__(handler)
        self.handshakes = 0
        self.url = self.url.replace("http:", "https:")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)

    def _handle(self, connection: socket) -> None:
        with suppress(OSError), self._context.wrap_socket(connection, server_side=True) as secure:
            self.handshakes += 1
            super()._handle(secure)


@contextmanager
def serving_over_tls(handler: Handler, certificate: Path) -> Iterator[SecureProvider]:
    """Serve until the end of the context."""
    provider = SecureProvider(handler, certificate)
    thread = threading.Thread(target=provider.serve, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.close()
        thread.join(5)
