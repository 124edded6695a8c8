"""The catalogue of social-core's backends: the credential that an app has after a sign-in, hosts and settings.

The data are in catalogue.toml. They come from social-core's code, and from running each backend against the responses
in its own test suite (tests/breadth).
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


class CredentialKind(StrEnum):
    """The credential that an app has after a sign-in at the provider, and can present to us."""

    ACCESS_TOKEN = "access_token"  # noqa: S105 - the field's name
    TOKEN_PAIR = "token_pair"  # noqa: S105 - likewise; OAuth 1
    ID_TOKEN = "id_token"  # noqa: S105 - likewise
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Entry:
    """A name that `SOCIAL_PROVIDERS` can list."""

    name: str
    backend: str
    """Dotted path of the class that the name refers to."""
    credential: CredentialKind
    note: str = ""
    """The reason, if there is no credential; else what an operator has to know."""
    hosts: tuple[str, ...] = ()
    """Hosts that a sign-in calls; none if `host_templates` has them all, or if nothing is called."""
    host_templates: tuple[str, ...] = ()
    """Hosts or URLs that contain settings (`{SLUG}.example.com`); used instead of `hosts` if the settings are set."""
    settings: tuple[str, ...] = ()
    """Required settings (`SOCIAL_AUTH_<NAME>_…`) besides key and secret."""


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A class whose name refers to another class."""

    backend: str
    name: str
    credential: CredentialKind
    note: str


def hosts_of(entry: Entry, setting: Callable[[str], Any]) -> frozenset[str]:
    """Return the hosts that a sign-in calls, with an operator's settings.

    :param setting: returns the value of one of the backend's settings, or None.
    """
    configured = [host for template in entry.host_templates if (host := _filled(template, setting))]
    return frozenset(configured or entry.hosts)


def settings_in(entry: Entry) -> frozenset[str]:
    """Return the names of the settings in an entry's host templates."""
    return frozenset(name for template in entry.host_templates for _, name, _, _ in Formatter().parse(template) if name)


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
            credential=credential,
            note=row.get("note", ""),
            hosts=tuple(row.get("hosts", ())),
            host_templates=tuple(row.get("host_templates", ())),
            settings=tuple(row.get("settings", ())),
        )
        for credential in CredentialKind
        for name, row in data[credential].items()
    }
    shadowed = tuple(
        Shadowed(PACKAGE + path, row["name"], CredentialKind(row["credential"]), row["note"])
        for path, row in data["shadowed"].items()
    )
    return dict(sorted(entries.items())), shadowed


CATALOGUE, SHADOWED = _load()
"""Entries by name; and the classes that no name refers to."""

_ARE_URLS = ("URL", "URI", "ENDPOINT")


def find_invalid_url(entry: Entry, setting: Callable[[str], Any]) -> str | None:
    """Return a message about the first of a provider's hosts and URLs that cannot be called, or None.

    :param setting: returns the value of one of the backend's settings, or None.
    """
    for name in sorted({*entry.settings, *settings_in(entry), "JWKS_URI"}):
        value = setting(name)
        if isinstance(value, str) and value and not _can_be_called(value, whole=name.endswith(_ARE_URLS)):
            return f"{name} is not an https URL or host"
    return None


def _can_be_called(value: str, *, whole: bool) -> bool:
    """Return True if the value can be called over https.

    :param whole: the value must be a URL; else it can also be a host or a part of one.
    """
    try:
        parts = urlsplit(value if whole or "://" in value else f"https://{value}")
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = bool(host) and value.isascii() and value.isprintable() and " " not in value
    return plain and parts.scheme == "https" and parts.username is None
