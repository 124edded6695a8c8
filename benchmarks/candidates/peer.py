"""The peers as candidates."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.candidates.candidate import Candidate, Setup, gunicorn, post
from benchmarks.load.caller import Request
from benchmarks.peers.catalogue import PEERS
from benchmarks.peers.peer import WSGI, Peer


def peers() -> dict[str, Callable[[], Candidate]]:
    """Give a way to each by its name, in the order of the tables; it is installed when the way is taken."""
    return {peer.name: partial(_candidate, peer) for peer in PEERS}


def _candidate(peer: Peer) -> Candidate:
    def python() -> str:
        return str(peer.interpreter())

    def environment(setup: Setup) -> dict[str, str]:
        return peer.variables(
            database_url=setup.database_url,
            provider=setup.provider,
            authorities=Path(setup.bundle) if setup.is_tls else None,
        )

    def sign_in(token: str, address: str) -> Request:
        contains = f'"{peer.credential_at[-1]}"'.encode()
        return post(peer.path, peer.fields(token), address, status=peer.status, contains=contains)

    return Candidate(
        name=peer.name,
        title=peer.title,
        prepare=lambda setup: [[python(), "-m", "django", *arguments] for arguments in peer.prepare],
        command=lambda setup: gunicorn(python(), WSGI, setup),
        environment=environment,
        sign_in=sign_in,
        tables="allauth" if "allauth" in peer.name or peer.name == "dj_rest_auth" else "social_django",
    )
