"""`ALLOWED_HOSTS` from its variable, and what was probably meant by a value that is no host."""

import ipaddress
import re
from contextlib import suppress
from urllib.parse import urlsplit

from config.environment import Unreadable, names

_HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\]")
"""A host as in `ALLOWED_HOSTS`: a name, one with its subdomains (`.example.com`), an IP address, or any (`*`)."""


def read_hosts(name: str, default: str) -> list[str]:
    """Read the names of hosts, comma-separated, as Django compares them with `Host`: without scheme, port and path."""
    found = names(name, default)
    if not found:
        raise Unreadable(f"{name} is empty: give the host of the service, such as api.example.com.")
    for part in found:
        if not _HOST.fullmatch(part):
            raise Unreadable(f"{name}: {part!r} is no host: give {_host_in(part)}, without scheme, port and path.")
    return found


def _host_in(part: str) -> str:
    """Return the host in what may be a URL, an address with a port, or an IPv6 address without brackets."""
    with suppress(ValueError):
        return f"[{ipaddress.IPv6Address(part)}]"
    host = ""
    with suppress(ValueError):
        host = urlsplit(part if "//" in part else f"//{part}").hostname or ""
    host = host.removeprefix("*")  # Django's form of `*.example.com` is `.example.com`
    host = f"[{host}]" if ":" in host else host
    return host if _HOST.fullmatch(host) else "a name such as api.example.com"
