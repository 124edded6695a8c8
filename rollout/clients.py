"""The app build that makes a call, as named by the header `CLIENT_HEADER`, else by its User-Agent.

A client is a product and its version (RFC 9110 section 10.1.5), `ShopApp/2.1`: bounded, the same for all users of a
build, and without anything that identifies a person. A value that looks like an address, a number or a token is refused
rather than shortened, because a part of a token is still secret.
"""

import re
from functools import lru_cache

from django.http import HttpRequest

from rollout.conf import conf

NONE = "(none)"
UNREADABLE = "(unreadable)"
OTHER = "(other)"
"""All clients beyond LEDGER_CLIENTS of a day."""
NO_CLIENTS = frozenset({NONE, UNREADABLE, OTHER})

MAX_LENGTH = 80
"""The most characters of a client's name and version: the width of their column."""
_MAX_READ = 1000
"""The most characters of a header that are parsed."""
_MAX_NAME = 40
_MAX_DIGITS = 9
"""The most digits of a version in all; a longer number may identify a person."""
_MAX_PART = 20
"""The most characters between two dots that are accepted as one word. A longer part must consist of words; a random
string of more than 128 bits does not, in base64 or hexadecimal."""

_PRODUCT = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9._-]*)"
    r"(?=[/\s;,()]|$)"
    # After a blank only a number with a dot: another may identify a person.
    r"(?:(?:/v?(?P<version>[0-9]{1,6}(?:\.[0-9]{1,6}){0,2})|\s+v?(?P<spaced>[0-9]{1,6}(?:\.[0-9]{1,6}){1,2}))(?![0-9]))?"
)
_TOKEN = re.compile(r"(?<![^\s])[A-Za-z][A-Za-z0-9._-]*/[0-9][^\s]*")
_CRAWLER = re.compile(r"compatible; (?P<product>[A-Za-z][^;)]*)")
_COMMENT = re.compile(r"\([^()]*\)")
_SHORT = re.compile(r"[A-Za-z0-9]{1,6}")
_PLAIN = re.compile(r"[A-Za-z]+(?:[-_][A-Za-z]+)*[-_]?[0-9]{0,4}")
_WORDS = re.compile(r"[A-Z]?[a-z]{2,}(?:(?:[-_][A-Z]?|[A-Z])[a-z]{2,})*")
_HEX = re.compile(r"[0-9A-Fa-f]{8}|[0-9]{5}")

_ENGINES = frozenset({"Mozilla", "AppleWebKit", "Gecko", "Mobile", "Version", "Safari", "Chrome", "Presto", "Trident"})
_BROWSERS = {
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "HeadlessChrome": "Chrome",
    "Edg": "Edge",
    "EdgA": "Edge",
    "EdgiOS": "Edge",
    "Edge": "Edge",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "OPR": "Opera",
    "Opera": "Opera",
    "SamsungBrowser": "SamsungBrowser",
}
"""Products that browsers name besides `Mozilla/5.0`, and the browser; only its major version is kept."""


def client_of(request: HttpRequest) -> str:
    """Return the client of a request, `ShopApp/2.1`, or `(none)`.

    If the header cannot be read, or may identify a person, the User-Agent is used.
    """
    named: str = request.META.get(_meta_key(conf.client_header), "")
    agent: str = request.META.get("HTTP_USER_AGENT", "")
    return _client(named[:_MAX_READ], agent[:_MAX_READ])


def product_of(client: str) -> str:
    """Return a client without its version: `ShopApp` of `ShopApp/2.1`."""
    return client.partition("/")[0]


@lru_cache(maxsize=2048)
def _client(named: str, agent: str) -> str:
    name = name_in(named)
    if name not in {NONE, UNREADABLE}:
        return name
    product = name_in(agent)
    return name if product == NONE else product


@lru_cache(maxsize=8)
def _meta_key(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")


def name_in(text: str) -> str:
    """Return the product and version in the value of a header, or `(none)` or `(unreadable)`."""
    text = text.strip()
    if not text:
        return NONE
    if text in NO_CLIENTS:
        return text
    return _browser(text) if text.startswith("Mozilla/") else _product(text.replace("%20", "-"))


def _product(text: str) -> str:
    match = _PRODUCT.match(text)
    if match is None or not _is_a_name(match["name"]):
        return UNREADABLE
    version = _version(match["version"] or match["spaced"] or "")
    return f"{match['name']}/{version}" if version else match["name"]


def _browser(text: str) -> str:
    """Return the browser, or the app that embeds it, without the products that all browsers name."""
    crawler = _CRAWLER.search(text)
    if crawler is not None:
        return _product(crawler["product"])
    tokens = _TOKEN.findall(_COMMENT.sub(" ", text))
    products = {name: version for name, _, version in (token.partition("/") for token in tokens)}
    own = [name for name in products if name not in _ENGINES]
    name = own[-1] if own else "Chrome" if "Chrome" in products else ""
    if name in _BROWSERS:
        return _major(_BROWSERS[name], products[name])
    if name:
        return _product(f"{name}/{products[name]}")
    return _major("Safari", products["Version"]) if products.keys() >= {"Safari", "Version"} else "Mozilla"


def _major(name: str, version: str) -> str:
    return _product(f"{name}/{version.partition('.')[0]}")


def _version(text: str) -> str:
    """Return the parts of a version up to _MAX_DIGITS digits in all."""
    parts, kept = text.split(".") if text else [], list[str]()
    for part in parts:
        if sum(map(len, kept)) + len(part) > _MAX_DIGITS:
            break
        kept.append(part)
    return ".".join(kept)


def _is_a_name(text: str) -> bool:
    """Return True if this looks like a product's name: words and few digits, unlike a token, a number or an id."""
    if len(text) > _MAX_NAME or sum(map(str.isdigit, text)) > 4 or _HEX.search(text):
        return False
    return all(
        _SHORT.fullmatch(part) or (len(part) <= _MAX_PART and _PLAIN.fullmatch(part)) or _WORDS.fullmatch(part)
        for part in text.split(".")
    )
