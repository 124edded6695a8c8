"""A staff user of a running service, and a browser of theirs without scripts."""

import re

import requests

from tests import SECRET_KEY
from tests.e2e.servers import Service, run_to_end

NAME = "ada"
PASSWORD = "correct-horse-battery"
WITHIN = 60


def create_superuser(database_url: str) -> None:
    """Create the first staff user as docs/operators.md describes."""
    own = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": SECRET_KEY, "DATABASE_URL": database_url}
    named = ("--no-input", "--username", NAME, "--email", "ada@example.com")
    made = run_to_end("django", {**own, "DJANGO_SUPERUSER_PASSWORD": PASSWORD}, "createsuperuser", *named)
    assert made.returncode == 0, made.stderr


def filled_in(browser: requests.Session, url: str, **fields: object) -> requests.Response:
    """Open a form and submit it."""
    token = _csrf_token(browser.get(url, timeout=WITHIN))
    return browser.post(url, {**fields, "csrfmiddlewaretoken": token}, headers={"Referer": url}, timeout=WITHIN)


def signed_in(service: Service) -> requests.Session:
    """Return a browser with a staff user's session."""
    browser = requests.Session()
    browser.trust_env = False
    url = f"{service.url}/admin/login/"
    answer = filled_in(browser, url, username=NAME, password=PASSWORD, next="/admin/")
    assert (answer.status_code, answer.url) == (200, f"{service.url}/admin/")
    return browser


def attempt(service: Service, password: str, *, name: str = NAME, address: str = "198.51.100.99") -> requests.Response:
    """Try to sign in from an address that a trusted proxy names."""
    url, headers = f"{service.url}/admin/login/", {"X-Forwarded-For": address}
    form = requests.get(url, headers=headers, timeout=WITHIN)
    sent = {"username": name, "password": password, "next": "/admin/", "csrfmiddlewaretoken": _csrf_token(form)}
    # Behind a proxy the cookie is for TLS only, which a session of `requests` would obey.
    cookies = {"csrftoken": form.cookies["csrftoken"]}
    return requests.post(url, sent, headers=headers, cookies=cookies, allow_redirects=False, timeout=WITHIN)


def _csrf_token(form: requests.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)
    assert found is not None, form.text
    return found[1]
