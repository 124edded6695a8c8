from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.personas import PERSONAS
from sandbox.providers import PROVIDERS
from sandbox.registrations import OURS
from tests.sandbox import calls

NAMES = [provider.name for provider in PROVIDERS]
BACK = "http://127.0.0.1:8000/back?from=provider"


def _params(provider: str, **changed: str) -> dict[str, str]:
    return {"client_id": OURS[provider].client_id, "redirect_uri": BACK, "state": "s t&a=te", **changed}


@pytest.mark.parametrize("provider", NAMES)
def test_grant_redirects_with_the_tokens(sandbox: str, provider: str) -> None:
    """The fragment of the redirect contains the state and the tokens that this provider issues."""
    answer = calls.get(f"{sandbox}/{provider}/grant", params=_params(provider, persona="ripley", nonce="n"))

    assert answer.status_code == 302
    location, _, fragment = answer.headers["Location"].partition("#")
    received = {name: values[0] for name, values in parse_qs(fragment).items()}
    assert location == BACK
    assert received.pop("state") == "s t&a=te"
    expected = {
        "apple-id": {"id_token"},
        "linkedin-openidconnect": {"id_token"},
        "azuread-v2-tenant-oauth2": {"id_token"},
        "oidc": {"id_token"},
        "facebook": {"access_token", "token_type", "expires_in", "id_token"},
        "google-oauth2": {"access_token", "token_type", "expires_in", "id_token"},
        "twitter": {"access_token", "access_token_secret", "token_type", "expires_in"},
    }
    assert received.keys() == expected.get(provider, {"access_token", "token_type", "expires_in"})
    if provider in calls.PROFILE:
        assert calls.PROFILE[provider](sandbox, received).status_code == 200


@pytest.mark.parametrize("provider", NAMES)
def test_consent_page_lists_all_personas(sandbox: str, provider: str) -> None:
    """The form has a button for each persona and the parameters of the app."""
    answer = calls.get(f"{sandbox}/{provider}/consent", params=_params(provider))

    assert answer.status_code == 200
    for persona in PERSONAS:
        assert f'value="{persona.name}"' in answer.text
    assert f'name="redirect_uri" value="{BACK}"' in unescape(answer.text)


def test_consent_page_escapes_parameters(sandbox: str) -> None:
    """A state with HTML is escaped."""
    params = _params("github", state='"><script>alert(1)</script>')
    answer = calls.get(f"{sandbox}/github/consent", params=params)

    assert "<script>alert" not in answer.text
    assert "&quot;&gt;&lt;script&gt;alert(1)" in answer.text


@pytest.mark.parametrize("page", ["consent", "grant"])
@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://example.com/"},
        {"redirect_uri": "http://127.0.0.1.example.com/"},
        {"redirect_uri": "http://127.0.0.1@example.com/"},
        {"redirect_uri": "http://example.com\\@127.0.0.1/"},
        {"redirect_uri": "javascript://127.0.0.1/%0aalert(1)"},
        {"redirect_uri": "http://127.0.0.1/\r\nSet-Cookie: a=b"},
        {"redirect_uri": "http://127.0.0.1/#fragment"},
        {"redirect_uri": "http://[127.0.0.1/"},
        {"redirect_uri": ""},
        {"client_id": "nobody"},
    ],
)
def test_redirects_only_to_this_machine(sandbox: str, page: str, changed: dict[str, str]) -> None:
    """An unknown client id, and a redirect_uri that is not on this machine, are refused."""
    params = _params("github", persona="ripley", **changed)
    answer = calls.get(f"{sandbox}/github/{page}", params=params)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Location" not in answer.headers


def test_an_unknown_persona_is_refused(sandbox: str) -> None:
    """The status is 400."""
    assert calls.get(f"{sandbox}/github/grant", params=_params("github", persona="kane")).status_code == 400


@pytest.mark.parametrize("body", ["", "{", "[]", "[" * 60_000, '{"persona": "kane"}', '{"persona": "ash", "nonce": 1}'])
def test_invalid_token_requests_are_errors(sandbox: str, body: str) -> None:
    """A request without a valid persona and nonce gets `invalid_request`."""
    answer = requests.post(f"{sandbox}/github/token", data=body, timeout=10)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_cross_origin_requests_are_allowed(sandbox: str) -> None:
    """A page from another origin may read /personas and get tokens."""
    directory = calls.get(f"{sandbox}/personas")
    preflight = requests.options(f"{sandbox}/github/token", timeout=10)

    assert directory.headers["Access-Control-Allow-Origin"] == "*"
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]


def test_personas_lists_providers_and_personas(sandbox: str) -> None:
    """Providers have social-core's names, personas a description."""
    directory = calls.get(f"{sandbox}/personas").json()

    assert [provider["name"] for provider in directory["providers"]] == NAMES
    assert directory["providers"][0] == {
        "name": "facebook",
        "title": "Facebook",
        "consent": "/facebook/consent",
        "token": "/facebook/token",
        "authorize": "/facebook/www/v24.0/dialog/oauth",
        "authorize_client_id": OURS["facebook"].client_id,
    }
    assert directory["personas"][0] == {
        "name": "ripley",
        "title": "Ellen Ripley",
        "description": "Signs in everywhere.",
        "ordinary": True,
    }


def test_index_links_to_consent_pages(sandbox: str) -> None:
    """The index links to the consent page of every provider; the redirect leads to /received."""
    text = calls.get(f"{sandbox}/").text

    links = [unescape(part.partition('"')[0]) for part in text.split('href="')[1:]]
    consents = [link for link in links if "/consent" in link]
    assert [urlsplit(link).path for link in consents] == [f"/{name}/consent" for name in NAMES]
    codes = [link for link in links if "response_type=code" in link]
    assert [link.split("/")[1] for link in codes] == NAMES
    for link in (*consents, *codes):
        assert calls.get(sandbox + link).status_code == 200
    assert calls.get(f"{sandbox}/received").status_code == 200


@pytest.mark.parametrize("path", ["/nothing", "/facebook", "/facebook/v24.0/you", "/github//user"])
def test_unknown_paths(sandbox: str, path: str) -> None:
    """The status is 404."""
    assert calls.get(sandbox + path).status_code == 404


@pytest.mark.parametrize("provider", NAMES)
def test_numbered_personas(sandbox: str, provider: str) -> None:
    """`guest-` and ten digits are a persona with an id of its own; other digits are not."""
    ids = set()
    for name in ("guest-1234567890", "guest-1234567891"):
        assert requests.post(f"{sandbox}/{provider}/token", json={"persona": name}, timeout=30).status_code == 200
        answer = calls.get(f"{sandbox}/{provider}/account", params={"persona": name})
        assert answer.status_code == 200
        ids.add(answer.json()["id"])
    assert len(ids) == 2
    assert all(isinstance(one, str) and one for one in ids)
    for name in ("guest-", "guest-1", "guest-0123456789", "guest-12345678901", "guest-١٢٣٤٥٦٧٨٩٠"):
        assert requests.post(f"{sandbox}/{provider}/token", json={"persona": name}, timeout=30).status_code == 400
        assert calls.get(f"{sandbox}/{provider}/account", params={"persona": name}).status_code == 400
