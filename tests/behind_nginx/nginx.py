"""nginx with docs/nginx/tandem.conf on a free port; an nginx of the machine is not touched."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.servers import ROOT, free_port
from tests.e2e.temporary_servers import Server

DOCUMENTED = ROOT / "docs" / "nginx" / "tandem.conf"
OUTSIDE = "127.0.0.1"
"""The address of a proxy in front of nginx, whose X-Forwarded-For nginx trusts, so that a load can come from many
addresses. Other addresses of this machine are clients."""
OFFICE = "127.0.0.80"
"""The address from which the admin is reached."""
_AROUND = """
{user}
daemon off;
worker_processes 2;
pid nginx.pid;
error_log start.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include tandem.conf;
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A running nginx."""

    port: int
    folder: Path

    @property
    def url(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        """Return its access log."""
        return (self.folder / "tandem.log").read_text(encoding="utf-8")


@contextmanager
def running_nginx(ports: Sequence[int]) -> Iterator[Nginx]:
    """Run nginx in front of the servers on these ports; skip the test if it is not installed."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("needs nginx")
    with tempfile.TemporaryDirectory(prefix="tandem-nginx-") as name:
        folder, port = Path(name), free_port()
        shutil.copy(DOCUMENTED, folder)
        # Started by root, its workers would run as a user who cannot read this folder.
        around = _AROUND.format(user="user root;" if os.geteuid() == 0 else "")
        (folder / "nginx.conf").write_text(around, encoding="utf-8")
        servers = [f"server 127.0.0.1:{one} max_fails=1 fail_timeout=2s;" for one in ports]
        (folder / "tandem-servers.conf").write_text("\n".join(servers), encoding="utf-8")
        listen = f"listen 127.0.0.1:{port};\nset_real_ip_from {OUTSIDE};\nreal_ip_header X-Forwarded-For;\n"
        (folder / "tandem-listen.conf").write_text(listen, encoding="utf-8")
        (folder / "tandem-admin.conf").write_text(f"allow {OFFICE};\n", encoding="utf-8")
        command = [program, "-p", name, "-c", "nginx.conf", "-e", "start.log"]
        server = Server(command, folder, port, signal.SIGTERM)
        try:
            server.start()
            yield Nginx(port, folder)
        finally:
            server.stop()
