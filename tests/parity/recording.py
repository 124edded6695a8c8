"""A recorded client of v1: as an HTTP archive of a browser or a proxy, or as JSON lines."""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.e2e.servers import Sandbox

LONG = 20
"""Characters; times and names in tests are shorter than tokens."""


@dataclass
class Recorder:
    """Sends requests and records them with their answers."""

    url: str
    kept: list[requests.Response] = field(default_factory=list)

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> requests.Response:
        """Send a request below v1's prefix."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.url}/api/v1/{path}"
        answer = requests.request(method, url, data=body, headers=named, timeout=30, allow_redirects=False)
        self.kept.append(answer)
        return answer

    def sign_up(self, fields: dict[str, Any], **headers: str) -> dict[str, Any]:
        """Sign up, in, or link."""
        body = json.dumps(fields, indent=1).encode()
        answer = self.send("POST", "social_sign_up/", body, Content_Type="application/json", **headers)
        fields_of_answer: dict[str, Any] = answer.json()
        return fields_of_answer

    @property
    def statuses(self) -> list[int]:
        """The recorded statuses."""
        return [answer.status_code for answer in self.kept]

    @property
    def secrets(self) -> set[str]:
        """Values that must not leave the recording."""
        found = set()
        for answer in self.kept:
            for text in (answer.request.body, answer.content):
                try:
                    parsed = json.loads(text or b"null")
                except ValueError:
                    continue
                if isinstance(parsed, dict):
                    found |= {str(value) for name, value in parsed.items() if "token" in name and value}
            found.add(answer.request.headers.get("Authorization", "").replace(":", " ").split(" ")[-1])
        return {one for one in found if len(one) > LONG}

    def archive(self, path: Path, *, sanitized: bool = False) -> Path:
        """Write an HTTP archive as Chromium does; by default it leaves credentials out."""
        elsewhere = {"request": {"method": "GET", "url": "https://cdn.example.com/a.png", "headers": []}}
        entries = [elsewhere, *(_entry(answer, sanitized=sanitized) for answer in self.kept)]
        log = {"version": "1.2", "creator": {"name": "tests", "version": "1"}, "pages": [], "entries": entries}
        path.write_text(json.dumps({"log": log}), encoding="utf-8")
        return path

    def lines(self, path: Path, *, answers: bool) -> Path:
        """Write JSON lines."""
        path.write_text("\n".join(json.dumps(_line(answer, answers=answers)) for answer in self.kept), encoding="utf-8")
        return path


def _text(body: bytes | str) -> str:
    return body if isinstance(body, str) else body.decode("utf-8", "replace")


def _entry(answer: requests.Response, *, sanitized: bool) -> dict[str, Any]:
    sent = answer.request
    headers = [
        {"name": name, "value": value}
        for name, value in sent.headers.items()
        if not (sanitized and name in {"Authorization", "Cookie"})
    ]
    headers.insert(0, {"name": ":method", "value": "x"})
    request: dict[str, Any] = {"method": sent.method, "url": sent.url, "headers": headers}
    if sent.body is not None:
        request["postData"] = {"mimeType": "application/json", "text": _text(sent.body)}
    content = {"size": 1, "text": base64.b64encode(answer.content).decode(), "encoding": "base64"}
    return {"request": request, "response": {"status": answer.status_code, "content": content}}


def _line(answer: requests.Response, *, answers: bool) -> dict[str, Any]:
    sent = answer.request
    line: dict[str, Any] = {"method": sent.method, "path": sent.path_url, "headers": dict(sent.headers)}
    if sent.body is not None:
        line["body"] = _text(sent.body)
    return {**line, "status": answer.status_code, "answer": answer.text} if answers else line


def story(recorder: Recorder, sandbox: Sandbox) -> None:
    """Record two users of the sandbox: sign up, read, link, disconnect, sign out, and make mistakes."""
    recorder.send("GET", "provider/?limit=2", Cookie="sessionid=abcdefghijklmnopqrstuvwxyz")
    recorder.send("OPTIONS", "social_sign_up/", Origin="https://app.example.com")
    ripley = recorder.sign_up(sandbox.token("facebook", "ripley"))
    key = f"ApiKey {ripley['username']}:{ripley['token']}"
    recorder.send("GET", "user/", Authorization=key)
    recorder.send("GET", f"user/{ripley['id']}", Authorization=key)
    linking = sandbox.token("github", "ripley")
    recorder.sign_up(linking, Authorization=key)
    recorder.sign_up(linking, Authorization=key)
    accounts = recorder.send("GET", "social_account/", Authorization=key).json()["objects"]
    dallas = recorder.sign_up(sandbox.token("twitter", "dallas", first_name="A"))
    bearer = f"Bearer {dallas['token']}"
    recorder.sign_up(linking, Authorization=bearer)
    recorder.send("GET", f"user/{ripley['id']}/", Authorization=bearer)
    again = recorder.sign_up(sandbox.token("github", "ripley"))
    recorder.sign_up(sandbox.token("github", "expired"))
    recorder.sign_up(sandbox.token("google-oauth2", "foreign"))
    recorder.sign_up(sandbox.id_token("google-oauth2", "lambert", nonce="n-1"))
    recorder.send("GET", f"social_account/{accounts[1]['id']}/", Authorization=f"Token {again['token']}")
    recorder.send("DELETE", f"social_account/{accounts[0]['id']}/", Authorization=key)
    recorder.send("DELETE", f"social_account/{accounts[0]['id']}/", Authorization=key)
    recorder.send("DELETE", f"social_account/{accounts[1]['id']}/", Authorization=key)
    tokens = recorder.send("GET", "token/", Authorization=key).json()["objects"]
    recorder.send("DELETE", f"token/{tokens[1]['id']}/", Authorization=key)
    recorder.send("GET", "user/", Authorization=f"Bearer {again['token']}")
    recorder.send("GET", f"user/?api_key={ripley['token']}&username={ripley['username']}")
    recorder.send("POST", "social_sign_up/", b'{"provider":"facebook","access_token":"EAAGsecretsecretsecret",}')
    recorder.send("DELETE", "token/current/", Authorization=key)
    recorder.send("GET", "user/", Authorization=key)
