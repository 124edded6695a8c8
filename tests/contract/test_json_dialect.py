"""docs/contract.md, section 1: the strict JSON dialect applies to the whole body."""

import pytest

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient

READ = "unknown_provider"


def with_member(text: str) -> bytes:
    """Return a valid body with one more member of this value in an unknown field."""
    return b'{"provider":"nobody","ignored":' + text.encode() + b"}"


DIALECT = {
    "blanks around": b' \t\r\n{"provider" : "nobody"}\r\n ',
    "a member": with_member("1"),
    "escaped text": with_member(r'"\u0000\u001f\/\"\\\b\f\n\r\t\u00e9"'),
    "a surrogate pair": with_member(r'"\ud83d\ude00"'),
    "text beyond ASCII": with_member('"é 漢 😀 \x7f\u2028"'),
    "an empty key": with_member('{"":""}'),
    "one key in two objects": with_member('[{"a":1},{"a":1,"b":{"a":1}}]'),
    "two keys that differ in case": with_member('{"a":1,"A":1}'),
    "two keys that differ in form": with_member(r'{"\u00e9":1,"e\u0301":1}'),
    "minus zero": with_member("-0"),
    "a long fraction": with_member("0." + "1" * 5000),
    "the largest double": with_member("1.7976931348623157e308"),
    "a small double": with_member("1E-300"),
    "an integer of 4300 digits": with_member("1" * 4300),
    "a negative integer of 4300 digits": with_member("-" + "1" * 4300),
    "all constants": with_member("[true,false,null]"),
}
REFUSED = {
    "empty": b"",
    "blank": b" \r\n",
    "NUL": b"\x00",
    "a word": b"provider",
    "a form": b"provider=nobody",
    "an array": b'[{"provider":"nobody"}]',
    "an empty array": b"[]",
    "a string": b'"provider"',
    "a number": b"1",
    "zero": b"0",
    "null": b"null",
    "true": b"true",
    "false": b"false",
    "no end": b'{"provider":"nobody"',
    "no end of a string": b'{"provider":"nobody}',
    "trailing text": b'{"provider":"nobody"} nobody',
    "a second object": b'{"provider":"nobody"}{}',
    "a trailing NUL": b'{"provider":"nobody"}\x00',
    "a trailing brace": b'{"provider":"nobody"}}',
    "a blank of another kind": b'{"provider":"nobody"}\x0b',
    "a no-break space": b'{"provider":"nobody"}\xc2\xa0',
    "a comma at the end": b'{"provider":"nobody",}',
    "single quotes": b"{'provider':'nobody'}",
    "a bare key": b'{provider:"nobody"}',
    "a number as key": b'{"provider":"nobody",1:1}',
    "a comment": b'{"provider":"nobody"/**/}',
    "a control character in a string": b'{"provider":"nobody","ignored":"a\nb"}',
    "a NUL in a string": b'{"provider":"nobody","ignored":"a\x00b"}',
    "an unknown escape": with_member(r'"\x41"'),
    "half an escape": with_member(r'"\u12"'),
    "a BOM": b"\xef\xbb\xbf" + b'{"provider":"nobody"}',
    "UTF-16 with a BOM": '{"provider":"nobody"}'.encode("utf-16"),
    "UTF-16, little end first": '{"provider":"nobody"}'.encode("utf-16-le"),
    "UTF-16, big end first": '{"provider":"nobody"}'.encode("utf-16-be"),
    "UTF-32": '{"provider":"nobody"}'.encode("utf-32"),
    "latin-1": b'{"provider":"nobody","ignored":"\xe9"}',
    "UTF-8 cut short": b'{"provider":"nobody","ignored":"\xc3"}',
    "UTF-8 too long": b'{"provider":"nobody","ignored":"\xc0\xaf"}',
    "UTF-8 beyond Unicode": b'{"provider":"nobody","ignored":"\xf4\x90\x80\x80"}',
    "a surrogate in UTF-8": b'{"provider":"nobody","ignored":"\xed\xa0\x80"}',
    "bad UTF-8 in a key": b'{"provider":"nobody","\xff":1}',
    "NaN": with_member("NaN"),
    "NaN, nested": with_member('[{"a":[NaN]}]'),
    "NaN as a known field": b'{"provider":NaN}',
    "Infinity": with_member("Infinity"),
    "-Infinity": with_member("-Infinity"),
    "1e999": with_member("1e999"),
    "-1E+999": with_member("-1E+999"),
    "1e309, nested": with_member('{"a":[1e309]}'),
    "a fraction beyond a double": with_member("1" * 400 + ".0"),
    "an integer of 4301 digits": with_member("1" * 4301),
    "a negative integer of 4301 digits": with_member("-" + "1" * 4301),
    "an integer of 4301 digits, nested": with_member('[{"a":' + "1" * 4301 + "}]"),
    "an integer of 60000 digits": with_member("1" * 60_000),
    "a leading zero": with_member("01"),
    "a leading plus": with_member("+1"),
    "no digit before the point": with_member(".5"),
    "no digit after the point": with_member("1."),
    "a hexadecimal number": with_member("0x10"),
    "digits of another script": with_member("\u0661"),
    "a key twice": b'{"provider":"nobody","provider":"nobody"}',
    "a key twice, two values": b'{"provider":null,"provider":"nobody"}',
    "a key twice, once escaped": rb'{"provider":"nobody","\u0070rovider":"nobody"}',
    "an unknown key twice": b'{"provider":"nobody","x":1,"x":1}',
    "a nested key twice": with_member('{"x":1,"x":1}'),
    "a key twice in a list": with_member('[[{"x":1,"x":1}]]'),
    "an empty key twice": with_member('{"":1,"":1}'),
    "a lone high surrogate": with_member(r'"\ud83d"'),
    "a lone low surrogate": with_member(r'"\ude00"'),
    "surrogates the wrong way round": with_member(r'"\ude00\ud83d"'),
    "a lone surrogate in a known field": rb'{"provider":"nobody","access_token":"\ud800"}',
    "a lone surrogate in a key": rb'{"provider":"nobody","\ud800":1}',
    "a lone surrogate in a list": with_member(r'["a",["\udfff"]]'),
    "a lone surrogate, nested": with_member(r'{"a":{"b":"\udfff"}}'),
    "a lone surrogate in a nested key": with_member(r'[{"\udfff":1}]'),
}


@pytest.mark.parametrize("body", DIALECT.values(), ids=DIALECT)
def test_valid_json_is_read(api: ApiClient, body: bytes) -> None:
    """A body in the dialect is read, and an unknown field has no effect."""
    assert_error(api.post("social_sign_up/", body), READ)


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_invalid_json_is_refused(api: ApiClient, body: bytes) -> None:
    """A body outside the dialect is `invalid_json`, wherever the fault is."""
    assert_error(api.post("social_sign_up/", body), "invalid_json")


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_invalid_json_in_a_chunked_body_is_refused(one_api: ApiClient, body: bytes) -> None:
    """A body without a declared length is checked in the same way."""
    assert_error(one_api.post_chunked("social_sign_up/", body), "invalid_json")


def test_a_post_without_a_body_is_refused(api: ApiClient) -> None:
    """A POST without a body, a length and a type is `invalid_json`."""
    assert_error(api.call("POST", "social_sign_up/"), "invalid_json")
