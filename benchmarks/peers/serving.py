"""A peer's process: its database made ready, then gunicorn with threads, as in production."""

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers.environment import ROOT
from benchmarks.peers.peer import WSGI, Peer


def prepare(peer: Peer, variables: Mapping[str, str]) -> None:
    """Run on an empty database what the peer needs to have been run.

    :raises SystemExit: one of its commands has failed, and said why.
    """
    for command in peer.prepare:
        ended = subprocess.run(  # noqa: S603 - our own
            [str(peer.interpreter()), "-m", "django", *command],
            cwd=ROOT,
            env=dict(variables),
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            sys.exit(f"{peer.name}: {' '.join(command)} failed:\n{ended.stdout}{ended.stderr}")


@contextmanager
def serving(peer: Peer, variables: Mapping[str, str], log: Path) -> Iterator[str]:
    """Serve a prepared peer meanwhile, and give the host and port where it listens.

    :param log: the file for what it has to say.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        # gunicorn takes the listening socket over, so that nobody else can take the port in between.
        command = [str(peer.interpreter()), "-m", "gunicorn", WSGI, "--bind", f"fd://{listener.fileno()}"]
        command += ["--worker-class", "gthread", "--workers", "1", "--threads", "8", "--log-level", "warning"]
        process = subprocess.Popen(  # noqa: S603 - our own
            command,
            cwd=ROOT,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
        )
        try:
            yield address
        finally:
            process.terminate()
            process.wait()
