"""Everything that a run starts: the stores and the providers behind gates, two servers, and nginx before them."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from psycopg.conninfo import conninfo_to_dict

from benchmarks.databases import new_database
from benchmarks.processes import ROOT, ProcessError, running_redis
from benchmarks.soak import fleet
from benchmarks.soak.fleet import Member
from benchmarks.soak.gate import Gate
from tests.behind_nginx.nginx import running_nginx

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Deployment:
    """What has been started."""

    url: str
    """Of nginx."""
    members: Sequence[Member]
    settings: Mapping[str, str]
    """The environment of the servers, except for PORT and MAX_REQUESTS."""
    prefixes: Sequence[str]
    """Of the mounted versions, oldest first."""
    former: str
    """The revision that the servers run first, or `none`."""
    sandbox_url: str
    database_url: str
    redis_url: str
    database: Gate
    redis: Gate
    provider: Gate


@contextmanager
def running_deployment(revision: str, max_requests: int, folder: Path) -> Iterator[Deployment]:
    """Start everything, and end it with the block.

    :param revision: of the former release; `none` for the present one.
    :param max_requests: MAX_REQUESTS of the first server; the other has none.
    :param folder: for log files.
    :raises ProcessError: something cannot be started.
    """
    if shutil.which("nginx") is None and not Path("/usr/sbin/nginx").exists():
        raise ProcessError("nginx is not installed")
    with ExitStack() as stack:
        code, former = stack.enter_context(_former_release(revision))
        database_url = stack.enter_context(new_database("postgres", folder))
        redis_url = stack.enter_context(running_redis(folder))
        sandbox_port = stack.enter_context(fleet.running_sandbox(folder))
        database = stack.enter_context(_gate_to_database(database_url))
        redis = stack.enter_context(Gate(urlsplit(redis_url).port or 6379))
        provider = stack.enter_context(Gate(sandbox_port))
        settings = fleet.environment(_through(database_url, database.port), redis.port, provider.port)
        fleet.migrate(code, settings)
        members = stack.enter_context(fleet.running_members(settings, folder, code, [max_requests, 0]))
        nginx = stack.enter_context(running_nginx([member.port for member in members]))
        stack.callback(shutil.copy, nginx.folder / "tandem.log", folder / "nginx.log")
        yield Deployment(
            nginx.url,
            members,
            settings,
            fleet.prefixes(settings),
            former,
            f"http://{_LOOPBACK}:{sandbox_port}",
            database_url,
            redis_url,
            database,
            redis,
            provider,
        )


@contextmanager
def _former_release(revision: str) -> Iterator[tuple[Path, str]]:
    """Yield the folder of a revision's code, and the revision."""
    if revision == "none" or not (revision or (ROOT / ".git").exists()):
        yield ROOT, "none"
        return
    with tempfile.TemporaryDirectory(prefix="tandem-soak-") as folder:
        name, code = fleet.former_release(revision, Path(folder))
        yield code, name


def _gate_to_database(url: str) -> Gate:
    parameters = conninfo_to_dict(url)
    return Gate(int(parameters.get("port") or 5432), str(parameters.get("host") or _LOOPBACK))


def _through(url: str, port: int) -> str:
    """Return the URL of a database through a port of this machine."""
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{user}@{_LOOPBACK}:{port}"))
