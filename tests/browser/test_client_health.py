"""The page of a client team in a browser: it shows the calls, with a key that no server sees in a URL."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from social.tokens import digest_of
from tests.browser.visitor import WITHIN
from tests.e2e.databases import Database
from tests.e2e.servers import Service

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.threat(33, 50)]

KEY = "ck_of-a-browser-test"


@pytest.fixture
def page(service: Service, database: Database) -> str:
    """The page's URL, with a team whose client has called v1."""
    today = datetime.now(UTC).date()
    database.execute("DELETE FROM rollout_clientteam")
    database.execute(
        "INSERT INTO rollout_clientteam (name, email, webhook_url, key_digest, key_created, webhook_secret) "  # noqa: S608 - our values
        f"VALUES ('ShopApp', '', '', '{digest_of(KEY)}', '{today} 00:00:00', '')"
    )
    database.execute(
        "INSERT OR REPLACE INTO rollout_dailycalls (day, version, client, resource, outcome, calls) "  # noqa: S608 - likewise
        f"VALUES ('{today}', 'v1', 'ShopApp/2.1', 'user', 'ok', 1234), "
        f"('{today}', 'v2', 'ShopApp/3.0', 'user', 'ok', 766)"
    )
    return f"{service.url}/clients/"


def shown(window: webdriver.Chrome, id: str) -> str:
    WebDriverWait(window, WITHIN).until(lambda _: window.find_element(By.ID, id).is_displayed())
    return window.find_element(By.ID, id).text


def errors(window: webdriver.Chrome) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = window.get_log("browser")
    return found


@pytest.mark.parametrize("width", [375, 1280])
def test_the_calls_are_shown(browser: Callable[..., webdriver.Chrome], page: str, width: int) -> None:
    """By a link, without a sideways scroll; the browser refuses nothing, and the key is in no URL that it requests."""
    window = browser(width)
    window.get(f"{page}#{KEY}")
    assert "v1: 1,234 calls in the last 30 days" in shown(window, "summary").replace("\n", " ")
    assert "/api/v1/user/" in shown(window, "change")
    assert "38.3 %" in shown(window, "figures")
    assert "ShopApp/3.0" in shown(window, "versions")
    texts = "return [...document.querySelectorAll('#versions .old')].map((cell) => cell.textContent)"
    assert window.execute_script(texts) == ["1,234"]  # no warning colour for a version that has left v1
    assert window.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    requested = window.execute_script(
        "return performance.getEntries().filter(e => e.name.startsWith('http')).map(e => e.name)"
    )
    assert any(name.endswith("/client_health/") for name in requested)
    assert not [name for name in requested if KEY in name and not name.endswith(f"#{KEY}")]
    assert errors(window) == []


def test_a_key_is_pasted(browser: Callable[..., webdriver.Chrome], page: str) -> None:
    """A wrong key is refused with advice; a right one is shown and kept for a reload."""
    window = browser()
    window.get(page)
    assert "Open the link" in shown(window, "ask")
    window.find_element(By.ID, "key").send_keys("wrong", Keys.ENTER)
    WebDriverWait(window, WITHIN).until(lambda _: "not valid" in window.find_element(By.ID, "notice").text)
    window.find_element(By.ID, "key").clear()
    window.find_element(By.ID, "key").send_keys(KEY, Keys.ENTER)
    assert "1,234" in shown(window, "summary")
    assert not window.find_element(By.ID, "ask").is_displayed()
    window.refresh()
    assert "1,234" in shown(window, "summary")
    assert [one["message"] for one in errors(window) if "401" not in one["message"]] == []
