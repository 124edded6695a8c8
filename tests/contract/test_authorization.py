"""docs/contract.md, section 2: the three forms of a credential; anything else has one and the same answer."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import Person, all_rows, person

pytestmark = pytest.mark.django_db

GOOD = [
    "Bearer {token}",
    "bearer {token}",
    "BEARER {token}",
    "bEaReR {token}",
    "Token {token}",
    "token {token}",
    "TOKEN {token}",
    "ApiKey ripley:{token}",
    "apikey ripley:{token}",
    "APIKEY ripley:{token}",
    "Bearer    {token}",
    "Token  {token}",
    "ApiKey   ripley:{token}",
]
BAD = {
    "empty": "",
    "blank": " ",
    "a scheme alone": "Bearer",
    "a scheme and a blank": "Bearer ",
    "another scheme alone": "ApiKey",
    "repeated": "Bearer {token}, Bearer {token}",
    "repeated without a blank": "Bearer {token},Bearer {token}",
    "repeated, forms mixed": "Bearer {token}, ApiKey ripley:{token}",
    "repeated, one empty": "Bearer {token},",
    "repeated, the first empty": ", Bearer {token}",
    "Basic": "Basic cmlwbGV5OnBhc3N3b3Jk",
    "Digest": 'Digest username="ripley"',
    "OAuth": "OAuth {token}",
    "JWT": "JWT {token}",
    "an unknown scheme": "Weyland {token}",
    "no scheme": "{token}",
    "no blank": "Bearer{token}",
    "a colon for the blank": "Bearer:{token}",
    "a tab for the blank": "Bearer\t{token}",
    "a no-break space for the blank": "Bearer\xc2\xa0{token}",
    "two tokens": "Bearer {token} {token}",
    "parameters": 'Bearer {token}; realm="api"',
    "quotes": 'Bearer "{token}"',
    "unknown": "Bearer unknown",
    "unknown in another form": "Token unknown",
    "unknown of a user": "ApiKey ripley:unknown",
    "in another case": "Bearer {swapped}",
    "cut short": "Bearer {short}",
    "longer": "Bearer {token}x",
    "with padding": "Bearer {token}=",
    "the digest": "Bearer {digest}",
    "the id": "Bearer {id}",
    "a name with another form": "Bearer ripley:{token}",
    "no name": "ApiKey :{token}",
    "no name and no colon": "ApiKey {token}",
    "no token": "ApiKey ripley:",
    "a name alone": "ApiKey ripley",
    "a blank for the colon": "ApiKey ripley {token}",
    "a blank after the colon": "ApiKey ripley: {token}",
    "a blank before the colon": "ApiKey ripley :{token}",
    "an unknown name": "ApiKey kane:{token}",
    "another's name": "ApiKey parker:{token}",
    "a name in another case": "ApiKey Ripley:{token}",
    "a non-ASCII name": "ApiKey rípley:{token}".encode().decode("latin-1"),
    "a name that is not UTF-8": "ApiKey r\xedpley:{token}",
    "two names": "ApiKey ripley:ripley:{token}",
    "NUL": "Bearer \x00",
    "NUL after the token": "Bearer {token}\x00",
    "NUL in the name": "ApiKey rip\x00ley:{token}",
    "NUL after the name": "ApiKey ripley\x00:{token}",
    "not UTF-8": "Bearer \xff\xfe",
    "not UTF-8 after the token": "Bearer {token}\xff",
    "non-ASCII": "Bearer tökén".encode().decode("latin-1"),
    "a newline": "Bearer {token}\n",
    "very long": "Bearer " + "x" * 10_000,
    "a very long name": "ApiKey " + "x" * 10_000 + ":{token}",
    "one byte too long": "Bearer" + " " * 1452 + "{token}",
    "blanks": "ApiKey" + " " * 8100 + "x",
    "many colons": "ApiKey " + ":" * 10_000,
    "SQL": "Bearer ' OR 1=1 --",
}


def expire(ripley: Person, when: timedelta) -> None:
    ripley.row.expires_at = timezone.now() + when
    ripley.row.save()


def deactivate(ripley: Person) -> None:
    ripley.user.is_active = False
    ripley.user.save()


def revoke(ripley: Person) -> None:
    ripley.row.delete()


STATES: dict[str, Callable[[Person], None]] = {
    "expired": lambda ripley: expire(ripley, timedelta(seconds=-1)),
    "expired long ago": lambda ripley: expire(ripley, timedelta(days=-1000)),
    "of an inactive user": deactivate,
    "revoked": revoke,
}


def filled(header: str, ripley: Person) -> str:
    token = ripley.token
    parts = {"swapped": token.swapcase(), "short": token[:-1], "digest": ripley.row.digest, "id": str(ripley.row.pk)}
    for name, value in {"token": token, **parts}.items():
        header = header.replace(f"{{{name}}}", value)
    return header


@pytest.mark.parametrize("header", GOOD)
def test_each_of_the_three_forms_authenticates(api: ApiClient, header: str) -> None:
    """The scheme may have any case and any number of spaces after it."""
    ripley = person()
    response = api.get("user/", headers={"Authorization": filled(header, ripley)})
    assert (response.status_code, response.json()["objects"][0]["id"]) == (200, ripley.user.pk)


@pytest.mark.parametrize("name", ["rípley", "漢字", "a.b@example.com", "with blank", "a:b", "a,b", "😀"])
def test_a_username_in_the_header_may_hold_any_character(api: ApiClient, name: str) -> None:
    """The username is UTF-8 on the wire, and the token follows the last colon."""
    ripley = person(name)
    header = f"ApiKey {name}:{ripley.token}".encode().decode("latin-1")
    response = api.get("user/", headers={"Authorization": header})
    assert (response.status_code, response.json()["objects"][0]["username"]) == (200, name)


@pytest.mark.threat(35)
@pytest.mark.parametrize("form", ["Bearer{blanks}{token}", "ApiKey{blanks}ripley:{token}", "ApiKey {name}:{token}"])
def test_the_length_of_the_header_is_limited(api: ApiClient, form: str) -> None:
    """A value of 1 500 bytes is parsed, one of 1 501 is not; the name counts in UTF-8."""
    ripley = person("é" * 150 if "{name}" in form else "ripley")
    name = ripley.user.username.encode().decode("latin-1")
    for length, status in ((1500, 200), (1501, 401)):
        value = form.replace("{token}", ripley.token).replace("{name}", name)
        value = value.replace("{blanks}", " " * (length - len(value) + len("{blanks}")))
        response = api.get("user/", headers={"Authorization": value})
        assert response.status_code == (status if "{blanks}" in form else 200)


def assert_refused_everywhere(api: ApiClient, header: str) -> None:
    before = all_rows()
    headers = {"Authorization": header}
    for path in ("", "provider/", "user/", "token/current/"):
        assert_error(api.get(path, headers=headers), "invalid_credentials")
    assert_error(api.delete("token/current/", headers=headers), "invalid_credentials")
    assert_error(api.sign_up({"provider": "facebook", "access_token": "t"}, headers=headers), "invalid_credentials")
    assert all_rows() == before


@pytest.mark.threat(32)
@pytest.mark.parametrize("header", BAD.values(), ids=BAD)
def test_malformed_credentials_have_one_answer(api: ApiClient, header: str) -> None:
    """Malformed credentials get the same 401 on every path; a public path does not treat them as anonymous."""
    ripley, _ = person(), person("parker")
    assert_refused_everywhere(api, filled(header, ripley))


@pytest.mark.threat(9, 32)
@pytest.mark.parametrize("change", STATES.values(), ids=STATES)
@pytest.mark.parametrize("header", ["Bearer {token}", "Token {token}", "ApiKey ripley:{token}"])
def test_a_token_that_is_no_longer_valid_has_the_same_answer(
    api: ApiClient, header: str, change: Callable[[Person], None]
) -> None:
    """An expired or revoked token gets the same answer as a token that never existed."""
    ripley = person()
    header = filled(header, ripley)
    change(ripley)
    assert_refused_everywhere(api, header)


@pytest.mark.parametrize(
    "query",
    ["api_key={token}", "api_key=", "api_key", "username=ripley&api_key={token}", "%61pi_key=x", "a=b&api_key=x"],
)
@pytest.mark.parametrize("header", [None, "Bearer {token}", "Bearer unknown"])
def test_a_key_in_the_url_is_refused(api: ApiClient, query: str, header: str | None) -> None:
    """A key in the URL gets an error code of its own, even beside valid credentials."""
    ripley = person()
    headers = {"Authorization": filled(header, ripley)} if header else {}
    for path in ("provider/", "user/", "token/current/"):
        assert_error(api.get(f"{path}?{filled(query, ripley)}", headers=headers), "credentials_in_url")


def test_a_username_in_the_url_is_ignored(api: ApiClient) -> None:
    """Without a key, `username` is an unknown parameter."""
    ripley = person()
    for name in ("ripley", "parker", ""):
        assert_error(api.get(f"user/?username={name}"), "not_authenticated")
        assert api.get(f"user/?username={name}", token=ripley.token).status_code == 200


def test_authentication_costs_one_query(api: ApiClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """One query finds the token and its user, however many tokens there are."""
    ripley = person()
    with django_assert_num_queries(1):
        assert api.get("user/", token=ripley.token).status_code == 200
    with django_assert_num_queries(1):
        assert_error(api.get("provider/", token="x" * 43), "invalid_credentials")
    with django_assert_num_queries(0):
        assert api.get("provider/").status_code == 200
