"""Strategies for valid, almost valid and hostile requests."""

import codecs
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from shared.contract.declarations import registry
from tests.differential.messages import Header, Message

T = TypeVar("T")
RIPLEY: Final = "R" * 43
DALLAS: Final = "D" * 43
ASH: Final = "A" * 43
"""The token of an inactive user."""
EXPIRED: Final = "E" * 43
IMPORTED: Final = "0123456789abcdef0123456789abcdef01234567"
"""A key of dallas, imported from an earlier deployment."""
TOKENS: Final = (RIPLEY, DALLAS, ASH, EXPIRED, IMPORTED)

FIELDS: Final = (
    "provider",
    "access_token",
    "access_token_secret",
    "id_token",
    "nonce",
    "code",
    "code_verifier",
    "redirect_uri",
    "first_name",
    "last_name",
)

# Texts that programs read differently.
ODD_TEXTS: Final = (
    "",
    " ",
    "\t",
    "\n",
    "0",
    "-0",
    "1",
    "01",
    "+1",
    "1.0",
    "1e3",
    "1_0",
    "١",
    "１",
    "null",
    "true",
    "None",
    "NaN",
    "Infinity",
    "a b",
    " facebook",
    "facebook ",
    "Facebook",
    "facebook\n",
    "face\x00book",
    "é",
    "e\u0301",
    "ﬀ",
    "ß",
    "İ",
    "\u202e",
    "\ufeff",
    "\u00a0",
    "\U0001f600",
    "x" * 33,
    "x" * 151,
    "x" * 4097,
    "x" * 8193,
    "'",
    '"',
    "<b>",
    "%00",
    "../",
)
ODD_NUMBERS: Final = (0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, 10**400, -(10**400), 0.5, -0.0, 1e308, 5e-324)
# Numbers and constants that are outside JSON's grammar or the range of a double.
ODD_TOKENS: Final = (
    b"NaN",
    b"-NaN",
    b"Infinity",
    b"-Infinity",
    b"1e999",
    b"-1e999",
    b"1e-999",
    b"01",
    b"+1",
    b".5",
    b"1.",
    b"0x1F",
    b"1_0",
    b"True",
    b"None",
    b"undefined",
    b"'x'",
    b"9" * 4300,
    b"9" * 4301,
    b"-" + b"9" * 4300,
    b"1" + b"0" * 400 + b".0",
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\\ud83d\\ude00"',
    b'"\\u0000"',
    b'"\\x41"',
    b'"\x01"',
    b'"\xff"',
    b'"\xed\xa0\x80"',
    b'"\xc0\x80"',
    b"[" * 31 + b"]" * 31,
    b"[" * 32 + b"]" * 32,
    b"[" * 5000 + b"]" * 5000,
    b"[1,]",
    b"{}",
    b"[]",
    b"/**/1",
    b"1 // x",
    b'"' + b"x" * 65000 + b'"',
    b'"' + b"x" * 65536 + b'"',
    "\u2028".encode(),
    b"1\x00",
    b"1\x1a",
)


def _any_of(values: Sequence[T]) -> SearchStrategy[T]:
    """Return `sampled_from` for values that are too long to be printed with the strategy."""
    return st.integers(0, len(values) - 1).map(lambda index: values[index])


def _text() -> SearchStrategy[str]:
    return _any_of(ODD_TEXTS) | st.text(max_size=40)


def trees() -> SearchStrategy[Any]:
    """Return any JSON value."""
    leaves = st.none() | st.booleans() | _any_of(ODD_NUMBERS) | st.integers() | st.floats(allow_nan=False) | _text()
    return st.recursive(
        leaves,
        lambda children: st.lists(children, max_size=4) | st.dictionaries(_text(), children, max_size=4),
        max_leaves=12,
    )


def sign_ups(known: SearchStrategy[dict[str, Any]]) -> SearchStrategy[dict[str, Any]]:
    """Return the fields of a sign-up with any number of faults."""
    extra = st.dictionaries(
        _any_of((*FIELDS, "is_staff", "id", "user", "uid", "details", "username", "email", "state", "Provider")),
        trees(),
        max_size=2,
    )
    without = st.lists(_any_of(FIELDS), max_size=1)
    faulty = st.builds(
        lambda fields, more, less: {name: value for name, value in {**fields, **more}.items() if name not in less},
        known,
        st.just({}) | extra,
        st.just([]) | without,
    )
    return faulty | st.builds(_altered, known, st.integers(0, 20), _any_of(ALTERATIONS))


def _altered(fields: dict[str, Any], which: int, alter: Callable[[str], Any]) -> dict[str, Any]:
    """Replace one value with one that some programs treat as the same."""
    name = list(fields)[which % len(fields)]
    return {**fields, name: alter(str(fields[name]))}


ALTERATIONS: Final[tuple[Callable[[str], Any], ...]] = (
    lambda text: f" {text}",
    lambda text: f"{text} ",
    lambda text: f"{text}\n",
    lambda text: f"\ufeff{text}",
    lambda text: f"{text}\x00",
    str.upper,
    lambda text: [text],
)


def _encoded(value: Any, style: int) -> bytes:
    """Encode a value in one of several equivalent or invalid ways."""
    text = json.dumps(value, ensure_ascii=style % 2 == 0, indent=1 if style % 3 == 0 else None)
    return text.encode("utf-8", "surrogatepass")


def _damaged(body: bytes, how: int, at: int, token: bytes) -> bytes:
    """Damage a body in one small way."""
    text = body.decode("utf-8", "replace")
    at %= len(body) + 1
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: codecs.BOM_UTF8 + body,
        lambda: text.encode("utf-16"),
        lambda: text.encode("utf-16-le"),
        lambda: text.encode("utf-32"),
        lambda: text.encode("latin-1", "replace"),
        lambda: body[:at],
        lambda: body + body,
        lambda: body + b"\n\t\r ",
        lambda: body + b"\x0c",
        lambda: b"\xc2\xa0" + body,
        lambda: body[:at] + token + body[at:],
        lambda: body[:-1] + b',"padding":' + token + b"}",
        lambda: b'{"padding":' + token + b"," + body[1:],
        lambda: body[:-1] + b',"provider":"facebook"}',
        lambda: body[:-1] + b',"x":1,"\\u0078":2}',
        lambda: b"[" + body + b"]",
        lambda: token,
        lambda: body[:-1] + b" " * (64 * 1024 - len(body)) + body[-1:],
        lambda: body[:-1] + b" " * (64 * 1024 - len(body) + 1) + body[-1:],
        lambda: b"provider=facebook&access_token=x",
        lambda: b"--x\r\nContent-Disposition: form-data; name=provider\r\n\r\nfacebook\r\n--x--\r\n",
    )
    return ways[how % len(ways)]()


def bodies(known: SearchStrategy[dict[str, Any]]) -> SearchStrategy[bytes]:
    """Return valid and invalid bodies."""
    fine = st.builds(_encoded, sign_ups(known) | trees(), st.integers(0, 5))
    damaged = st.builds(
        _damaged,
        st.builds(_encoded, known, st.integers(0, 5)),
        st.integers(0, 40),
        st.integers(0, 300),
        _any_of(ODD_TOKENS),
    )
    return st.one_of(fine, damaged, st.binary(max_size=60), st.just(b""))


def _headers(name: str, *values: bytes) -> SearchStrategy[Header]:
    return st.tuples(st.just(name), _any_of(values))


def _credentials() -> SearchStrategy[bytes]:
    token = _any_of([one.encode() for one in TOKENS])
    scheme = _any_of([b"Bearer ", b"Token ", b"bearer  ", b"TOKEN ", b"Basic ", b"Bearer", b"Bearer\t", b"JWT ", b""])
    name = _any_of([b"ripley", b"dallas", b"Ripley", b"ash", b"", b"r:x", "rïpley".encode(), b"r\xefpley"])
    end = _any_of([b"", b"", b"", b"=", b" ", b", Bearer x", b"\t", b":", b"\xff", b"%20", b"x"])
    return st.one_of(
        st.builds(lambda one, two, three: one + two + three, scheme, token, end),
        st.builds(lambda who, key, last: b"ApiKey " + who + b":" + key + last, name, token, end),
        _any_of([b"", b" ", b"Bearer", b"Bearer " + b"x" * 256, b"Bearer " + b"x" * 5000, b'Digest username="r"']),
        st.binary(max_size=20).map(lambda value: bytes(byte for byte in value if byte >= 32 and byte != 127)),
    )


def valid_credentials() -> SearchStrategy[Header]:
    """Return credentials of an active user."""
    return _headers(
        "Authorization",
        b"Bearer " + RIPLEY.encode(),
        b"Token " + RIPLEY.encode(),
        b"ApiKey ripley:" + RIPLEY.encode(),
        b"Bearer " + DALLAS.encode(),
        b"ApiKey dallas:" + IMPORTED.encode(),
        b"token   " + IMPORTED.encode(),
    )


def _media_types() -> SearchStrategy[Header]:
    return _headers(
        "Content-Type",
        b"application/json",
        b"application/json",
        b"application/json; charset=utf-8",
        b"APPLICATION/JSON;CHARSET=UTF8",
        b'application/json; charset="utf-8"',
        b"application/json;",
        b"application/json; charset=latin-1",
        b"application/json; charset=utf-16",
        b"application/json; charset=utf-8; charset=latin-1",
        b"application/json; q",
        b"application/json; version=2",
        b"application/json, text/plain",
        b" application/json",
        b"application/ json",
        b"application/vnd.api+json",
        b"text/json",
        b"text/yaml",
        b"application/xml",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=x",
        b"multipart/form-data",
        b"text/plain",
        b"*/*",
        b"json",
        b"",
        b"\xff",
        b"application/json; charset=\xff",
        b"application/json; x=" + b"y" * 5000,
    )


def ignored_headers() -> SearchStrategy[Header]:
    """Return headers that the contract ignores."""
    return st.one_of(
        _headers(
            "Accept",
            b"text/html",
            b"application/xml",
            b"application/json; version=9",
            b"*/*;q=0",
            b"",
            b"x",
            b"\xff/\xff",
        ),
        _headers("Accept-Language", b"de", b"ar", b"xx-" + b"y" * 500),
        _headers("Accept-Encoding", b"gzip", b"identity;q=0", b"br"),
        _headers("X-HTTP-Method-Override", b"DELETE", b"GET", b"PATCH", b"OPTIONS", b""),
        _headers("X-Method-Override", b"DELETE"),
        _headers("Cookie", b"sessionid=abc; csrftoken=x", b"\xff", b"a=b;" * 500),
        _headers("Origin", b"https://evil.example.com", b"null"),
        _headers("Referer", b"https://evil.example.com/?token=x"),
        _headers("If-None-Match", b"*", b'"x"'),
        _headers("If-Modified-Since", b"Mon, 23 Nov 2026 20:00:00 GMT", b"x"),
        _headers("If-Match", b'"x"'),
        _headers("Range", b"bytes=0-1"),
        _headers("X-Requested-With", b"XMLHttpRequest"),
        _headers("X-Forwarded-For", b"127.0.0.1", b"x, y", b"\xff"),
        _headers("X-Forwarded-Host", b"evil.example.com"),
        _headers("X-Forwarded-Proto", b"https"),
        _headers("X-Request-ID", b"0123456789abcdef", b"x", b"a b"),
        _headers("X-CSRFToken", b"x"),
        _headers("Forwarded", b"for=127.0.0.1;host=evil.example.com"),
        _headers("Prefer", b"return=minimal"),
        _headers("User-Agent", b"", b"\xff", b"x" * 3000),
    )


def any_headers() -> SearchStrategy[Header]:
    """Return any header, mainly those that the service reads."""
    return st.one_of(
        st.tuples(st.just("Authorization"), _credentials()),
        _media_types(),
        _headers("Content-Encoding", b"gzip", b"identity", b"deflate, gzip", b"", b" ", b"\xff"),
        ignored_headers(),
    )


def _ids() -> SearchStrategy[str]:
    own = _any_of(["1", "2", "3", "4", "5", "current", "schema", "set"])
    odd = _any_of(
        ["0", "-1", "01", "+1", "1.0", "1e0", " 1", "1 ", "1;2", "9" * 18, "9" * 19, "9" * 400, "١", "１", "me", "."]
    )
    return own | odd.map(lambda text: quote(text, safe=";"))


def _paths() -> SearchStrategy[str]:
    known = _any_of([endpoint.path for endpoint in registry.endpoints])
    filled = st.builds(lambda path, id: path.replace("{id}", id), known, _ids())
    end = _any_of(["/", "/", "/", ""])
    odd_end = _any_of(
        [
            "//",
            "/.",
            ".json",
            "/schema/",
            "/set/1;2/",
            "/multiple/",
            ";x=1/",
            "%2F",
            "%00",
            "%0A",
            "/%0A",
            "%20",
            "/x",
            "%FF",
            "%",
            "%zz",
            "%C3%A9/",
            "/../",
        ]
    )
    unknown = st.text(max_size=12).map(lambda text: quote(text, safe="/;:@!$'()*+,=~.-_"))
    return st.one_of(
        st.builds(lambda path, last: path + last if path else "", filled, end),
        st.builds(lambda path, last: path + last, filled, odd_end),
        filled.map(lambda path: path.upper() + "/"),
        filled.map(lambda path: "/" + path + "/"),
        unknown.filter(lambda path: not path.startswith(("docs", "openapi.yaml"))),
    )


def _queries() -> SearchStrategy[str]:
    number = _any_of(
        [
            "0",
            "1",
            "2",
            "20",
            "100",
            "101",
            "00",
            "007",
            "-1",
            "+1",
            "1.0",
            "1e1",
            "",
            " ",
            "%201",
            "x",
            "999999999",
            "1000000000",
            "9" * 400,
            "%D9%A1",
            "%EF%BC%91",
            "1%0A",
            "1%00",
            "%FF",
            "null",
            "True",
        ]
    )
    pair = st.one_of(
        st.builds("{}={}".format, _any_of(["limit", "offset", "LIMIT", "limit[]", "%6Cimit", "lim+it"]), number),
        st.builds(
            "{}={}".format,
            _any_of(["format", "callback", "username", "order_by", "id", "_method", "access_token", "page", "schema"]),
            _any_of(["json", "xml", "yaml", "jsonp", "x", "DELETE", "ripley", RIPLEY, "-id", ""]),
        ),
        _any_of(["api_key=x", "api_key", "api_key=", "api%5Fkey=x", "API_KEY=x", f"username=ripley&api_key={RIPLEY}"]),
        _any_of(
            [
                "",
                "=",
                "=x",
                "&&",
                ";limit=1",
                "limit",
                "%",
                "%zz=1",
                "%FF=%FF",
                "a=b=c",
                "x" * 2000,
                "?limit=1",
                "x&" * 1200,
            ]
        ),
    )
    return st.lists(pair, max_size=3).map("&".join)


METHODS: Final = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")
ODD_METHODS: Final = ("PUT", "PATCH", "TRACE", "BREW", "LINK", "PROPFIND", "X", "GET2", "M-SEARCH", "get", "Post")


def targets() -> SearchStrategy[str]:
    """Return paths with and without a query."""
    return st.builds(lambda path, query: f"{path}?{query}" if query else path, _paths(), st.just("") | _queries())


def _valid_reads() -> SearchStrategy[Message]:
    paths = (
        "",
        "provider/",
        "user/",
        "user/1/",
        "social_account/",
        "social_account/1/",
        "social_account/3/",
        "token/",
        "token/1/",
        "token/current/",
    )
    query = _any_of(["", "", "?limit=1", "?limit=1&offset=1", "?offset=2&limit=0", "?limit=100&offset=999999999"])
    return st.builds(
        lambda method, path, more, header: Message(method, path + more, (header,)),
        _any_of(["GET", "GET", "HEAD", "DELETE", "OPTIONS"]),
        _any_of(paths),
        query,
        valid_credentials(),
    )


def _valid_sign_ups(known: SearchStrategy[dict[str, Any]]) -> SearchStrategy[Message]:
    json_type: Header = ("Content-Type", b"application/json")
    return st.builds(
        lambda fields, style, slash, who, chunked: Message(
            "POST", "social_sign_up" + slash, (json_type, *who), _encoded(fields, style), chunked
        ),
        st.booleans().flatmap(lambda faulty: sign_ups(known) if faulty else known),
        st.integers(0, 5),
        _any_of(["/", "/", ""]),
        st.just(()) | valid_credentials().map(lambda header: (header,)),
        st.booleans(),
    )


def _nearly(message: SearchStrategy[Message]) -> SearchStrategy[Message]:
    """Add one odd header to a valid request."""
    return st.builds(lambda one, header: one.with_headers(header), message, any_headers())


def _odd_bodies(known: SearchStrategy[dict[str, Any]]) -> SearchStrategy[Message]:
    return st.builds(
        lambda media_type, body, chunked: Message("POST", "social_sign_up/", media_type, body, chunked),
        st.just((("Content-Type", b"application/json"),)) | st.just(()) | _media_types().map(lambda header: (header,)),
        bodies(known),
        st.booleans(),
    )


def _hostile(known: SearchStrategy[dict[str, Any]]) -> SearchStrategy[Message]:
    return st.builds(
        lambda method, target, headers, body, chunked: Message(method, target, tuple(headers), body, chunked),
        _any_of(METHODS) | _any_of(ODD_METHODS),
        targets(),
        st.lists(any_headers() | valid_credentials(), max_size=4),
        st.just(b"") | bodies(known),
        st.booleans(),
    )


def _odd_targets() -> SearchStrategy[Message]:
    return st.builds(
        lambda method, target, who: Message(method, target, (who,)),
        _any_of(["GET", "GET", "HEAD", "DELETE", "OPTIONS", "PUT"]),
        targets(),
        valid_credentials(),
    )


def _odd_credentials() -> SearchStrategy[Message]:
    """Return requests with any credentials on existing paths."""
    return st.builds(
        lambda method, path, values: Message(method, path, tuple(("Authorization", value) for value in values)),
        _any_of(["GET", "GET", "HEAD", "DELETE", "POST", "OPTIONS"]),
        _any_of(["", "provider/", "user/", "user/1/", "token/current/", "social_account/1/", "social_sign_up/"]),
        st.lists(_credentials(), max_size=1) | st.lists(_credentials(), min_size=2, max_size=2),
    )


def valid_messages(known: SearchStrategy[dict[str, Any]]) -> SearchStrategy[Message]:
    """Return requests as clients send them."""
    return _valid_reads() | _valid_sign_ups(known)


def messages(known: SearchStrategy[dict[str, Any]]) -> SearchStrategy[Message]:
    """Return requests of all kinds.

    :param known: the fields of sign-ups that a provider accepts.
    """
    kinds = {
        "read": _valid_reads(),
        "sign up": _valid_sign_ups(known),
        "nearly": _nearly(valid_messages(known)),
        "credentials": _odd_credentials(),
        "body": _odd_bodies(known),
        "target": _odd_targets(),
        "hostile": _hostile(known),
    }
    # Sign-ups are drawn twice as often: only they write, and most of their faults are in the fields.
    return st.sampled_from([*kinds, "sign up"]).flatmap(kinds.__getitem__)
