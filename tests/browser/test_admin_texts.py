"""Texts that others choose, on every page of the admin, in a browser: they are shown as text."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.common.by import By

from tests.e2e.servers import Service, running_service
from tests.e2e.staff import NAME, PASSWORD, create_superuser

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.threat(33)]

MARKUP = "<img src=x onerror=alert(1)><script>alert(1)</script>"
RIGHT_TO_LEFT = "\u202egpj.exe\u2066"
LONG = "W" * 150
FRAMED = """
const [url, done] = arguments;
const frame = document.createElement("iframe");
frame.onload = () => { try { done(frame.contentDocument.body.innerText); } catch { done(null); } };
frame.src = url;
document.body.append(frame);
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with a superuser, and with rows that hold such texts wherever a text is stored."""
    path = tmp_path_factory.mktemp("texts") / "db.sqlite3"
    url = f"sqlite:///{path}"
    with running_service(None, database_url=url, ADMIN="1", LEDGER_FLUSH_SECONDS="300") as service:
        create_superuser(url)
        with closing(sqlite3.connect(path)) as database, database:
            database.executemany(
                "INSERT INTO auth_user (username, first_name, last_name, email, password, is_active, is_staff,"
                " is_superuser, date_joined) VALUES (?, ?, ?, ?, '!', 1, 0, 0, '2026-01-01 00:00:00')",
                [(MARKUP, MARKUP, RIGHT_TO_LEFT, MARKUP), (LONG, LONG, LONG, f"{LONG}@example.com")],
            )
            database.executemany(
                "INSERT INTO social_auth_usersocialauth (user_id, provider, uid, id_key, extra_data, created, modified)"
                " VALUES (?, ?, ?, ?, '{\"access_token\": \"canary-token\"}', datetime('now'), datetime('now'))",
                [(2, MARKUP[:32], MARKUP, "1"), (2, "github", RIGHT_TO_LEFT, "2"), (3, "facebook", LONG, "3")],
            )
            database.executemany(
                "INSERT INTO rollout_dailycalls (day, version, client, resource, outcome, calls)"
                " VALUES (date('now'), 'v1', ?, ?, ?, 9)",
                [
                    (MARKUP, "user", MARKUP[:40]),
                    (f"{RIGHT_TO_LEFT}{LONG[:60]}", "user", "ok"),
                    ("</script>", "x", "ok"),
                ],
            )
            database.execute(
                "INSERT INTO rollout_brownout (start, end, share, client, note)"
                " VALUES ('2026-01-01 00:00:00', '2099-01-01 00:00:00', 1, ?, ?)",
                (MARKUP, MARKUP),
            )
            database.execute(
                "INSERT INTO rollout_plan (id, guide, changed) VALUES (1, 'javascript:alert(1)', '2026-01-01 00:00:00')"
            )
            database.execute("INSERT INTO auth_group (name) VALUES (?)", (MARKUP,))
        yield service


def test_texts_are_shown_as_texts(browser: Callable[..., webdriver.Chrome], service: Service) -> None:
    """No script runs, no element is created, nothing is refused by the policy, no token is shown, on any page."""
    window = browser()
    window.get(f"{service.url}/admin/login/")
    window.find_element(By.ID, "id_username").send_keys(NAME)
    window.find_element(By.ID, "id_password").send_keys(PASSWORD)
    window.find_element(By.CSS_SELECTOR, "[type=submit]").click()
    window.get(f"{service.url}/admin/")
    seen, waiting = set[str](), [f"{service.url}/admin/"]
    shown = ""
    while waiting:
        page = waiting.pop()
        seen.add(page)
        window.get(page)
        with pytest.raises(NoAlertPresentException):
            _ = window.switch_to.alert
        assert window.find_elements(By.CSS_SELECTOR, "img[src=x], [onerror], a[href^='javascript:']") == [], page
        assert "canary-token" not in window.page_source, page
        shown += window.find_element(By.TAG_NAME, "body").text
        links = window.execute_script("return [...document.links].map((each) => each.href.split('#')[0])")
        found = {link for link in links if link.startswith(f"{service.url}/admin/") and "logout" not in link}
        # Each list once: not with each of its filters and orders.
        waiting += {link for link in found if "?" not in link or "migration" in link} - seen - set(waiting)
    for path in (
        "/migration/",
        "/auth/user/2/change/",
        "/auth/user/2/password/",
        "/auth/user/2/delete/",
        "/rollout/plan/1/change/",
    ):
        assert f"{service.url}/admin{path}" in seen
    assert MARKUP in shown
    assert [entry["message"] for entry in window.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_no_page_can_be_framed(browser: Callable[..., webdriver.Chrome], service: Service) -> None:
    """Not even by a page of this service."""
    window = browser()
    window.get(f"{service.url}/livez")
    assert window.execute_async_script(FRAMED, "about:blank") is not None, "the test could not fail"
    for path in ("/", "/admin/login/", "/api/v2/docs/", "/nowhere"):
        assert window.execute_async_script(FRAMED, service.url + path) is None, path
