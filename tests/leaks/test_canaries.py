"""The search finds secrets: without this, finding none would show nothing."""

import base64
import json
from urllib.parse import quote

import pytest
from cryptography.fernet import Fernet

from tests.leaks.canaries import CUT, Search, planted, planted_key, without

FORMS = {
    "as it is": lambda text: text,
    "its beginning": lambda text: text[:CUT],
    "its end": lambda text: text[-CUT:],
    "in lower case": str.lower,
    "in a URL": lambda text: "/x?a=" + quote(text, safe=""),
    "in JSON": lambda text: json.dumps({"a": [text]}),
    "in hex": lambda text: text.encode().hex(),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64, after a byte": lambda text: base64.b64encode(b"u" + text.encode()).decode(),
    "in base64, after two": lambda text: base64.urlsafe_b64encode(b"u:" + text.encode() + b"more").decode(),
    "the beginning, in base64": lambda text: base64.b64encode(b"uu:" + text.encode()[:CUT]).decode(),
    "the end, in hex": lambda text: text[-CUT:].encode().hex().upper(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_planted_value_is_found(form: object) -> None:
    """A secret is found in every encoding, with a mark or recorded."""
    assert callable(form)
    assert Search().finds(f"some text {form(planted('token'))} and more")
    search = Search()
    search.note("JtJ0lpIuKQ-Rb0uEH5oBz5NLD_0x9S2Zr5sJmMbEgyk")
    assert search.finds(f"some text {form(search.noted[0])} and more")


def test_text_without_a_secret_has_no_match() -> None:
    """Text without a secret has no match, and neither has the token that the answer issues."""
    search = Search()
    search.note("JtJ0lpIuKQ-Rb0uEH5oBz5NLD_0x9S2Zr5sJmMbEgyk")
    assert search.finds('{"errors":"Error with social authentication"}') == []
    body = f'{{"token":"{search.noted[0]}"}}'
    assert search.finds(without(body, search.noted[0])) == []
    assert search.finds(without(body + search.noted[0], search.noted[0]))


def test_a_planted_key_is_a_fernet_key() -> None:
    """A planted key encrypts and decrypts."""
    key = planted_key()
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"x")) == b"x"
    assert Search().finds(key[:CUT])
    assert Search().finds(key[-CUT:])
