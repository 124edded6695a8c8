"""`EMAIL_URL`, `EMAIL_FROM` and `CLIENT_NOTICE_DAYS`: valid values, and refusals that repeat no password."""

from typing import Any

import pytest

from config import environment


def read(monkeypatch: pytest.MonkeyPatch, url: str = "", sender: str = "") -> dict[str, Any]:
    monkeypatch.setenv("EMAIL_URL", url)
    monkeypatch.setenv("EMAIL_FROM", sender)
    return environment.email(url="EMAIL_URL", sender="EMAIL_FROM")


def server(host: str, port: int, *, ssl: bool = False, tls: bool = False, user: str = "", password: str = "") -> Any:
    return {
        "EMAIL_HOST": host,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": password,
        "EMAIL_USE_SSL": ssl,
        "EMAIL_USE_TLS": tls,
        "EMAIL_TIMEOUT": 10,
    }


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", {}),
        ("smtp://mail.example.com", server("mail.example.com", 587, tls=True)),
        ("smtps://mail.example.com/", server("mail.example.com", 465, ssl=True)),
        (
            "smtps://me%40example.com:a%2Fb@mail.example.com:2465",
            server("mail.example.com", 2465, ssl=True, user="me@example.com", password="a/b"),
        ),
        ("smtp://localhost", server("localhost", 25)),
        ("smtp://127.0.0.1:2525", server("127.0.0.1", 2525)),
        ("smtp://[::1]", server("::1", 25)),
    ],
)
def test_servers(monkeypatch: pytest.MonkeyPatch, url: str, expected: Any) -> None:
    """TLS is required for a server elsewhere."""
    assert read(monkeypatch, url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://u:hunter2@mail.example.com",
        "smtp://u:hunter2@",
        "smtp://u:hunter2@mail.example.com:port",
        "smtp://u:hunter2@mail.example.com/path",
        "smtp://u:hunter2@mail.example.com?tls=off",
        "smtp://u:hunter2@[mail",
    ],
)
def test_no_servers(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """The error names the variable and not the password."""
    with pytest.raises(environment.Unreadable, match="EMAIL_URL") as error:
        read(monkeypatch, url)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("sender", ["api@example.com", "Tandem <api@example.com>"])
def test_senders(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    """An address, with or without a name."""
    assert read(monkeypatch, sender=sender) == {"DEFAULT_FROM_EMAIL": sender}


@pytest.mark.parametrize("sender", ["api", "api@", "a@example.com\nBcc: b@example.com", "<a@b> x", "a@b, c@d"])
def test_no_senders(monkeypatch: pytest.MonkeyPatch, sender: str) -> None:
    """Anything else."""
    with pytest.raises(environment.Unreadable, match="EMAIL_FROM"):
        read(monkeypatch, sender=sender)


def test_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """Different numbers of days, the largest first."""
    monkeypatch.setenv("DAYS", "1, 14")
    assert environment.integers("DAYS", least=1, most=365) == (14, 1)


@pytest.mark.parametrize("value", ["", "0", "366", "7,7", "7,", "7;1", "a week", "1.5"])
def test_no_days(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A list that is empty, out of bounds, repeated or no numbers."""
    monkeypatch.setenv("DAYS", value)
    with pytest.raises(environment.Unreadable, match="DAYS"):
        environment.integers("DAYS", least=1, most=365)
