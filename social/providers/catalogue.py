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
CODE_BACKENDS = "social.providers.code_backends."


class CredentialKind(StrEnum):
    """The credential that an app has after a sign-in at the provider, and can present to us."""

    ACCESS_TOKEN = "access_token"  # noqa: S105 - the field's name
    TOKEN_PAIR = "token_pair"  # noqa: S105 - likewise; OAuth 1
    ID_TOKEN = "id_token"  # noqa: S105 - likewise
    CODE = "code"
    """Only an authorization code: a bare token does not identify the person."""
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
    takes_codes: bool = True
    """Whether a code can be exchanged, if the class is one of OAuth 2."""
    code_hosts: tuple[str, ...] = ()
    """Hosts that the exchange of a code calls, besides those of a sign-in."""
    code_host_templates: tuple[str, ...] = ()
    """Likewise, with settings."""
    code_settings: tuple[str, ...] = ()
    """Settings that the exchange of a code requires, besides key, secret and `settings`."""
    code_backend: str | None = None
    """Dotted path of the class that exchanges codes, if it is not `backend`."""
    pkce_source: str = ""
    """The page of the provider's documentation that says that it supports PKCE."""
    binding_source: str = ""
    """The source that says that a token pair of OAuth 1 is accepted with its own consumer's signature only."""


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


def code_hosts_of(entry: Entry, setting: Callable[[str], Any]) -> frozenset[str]:
    """Return the hosts that the exchange of a code calls, besides those of a sign-in, with an operator's settings.

    :param setting: returns the value of one of the backend's settings, or None.
    """
    # Each OAuth backend of social-core reads ACCESS_TOKEN_URL, in place of its own or the published URL.
    templates = *entry.code_host_templates, "{ACCESS_TOKEN_URL}"
    return frozenset(entry.code_hosts) | {host for template in templates if (host := _filled(template, setting))}


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
            takes_codes=row.get("takes_codes", True),
            code_hosts=tuple(row.get("code_hosts", ())),
            code_host_templates=tuple(row.get("code_host_templates", ())),
            code_settings=tuple(row.get("code_settings", ())),
            code_backend=CODE_BACKENDS + row["code_backend"] if "code_backend" in row else None,
            pkce_source=row.get("pkce_source", ""),
            binding_source=row.get("binding_source", ""),
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
    for name in sorted({*entry.settings, *entry.code_settings, *settings_in(entry), "ACCESS_TOKEN_URL", "JWKS_URI"}):
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
