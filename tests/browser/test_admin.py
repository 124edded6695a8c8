"""The admin in a browser: its scripts run under its Content-Security-Policy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.servers import Service, running_service
from tests.e2e.staff import PASSWORD, create_superuser

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

DATE_AND_TIME = 2
"""The number of shortcuts of a date and time field: today and now."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """The service with a superuser."""
    url = f"sqlite:///{tmp_path}/db.sqlite3"
    with running_service(None, database_url=url, ADMIN="1") as service:
        create_superuser(url)
        yield service


def _wait(window: webdriver.Chrome, until: Callable[[], bool]) -> None:
    """Wait for a condition, because a click returns before the next page is loaded."""
    gone = (NoSuchElementException, StaleElementReferenceException)
    WebDriverWait(window, 30, ignored_exceptions=gone).until(lambda _: until())


def test_a_brownout_is_added(browser: Callable[..., webdriver.Chrome], service: Service) -> None:
    """The shortcuts of the fields work, and the browser reports no refused script and no missing file."""
    window = browser()
    window.get(f"{service.url}/admin/rollout/brownout/add/")
    window.find_element(By.ID, "id_username").send_keys("ada")
    window.find_element(By.ID, "id_password").send_keys(PASSWORD)
    window.find_element(By.CSS_SELECTOR, "[type=submit]").click()
    shortcuts = ".field-start .datetimeshortcuts a:first-child"
    _wait(window, lambda: len(window.find_elements(By.CSS_SELECTOR, shortcuts)) == DATE_AND_TIME)
    for shortcut in window.find_elements(By.CSS_SELECTOR, shortcuts):
        shortcut.click()
    window.find_element(By.ID, "id_end_0").send_keys("2099-01-01")
    window.find_element(By.ID, "id_end_1").send_keys("10:00")
    window.find_element(By.NAME, "_save").click()
    _wait(window, lambda: window.find_element(By.ID, "result_list").is_displayed())
    assert "All times are UTC." in window.find_element(By.ID, "content").text
    row = window.find_element(By.CSS_SELECTOR, "#result_list tbody tr").text
    assert "2099-01-01 10:00 UTC" in row
    assert "now" in row
    window.get(f"{service.url}/admin/rollout/plan/")
    assert "not decided" in window.find_element(By.CSS_SELECTOR, ".field-in_effect").text
    assert window.get_log("browser") == []
