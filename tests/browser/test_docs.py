"""The page of API documentation in a browser: Swagger UI works under its Content-Security-Policy."""

import re
from collections.abc import Callable

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.visitor import WITHIN, Visitor
from tests.e2e.servers import Service

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.threat(33)]


def test_a_call_is_tried(visitor: Visitor) -> None:
    """The page shows every operation, a call from it is answered, and the browser refuses nothing."""
    window = visitor.window
    window.get(f"{visitor.url}/api/v2/docs/")
    WebDriverWait(window, WITHIN).until(lambda _: window.find_elements(By.CSS_SELECTOR, ".opblock"))
    window.find_element(By.CSS_SELECTOR, "#operations-discovery-listProviders .opblock-summary-control").click()
    WebDriverWait(window, WITHIN).until(lambda _: window.find_elements(By.CSS_SELECTOR, ".opblock .execute"))
    window.find_element(By.CSS_SELECTOR, ".opblock .execute").click()
    answered = ".live-responses-table .response-col_status"
    WebDriverWait(window, WITHIN).until(lambda _: window.find_elements(By.CSS_SELECTOR, answered))
    assert window.find_elements(By.CSS_SELECTOR, answered)[-1].text.startswith("200")
    assert visitor.errors() == []
    background = window.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(250, 250, 250)"


def opened(visitor: Visitor) -> None:
    """Open the page, or load it again, and wait for the operations."""
    visitor.window.get(f"{visitor.url}/api/v2/docs/")
    WebDriverWait(visitor.window, WITHIN).until(lambda _: visitor.window.find_elements(By.CSS_SELECTOR, ".opblock"))


def authorization(visitor: Visitor) -> str:
    """Return the header that the page sends with a call that needs an access token."""
    window = visitor.window
    window.find_element(By.CSS_SELECTOR, "#operations-user-listUsers .opblock-summary-control").click()
    execute = "#operations-user-listUsers .execute"
    WebDriverWait(window, WITHIN).until(lambda _: window.find_elements(By.CSS_SELECTOR, execute))
    window.find_element(By.CSS_SELECTOR, execute).click()
    curl = "#operations-user-listUsers .curl"
    WebDriverWait(window, WITHIN).until(lambda _: window.find_elements(By.CSS_SELECTOR, curl))
    sent = re.search("'Authorization: ([^']*)'", window.find_element(By.CSS_SELECTOR, curl).text)
    return sent[1] if sent else ""


def test_the_first_field_takes_an_access_token(visitor: Visitor) -> None:
    """A token that is typed right after a click on "Authorize" is sent as a Bearer token, also after a reload."""
    opened(visitor)
    window = visitor.window
    window.find_element(By.CSS_SELECTOR, ".btn.authorize").click()
    WebDriverWait(window, WITHIN).until(
        lambda _: window.switch_to.active_element.get_attribute("id") == "auth-bearer-value"
    )
    window.switch_to.active_element.send_keys("typed", Keys.ENTER)
    opened(visitor)
    assert authorization(visitor) == "Bearer typed"
    assert window.execute_script("return localStorage.length") == 0


def test_a_page_of_the_service_hands_a_token_over(visitor: Visitor) -> None:
    """The token is taken from the tab's storage once, sent as a Bearer token, and was never in a URL."""
    visitor.window.execute_script("sessionStorage.setItem('tandem.docs.token', 'handed-over')")
    opened(visitor)
    assert visitor.window.execute_script("return sessionStorage.getItem('tandem.docs.token')") is None
    assert authorization(visitor) == "Bearer handed-over"


def background_is(colour: str) -> Callable[[webdriver.Chrome], bool]:
    """Return the condition that the page has this background."""
    return lambda window: colour == window.execute_script("return getComputedStyle(document.body).backgroundColor")


def test_the_page_is_dark_where_the_system_is(visitor: Visitor) -> None:
    """It follows the system's preference, also when it changes."""
    opened(visitor)
    try:
        for scheme, colour in (("dark", "rgb(28, 32, 34)"), ("light", "rgb(250, 250, 250)")):
            feature = {"name": "prefers-color-scheme", "value": scheme}
            visitor.window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
            WebDriverWait(visitor.window, WITHIN).until(background_is(colour))
    finally:
        visitor.window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_nothing_is_cut_off_on_a_telephone(browser: Callable[..., webdriver.Chrome], service: Service) -> None:
    """At 375 px an operation with its responses needs no scrolling to the side."""
    window = browser(375, 700)
    opened(Visitor(window, service.url))
    window.find_element(By.CSS_SELECTOR, "#operations-sign-up-signUp .opblock-summary-control").click()
    responses = "#operations-sign-up-signUp .responses-table"
    WebDriverWait(window, WITHIN).until(lambda _: window.find_elements(By.CSS_SELECTOR, responses))
    assert window.execute_script("return document.documentElement.scrollWidth") == 375


def test_an_injected_script_does_not_run(visitor: Visitor) -> None:
    """Neither an inline script nor one of another host; the test could not fail without a policy."""
    window = visitor.window
    window.get(f"{visitor.url}/api/v2/docs/")
    window.execute_script(
        "const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
        "document.body.append(script);"
    )
    assert window.execute_script("return window.ran") is None
    assert any("Content Security Policy" in entry["message"] for entry in window.get_log("browser"))
