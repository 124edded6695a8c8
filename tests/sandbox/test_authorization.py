"""The authorization endpoints: what they require, and what the app receives."""

import re
from html import unescape

import pytest
import requests

from sandbox.providers import PROVIDERS, OAuth2Provider
from sandbox.registrations import OURS, THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import EACH_CODE_PROVIDER, authorization, authorization_url, consent, redirected

DENIED = {
    "apple-id": "user_cancelled_authorize",
    "linkedin-openidconnect": "user_cancelled_authorize",
}


@EACH_CODE_PROVIDER
def test_the_app_receives_a_code_and_its_state(sandbox: str, provider: str) -> None:
    """Accepted: the redirect leads to the app, with a new code each time and the state unchanged."""
    url = authorization_url(sandbox, provider)
    answers = [consent(url, authorization(provider), persona="ripley") for _ in range(2)]

    received = [redirected(answer) for answer in answers]
    assert all(answer.headers["Location"].startswith(f"{calls.BACK}?") for answer in answers)
    assert [each.keys() for each in received] == [{"code", "state"}, {"code", "state"}]
    assert {each["state"] for each in received} == {"s t&a=te"}
    assert received[0]["code"] != received[1]["code"]


@EACH_CODE_PROVIDER
def test_a_person_can_refuse(sandbox: str, provider: str) -> None:
    """Refused: the app receives the provider's error and the state."""
    answer = consent(authorization_url(sandbox, provider), authorization(provider), decision="refuse")

    received = redirected(answer)
    assert "code" not in received
    assert (received["error"], received["state"]) == (DENIED.get(provider, "access_denied"), "s t&a=te")


@EACH_CODE_PROVIDER
@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://app.example.com/callback/"},
        {"redirect_uri": "https://other.example.com/callback"},
        {"redirect_uri": "http://127.0.0.1:8000/elsewhere"},
        {"redirect_uri": "http://127.0.0.1:8000@evil.example/"},
        {"redirect_uri": "http://127.0.0.1.evil.example/"},
    ],
)
def test_only_registered_addresses_receive_anything(
    sandbox: str, provider: str, changed: dict[str, str | None]
) -> None:
    """An unknown client or redirect URI gets a page and no redirect, before and after the consent."""
    url = authorization_url(sandbox, provider)
    asked = calls.get(url, params=authorization(provider, **changed))
    forged = requests.post(
        url, data={**authorization(provider, **changed), "persona": "ripley"}, timeout=10, allow_redirects=False
    )

    for answer in (asked, forged):
        assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
        assert "Location" not in answer.headers


def test_another_apps_address_is_not_ours(sandbox: str) -> None:
    """Each app has a list of its own."""
    url = authorization_url(sandbox, "github")
    theirs = {"client_id": THEIRS["github"].client_id, "redirect_uri": THEIRS["github"].redirect_uris[0]}

    assert calls.get(url, params=authorization("github", **theirs)).status_code == 200
    theirs["redirect_uri"] = calls.BACK
    assert calls.get(url, params=authorization("github", **theirs)).status_code == 400


@pytest.mark.parametrize(
    "redirect_uri",
    ["com.example.tandem:/callback", "http://127.0.0.1:51234/", "http://localhost:8000/", "http://127.0.0.1/received"],
)
def test_apps_and_pages_on_this_machine_receive_codes(sandbox: str, redirect_uri: str) -> None:
    """A private-use scheme, and loopback addresses with any port."""
    answer = consent(
        authorization_url(sandbox, "oidc"), authorization("oidc", redirect_uri=redirect_uri), persona="ripley"
    )

    assert answer.headers["Location"].startswith(f"{redirect_uri}?code=")


@EACH_CODE_PROVIDER
@pytest.mark.parametrize("response_type", ["token", "id_token", "code token", "code id_token", ""])
def test_tokens_are_not_given_to_apps(sandbox: str, provider: str, response_type: str) -> None:
    """No response type but `code` is supported; the redirect says so in the query, with the state."""
    answer = calls.get(
        authorization_url(sandbox, provider), params=authorization(provider, response_type=response_type)
    )

    received = redirected(answer)
    expected = "unsupported_response_type" if response_type else "invalid_request"
    assert (received["error"], received["state"]) == (expected, "s t&a=te")


@pytest.mark.parametrize("provider_class", PROVIDERS, ids=lambda provider: provider.name)
def test_the_response_type_may_be_missing_where_documented(sandbox: str, provider_class: type[OAuth2Provider]) -> None:
    """Facebook, GitHub and Slack have a default; the others require it."""
    name = provider_class().oauth2.name
    answer = calls.get(authorization_url(sandbox, name), params=authorization(name, response_type=None))

    assert answer.status_code == (200 if name in {"facebook", "github", "slack"} else 302)


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": None},
        {"code_challenge": "short"},
        {"code_challenge": calls.VERIFIER + "~"},
    ],
)
def test_the_challenge_is_one_of_s256(sandbox: str, changed: dict[str, str | None]) -> None:
    """The method `plain`, which is the default of RFC 7636, and other challenges are refused."""
    answer = calls.get(authorization_url(sandbox, "oidc"), params=authorization("oidc", **changed))

    assert redirected(answer)["error"] == "invalid_request"


@EACH_CODE_PROVIDER
def test_only_x_requires_a_challenge(sandbox: str, provider: str) -> None:
    """The others give codes without PKCE."""
    without = authorization(provider, code_challenge=None, code_challenge_method=None)
    answer = calls.get(authorization_url(sandbox, provider), params=without)

    assert answer.status_code == (302 if provider == "twitter-oauth2" else 200)


def test_apple_posts_the_code_if_the_app_asks_for_the_name(sandbox: str) -> None:
    """With a scope, Apple requires `form_post`; the page posts the code and the state to the app."""
    url = authorization_url(sandbox, "apple-id")
    asked = authorization("apple-id", scope="name email", state='"><script>')

    assert redirected(calls.get(url, params=asked))["error"] == "invalid_request"
    asked["response_mode"] = "form_post"
    accepted = consent(url, asked, persona="ripley")
    assert accepted.status_code == 200
    assert f'<form method="post" action="{calls.BACK}">' in accepted.text
    posted = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', accepted.text))
    assert posted.keys() == {"code", "state"}
    assert unescape(posted["state"]) == '"><script>'
    exchanged = calls.exchange(sandbox, "apple-id", posted["code"])
    assert exchanged.json()["id_token"]
    refused = consent(url, asked, decision="refuse").text
    assert 'value="user_cancelled_authorize"' in refused


def test_other_providers_do_not_post(sandbox: str) -> None:
    """An app that asks for `form_post` elsewhere gets an error by post."""
    answer = calls.get(authorization_url(sandbox, "github"), params=authorization("github", response_mode="form_post"))

    assert 'value="invalid_request"' in answer.text
    assert "code" not in re.findall(r'name="([^"]*)"', answer.text)


def test_the_page_escapes_its_parameters(sandbox: str) -> None:
    """A state with HTML is escaped, and comes back unchanged."""
    state = '"><script>alert(1)</script>'
    url, parameters = authorization_url(sandbox, "github"), authorization("github", state=state)

    assert "<script>alert" not in calls.get(url, params=parameters).text
    assert redirected(consent(url, parameters, persona="ripley"))["state"] == state


def test_an_unknown_persona_is_refused(sandbox: str) -> None:
    """The status is 400, and the app receives nothing."""
    answer = consent(authorization_url(sandbox, "github"), authorization("github"), persona="kane")

    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_x_serves_oauth_2_under_both_names(sandbox: str) -> None:
    """The directory names one client for codes of `twitter` and of `twitter-oauth2`."""
    directory = {each["name"]: each for each in calls.get(f"{sandbox}/personas").json()["providers"]}

    for name in ("twitter", "twitter-oauth2"):
        assert directory[name]["authorize_client_id"] == OURS["twitter-oauth2"].client_id
        answer = consent(sandbox + directory[name]["authorize"], authorization("twitter-oauth2"), persona="ripley")
        assert calls.exchange(sandbox, "twitter-oauth2", redirected(answer)["code"]).status_code == 200
