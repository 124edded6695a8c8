"""Every sign-in that social-core ships: what an app can show us of it, or why nothing.

The data are in catalogue.toml, found by reading social-core's code and by running each of its backends against
the answers of its own test suite (tests/breadth).
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import Any
from urllib.parse import urlsplit

PACKAGE = "social_core.backends."


class Way(StrEnum):
    """What an app that has signed someone in at the provider can show us."""

    ACCESS_TOKEN = "access_token"  # noqa: S105 - the field's name
    TOKEN_PAIR = "token_pair"  # noqa: S105 - likewise; OAuth 1
    ID_TOKEN = "id_token"  # noqa: S105 - likewise
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Entry:
    """One name that `SOCIAL_PROVIDERS` may say."""

    name: str
    backend: str
    """Dotted path of the one class that the name stands for."""
    way: Way
    why: str = ""
    """A sentence: why never; else what is to be known."""
    hosts: tuple[str, ...] = ()
    """What a sign-in calls, over https; none where `where` alone says it, or where nothing is called."""
    where: tuple[str, ...] = ()
    """Hosts or URLs with the operator's settings in them (`{SLUG}.example.com`); these where set, else `hosts`."""
    settings: tuple[str, ...] = ()
    """Settings (`SOCIAL_AUTH_<NAME>_…`) beyond key and secret without which it cannot work."""


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A class that shares its name with another, which the name stands for."""

    backend: str
    name: str
    way: Way
    why: str


def hosts_of(entry: Entry, setting: Callable[[str], Any]) -> frozenset[str]:
    """Give the hosts that a sign-in calls, with an operator's settings.

    :param setting: gives the backend's setting of a name, None where there is none.
    """
    configured = [host for template in entry.where if (host := _filled(template, setting))]
    return frozenset(configured or entry.hosts)


def settings_in(entry: Entry) -> frozenset[str]:
    """Give the settings that an entry's hosts are taken from."""
    return frozenset(name for template in entry.where for _, name, _, _ in Formatter().parse(template) if name)


def _filled(template: str, setting: Callable[[str], Any]) -> str | None:
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    values = {name: setting(name) for name in names}
    if not all(isinstance(value, str) and value for value in values.values()):
        return None
    filled = template.format(**values).strip()
    return urlsplit(filled if "://" in filled else f"https://{filled}").hostname


def _load() -> tuple[Mapping[str, Entry], tuple[Shadowed, ...]]:
    data = tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))
    entries = {
        name: Entry(
            name=name,
            backend=PACKAGE + row["backend"],
            way=way,
            why=row.get("why", ""),
            hosts=tuple(row.get("hosts", ())),
            where=tuple(row.get("where", ())),
            settings=tuple(row.get("settings", ())),
        )
        for way in Way
        for name, row in data[way].items()
    }
    shadowed = tuple(
        Shadowed(backend=PACKAGE + path, name=row["name"], way=Way(row["way"]), why=row["why"])
        for path, row in data["shadowed"].items()
    )
    return dict(sorted(entries.items())), shadowed


CATALOGUE, SHADOWED = _load()
"""By name; and the classes that no name leads to."""


_ARE_URLS = ("URL", "URI", "ENDPOINT")


def fault_of_urls(entry: Entry, setting: Callable[[str], Any]) -> str | None:
    """Say which of a provider's addresses cannot be called; None: all can.

    :param setting: gives the setting of a name, None where there is none.
    """
    for name in sorted({*entry.settings, *settings_in(entry), "JWKS_URI"}):
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
