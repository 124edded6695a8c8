"""docs/contract.md, section 1: the Content-Types and Content-Encodings that a body may have."""

import pytest

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient

BODY = b'{"provider":"nobody"}'
# This body is read and parsed, and its provider is unknown: the tests need no database and no network.
READ = "unknown_provider"

ACCEPTED = {
    "empty": "",
    "json": "application/json",
    "upper case": "APPLICATION/JSON",
    "mixed case": "Application/Json",
    "charset utf-8": "application/json; charset=utf-8",
    "charset UTF-8": "application/json; charset=UTF-8",
    "charset utf8": "application/json; charset=utf8",
    "charset UTF8": "application/json;charset=UTF8",
    "charset quoted": 'application/json; charset="UTF-8"',
    "Charset": "application/json; Charset=utf-8",
    "space before the semicolon": "application/json ; charset=utf-8",
    "other parameters": "application/json; odata.metadata=minimal; version=1",
    "a semicolon in a quoted parameter": 'application/json; profile="a;charset=latin-1"; charset=utf-8',
    "a parameter that ends like charset": "application/json; x-charset=latin-1",
    "semicolon at the end": "application/json;",
    "256 characters": "application/json" + ";" * 240,
}
REFUSED = {
    "charset latin-1": "application/json; charset=latin-1",
    "charset ISO-8859-1 quoted": 'application/json; charset="ISO-8859-1"',
    "charset us-ascii": "application/json; charset=us-ascii",
    "charset utf-16": "application/json; charset=utf-16",
    "charset utf-8-sig": "application/json; charset=utf-8-sig",
    "charset unknown": "application/json; charset=nonsense",
    "charset empty": "application/json; charset=",
    "charset empty, quoted": 'application/json; charset=""',
    "charset in single quotes": "application/json; charset='utf-8'",
    "CHARSET in upper case": "APPLICATION/JSON; CHARSET=LATIN-1",
    "charset after others": "application/json; a=b; charset=latin-1",
    "charset twice": "application/json; charset=utf-8; charset=latin-1",
    "charset with a space before its value": "application/json; charset= latin-1",
    "charset with a space before the equals sign": "application/json; charset =latin-1",
    "text": "text/plain",
    "text/json": "text/json",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data; boundary=xyz",
    "multipart without a boundary": "multipart/form-data",
    "json-like": "application/vnd.api+json",
    "json and more": "application/jsonp",
    "json-seq": "application/json-seq",
    "yaml": "application/yaml",
    "xml": "application/xml",
    "plist": "application/x-plist",
    "html": "text/html",
    "octet-stream": "application/octet-stream",
    "a pattern": "application/*",
    "any": "*/*",
    "two types": "application/json, text/plain",
    "no subtype": "application",
    "parameters alone": "; charset=utf-8",
    "257 characters": "application/json" + ";" * 241,
    "charset in the extended form": "application/json; charset*=utf-8''utf-8",
    "a parameter in the extended form": "application/json; a*0=b",
}
ENCODINGS = ["gzip", "GZIP", "deflate", "br", "zstd", "identity", "gzip, gzip", "nonsense"]


@pytest.mark.parametrize("content_type", ACCEPTED.values(), ids=ACCEPTED)
def test_application_json_is_accepted(api: ApiClient, content_type: str) -> None:
    """application/json is accepted in any case and with parameters, and so is an empty Content-Type."""
    assert_error(api.post("social_sign_up/", BODY, content_type=content_type), READ)


def test_a_missing_content_type_is_accepted(api: ApiClient) -> None:
    """A body without a Content-Type is read, as old clients send none."""
    response = api.post_plain("social_sign_up/", BODY)
    assert "CONTENT_TYPE" not in response.request
    assert_error(response, READ)


@pytest.mark.parametrize("content_type", REFUSED.values(), ids=REFUSED)
def test_another_content_type_is_refused(api: ApiClient, content_type: str) -> None:
    """Another media type or charset is 415, even if the bytes are JSON."""
    assert_error(api.post("social_sign_up/", BODY, content_type=content_type), "unsupported_media_type")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_content_encoding_is_refused(api: ApiClient, encoding: str) -> None:
    """Any Content-Encoding is 415; nothing is decompressed."""
    response = api.post("social_sign_up/", BODY, headers={"Content-Encoding": encoding})
    assert_error(response, "unsupported_media_type")


def test_an_empty_content_encoding_is_accepted(api: ApiClient) -> None:
    """An empty Content-Encoding counts as none."""
    assert_error(api.post("social_sign_up/", BODY, headers={"Content-Encoding": ""}), READ)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_get_ignores_the_content_type(api: ApiClient, content_type: str) -> None:
    """GET ignores Content-Type, as some client libraries always send one."""
    assert api.get("provider/", CONTENT_TYPE=content_type).status_code == 200
