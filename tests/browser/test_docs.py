"""The page of API documentation in a browser: Swagger UI works under its Content-Security-Policy."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.visitor import WITHIN, Visitor

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
