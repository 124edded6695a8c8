"""Attacks with authorization codes (docs/threats.md, row 47) over real sockets."""

import socket
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from django.conf import settings

from tests.contract.signers import SIGNERS
from tests.e2e.client import Api, code_of
from tests.e2e.code_providers import (
    OTHER_REDIRECT_URI,
    REDIRECT_URI,
    SECRETS,
    THEIRS,
    TOKEN_ENDPOINTS,
    VERIFIER,
    CodeProviders,
    challenge_of,
    code_providers,
    redirect_uri_of,
)
from tests.e2e.conftest import ONE_DATABASE, QUICK, ROOMY
from tests.e2e.databases import Database
from tests.e2e.servers import Service, running_service
from tests.social.local_provider import Handler, answer, serving

pytestmark = [pytest.mark.e2e, ONE_DATABASE, pytest.mark.threat(47)]

RIPLEY, DALLAS = 1, 2
OTHER_VERIFIER = "x" * 43
INVALID = (400, "invalid_request")
REJECTED = (400, "token_rejected")
MISMATCH = (400, "token_audience_mismatch")
BAD_RESPONSE = (502, "provider_bad_response")
UNAVAILABLE = (503, "provider_unavailable")
MISCONFIGURED = (503, "provider_misconfigured")
TIMEOUT = (504, "provider_timeout")


@pytest.fixture(scope="module")
def providers() -> Iterator[CodeProviders]:
    with code_providers() as providers:
        yield providers


@pytest.fixture(scope="module")
def service(providers: CodeProviders, database: Database) -> Iterator[Service]:
    """The service at log level DEBUG."""
    more = {**ROOMY, **providers.environment, "LOG_LEVEL": "DEBUG"}
    with running_service(None, database_url=database.url, **more) as service:
        yield service


@pytest.fixture(autouse=True)
def nothing_leaks(providers: CodeProviders, service: Service, database: Database) -> Iterator[None]:
    """Begin each test with an empty database; afterwards no log line has a code, a token or a secret."""
    database.clear()
    yield
    assert leaked(providers, service.log()) == []


def leaked(providers: CodeProviders, text: str) -> list[str]:
    """Return the codes, provider tokens, verifiers and client secrets in a text."""
    known = [*providers.issued, *SECRETS.values(), VERIFIER, OTHER_VERIFIER, challenge_of(VERIFIER)]
    return [secret for secret in known if secret in text]


def signed_up(api: Api, providers: CodeProviders, uid: int, *names: str) -> Api:
    """Return the client of a person who has signed up, by code, with these providers."""
    person = api.as_user(None)
    for name in names:
        answer = person.sign_up(providers.code(name, uid))
        assert answer.status_code == 201, answer.text
        person = person.as_user(person.token or answer.json()["token"])
    return person


def used(providers: CodeProviders, api: Api) -> dict[str, Any]:
    fields = providers.code("github", RIPLEY)
    assert code_of(api.as_user(None).sign_up(fields)) == (201, "")
    return fields


def changed(provider: str = "github", /, **change: Any) -> Callable[[CodeProviders, Api], dict[str, Any]]:
    """Return a function that issues a code and changes the fields of the sign-up; a field that is None is left out."""

    def issue(providers: CodeProviders, api: Api) -> dict[str, Any]:
        fields = {**providers.code(provider, RIPLEY), **change}
        return {name: value for name, value in fields.items() if value is not None}

    return issue


ATTACKS: Mapping[str, tuple[Callable[[CodeProviders, Api], dict[str, Any]], tuple[int, str], int]] = {
    # How the attacker gets the fields, the answer, and how often the provider is called.
    "replayed": (used, REJECTED, 1),
    "stolen, without the verifier": (changed("dribbble", code_verifier=None), REJECTED, 1),
    "stolen, without the verifier, where it is required": (changed(code_verifier=None), INVALID, 0),
    "injected, with the attacker's verifier": (changed(code_verifier=OTHER_VERIFIER), REJECTED, 1),
    "the challenge as the verifier": (changed(code_verifier=challenge_of(VERIFIER)), REJECTED, 1),
    "issued without a challenge": (
        lambda providers, _: {**providers.code("github", RIPLEY, verifier=None), "code_verifier": VERIFIER},
        REJECTED,
        1,
    ),
    "a foreign redirect URI": (changed(redirect_uri="https://evil.example.com/callback"), INVALID, 0),
    "a redirect URI below ours": (changed(redirect_uri=REDIRECT_URI + "/../evil"), INVALID, 0),
    "another redirect URI of ours": (changed(redirect_uri=OTHER_REDIRECT_URI), REJECTED, 1),
    "no redirect URI": (changed(redirect_uri=None), INVALID, 0),
    "as the code of a native SDK": (changed(redirect_uri=""), INVALID, 0),
    "issued to another application": (
        lambda providers, _: providers.code("github", RIPLEY, client_id=THEIRS),
        REJECTED,
        1,
    ),
    "parameters in the code": (changed(code=f"a&client_id={THEIRS}&redirect_uri={REDIRECT_URI}"), REJECTED, 1),
    "a code beside a refused id_token": (changed("google-oauth2", id_token="e30.e30.e30"), REJECTED, 0),
    "a refused code beside an access token": (changed(code="made-up", access_token="ripleys"), REJECTED, 1),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_refused_code_writes_nothing(
    api: Api,
    providers: CodeProviders,
    database: Database,
    attack: tuple[Callable[[CodeProviders, Api], dict[str, Any]], tuple[int, str], int],
) -> None:
    """The attacker neither becomes the victim nor gets the victim's identity; the code is sent once at most."""
    issue, expected, calls = attack
    signed_up(api, providers, RIPLEY, *TOKEN_ENDPOINTS)
    dallas = signed_up(api, providers, DALLAS, "google-oauth2")
    for caller in (api.as_user(None), dallas):
        fields = issue(providers, api)
        before, called = database.counts(), len(providers.calls)
        refused = caller.sign_up(fields)
        assert code_of(refused) == expected
        assert database.counts() == before
        made = [call.path for call in providers.calls[called:] if "/certs" not in call.path]
        assert made == [TOKEN_ENDPOINTS[fields["provider"]]] * calls
        assert leaked(providers, f"{refused.headers}{refused.text}") == []


def test_an_attackers_code_does_not_fit_the_victims_verifier(
    api: Api, providers: CodeProviders, database: Database
) -> None:
    """A victim whose app is made to send the attacker's code is not linked to the attacker's identity."""
    ripley = signed_up(api, providers, RIPLEY, "google-oauth2")
    before = database.counts()
    attackers = providers.code("github", DALLAS, verifier=OTHER_VERIFIER)
    assert code_of(ripley.sign_up({**attackers, "code_verifier": VERIFIER})) == REJECTED
    assert database.counts() == before


def test_an_early_refusal_does_not_spend_the_code(api: Api, providers: CodeProviders) -> None:
    """The owner of a code that was refused without a call can still use it, once."""
    fields = providers.code("github", RIPLEY)
    assert code_of(api.sign_up({**fields, "redirect_uri": "https://evil.example.com/"})) == INVALID
    assert code_of(api.sign_up({**fields, "state": "another", "client_id": THEIRS})) == (201, "")
    assert code_of(api.sign_up(fields)) == REJECTED
    assert len(providers.sent(fields["code"])) == 2


def test_providers_are_not_mixed_up(api: Api, providers: CodeProviders, database: Database) -> None:
    """A provider that gets the code of another one learns no secret of ours but its own, and signs nobody in.

    With a redirect URI for each provider it does not get the code at all (RFC 9700 section 4.4.2.2).
    """
    signed_up(api, providers, RIPLEY, *TOKEN_ENDPOINTS)
    before = database.counts()
    for honest in TOKEN_ENDPOINTS:
        for other in TOKEN_ENDPOINTS.keys() - {honest}:
            shared = providers.code(honest, RIPLEY)
            assert code_of(api.sign_up({**shared, "provider": other})) == REJECTED
            [call] = providers.sent(shared["code"])
            assert call.path == TOKEN_ENDPOINTS[other]
            assert [name for name, secret in SECRETS.items() if secret in call.text] == [other]
            own = providers.code(honest, RIPLEY, redirect_uri=redirect_uri_of(honest))
            assert code_of(api.sign_up({**own, "provider": other})) == INVALID
            assert providers.sent(own["code"]) == []
    assert database.counts() == before


ID_TOKENS: Mapping[str, tuple[tuple[int, str], dict[str, Any]]] = {
    "another audience": (MISMATCH, {"aud": "evil"}),
    "another authorized party": (MISMATCH, {"aud": ["our-client-id", "evil"], "azp": "evil"}),
    "another issuer": (REJECTED, {"iss": "https://evil.example.com"}),
    "another key": (REJECTED, {"by": "evil"}),
    "another nonce": (REJECTED, {"nonce": "n-2"}),
    "no nonce": (REJECTED, {}),
    "expired": (REJECTED, {"exp": 1, "nonce": "n-1"}),
}


def test_the_id_token_of_an_exchange_is_not_trusted(api: Api, providers: CodeProviders, database: Database) -> None:
    """Whatever a token endpoint answers with, its id_token must be the issuer's, for us, and of this sign-in."""
    signed_up(api, providers, RIPLEY, "google-oauth2")
    before = database.counts()
    google = SIGNERS["google-oauth2"]
    answers = {name: {"id_token": google.token(sub="1", **claims)} for name, (_, claims) in ID_TOKENS.items()}
    answers["of another provider"] = {"id_token": SIGNERS["apple-id"].token(sub="1", nonce="n-1")}
    codes = {name: providers.code("google-oauth2", RIPLEY, answer=answer) for name, answer in answers.items()}
    got = {name: code_of(api.sign_up({**fields, "nonce": "n-1"})) for name, fields in codes.items()}
    assert got == {name: expected for name, (expected, _) in ID_TOKENS.items()} | {"of another provider": REJECTED}
    assert database.counts() == before


MISCONFIGURED_BY = {
    "invalid_client": 401,
    "unauthorized_client": 400,
    "unsupported_grant_type": 400,
    "invalid_scope": 400,
    "incorrect_client_credentials": 200,
}


@pytest.mark.threat(48)
def test_a_refused_registration_is_logged_once(
    api: Api, providers: CodeProviders, service: Service, database: Database
) -> None:
    """The client is told that the provider is misconfigured, and one line of the log has the provider's code."""
    before = database.counts()
    for error, status in MISCONFIGURED_BY.items():
        known = len(service.log())
        body = f'{{"error": "{error}", "error_description": "The secret {SECRETS["github"]} is wrong."}}'
        refused = api.sign_up(providers.code("github", RIPLEY, play=plain(f"{status} Status", body)))
        assert code_of(refused) == MISCONFIGURED
        assert leaked(providers, refused.text) == []
        lines = [line for line in service.log()[known:].splitlines() if " tandem." in line]
        assert len(lines) == 1, lines
        assert "ERROR tandem.access" in lines[0]
        assert f" provider_code={error} " in lines[0]
    assert database.counts() == before


def plain(status: str, body: str, *headers: str) -> Handler:
    return answer(status, body.encode(), "Content-Type: application/json", *headers)


def raw(text: str) -> Handler:
    """Return a handler that sends this text and closes the connection."""

    def play(connection: socket.socket, _: bytes) -> bool:
        connection.sendall(text.encode())
        return False

    return play


def endless(connection: socket.socket, _: bytes) -> bool:
    """Send JSON until the service closes the connection."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


def hang(connection: socket.socket, _: bytes) -> bool:
    """Send nothing until the service closes the connection."""
    connection.recv(1)
    return False


def drip(connection: socket.socket, _: bytes) -> bool:
    """Send a byte every tenth of a second until the service closes the connection."""
    connection.settimeout(0.1)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while True:
        try:
            return bool(connection.recv(1))
        except TimeoutError:
            connection.sendall(b" ")


FAULTS: Mapping[str, tuple[Handler, tuple[int, str]]] = {
    "HTML": (plain("200 OK", "<html>"), BAD_RESPONSE),
    "empty": (plain("200 OK", ""), BAD_RESPONSE),
    "a list": (plain("200 OK", "[]"), BAD_RESPONSE),
    "no tokens": (plain("200 OK", "{}"), BAD_RESPONSE),
    "tokens of a wrong type": (plain("200 OK", '{"access_token": {"a": 1}, "id_token": [1]}'), BAD_RESPONSE),
    "deep": (plain("200 OK", "[" * 100_000), BAD_RESPONSE),
    "endless": (endless, BAD_RESPONSE),
    "500": (plain("500 Error", "{}"), UNAVAILABLE),
    "503": (plain("503 Error", "{}", "Retry-After: 7"), UNAVAILABLE),
    "429": (plain("429 Slow", "{}"), UNAVAILABLE),
    "closed": (raw(""), UNAVAILABLE),
    "truncated": (raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), UNAVAILABLE),
}


def test_faults_of_a_token_endpoint(api: Api, providers: CodeProviders, database: Database) -> None:
    """Each fault has its error code; the code is sent once, and no row is written."""
    before = database.counts()
    for provider, endpoint in TOKEN_ENDPOINTS.items():
        codes = {name: providers.code(provider, RIPLEY, play=play) for name, (play, _) in FAULTS.items()}
        got = {name: code_of(api.sign_up(fields)) for name, fields in codes.items()}
        assert got == {name: expected for name, (_, expected) in FAULTS.items()}
        for fields in codes.values():
            assert [call.path for call in providers.sent(fields["code"])] == [endpoint]
    assert database.counts() == before


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirected_exchange_is_not_followed(
    api: Api, providers: CodeProviders, database: Database, status: int
) -> None:
    """Neither an internal host nor the provider itself gets the code a second time."""
    before = database.counts()
    with serving(answer("200 OK", b"{}")) as internal:
        for provider, endpoint in TOKEN_ENDPOINTS.items():
            for target in (internal.url, f"https://{endpoint}"):
                play = plain(f"{status} Moved", "", f"Location: {target}")
                fields = providers.code(provider, RIPLEY, play=play)
                assert code_of(api.sign_up(fields)) == BAD_RESPONSE
                assert len(providers.sent(fields["code"])) == 1
        assert internal.connections == 0
    assert database.counts() == before


def test_silence_of_a_token_endpoint_ends_at_the_deadline(providers: CodeProviders, database: Database) -> None:
    """A token endpoint that sends nothing, or a byte now and then, is left at the deadline; the code is sent once."""
    before = database.counts()
    with running_service(None, database_url=database.url, **{**QUICK, **providers.environment}) as quick:
        for prefix, play in product(settings.APIS.values(), (hang, drip)):
            fields = providers.code("github", RIPLEY, play=play)
            assert code_of(Api(quick.url, prefix).sign_up(fields)) == TIMEOUT
            assert len(providers.sent(fields["code"])) == 1
    assert database.counts() == before
