"""An app build's name out of what a header says: bounded, the same for all its users, nothing that tells one apart.

A name is a product and its version (RFC 9110 section 10.1.5), `ShopApp/2.1`. What looks like an address, a number or
a token is not cut to fit but refused whole: half a token is still a token's half.
"""

import re

NONE = "(none)"
UNREADABLE = "(unreadable)"
OTHER = "(other)"
"""All clients beyond those that a day has room for."""
NO_CLIENTS = frozenset({NONE, UNREADABLE, OTHER})

LONGEST = 80
"""Characters that a name may have, as wide as its column."""
_NAME = 40
_DIGITS = 9
"""Digits that a version may have in all: more is a number of somebody's."""
_PIECE = 20
"""Characters up to which a piece between dots is taken for a word; a longer one must read as words: a random string of
more than 128 bits does not, in base64 or in hexadecimal."""

_PRODUCT = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9._-]*)"
    r"(?=[/\s;,()]|$)"
    # After a blank, only what has a dot: a bare number there may be anybody's.
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
"""What a browser calls itself beside `Mozilla/5.0`, and what it is; of these the major version is enough."""


def name_in(text: str) -> str:
    """Give the name that a header's value tells: a product and its version, `(none)` or `(unreadable)`."""
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
    """Name the browser, or the app around it, behind what all of them say."""
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
    """Give the parts of a version that are few enough digits together."""
    parts, kept = text.split(".") if text else [], list[str]()
    for part in parts:
        if sum(map(len, kept)) + len(part) > _DIGITS:
            break
        kept.append(part)
    return ".".join(kept)


def _is_a_name(text: str) -> bool:
    """Say whether this reads as a product's name: words, few digits, nothing like a token, a number or an id."""
    if len(text) > _NAME or sum(map(str.isdigit, text)) > 4 or _HEX.search(text):
        return False
    return all(
        _SHORT.fullmatch(piece) or (len(piece) <= _PIECE and _PLAIN.fullmatch(piece)) or _WORDS.fullmatch(piece)
        for piece in text.split(".")
    )
