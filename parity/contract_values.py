"""Paths, headers, bodies and field values of the contract's own cases: those that frameworks read differently."""

import json
from collections.abc import Iterator
from typing import Any

ID_TOKEN_PROVIDERS = frozenset({"facebook", "google-oauth2", "apple-id", "oidc"})
ID_TOKEN_ONLY = frozenset({"apple-id", "oidc", "linkedin-openidconnect"})
"""The providers that are not called in a sign-up: an id_token of a persona whose calls fail is valid."""
PLACEHOLDER_OF = {"social_account": "{account}", "token": "{token_id}", "user": "{user}"}
FEW_QUERIES = ("?limit=1&offset=1", "?limit=0", "?offset=1", "?limit=x")
METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "TRACE", "PROPFIND", "get", "DELETE")

STORY = (
    ("GET", "user/"),
    ("GET", "user/{user}/"),
    ("GET", "social_account/"),
    ("GET", "social_account/{account}"),
    ("DELETE", "social_account/{other_account}/"),
    ("DELETE", "social_account/{account}/"),
    ("DELETE", "social_account/{account}/"),
    ("GET", "social_account/"),
    ("DELETE", "social_account/{second_account}/"),
    ("GET", "token/"),
    ("GET", "token/current/"),
    ("DELETE", "token/current/"),
    ("GET", "user/"),
)
"""The steps after a link; the second account may be the last login method."""

PATHS = (
    "nowhere/",
    "provider/facebook/",
    "user/schema/",
    "user/set/1;2/",
    "user//",
    "/user/",
    "user/x/",
    "user/1.0/",
    "user/1_0/",
    "user/-1/",
    "user/%EF%BC%91/",
    "user/1%00/",
    "user/99999999999999999999/",
    "user/{user}/x/",
    "user/%2e%2e/token/",
    "token/CURRENT/",
    "token/current/x",
    "social_account/00000000-0000-4000-8000-000000000000/",
    "social_sign_up/1/",
    "docs.json",
    "%",
    "%ff/",
)
OTHER_USERS_PATHS = ("user/{other_user}/", "social_account/{other_account}/", "token/999999999/", "social_account/0/")

_NUMBERS = ("", "0", "1", "100", "101", "-1", "+1", "01", "1.0", "1e1", "x", " 1", "%00", "%EF%BC%91")
_NUMBERS_LONG = ("999999999", "1000000000", "9223372036854775808")


def queries() -> Iterator[str]:
    """Yield the queries of a list, each with its question mark."""
    for name in ("limit", "offset"):
        for value in (*_NUMBERS, *_NUMBERS_LONG):
            yield f"?{name}={value.replace(' ', '%20')}"
    yield from ("?", "?limit", "?limit=1&limit=1", "?limit=1&offset=1", "?offset=1&limit=1", "?LIMIT=1", "?limit=1;x=1")
    yield from ("?format=xml", "?format=jsonp&callback=x", "?username=ripley", "?%6cimit=x", "?order_by=-id&id=1")


CREDENTIALS = (
    "Bearer made-up",
    "Token made-up",
    "ApiKey ripley:made-up",
    "ApiKey {username}:made-up",
    "ApiKey someone-else:{token}",
    "ApiKey {token}",
    "Bearer {token} ",
    "Bearer  {token}",
    "bearer {token}",
    "Bearer {token}, Bearer {token}",
    "Bearer {token}x",
    "Bearer",
    "",
    "Basic dTpw",
    "JWT {token}",
    "Bearer \xff",
)

_WELL_FORMED = b'{"provider":"facebook","access_token":"made-up"'
BODIES = (
    b"{}",
    b"",
    b"[]",
    b"null",
    b"{",
    b"{}{}",
    b"{} x",
    b"\xef\xbb\xbf{}",
    b'{"provider":"\xff"}',
    b'{"provider":"\\ud800"}',
    b'{"\\ud800":1}',
    b"provider=facebook&access_token=made-up",
    _WELL_FORMED + b',"provider":"facebook"}',
    _WELL_FORMED + b',"x":NaN}',
    _WELL_FORMED + b',"x":-Infinity}',
    _WELL_FORMED + b',"x":1e999}',
    _WELL_FORMED + b',"x":01}',
    _WELL_FORMED + b',"x":1,}',
    _WELL_FORMED + b',"x":' + b"9" * 4301 + b"}",
    _WELL_FORMED + b',"x":{"y":1,"y":2}}',
    _WELL_FORMED + b',"x":' + b"[" * 32 + b"]" * 32 + b"}",
    _WELL_FORMED + b',"x":"' + b"x" * 65536 + b'"}',
    "{}".encode("utf-16"),
    b" " * 65537,
)
MEDIA_TYPES = (
    "",
    "application/json; charset=utf-8",
    "APPLICATION/JSON;CHARSET=UTF8",
    "application/json; charset=latin-1",
    "application/json;",
    "application/json; version=2",
    "application/json, text/plain",
    "application/vnd.api+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "text/yaml",
    "application/xml",
    "*/*",
    "json",
)
IGNORED_HEADERS = (
    ("Accept", "text/html"),
    ("Accept", "application/xml;q=1, nonsense"),
    ("Accept-Language", "de"),
    ("X-Requested-With", "XMLHttpRequest"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Cookie", "sessionid=made-up; csrftoken=made-up"),
    ("If-None-Match", "*"),
    ("Range", "bytes=0-1"),
    ("Origin", "https://somewhere.example.com"),
)


def faults(longest: int) -> tuple[Any, ...]:
    """Return invalid values of a field, and a few unusual ones that some fields accept."""
    return (None, "", " ", 7, 0.5, True, [], {}, ["x"], "x" * (longest + 1), "a\x00b", "a b", "é")


def with_field(name: str, value: Any) -> bytes:
    """Return a sign-up body with one field replaced; its access_token is invalid, so no provider is called."""
    fields = {"provider": "facebook", "access_token": 7, "first_name": "Ellen"}
    return json.dumps({**fields, name: value}).encode()


PROVIDER_NAMES = ("myspace", "Facebook", " facebook", "facebook ", "username", "email", "admin", "../x", "x" * 33)
REFUSED_PERSONAS = (
    "expired",
    "foreign",
    "error-500",
    "error-503",
    "rate-limited",
    "html",
    "reset",
    "error-object",
    "no-id",
    "long-id",
)
FORGERS = ("expired", "foreign", "wrong-issuer", "wrong-nonce", "future", "unsigned", "wrong-key")
"""Without `unknown-key`, whose answer depends on when the keys were last fetched."""
