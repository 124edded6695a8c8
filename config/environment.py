"""Settings from environment variables: parsing, and errors that name the variable.

A reader takes the variable's name. `given()` applies readers to the variables that are set; a reader that is called
directly returns its default for one that is not.
"""

import ipaddress
import json
import math
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.dateparse import parse_duration

from shared.http.urls import is_header_url, is_loopback

_UNITS = {"s": "second", "sec": "second", "min": "minute", "h": "hour", "hour": "hour", "day": "day"}
_RATE = re.compile(rf"(?P<number>[1-9][0-9]{{0,8}})/(?P<unit>{'|'.join(_UNITS)})")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|\+00:00)")
_WEB_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[1-9][0-9]{0,4}))?")
_DEFAULT_PORT = re.compile(r"http://.*:80|https://.*:443")
_SENDER = re.compile(r"[^<>\r\n@]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+")
_MIN_CHARACTERS = 5
"""Different characters of a secret, as Django requires of `SECRET_KEY`."""
_SWITCH = re.compile(r"_ACCEPT_UNVERIFIED$")
_SWITCH_OR_PATH = re.compile(r"_VERIFY_SSL$")
_PYTHON_OR_YAML_BOOLEAN = re.compile(r"true|false|yes|no|on|off", re.IGNORECASE)
_ALWAYS_TEXT = re.compile(r"_(KEY|SECRET|CLIENT|TEAM|APP_ID|CLIENT_IDS?)$")


class Unreadable(ImproperlyConfigured):
    """A variable has a value that is not allowed; the message names the variable."""


def given(**readers: Callable[[str], Any]) -> dict[str, Any]:
    """Return the settings whose variables are set, each read by its reader."""
    return {name: read(name) for name, read in readers.items() if name in os.environ}


def switch(name: str) -> bool:
    """Read an on/off variable: on with `1`, off with `0` or empty."""
    return _switch(name, text(name))


def _switch(name: str, value: str) -> bool:
    if value not in {"", "0", "1"}:
        raise Unreadable(f"{name} is {value!r}: a switch is on with 1 and off with 0 or nothing.")
    return value == "1"


def text(name: str, default: str = "") -> str:
    """Read a string."""
    return os.environ.get(name, default)


def names(name: str, default: str = "") -> list[str]:
    """Read a comma-separated list, without empty parts and the blanks around the others."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def integer(name: str, default: int = 0, *, least: int = 0, most: int = 1_000_000) -> int:
    """Read a whole number within bounds."""
    try:
        value = int(text(name, str(default)))
    except ValueError as error:
        raise Unreadable(f"{name} is {text(name)!r}: give a whole number.") from error
    if not least <= value <= most:
        raise Unreadable(f"{name} is {value}: give a whole number from {least} to {most}.")
    return value


def bind() -> str:
    """Read the addresses to listen on, comma-separated: IP addresses, or `localhost` for 127.0.0.1."""
    found = []
    for part in names("BIND", "127.0.0.1"):
        try:
            found.append(str(ipaddress.ip_address("127.0.0.1" if part == "localhost" else part.strip("[]"))))
        except ValueError as error:
            raise Unreadable(f"BIND: {part!r} is no IP address such as 127.0.0.1 or ::1.") from error
    if not found:
        raise Unreadable("BIND is empty: give the IP address to listen on, such as 127.0.0.1.")
    return ",".join(dict.fromkeys(found))


def threads() -> int:
    """Read the number of threads of a process (decision 13 says why 128)."""
    return integer("THREADS", 128, least=1, most=1000)


def integers(name: str, *, least: int, most: int) -> tuple[int, ...]:
    """Read a comma-separated list of one or more different whole numbers within bounds, the largest first."""
    try:
        found = [int(part) for part in text(name).split(",")]
    except ValueError:
        found = []
    if not found or len(set(found)) < len(found) or not all(least <= value <= most for value in found):
        raise Unreadable(f"{name} is {text(name)!r}: give different numbers from {least} to {most}, such as 30,7,1.")
    return tuple(sorted(found, reverse=True))


def email(*, url: str, sender: str) -> dict[str, Any]:
    """Read the URL of a mail server and the address of the sender as Django's settings; only those that are given.

    `smtps://` is TLS from the first byte. `smtp://` is STARTTLS, or no TLS if the server is on this machine.
    """
    found: dict[str, Any] = {}
    if address := text(sender):
        if not _SENDER.fullmatch(address):
            raise Unreadable(f"{sender} is {address!r}: give an address such as Tandem <api@example.com>.")
        found["DEFAULT_FROM_EMAIL"] = address
    if not text(url):
        return found
    # The messages must not repeat the password.
    wrong = Unreadable(f"{url} is no URL such as smtp://user:password@mail.example.com:587 or smtps://…:465.")
    try:
        parts = urlsplit(text(url))
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in {"smtp", "smtps"} or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise wrong
    is_implicit, is_here = parts.scheme == "smtps", is_loopback(host)
    return {
        **found,
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or (465 if is_implicit else 25 if is_here else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": is_implicit,
        "EMAIL_USE_TLS": not is_implicit and not is_here,
        "EMAIL_TIMEOUT": 10,
    }


def number(name: str, default: float = 0.0, *, above: float = 0.0, most: float = 1e6) -> float:
    """Read a number greater than `above`, fractions allowed."""
    value = _finite(name, default, "a number")
    if not above < value <= most:
        raise Unreadable(f"{name} is {value}: give a number above {above} and up to {most:.0f}.")
    return value


def _finite(name: str, default: float, expected: str) -> float:
    try:
        value = float(text(name, str(default)))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Unreadable(f"{name} is {text(name)!r}: give {expected}.")
    return value


def secret(name: str, *, least: int) -> str:
    """Read a secret that is sent in a header: visible ASCII of at least this length, and varied; empty for none."""
    value = text(name)
    if value and not (re.fullmatch(rf"[!-~]{{{least},255}}", value) and len(set(value)) >= _MIN_CHARACTERS):
        # The message must not repeat the secret.
        raise Unreadable(f"{name} is no secret of {least} to 255 visible ASCII characters: give a long random string.")
    return value


def header(name: str, default: str = "") -> str:
    """Read the name of a request header: letters, digits and hyphens (RFC 9110 section 5.1 allows more)."""
    value = text(name, default)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", value):
        raise Unreadable(f"{name} is {value!r}: give the name of a header, such as X-Client.")
    return value


def rate(name: str) -> str | None:
    """Read a rate such as `60/min` and return it in the notation of the `limits` package; None for `off`."""
    value = text(name)
    if value == "off":
        return None
    match = _RATE.fullmatch(value)
    if match is None:
        raise Unreadable(f"{name} is {value!r}: give a number a time, such as 60/min, or off.")
    return f"{match['number']}/{_UNITS[match['unit']]}"


def rates(name: str, *, count: int) -> tuple[str, ...]:
    """Read this many rates, comma-separated, none of them `off`."""
    given = text(name).split(",")
    matches = [_RATE.fullmatch(part.strip()) for part in given]
    if len(given) != count or None in matches:
        example = ",".join(["60/min"] * count)
        raise Unreadable(f"{name} is {text(name)!r}: give {count} rates, such as {example}; none can be off.")
    return tuple(f"{match['number']}/{_UNITS[match['unit']]}" for match in matches if match)


def redis_url(name: str) -> str:
    """Read the URL of Redis; empty for none."""
    value = text(name)
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        raise Unreadable(f"{name} starts with none of redis://, rediss://, unix://.")
    if has_raw_characters(value):
        # Without the value and the cause, which may hold a part of the password.
        raise Unreadable(f"{name} cannot be read: percent-encode special characters, such as a slash.")
    return value


def has_raw_characters(url: str) -> bool:
    """Return True if a slash, `?` or `#` in a password has ended the host of a URL; its port may then be a secret."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return True
    after_host = (parts.path + parts.query).partition("=")[0]
    return bool(parts.fragment) or (bool(parts.netloc) and "@" not in parts.netloc and "@" in after_host)


def moment(name: str) -> datetime | None:
    """Read a date and time, RFC 3339 in UTC; None for none."""
    value = text(name)
    return _moment(name, value) if value else None


def intervals(name: str) -> list[tuple[datetime, timedelta]]:
    """Read a comma-separated list of intervals, each a start and an ISO 8601 duration: `…T10:00:00Z/PT15M`."""
    found = []
    for part in names(name):
        start, _, length = part.partition("/")
        begins = _moment(name, start)
        try:
            duration = (parse_duration(length) if length.startswith("P") else None) or timedelta(0)
            ends = begins + duration
        except OverflowError:  # beyond the year 9999
            ends = begins
        if ends <= begins:
            raise Unreadable(f"{name}: {part!r} is no interval such as 2027-01-10T10:00:00Z/PT15M.")
        found.append((begins, ends - begins))
    return found


def url(name: str) -> str:
    """Read the URL of a web page; empty for none."""
    value = text(name)
    if value and not is_header_url(value):
        raise Unreadable(f"{name} is {value!r}: give an address such as https://example.com/migrate.")
    return value


def _moment(name: str, value: str) -> datetime:
    match = _MOMENT.fullmatch(value)
    try:
        parsed = datetime.fromisoformat(value) if match else None
    except ValueError:
        parsed = None
    if parsed is None:
        raise Unreadable(f"{name}: {value!r} is no moment in UTC such as 2027-01-10T10:00:00Z.")
    return parsed


def log_format() -> str:
    """Read the format of log lines, `text` or `json`."""
    return choice("LOG_FORMAT", "text", ("text", "json"))


def log_level() -> str:
    """Read the lowest level of log lines."""
    return choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Read one of the allowed words."""
    value = text(name, default)
    if value not in allowed:
        raise Unreadable(f"{name} is {value!r}: give one of {', '.join(allowed)}.")
    return value


def origins(name: str) -> dict[str, str]:
    """Read a JSON object of https origins to loopback URLs."""
    raw = text(name)
    if not raw:
        return {}
    try:
        value = json.loads(raw)
    except ValueError as error:
        raise Unreadable(f"{name} is no JSON: {error}.") from error
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is no JSON object.")
    for origin, target in value.items():
        real, local = urlsplit(str(origin)), urlsplit(str(target))
        if real.scheme != "https" or not real.hostname or real.path:
            raise Unreadable(f"{name} maps {origin!r}: give an origin such as https://graph.facebook.com.")
        if local.scheme not in {"http", "https"} or local.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise Unreadable(f"{name} maps to {target!r}: give a URL on this machine, http://127.0.0.1:…")
    return {str(origin): str(target).rstrip("/") for origin, target in value.items()}


def web_origins(name: str) -> list[str]:
    """Read a comma-separated list of origins, each as browsers write it in `Origin` (RFC 6454 section 6.2)."""
    found = names(name)
    for origin in found:
        match = _WEB_ORIGIN.fullmatch(origin)
        if match is None or int(match["port"] or 1) > 65535:
            raise Unreadable(f"{name}: {origin!r} is no origin such as https://app.example.com: no path, no slash.")
        if _DEFAULT_PORT.fullmatch(origin):
            raise Unreadable(f"{name}: {origin!r} never comes so: browsers leave out the port of http and https.")
    return found


def social_auth(environ: Mapping[str, str]) -> dict[str, Any]:
    """Read every `SOCIAL_AUTH_*`: JSON, or a string if the value is not JSON.

    Ids, keys and secrets are always strings: an application id of digits is not a number. `_ACCEPT_UNVERIFIED` is a
    switch, on with `1`. `_VERIFY_SSL` is a switch or a path: requests would take the number for a file.
    """
    found: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith("SOCIAL_AUTH_"):
            continue
        found[name] = value
        if _ALWAYS_TEXT.search(name):
            continue
        if _SWITCH.search(name) or (_SWITCH_OR_PATH.search(name) and value in {"0", "1"}):
            found[name] = _switch(name, value)
            continue
        try:
            found[name] = json.loads(value)
        except ValueError as error:
            if value[:1] in {"[", "{", '"'}:
                raise Unreadable(f"{name} is no JSON: {error}.") from error
            if _PYTHON_OR_YAML_BOOLEAN.fullmatch(value):  # social-core would take the string `False` for true
                raise Unreadable(f"{name} is {value!r}: in JSON, give true or false.") from error
    return found
