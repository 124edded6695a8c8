"""A client of one API: a base URL, a token, JSON."""

from dataclasses import dataclass, field
from typing import Any

import requests

TIMEOUT = 60


@dataclass
class Api:
    """One mounted API for one caller, with persistent connections."""

    service: str
    prefix: str
    token: str | None = None
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    @property
    def root(self) -> str:
        """Return the path of the API."""
        return "/" + self.prefix

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send a request to a path relative to the API's root."""
        headers = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **more.pop("headers", {})}
        url = self.service + self.root + path
        return self.session.request(method, url, headers=headers, timeout=TIMEOUT, allow_redirects=False, **more)

    def get(self, path: str, **more: Any) -> requests.Response:
        """Send a GET request."""
        return self.call("GET", path, **more)

    def delete(self, path: str) -> requests.Response:
        """Send a DELETE request."""
        return self.call("DELETE", path)

    def sign_up(self, fields: dict[str, Any], **more: Any) -> requests.Response:
        """Sign up, sign in, or link for a caller with a token."""
        return self.call("POST", "social_sign_up/", json=fields, **more)

    def as_user(self, token: str | None) -> "Api":
        """Return a client of the same API with this token and connections of its own."""
        return Api(self.service, self.prefix, token)


def code_of(response: requests.Response) -> tuple[int, str]:
    """Return the status and the error code, which is empty in a success."""
    return response.status_code, response.json().get("code", "")
