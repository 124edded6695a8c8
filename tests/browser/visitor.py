"""A page object of the front page."""

import json
from typing import Any

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

WITHIN = 60


class Visitor:
    """A window with the front page."""

    def __init__(self, window: webdriver.Chrome, url: str) -> None:
        self.window = window
        self.url = url
        window.get(f"{url}/")

    def find(self, selector: str) -> WebElement:
        return self.window.find_element(By.CSS_SELECTOR, selector)

    def choose(self, provider: str, credential: str = "token") -> None:
        """Open a provider's consent page."""
        Select(self.find("#provider")).select_by_value(provider)
        self.find(f'#ask button[value="{credential}"]').click()
        WebDriverWait(self.window, WITHIN).until(lambda _: not self.window.current_url.startswith(self.url))

    def get_token(self, provider: str, persona: str, credential: str = "token") -> dict[str, Any]:
        """Sign in at a provider as a persona; return the body that the page has filled in."""
        self.choose(provider, credential)
        for more in self.window.find_elements(By.TAG_NAME, "summary"):
            more.click()
        self.find(f'button[value="{persona}"]').click()
        return self.filled()

    def filled(self) -> dict[str, Any]:
        WebDriverWait(self.window, WITHIN).until(lambda _: self.find("#body").get_attribute("value"))
        body: dict[str, Any] = json.loads(self.find("#body").get_attribute("value") or "")
        return body

    def post(self) -> str:
        """Post with the keyboard and return the verdict."""
        self.find("#post").send_keys(Keys.ENTER)
        WebDriverWait(self.window, WITHIN).until(
            lambda _: self.find("#outcome").is_displayed() and not self.find("#notice").is_displayed()
        )
        return self.find("#verdict").text

    def answers(self) -> dict[str, str]:
        """Return the text of each version's card."""
        cards = self.window.find_elements(By.CSS_SELECTOR, "#answers .exchange")
        return {card.text.split("\n")[0]: card.text for card in cards}

    def notice(self) -> str:
        return self.find("#notice").text

    def errors(self) -> list[str]:
        """Return the errors in the browser's log, except refused sign-ups: scripts, the policy, missing files."""
        entries: list[dict[str, Any]] = self.window.get_log("browser")
        return [entry["message"] for entry in entries if "/social_sign_up/" not in entry["message"]]
