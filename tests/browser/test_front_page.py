"""The front page: sign-up, linking, errors and layout."""

import json
import re
import shlex
from collections.abc import Callable

import pytest
import requests
from django.conf import settings
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.visitor import WITHIN, Visitor
from tests.e2e.servers import Service, running_service

pytestmark = pytest.mark.browser

NAMES = [prefix.rstrip("/").rpartition("/")[2] for prefix in settings.APIS.values()]
BOTH = len(NAMES) > 1
HELD = "return JSON.stringify(Object.entries(sessionStorage).filter(([name]) => name.startsWith('tandem.docs.')))"
"""Returns what the page of reference has received or kept."""


def test_sign_up_and_link(visitor: Visitor) -> None:
    """Both versions' answers to a sign-up are identical, and so are those to a link with the received token."""
    body = visitor.get_token("facebook", "ripley")
    assert set(body) == {"provider", "access_token"}
    assert visitor.window.current_url == f"{visitor.url}/"
    assert visitor.window.switch_to.active_element.get_attribute("id") == "post"

    verdict = visitor.post()
    answers = visitor.answers()
    assert list(answers) == NAMES
    for name, text in answers.items():
        assert "201 Created" in text
        assert f"/api/{name}/user/1/" in text
        assert '"email": "ripley@example.com"' in text
    if BOTH:
        assert verdict.startswith("Identical.")
        assert re.search(r"^body resource_uri /api/v1/user/1/ /api/v2/user/1/ the version", verdict, re.MULTILINE)
        assert all('"outcome": "signed_in"' in text for text in answers.values())
        first = visitor.find("#before")
        assert "First, v1 made a new user" in first.text
        assert '"outcome": "created"' in first.text

    body = visitor.get_token("twitter", "ripley")
    assert set(body) == {"provider", "access_token", "access_token_secret"}
    visitor.find("#linking").click()
    verdict = visitor.post()
    answers = visitor.answers()
    for text in answers.values():
        assert "Authorization: Bearer " in text
        assert '"id": 1,' in text
        assert '"token": null' in text
    if BOTH:
        assert verdict.startswith("Identical.")
        assert "linked the account" in visitor.find("#before").text
    assert visitor.errors() == []


def test_errors_are_identical(visitor: Visitor) -> None:
    """Both versions answer alike to a provider's 503 and to a body that is no JSON."""
    visitor.get_token("google-oauth2", "error-503")
    verdict = visitor.post()
    assert all("503 Service Unavailable" in text and "retry-after: 7" in text for text in visitor.answers().values())
    assert verdict.startswith("Identical.") or not BOTH
    links = visitor.window.find_elements(By.CSS_SELECTOR, "#answers .meaning a")
    hrefs = [link.get_attribute("href") for link in links]
    assert hrefs == [f"{visitor.url}/docs/errors/#provider_unavailable"] * len(NAMES)

    visitor.find("#body").clear()
    visitor.find("#body").send_keys("no JSON")
    verdict = visitor.post()
    assert all('"code": "invalid_json"' in text for text in visitor.answers().values())
    assert verdict.startswith("Identical.") or not BOTH
    assert visitor.find("#before").text == ""


def test_sign_up_by_code(visitor: Visitor) -> None:
    """A code is posted once, to the newest version, which exchanges it; it does not stay in the address bar."""
    body = visitor.get_token("apple-id", "lambert", "code")
    assert set(body) == {"provider", "code", "code_verifier", "redirect_uri"}
    assert visitor.window.current_url == f"{visitor.url}/"
    visitor.post()
    [(name, text)] = visitor.answers().items()
    assert name == NAMES[-1]
    assert '"outcome": "created"' in text
    assert visitor.errors() == []


def test_an_exchange_is_copied_as_curl(visitor: Visitor) -> None:
    """The copied commands are those of the exchange and of a further call, with the tokens, and they are answered."""
    visitor.window.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    body = visitor.get_token("facebook", "zoe")
    visitor.post()
    visitor.find("#answers .exchange:last-child details summary").click()
    sign_up = _sent(visitor, "#answers .exchange:last-child details[open] button.copy")
    assert sign_up.request.url == f"{visitor.url}/api/{NAMES[-1]}/social_sign_up/"
    assert json.loads(sign_up.request.body or b"") == body
    assert (sign_up.status_code, sign_up.json()["outcome"]) == (201, "signed_in")
    read = _sent(visitor, "#call button.copy")
    assert (read.status_code, read.json()["objects"][0]["username"]) == (200, visitor.find("#caller").text)
    example = _copied(visitor, "figure button[data-copies='sample-curl']")
    assert f'"{visitor.url}/api/v2/social_sign_up/"' in example
    assert visitor.errors() == []


def _copied(visitor: Visitor, button: str) -> str:
    visitor.find(button).click()
    WebDriverWait(visitor.window, WITHIN).until(lambda _: visitor.find(button).text == "Copied")
    text: str = visitor.window.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    return text


def _sent(visitor: Visitor, button: str) -> requests.Response:
    """Copy a curl command and send its request."""
    program, *words = shlex.split(_copied(visitor, button).replace("\\\n", ""))
    assert program == "curl"
    options = {option: words.pop(words.index(option) + 1) for option in ("-X", "-d") if option in words}
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    [url] = [word for word in words if word.startswith("http")]
    return requests.request(
        options.get("-X", "GET"), url, headers=headers, data=options.get("-d"), timeout=WITHIN, allow_redirects=False
    )


def test_the_api_reference_opens_with_the_token(visitor: Visitor) -> None:
    """The new tab gets the access token in its session storage, and the URL does not have it."""
    visitor.get_token("facebook", "zoe")
    visitor.post()
    token = visitor.window.execute_script("return JSON.parse(sessionStorage['tandem-person']).token")
    front = visitor.window.current_window_handle
    visitor.find("#reference").click()
    WebDriverWait(visitor.window, WITHIN).until(lambda window: len(window.window_handles) > 1)
    assert visitor.window.execute_script("return sessionStorage['tandem.docs.token'] ?? null") is None
    [tab] = [handle for handle in visitor.window.window_handles if handle != front]
    visitor.window.switch_to.window(tab)
    try:
        WebDriverWait(visitor.window, WITHIN).until(lambda window: token in window.execute_script(HELD))
        assert visitor.window.current_url == f"{visitor.url}/api/v2/docs/"
    finally:
        visitor.window.close()
        visitor.window.switch_to.window(front)


def test_a_refused_consent_is_shown(visitor: Visitor) -> None:
    """A person who refuses at the provider comes back with an error, and nothing is filled in."""
    visitor.choose("github", "code")
    visitor.find('button[value="refuse"]').click()
    WebDriverWait(visitor.window, WITHIN).until(lambda _: visitor.window.current_url == f"{visitor.url}/")
    assert "access_denied" in visitor.notice()
    assert visitor.find("#body").get_attribute("value") == ""


def test_an_unrequested_token_is_dropped(visitor: Visitor) -> None:
    """A token in the fragment without the expected state is not used, and is removed from the URL."""
    visitor.window.get(f"{visitor.url}/#access_token=planted&state=guessed")
    WebDriverWait(visitor.window, WITHIN).until(lambda _: visitor.notice())
    assert "dropped" in visitor.notice()
    assert visitor.find("#body").get_attribute("value") == ""
    assert visitor.window.current_url == f"{visitor.url}/"


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 780)])
def test_nothing_overflows(browser: Callable[..., webdriver.Chrome], service: Service, width: int, height: int) -> None:
    """Nothing is wider than the window on a desktop and a telephone, and every control has an accessible name."""
    visitor = Visitor(browser(width, height), service.url)
    assert _overflow(visitor) <= 0
    visitor.get_token("github", "zoe")
    visitor.post()
    assert _overflow(visitor) <= 0
    for control in visitor.window.find_elements(By.CSS_SELECTOR, "button, select, textarea, input, a"):
        if control.is_displayed():
            assert control.accessible_name
    assert visitor.errors() == []


def test_without_a_sandbox() -> None:
    """The page has no form and no script but that of its copy buttons, and the comparison answers 405."""
    with running_service(None) as service:
        page = requests.get(f"{service.url}/", timeout=WITHIN)
        assert page.status_code == 200
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "How it works" in page.text
        assert re.findall("<script[^>]*>", page.text) == ['<script type="module" src="/static/config/copy.js">']
        assert "<form" not in page.text
        assert requests.post(f"{service.url}/", json={}, timeout=WITHIN).status_code == 405


def test_invalid_comparisons(service: Service) -> None:
    """A body without two answers is refused with 400."""
    for body in (b"", b"[]", b'{"old":1,"new":2}', b'{"old":{},"new":{}}', b"\xff"):
        assert requests.post(f"{service.url}/", data=body, timeout=WITHIN).status_code == 400


def _overflow(visitor: Visitor) -> int:
    script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    wider: int = visitor.window.execute_script(script)
    return wider
