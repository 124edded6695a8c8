"""The pages for client developers in a browser: on a telephone and a desktop, in light and dark."""

from collections.abc import Callable

import pytest
from selenium import webdriver

from tests.e2e.servers import Service

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

PAGES = ("clients", "client-guide", "errors")

CONTRAST = """
const luminance = (colour) => {
  const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const background = (element) => {
  const own = getComputedStyle(element).backgroundColor;
  return own === "rgba(0, 0, 0, 0)" && element.parentElement ? background(element.parentElement) : own;
};
return Math.min(...[...document.querySelectorAll("a, p, li, td, th, h1, h2, h3, code")].map((element) => {
  const both = [getComputedStyle(element).color, background(element)].map(luminance);
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}));
"""
"""Returns the lowest contrast of a text on the page (WCAG 2.2, relative luminance)."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_pages_are_readable(
    browser: Callable[..., webdriver.Chrome], service: Service, width: int, scheme: str
) -> None:
    """Nothing is wider than the window but what scrolls by itself, the contrast is 4.5, and nothing is refused."""
    window = browser(width, 900)
    window.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    for name in PAGES:
        window.get(f"{service.url}/docs/{name}/")
        assert window.execute_script("return document.documentElement.scrollWidth <= window.innerWidth"), name
        assert window.execute_script(CONTRAST) >= 4.5, name
    assert window.get_log("browser") == []
    window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_a_code_leads_to_its_section(browser: Callable[..., webdriver.Chrome], service: Service) -> None:
    """The address of a code shows the section of that code."""
    window = browser()
    window.get(f"{service.url}/docs/errors/provider_timeout/")
    assert window.current_url == f"{service.url}/docs/errors/#provider_timeout"
    top = window.execute_script("return document.querySelector(':target').getBoundingClientRect().top")
    assert 0 <= top < 200
