"""docs/client-guide.md: its JSON bodies are sent to the sandbox, its errors provoked, and its JavaScript run."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit
from zlib import crc32

import pytest
import requests
from django.conf import settings

from shared.contract.error_guidance import GUIDANCE
from shared.contract.errors import ApiError
from shared.contract.sign_up import FIELDS
from tests.clients.client_guide import ADVICE, SECTIONS, Fields, kind_of, run_javascript, snippets
from tests.clients.issuing import IN_SANDBOX, Issuing, challenge_of, consent
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service, running_service

pytestmark = pytest.mark.e2e

PLATFORMS = ("iOS", "Android", "web", "React Native", "Flutter")

BODIES = [
    pytest.param(section.provider, body, id=f"{section.provider} {'+'.join(list(body)[1:])}")
    for section in SECTIONS.values()
    for body in section.bodies
]


@pytest.fixture(scope="module")
def service(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """The service with the page's providers, as far as the sandbox has them, and the page's redirect URIs."""
    names = [name for name in SECTIONS if name in IN_SANDBOX]
    redirect_uris = {
        f"SOCIAL_AUTH_{name.upper().replace('-', '_')}_REDIRECT_URIS": ",".join(SECTIONS[name].redirect_uris)
        for name in names
    }
    with running_service(
        sandbox, database_url=database.url, SOCIAL_PROVIDERS=",".join(names), **redirect_uris
    ) as service:
        yield service


@pytest.fixture(scope="module")
def issuing(sandbox: Sandbox) -> Issuing:
    """A sandbox that issues the credentials for the page's bodies."""
    return Issuing(sandbox)


@pytest.fixture
def one_base_url(request: pytest.FixtureRequest, service: Service, database: Database) -> str:
    """The base URL of one of the mounted APIs, always the same one for the same case, on an empty database."""
    database.clear()
    prefixes = sorted(settings.APIS.values())
    return f"{service.url}/{prefixes[crc32(request.node.name.encode()) % len(prefixes)].rstrip('/')}"


def sign_up(base_url: str, fields: Fields) -> tuple[int, Fields]:
    answer = requests.post(f"{base_url}/social_sign_up/", json=fields, timeout=60)
    return answer.status_code, answer.json()


def body_of(provider: str, kind: str) -> Fields:
    return next(body for body in SECTIONS[provider].bodies if kind_of(body) == kind)


def test_ten_providers_on_five_platforms() -> None:
    """Each provider has a row for each platform, and the body of each row is on the page."""
    assert len(SECTIONS) == 10
    for section in SECTIONS.values():
        everywhere = any("everywhere" in row for row in section.platforms)
        assert everywhere or all(any(name in row for row in section.platforms) for name in PLATFORMS), section.provider
        assert all(body["provider"] == section.provider for body in section.bodies)
        assert section.sent == {frozenset(body) - {"provider"} for body in section.bodies}, section.provider


@pytest.mark.parametrize(("provider", "body"), BODIES)
def test_a_body_signs_up(provider: str, body: Fields, issuing: Issuing, one_base_url: str) -> None:
    """Each body signs a person up, with a nonce that was hashed on the way as well."""
    status, created = sign_up(one_base_url, issuing.fill(body))
    assert (status, created.get("outcome")) == (201, "created"), created
    assert {name: created[name] for name in ("first_name", "last_name") if name in body}.items() <= body.items()
    status, again = sign_up(one_base_url, issuing.fill(body, hashed="nonce" in body))
    assert (status, again.get("outcome"), again.get("id")) == (201, "signed_in", created["id"]), again


def test_bodies_are_accepted_combinations(base_url: str) -> None:
    """`provider/` lists each body's credential, with PKCE where the table says that it is required."""
    listed = requests.get(f"{base_url}/provider/", timeout=60).json()["objects"]
    accepts = {one["name"]: [set(fields) for fields in one["accepts"]] for one in listed}
    assert set(accepts) == set(SECTIONS) & IN_SANDBOX
    for name, sets in accepts.items():
        assert SECTIONS[name].requires_pkce == any("code_verifier" in fields for fields in sets), name
        for body in SECTIONS[name].bodies:
            credential = set(body) - {"provider", "nonce", "first_name", "last_name"}
            assert credential in sets or credential - {"code_verifier"} in sets, body


NONCES = [name for name, section in SECTIONS.items() if any({"id_token", "nonce"} <= set(b) for b in section.bodies)]


@pytest.mark.parametrize("provider", NONCES)
def test_the_nonce(provider: str, issuing: Issuing, one_base_url: str) -> None:
    """A nonce that is sent must be in the token; one in the token must be sent, except with Google."""
    body = {**body_of(provider, "id_token"), "nonce": "<nonce>"}
    unsent = issuing.fill(body)
    del unsent["nonce"]
    expected = (201, "created") if provider == "google-oauth2" else (400, "token_rejected")
    status, answer = sign_up(one_base_url, unsent)
    assert (status, answer.get("code", answer.get("outcome"))) == expected
    without = issuing.fill({name: value for name, value in body.items() if name != "nonce"})
    status, answer = sign_up(one_base_url, {**without, "nonce": "n-0S6_WzA2Mj"})
    assert (status, answer["code"]) == (400, "token_rejected")


Change: TypeAlias = Callable[[Fields], Fields]


@dataclass(frozen=True)
class Case:
    """A cause of an error: the persona of a credential, or what is wrong with the request."""

    kind: str
    persona: str = "zoe"
    change: Change = dict
    repeated: bool = False


def _as_access_token(fields: Fields) -> Fields:
    return {"provider": fields["provider"], "access_token": fields["id_token"]}


def _without_nonce(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if name != "nonce"}


BAD_CODES = (Case("code", repeated=True), Case("code", "expired-code"), Case("code", "foreign-verifier"))
CAUSES: dict[str, dict[str, tuple[Case, ...]]] = {
    "facebook": {
        "token_rejected": (
            *(Case("access_token", persona) for persona in ("expired", "revoked", "foreign")),
            Case("id_token", change=_as_access_token),
            Case("id_token", change=_without_nonce),
        ),
        "token_audience_mismatch": (Case("id_token", "foreign"),),
        "provider_misconfigured": (Case("access_token", "unregistered"),),
    },
    "twitter": {
        "token_rejected": (Case("access_token", "revoked"), *BAD_CODES),
        "provider_misconfigured": (Case("access_token", "unregistered"),),
    },
    "instagram": {
        "token_rejected": (Case("access_token", "expired"), Case("access_token", "foreign"), *BAD_CODES),
        "provider_misconfigured": (Case("access_token", "unregistered"),),
    },
    "google-oauth2": {
        "token_rejected": (Case("id_token", "expired"), Case("id_token", "wrong-nonce"), *BAD_CODES),
        "token_audience_mismatch": (Case("id_token", "foreign"), Case("access_token", "foreign")),
        "sign_up_not_allowed": (Case("id_token", "unverified-email"), Case("access_token", "unverified-email")),
    },
    "apple-id": {
        "token_rejected": (Case("id_token", "expired"), Case("id_token", "wrong-nonce"), *BAD_CODES),
        "token_audience_mismatch": (Case("id_token", "foreign"),),
    },
    "github": {
        "token_rejected": (Case("access_token", "revoked"), Case("access_token", "foreign"), *BAD_CODES),
        "provider_misconfigured": (Case("access_token", "unregistered"),),
    },
    "discord": {
        "token_rejected": (Case("access_token", "expired"), Case("access_token", "revoked"), *BAD_CODES),
        "token_audience_mismatch": (Case("access_token", "foreign"),),
    },
    "linkedin-openidconnect": {"token_rejected": BAD_CODES},
    "azuread-v2-tenant-oauth2": {
        "token_rejected": (Case("id_token", "expired"), Case("id_token", "wrong-issuer"), *BAD_CODES),
        "token_audience_mismatch": (Case("id_token", "foreign"),),
    },
    "line": {
        "token_rejected": (Case("access_token", "expired"), Case("access_token", "revoked"), *BAD_CODES),
        "token_audience_mismatch": (Case("access_token", "foreign"),),
    },
}
"""For each provider, the errors that its section names, and causes of each."""


def test_every_error_is_provoked() -> None:
    """The errors that a section names are those that the next test provokes."""
    assert {name: section.errors for name, section in SECTIONS.items()} == {
        name: frozenset(causes) for name, causes in CAUSES.items()
    }


@pytest.mark.parametrize(
    ("provider", "code", "case"),
    [
        pytest.param(provider, code, case, id=f"{provider} {code} {case.kind} {number}")
        for provider, causes in CAUSES.items()
        for code, cases in causes.items()
        for number, case in enumerate(cases)
    ],
)
def test_an_error_of_a_provider(provider: str, code: str, case: Case, issuing: Issuing, one_base_url: str) -> None:
    """A cause that a section names gives the error that it names."""
    fields = case.change(issuing.fill(body_of(provider, case.kind), case.persona))
    if case.repeated:
        status, answer = sign_up(one_base_url, fields)
        assert status == 201, answer
    status, answer = sign_up(one_base_url, fields)
    assert (status, answer.get("code")) == (ERRORS[code].status, code), answer


def _error_classes(base: type[ApiError] = ApiError) -> Iterator[type[ApiError]]:
    for error in base.__subclasses__():
        yield error
        yield from _error_classes(error)


ERRORS = {error.code: error for error in _error_classes() if hasattr(error, "code")}


def test_the_table_of_errors() -> None:
    """It has the status and the steps of each code, and every code of the providers' sections."""
    assert {code: advice.status for code, advice in ADVICE.items()} == {code: ERRORS[code].status for code in ADVICE}
    assert {code for section in SECTIONS.values() for code in section.errors} <= set(ADVICE)
    steps = {code: (GUIDANCE[code].step, GUIDANCE[code].step_with_code) for code in ADVICE}
    assert {code: (advice.token, advice.code) for code, advice in ADVICE.items()} == steps
    assert {advice.token for advice in ADVICE.values()} == {"retry", "restart", "show"}


@pytest.mark.parametrize(
    ("persona", "change", "code"),
    [
        ("zoe", {"access_token": ""}, "invalid_request"),
        ("zoe", {"provider": "myspace"}, "unknown_provider"),
        ("html", {}, "provider_bad_response"),
        ("error-503", {}, "provider_unavailable"),
        ("rate-limited", {}, "provider_unavailable"),
    ],
)
def test_an_error_of_any_provider(persona: str, change: Fields, code: str, issuing: Issuing, one_base_url: str) -> None:
    """Errors that the table has for all providers; those to retry say when."""
    fields = issuing.fill(body_of("facebook", "access_token"), persona) | change
    answer = requests.post(f"{one_base_url}/social_sign_up/", json=fields, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (ADVICE[code].status, code)
    assert ("Retry-After" in answer.headers) == (ADVICE[code].token == "retry")


@pytest.mark.parametrize("provider", [name for name, section in SECTIONS.items() if section.redirect_uris])
def test_a_provider_that_refuses_the_service(provider: str, issuing: Issuing, one_base_url: str) -> None:
    """A code of any provider shows that the provider refuses the service's registration."""
    answer = sign_up(one_base_url, issuing.fill(body_of(provider, "code"), "unregistered"))
    assert (answer[0], answer[1].get("code")) == (ADVICE["provider_misconfigured"].status, "provider_misconfigured")


@pytest.mark.parametrize("language", ["swift", "kotlin", "dart"])
def test_other_languages_name_fields(language: str) -> None:
    """The calls in languages that are not run here send fields of a body on the page."""
    text = snippets(language)
    sent = dict(re.findall(r"""["'](\w+)["'](?::| to) ([^,\]\n]+)""", text))
    assert set(sent) <= {field.name for field in FIELDS}
    provider = sent.pop("provider").strip("\"'")
    assert set(sent) in [set(body) - {"provider"} for body in SECTIONS[provider].bodies]


def test_curl_sends_a_body() -> None:
    """The command sends one of the bodies of the page."""
    (body,) = re.findall(r"-d '(.*?)'", snippets("sh"))
    assert json.loads(body) in [body for section in SECTIONS.values() for body in section.bodies]


def test_javascript_follows_the_table() -> None:
    """`nextStep` gives the steps of the table, and starts again at the provider once."""
    script = "done(codes.map((code) => [nextStep(code), nextStep(code, { sentCode: true })]));"
    steps = run_javascript(script, codes=list(ADVICE))
    assert steps == [[advice.token, advice.code] for advice in ADVICE.values()]
    assert run_javascript('done(nextStep("token_rejected", { restarted: true }));') == "show"


def test_javascript_signs_up(issuing: Issuing, base_url: str) -> None:
    """`signUp` returns the answer, or throws the code and the seconds to wait."""
    script = """
    const failure = (fields) => signUp(baseUrl, fields).catch(({ code, retryAfter }) => ({ code, retryAfter }));
    done([(await signUp(baseUrl, good)).outcome, await failure(rejected), await failure(unavailable)]);
    """
    fields = {
        name: issuing.fill(body_of("facebook", "access_token"), persona)
        for name, persona in (("good", "zoe"), ("rejected", "expired"), ("unavailable", "error-503"))
    }
    assert run_javascript(script, baseUrl=f"{base_url}/", **fields) == [
        "created",
        {"code": "token_rejected", "retryAfter": 5},
        {"code": "provider_unavailable", "retryAfter": 7},
    ]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ('new Response("<html>", { status: 502 })', "service_unavailable"),
        ('new Response("<html>", { status: 404 })', None),
        ("Promise.reject(new TypeError())", "provider_timeout"),
        ("new Response(new ReadableStream({ pull: (it) => it.error(new TypeError()) }))", "provider_timeout"),
    ],
    ids=["proxy", "other-page", "no-answer", "half-an-answer"],
)
def test_javascript_without_an_answer_of_the_service(answer: str, code: str | None) -> None:
    """`signUp` throws the code that the page names where a proxy answers, or nobody."""
    script = f"""
    globalThis.fetch = async () => {answer};
    const error = await signUp("https://api.example.com/api/v2/", {{}}).catch((error) => error);
    done([error.code ?? null, error.retryAfter]);
    """
    assert run_javascript(script) == [code, 5]


def test_javascript_begins_a_sign_in(issuing: Issuing, base_url: str) -> None:
    """The address of `beginSignIn`, with PKCE, gives a code that signs up with the fields of `signUpFields`."""
    script = """
    const { url, kept } = await beginSignIn(endpoint, clientId, "https://app.example.com/callback", "user:email");
    const read = (query) => { try { return signUpFields("github", query, kept); } catch { return null; } };
    const ours = `state=${kept.state}`;
    const queries = [`?code=c0de&${ours}`, "code=c0de&state=x", `error=access_denied&${ours}`];
    const [given, foreign, denied] = queries.map(read);
    done({ url, state: kept.state, given, foreign, denied });
    """
    endpoint, client_id = issuing.registration("github")
    begun = run_javascript(script, endpoint=endpoint, clientId=client_id)
    assert list(begun["given"]) == list(body_of("github", "code"))
    assert (begun["given"]["code"], begun["foreign"], begun["denied"]) == ("c0de", None, None)
    assert f"&code_challenge={challenge_of(begun['given']['code_verifier'])}&" in begun["url"]
    received = consent(endpoint, dict(parse_qsl(urlsplit(begun["url"]).query)), "zoe")
    assert received["state"] == begun["state"]
    status, answer = sign_up(base_url, begun["given"] | {"code": received["code"]})
    assert (status, answer.get("outcome")) == (201, "created"), answer
