"""The addresses that an operator's settings name: where an installation of a company's own is."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from social.providers import catalogue
from social.providers.catalogue import Entry

_ARE_URLS = ("URL", "URI", "ENDPOINT")


def fault_of_urls(entry: Entry, setting: Callable[[str], Any]) -> str | None:
    """Say which of a provider's addresses cannot be called; None: all can.

    :param setting: gives the setting of a name, None where there is none.
    """
    for name in sorted({*entry.settings, *catalogue.settings_in(entry), "JWKS_URI"}):
        value = setting(name)
        if isinstance(value, str) and value and not _can_be_called(value, whole=name.endswith(_ARE_URLS)):
            return f"{name} is no https address with a plain host"
    return None


def _can_be_called(value: str, *, whole: bool) -> bool:
    """Say whether a call may go there; some settings are a host, or a part of one."""
    try:
        parts = urlsplit(value if whole or "://" in value else f"https://{value}")
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = bool(host) and value.isascii() and value.isprintable() and " " not in value
    return plain and parts.scheme == "https" and parts.username is None
