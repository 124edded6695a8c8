"""Chromium and its driver as Debian packages; selenium downloads nothing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service as Driver

from sandbox.__main__ import environment as environment_of
from tests.browser.visitor import Visitor
from tests.clients.conftest import database, sandbox
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, Service, free_port, running_service

__all__ = ["database", "sandbox"]

CHROMIUM = Path("/usr/bin/chromium")
CHROMEDRIVER = Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def running(sandbox: Sandbox, database: Database) -> Iterator[Service]:
    """A running service, whose front page may receive codes."""
    port = free_port()
    environment = environment_of(sandbox.url, [f"http://127.0.0.1:{port}/"])
    with running_service(sandbox, database_url=database.url, **environment, PORT=str(port)) as service:
        yield service


@pytest.fixture
def service(running: Service, database: Database) -> Service:
    """The service on an empty database, where the next user has the id 1."""
    database.clear()
    database.execute("DELETE FROM sqlite_sequence")
    return running


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int, int], webdriver.Chrome]]:
    """Return a function that returns the Chromium of a size; skip the test if Chromium is not installed."""
    missing = [path.name for path in (CHROMIUM, CHROMEDRIVER) if not path.exists()]
    if missing:
        pytest.skip(f"needs Chromium: there is no {' and no '.join(missing)} in {CHROMIUM.parent}")
    with ExitStack() as open_ones:

        @cache
        def start(width: int, height: int) -> webdriver.Chrome:
            options = Options()
            options.binary_location = str(CHROMIUM)
            profile = tmp_path_factory.mktemp("profile")
            for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
                options.add_argument(flag)
            options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
            if width < 500:  # narrower than a window can be, so emulate a telephone
                metrics = {"width": width, "height": height, "pixelRatio": 1.0, "touch": True, "mobile": True}
                options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
            window = webdriver.Chrome(options=options, service=Driver(executable_path=str(CHROMEDRIVER)))
            open_ones.callback(window.quit)
            return window

        yield start


@pytest.fixture
def browser(windows: Callable[[int, int], webdriver.Chrome]) -> Iterator[Callable[..., webdriver.Chrome]]:
    """Return a function that returns a Chromium window; it has a new tab, and no cookies of earlier tests."""
    used: list[webdriver.Chrome] = []

    def show(width: int = 1280, height: int = 900) -> webdriver.Chrome:
        window = windows(width, height)
        used.append(window)
        return window

    yield show
    for window in used:
        before = window.current_window_handle
        window.switch_to.new_window("tab")
        new = window.current_window_handle
        window.switch_to.window(before)
        window.close()
        window.switch_to.window(new)
        window.execute_cdp_cmd("Network.clearBrowserCookies", {})
        window.get_log("browser")


@pytest.fixture
def visitor(browser: Callable[..., webdriver.Chrome], service: Service) -> Visitor:
    """A window with the front page."""
    return Visitor(browser(), service.url)
