"""Certificates of a run's own: an authority, and a server that goes by the names of this machine and of Facebook."""

from pathlib import Path

import certifi
from cryptography import x509

from benchmarks.provider.authority import HERE, Authority

AUTHORITY, BUNDLE, SERVER = "ca.pem", "bundle.pem", "server.pem"


def make(folder: Path) -> None:
    """Write them, good for a day.

    `ca.pem` is the authority alone. `bundle.pem` holds the world's authorities besides, as a client's bundle does
    outside a benchmark: reading those again for each connection is what it costs there.
    """
    authority = Authority("benchmark authority")
    own = authority.certificate()
    (folder / AUTHORITY).write_bytes(own)
    (folder / BUNDLE).write_bytes(Path(certifi.where()).read_bytes() + b"\n" + own)
    authority.signed(folder / SERVER, (*HERE, x509.DNSName("graph.facebook.com")))
