"""The provider misbehaves (docs/threats.md, rows 1-4, 8 and 16-21): the contract's answer, and nothing written."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from tests.e2e.client import Api, code_of
from tests.e2e.conftest import QUICK, ROOMY, Note
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service, running_service

pytestmark = pytest.mark.e2e

OAUTH2 = ("facebook", "google-oauth2", "github", "instagram")
OURS = (*OAUTH2, "twitter")
UNHARMED = 30
"""Seconds within which a call with a deadline of two must have been answered, on a machine with much to do."""

REJECTED = (400, "token_rejected")
MISMATCH = (400, "token_audience_mismatch")
NOT_ALLOWED = (403, "sign_up_not_allowed")
NONSENSE = (502, "provider_bad_response")
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
    "html": NONSENSE,
    "empty": NONSENSE,
    "null": NONSENSE,
    "list": NONSENSE,
    "bad-utf8": NONSENSE,
    "deep-json": NONSENSE,
    "redirect": NONSENSE,
    "reset": UNAVAILABLE,
    "error-object": REJECTED,
    "no-id": NONSENSE,
    "empty-id": NONSENSE,
    "false-id": NONSENSE,
    "true-id": NONSENSE,
    "nan-id": NONSENSE,
    "list-id": NONSENSE,
    "object-id": NONSENSE,
    "long-id": NONSENSE,
    "nul-id": NONSENSE,
}
PARTICULAR = {
    # Only tokeninfo says whose application a token is for; the others call it no good.
    ("foreign", "google-oauth2"): MISMATCH,
    ("unverified-email", "google-oauth2"): NOT_ALLOWED,
    ("no-email", "google-oauth2"): NOT_ALLOWED,
    # The check names one person, the profile another. GitHub's check is the profile.
    ("mismatch", "google-oauth2"): REJECTED,
    ("check-down", "google-oauth2"): UNAVAILABLE,
    ("check-down", "github"): UNAVAILABLE,
    ("check-down", "instagram"): UNAVAILABLE,
    ("check-nonsense", "google-oauth2"): NONSENSE,
    ("check-nonsense", "github"): NONSENSE,
    ("check-nonsense", "instagram"): NONSENSE,
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
"""KiB that master and workers together may grow by, while five providers send 200 MB each."""


@pytest.mark.threat(1, 3, 4, 8, 16, 17, 18, 21)
@pytest.mark.parametrize("persona", dict.fromkeys(persona for persona, _ in TABLE))
def test_the_answer_is_the_contracts(api: Api, sandbox: Sandbox, database: Database, persona: str) -> None:
    """Each misbehaving persona at each provider has its status and code, and no row is written."""
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
def hurried(service: Service, sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with a deadline of two seconds; `service` has migrated."""
    with running_service(sandbox, database_url=database.url, **QUICK) as hurried:
        yield hurried


@pytest.mark.threat(19)
@pytest.mark.parametrize("app", settings.APIS)
@pytest.mark.parametrize("persona", SILENT)
def test_silence_ends_at_the_deadline(
    hurried: Service, sandbox: Sandbox, database: Database, app: str, persona: str, note: Note
) -> None:
    """A provider that says nothing, or a byte a second so that each is in time, is given up on in time."""
    before = database.counts()

    def timed(provider: str) -> tuple[tuple[int, str], float]:
        fields, began = sandbox.token(provider, persona), time.monotonic()
        answer = code_of(Api(hurried.url, settings.APIS[app]).sign_up(fields))
        return answer, time.monotonic() - began

    with ThreadPoolExecutor(len(OURS)) as callers:
        answers = dict(zip(OURS, callers.map(timed, OURS), strict=True))
    assert {provider: answer for provider, (answer, _) in answers.items()} == dict.fromkeys(OURS, TIMEOUT)
    note("seconds, of a deadline of 2", {provider: round(seconds, 2) for provider, (_, seconds) in answers.items()})
    assert all(1.5 < seconds < UNHARMED for _, seconds in answers.values()), answers
    assert database.counts() == before


@pytest.fixture
def fresh(service: Service, sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """A service whose memory nobody has used yet; `service` has migrated."""
    with running_service(sandbox, database_url=database.url, **ROOMY) as fresh:
        yield fresh


@pytest.mark.threat(20)
@pytest.mark.parametrize("persona", BIG)
def test_endless_answers_cost_little(
    fresh: Service, sandbox: Sandbox, database: Database, persona: str, note: Note
) -> None:
    """Answers without end, plain or packed, five at the same moment: all processes together stay within the bound."""
    apis = [Api(fresh.url, prefix) for prefix in settings.APIS.values()]

    def at_once(persona: str, api: Api) -> list[tuple[int, str]]:
        fields = [sandbox.token(provider, persona) for provider in OURS]
        with ThreadPoolExecutor(len(fields)) as callers:
            return list(callers.map(lambda one: code_of(api.as_user(None).sign_up(one)), fields))

    for api in apis * 2:  # as many threads as are to come, each with what it needs for an honest call
        assert at_once("ripley", api) == [(201, "")] * len(OURS)
    counts, before = database.counts(), sum(peak_memory(fresh).values())
    for api in apis * 2:
        assert at_once(persona, api) == [NONSENSE] * len(OURS)
    growth = sum(peak_memory(fresh).values()) - before
    note("KiB that all processes together have grown", growth)
    assert growth < MEMORY
    assert database.counts() == counts


@pytest.mark.threat(16, 17, 18, 21)
def test_a_misbehaving_provider_harms_no_link(api: Api, sandbox: Sandbox, database: Database) -> None:
    """A caller with a token gets the same answers, and keeps the accounts there are."""
    token = api.sign_up(sandbox.token("facebook", "lambert")).json()["token"]
    mine = api.as_user(token or api.sign_up(sandbox.token("facebook", "lambert")).json()["token"])
    before = database.counts()
    for persona in ("foreign", "error-500", "html", "false-id", "redirect"):
        for provider in OAUTH2:
            assert code_of(mine.sign_up(sandbox.token(provider, persona))) == TABLE[persona, provider]
    assert database.counts() == before


@pytest.mark.threat(16)
def test_made_up_tokens_are_rejected(api: Api, database: Database) -> None:
    """What no provider has issued signs nobody in."""
    before = database.counts()
    for provider in OURS:
        fields = {"provider": provider, "access_token": "made-up", "access_token_secret": "made-up"}
        assert code_of(api.sign_up(fields)) == REJECTED, provider
    assert database.counts() == before


def test_both_versions_refuse_in_the_same_bytes(service: Service, sandbox: Sandbox) -> None:
    """The body of a failure does not depend on the version, and never repeats a token or a provider's words."""
    for persona in ("foreign", "error-500", "html", "error-object"):
        fields = sandbox.token("facebook", persona)
        answers = [Api(service.url, prefix).sign_up(fields) for prefix in settings.APIS.values()]
        assert len({answer.content for answer in answers}) == 1
        assert list(answers[0].json()) == ["errors", "code"]
        assert fields["access_token"] not in answers[0].text
        assert "OAuthException" not in answers[0].text


def peak_memory(service: Service) -> dict[int, int]:
    """Give the greatest resident size so far of each process, in KiB (proc(5))."""
    peaks = {}
    for pid in service.pids:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        peaks[pid] = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return peaks
