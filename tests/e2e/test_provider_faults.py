"""Faults of providers (docs/threats.md, rows 1-4, 8 and 16-21): the contract's answer, and no row is written."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from tests.e2e.client import Api, code_of
from tests.e2e.conftest import QUICK, ROOMY, Note, Services
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service, running_service

pytestmark = pytest.mark.e2e

OAUTH2 = ("facebook", "google-oauth2", "github", "instagram")
OURS = (*OAUTH2, "twitter")
ANSWERED_WITHIN = 30
"""Seconds within which a call with a deadline of two must be answered, on a busy machine."""

REJECTED = (400, "token_rejected")
MISMATCH = (400, "token_audience_mismatch")
NOT_ALLOWED = (403, "sign_up_not_allowed")
BAD_RESPONSE = (502, "provider_bad_response")
UNAVAILABLE = (503, "provider_unavailable")
MISCONFIGURED = (503, "provider_misconfigured")
TIMEOUT = (504, "provider_timeout")

EVERYWHERE = {
    "foreign": REJECTED,
    "expired": REJECTED,
    "revoked": REJECTED,
    "error-500": UNAVAILABLE,
    "error-503": UNAVAILABLE,
    "rate-limited": UNAVAILABLE,
    "html": BAD_RESPONSE,
    "empty": BAD_RESPONSE,
    "null": BAD_RESPONSE,
    "list": BAD_RESPONSE,
    "bad-utf8": BAD_RESPONSE,
    "deep-json": BAD_RESPONSE,
    "redirect": BAD_RESPONSE,
    "reset": UNAVAILABLE,
    "error-object": REJECTED,
    "no-id": BAD_RESPONSE,
    "empty-id": BAD_RESPONSE,
    "false-id": BAD_RESPONSE,
    "true-id": BAD_RESPONSE,
    "nan-id": BAD_RESPONSE,
    "list-id": BAD_RESPONSE,
    "object-id": BAD_RESPONSE,
    "long-id": BAD_RESPONSE,
    "nul-id": BAD_RESPONSE,
}
PARTICULAR = {
    # Only tokeninfo names the application of a token; the others refuse it like an invalid one.
    ("foreign", "google-oauth2"): MISMATCH,
    ("unverified-email", "google-oauth2"): NOT_ALLOWED,
    ("no-email", "google-oauth2"): NOT_ALLOWED,
    # The check names another user than the profile. GitHub's check is the profile.
    ("mismatch", "google-oauth2"): REJECTED,
    ("check-down", "google-oauth2"): UNAVAILABLE,
    ("check-down", "github"): UNAVAILABLE,
    ("check-down", "instagram"): UNAVAILABLE,
    ("check-nonsense", "google-oauth2"): BAD_RESPONSE,
    ("check-nonsense", "github"): BAD_RESPONSE,
    ("check-nonsense", "instagram"): BAD_RESPONSE,
    # An error object of the Graph API without a particular code: an invalid parameter, and all of them are ours.
    ("error-object", "facebook"): MISCONFIGURED,
    ("error-object", "instagram"): MISCONFIGURED,
    ("unregistered", "facebook"): MISCONFIGURED,
    ("unregistered", "twitter"): MISCONFIGURED,
    ("unregistered", "instagram"): MISCONFIGURED,
    ("unregistered", "github"): MISCONFIGURED,
}
TABLE = {**{(persona, provider): answer for persona, answer in EVERYWHERE.items() for provider in OURS}, **PARTICULAR}
RETRY_AFTER = {"error-503": "7", "rate-limited": "30"}
BIG = ("endless", "gzip-bomb")
SILENT = ("hang", "drip")
MEMORY = 16 * 1024
"""KiB by which the memory of master and workers may grow while five providers send 200 MB each."""


@pytest.fixture(scope="module")
def database(sqlite: Database) -> Database:
    """SQLite only: a fault is answered before the database is written."""
    return sqlite


@pytest.fixture(scope="module")
def service(database: Database, services: Services) -> Service:
    """The service on that database."""
    return services(database)


@pytest.mark.threat(1, 3, 4, 8, 16, 17, 18, 21, 48)
@pytest.mark.parametrize("persona", dict.fromkeys(persona for persona, _ in TABLE))
def test_each_fault_has_its_error_code(api: Api, sandbox: Sandbox, database: Database, persona: str) -> None:
    """Each fault at each provider has its status and code, and no row is written."""
    before, visits = database.counts(), sandbox.canary_visits()
    expected = {provider: answer for (name, provider), answer in TABLE.items() if name == persona}
    answers = {provider: api.sign_up(sandbox.token(provider, persona)) for provider in expected}

    assert {provider: code_of(answer) for provider, answer in answers.items()} == expected
    assert database.counts() == before
    assert sandbox.canary_visits() == visits
    for answer in answers.values():
        unavailable = code_of(answer) == UNAVAILABLE
        assert ("Retry-After" in answer.headers) == unavailable
        assert not unavailable or int(answer.headers["Retry-After"]) >= 1
        assert persona not in RETRY_AFTER or answer.headers["Retry-After"] == RETRY_AFTER[persona]


@pytest.fixture(scope="module")
def quick(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with a deadline of two seconds."""
    with running_service(sandbox, database_url=database.url, **QUICK) as quick:
        yield quick


@pytest.mark.threat(19)
@pytest.mark.parametrize("app", settings.APIS)
@pytest.mark.parametrize("persona", SILENT)
def test_silence_ends_at_the_deadline(
    quick: Service, sandbox: Sandbox, database: Database, app: str, persona: str, note: Note
) -> None:
    """A call to a provider that sends nothing, or one byte a second, ends at the deadline."""
    before = database.counts()

    def timed(provider: str) -> tuple[tuple[int, str], float]:
        fields, began = sandbox.token(provider, persona), time.monotonic()
        answer = code_of(Api(quick.url, settings.APIS[app]).sign_up(fields))
        return answer, time.monotonic() - began

    with ThreadPoolExecutor(len(OURS)) as callers:
        answers = dict(zip(OURS, callers.map(timed, OURS), strict=True))
    assert {provider: answer for provider, (answer, _) in answers.items()} == dict.fromkeys(OURS, TIMEOUT)
    note("seconds, of a deadline of 2", {provider: round(seconds, 2) for provider, (_, seconds) in answers.items()})
    assert all(1.5 < seconds < ANSWERED_WITHIN for _, seconds in answers.values()), answers
    assert database.counts() == before


@pytest.fixture(scope="module")
def fresh(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """A service whose memory no other test has used."""
    with running_service(sandbox, database_url=database.url, **ROOMY) as fresh:
        yield fresh


@pytest.mark.threat(20)
@pytest.mark.parametrize("persona", BIG)
def test_memory_is_bounded(fresh: Service, sandbox: Sandbox, database: Database, persona: str, note: Note) -> None:
    """Five simultaneous answers without end, plain or compressed, use little memory in all processes together."""
    apis = [Api(fresh.url, prefix) for prefix in settings.APIS.values()]

    def call_all(persona: str, api: Api) -> list[tuple[int, str]]:
        fields = [sandbox.token(provider, persona) for provider in OURS]
        with ThreadPoolExecutor(len(fields)) as callers:
            return list(callers.map(lambda one: code_of(api.as_user(None).sign_up(one)), fields))

    for api in apis * 2:  # so that all threads exist, with what a normal call needs
        assert call_all("ripley", api) == [(201, "")] * len(OURS)
    counts, before = database.counts(), sum(peak_memory(fresh).values())
    for api in apis * 2:
        assert call_all(persona, api) == [BAD_RESPONSE] * len(OURS)
    growth = sum(peak_memory(fresh).values()) - before
    note("growth of all processes in KiB", growth)
    assert growth < MEMORY
    assert database.counts() == counts


@pytest.mark.threat(16, 17, 18, 21)
def test_faults_while_linking(api: Api, sandbox: Sandbox, database: Database) -> None:
    """A linking caller gets the same answers and keeps the linked accounts."""
    mine = api.as_user(api.sign_up(sandbox.token("facebook", "lambert")).json()["token"])
    before = database.counts()
    for persona in ("foreign", "error-500", "html", "false-id", "redirect"):
        for provider in OAUTH2:
            assert code_of(mine.sign_up(sandbox.token(provider, persona))) == TABLE[persona, provider]
    assert database.counts() == before


@pytest.mark.threat(16)
def test_unknown_tokens_are_rejected(api: Api, database: Database) -> None:
    """A token that no provider has issued is rejected, and no row is written."""
    before = database.counts()
    for provider in OURS:
        fields = {"provider": provider, "access_token": "unknown", "access_token_secret": "unknown"}
        assert code_of(api.sign_up(fields)) == REJECTED, provider
    assert database.counts() == before


def test_both_versions_send_the_same_error_bytes(service: Service, sandbox: Sandbox) -> None:
    """The body of an error does not depend on the version and contains no token and no text of the provider."""
    for persona in ("foreign", "error-500", "html", "error-object"):
        fields = sandbox.token("facebook", persona)
        answers = [Api(service.url, prefix).sign_up(fields) for prefix in settings.APIS.values()]
        assert len({answer.content for answer in answers}) == 1
        assert list(answers[0].json()) == ["errors", "code"]
        assert fields["access_token"] not in answers[0].text
        assert "OAuthException" not in answers[0].text


def peak_memory(service: Service) -> dict[int, int]:
    """Return the peak resident size of each process in KiB (VmHWM of proc(5))."""
    peaks = {}
    for pid in service.pids:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        peaks[pid] = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return peaks
