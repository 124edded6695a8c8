"""The dashboard with a year of traffic, on a desktop and a telephone, in the light and the dark theme."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests import SECRET_KEY
from tests.browser.visitor import WITHIN
from tests.e2e.servers import Service, run_to_end, running_service

pytestmark = pytest.mark.browser

PAGE = "/admin/migration/"
INK = """
const canvas = document.getElementById(arguments[0]);
const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
copy.drawImage(canvas, 0, 0);
const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
const seen = new Set();
for (let at = 0; at < data.length; at += 4) {
  const [red, green, blue, solid] = data.subarray(at, at + 4);
  if (solid === 255) seen.add(`${red},${green},${blue}`);
}
return [...seen];
"""
"""Returns every opaque colour on a canvas."""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment of a database near the sunset of v1, with a staff user."""
    database = f"sqlite:///{tmp_path_factory.mktemp('dashboard') / 'db.sqlite3'}"
    environment = {"SECRET_KEY": SECRET_KEY, "DATABASE_URL": database}
    ended = run_to_end("tests.rollout.traffic", environment, "nearly_done")
    assert ended.returncode == 0, ended.stderr
    return environment


@pytest.fixture(scope="module")
def report(filled: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that `migration_status --html` writes."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    ended = run_to_end("manage", filled, "migration_status", "--html", str(path))
    assert ended.returncode == 1, ended.stderr
    return path


@pytest.fixture(scope="module")
def migrating(filled: Mapping[str, str]) -> Iterator[Service]:
    """The service on that database, after two brownouts."""
    plan = {
        "ADMIN": "1",
        "V1_DEPRECATED_AT": _days(-60),
        "V1_SUNSET_AT": _days(20),
        "V1_BROWNOUTS": f"{_days(-25)}/PT4H,{_days(-11)}/PT4H",
    }
    with running_service(None, database_url=filled["DATABASE_URL"], **plan) as service:
        yield service


def _days(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT00:00:00Z}"


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 780)])
def test_charts_are_drawn_without_other_hosts(
    browser: Callable[..., webdriver.Chrome], migrating: Service, width: int, height: int
) -> None:
    """Each theme's colours are on the canvases; nothing overflows, logs an error or calls another host."""
    window = browser(width, height)
    _sign_in(window, migrating.url)
    window.get_log("browser")  # the sign-in page has no icon

    window.get(f"{migrating.url}{PAGE}?range=4-weeks")
    assert _find(window, ".answer p").text.startswith("Not yet: v1 has ")
    assert {_rgb(window, name) for name in ("v1", "v2", "refused")} <= _ink(window, "calls")
    assert {_rgb(window, name) for name in ("v1", "bad")} <= _ink(window, "share")
    assert _overflow(window) <= 0

    light = _rgb(window, "v1")
    window.execute_script("document.documentElement.dataset.theme = 'dark'")
    WebDriverWait(window, WITHIN).until(lambda _: _rgb(window, "v1") in _ink(window, "calls"))
    assert light != _rgb(window, "v1")
    assert light not in _ink(window, "calls")

    for summary in window.find_elements(By.CSS_SELECTOR, "#content details summary"):
        summary.click()
    assert len(window.find_elements(By.CSS_SELECTOR, "#figures tbody tr")) == 28
    assert _overflow(window) <= 0

    _find(window, ".ranges a[href$='?range=year']").click()
    WebDriverWait(window, WITHIN).until(lambda _: window.current_url.endswith("?range=year"))
    assert {_rgb(window, name) for name in ("v1", "v2")} <= _ink(window, "calls")
    assert len(window.find_elements(By.CSS_SELECTOR, "#figures tbody tr")) == 52
    assert _overflow(window) <= 0

    fetched = window.execute_script("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert any(name.endswith("/chart.umd.min.js") for name in fetched)
    assert {urlsplit(name).netloc for name in fetched} == {urlsplit(migrating.url).netloc}
    assert window.get_log("browser") == []


def test_from_a_client_to_a_brownout(browser: Callable[..., webdriver.Chrome], migrating: Service) -> None:
    """A client's row leads to its calls, they to the form, and the form tells what the brownout would have refused."""
    window = browser()
    _sign_in(window, migrating.url)
    window.get_log("browser")  # the sign-in page has no icon
    _find(window, ".clients tbody th a").click()
    WebDriverWait(window, WITHIN).until(lambda _: "client=" in window.current_url)
    name = _find(window, "#content h1").text.removeprefix("Calls of ")
    assert {_rgb(window, colour) for colour in ("v1", "refused")} <= _ink(window, "calls")
    assert _overflow(window) <= 0
    _find(window, ".actions a[href*='/brownout/add/']").click()
    forecast = "[data-forecast]"
    expected = f"{name} made "
    WebDriverWait(window, WITHIN).until(lambda _: _find(window, forecast).text.startswith(expected))
    assert _find(window, "#id_client").get_attribute("value") == name
    for field, value in (("start_0", "2099-01-01"), ("start_1", "10:00"), ("end_0", "2099-01-01"), ("end_1", "22:00")):
        _find(window, f"#id_{field}").send_keys(value)
    WebDriverWait(window, WITHIN).until(lambda _: "would have refused about" in _find(window, forecast).text)
    asked = window.execute_script("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert not any("csrf" in url for url in asked)
    assert window.get_log("browser") == []


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 780)])
def test_the_report(browser: Callable[..., webdriver.Chrome], report: Path, width: int, height: int) -> None:
    """As a file, it shows its charts, nothing overflows, and it requests nothing."""
    window = browser(width, height)
    window.get(report.as_uri())
    assert _overflow(window) <= 0
    assert len(window.find_elements(By.CSS_SELECTOR, "svg.drawing")) == 3
    assert _find(window, "svg.drawing rect.old").size["height"] > 0
    fetched = window.execute_script("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert fetched == []
    assert window.get_log("browser") == []


def _sign_in(window: webdriver.Chrome, url: str) -> None:
    window.get(f"{url}{PAGE}")
    _find(window, "#id_username").send_keys("ripley")
    _find(window, "#id_password").send_keys("nostromo")
    _find(window, "#login-form [type=submit]").click()
    WebDriverWait(window, WITHIN).until(lambda _: urlsplit(window.current_url).path == PAGE)


def _find(window: webdriver.Chrome, selector: str) -> Any:
    return window.find_element(By.CSS_SELECTOR, selector)


def _ink(window: webdriver.Chrome, canvas: str) -> set[str]:
    return set(window.execute_script(INK, canvas))


def _rgb(window: webdriver.Chrome, name: str) -> str:
    """Return a colour of the stylesheet in the format of `_ink`: `217,130,43`."""
    value: str = window.execute_script(
        "return getComputedStyle(document.documentElement).getPropertyValue(`--${arguments[0]}`).trim()", name
    )
    return ",".join(str(int(value[at : at + 2], 16)) for at in (1, 3, 5))


def _overflow(window: webdriver.Chrome) -> int:
    wider: int = window.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider
