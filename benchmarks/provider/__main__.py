"""`python -m benchmarks.provider`: serve until told to stop; the first line of output says where, as JSON."""

import argparse
import asyncio
import json
import signal
import ssl
import sys
import tempfile
from pathlib import Path

from benchmarks.provider import certificates
from benchmarks.provider.connection import Connection
from benchmarks.provider.counts import Behaviour, Counts

HOST = "127.0.0.1"


async def serve(http_port: int, tls_port: int, folder: Path, behaviour: Behaviour) -> None:
    """Listen on both ports, with one set of counts."""
    certificates.make(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / certificates.SERVER)
    counts, loop = Counts(), asyncio.get_running_loop()

    def connection() -> Connection:
        return Connection(counts, behaviour)

    plain = await loop.create_server(connection, HOST, http_port, backlog=1024)
    secure = await loop.create_server(connection, HOST, tls_port, backlog=1024, ssl=context)
    where = {
        "http": f"http://{HOST}:{plain.sockets[0].getsockname()[1]}",
        "tls": f"https://{HOST}:{secure.sockets[0].getsockname()[1]}",
        "authority": str(folder / certificates.AUTHORITY),
        "bundle": str(folder / certificates.BUNDLE),
    }
    sys.stdout.write(json.dumps(where) + "\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await ended.wait()
    plain.close()
    secure.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.provider", description=__doc__)
    parser.add_argument("--http-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--tls-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="milliseconds before each answer")
    parser.add_argument("--app-id", default="1234567890", help="the application that debug_token names")
    parser.add_argument("--certificates", type=Path, metavar="FOLDER", help="where to write them; a temporary folder")
    told = parser.parse_args()
    behaviour = Behaviour(told.app_id, told.latency / 1000)
    with tempfile.TemporaryDirectory(prefix="tandem-provider-") as made:
        asyncio.run(serve(told.http_port, told.tls_port, told.certificates or Path(made), behaviour))


main()
