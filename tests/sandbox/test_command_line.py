import json
import signal
import socket
import subprocess
import sys

import pytest
import requests

from sandbox.__main__ import main
from sandbox.providers import PROVIDERS
from sandbox.registrations import NATIVE, OURS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_a_signal(number: signal.Signals) -> None:
    """It prints its URL, logs requests without their query, and exits with 0."""
    command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--verbose"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:  # noqa: S603  # our own
        assert process.stdout is not None
        announced = process.stdout.readline()
        url = announced.split()[-1]
        assert announced == f"Sandbox providers on {url}\n"
        requests.get(f"{url}/personas?access_token=canary", timeout=10)
        process.send_signal(number)
        out, log = process.communicate(timeout=10)

    assert (process.returncode, out) == (0, "")
    assert log == "GET /personas 200\n"


def test_a_port_in_use_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """It prints one line and exits with 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1

    captured = capsys.readouterr()
    assert captured.err == f"The sandbox cannot listen on 127.0.0.1:{port}: Address already in use.\n"
    assert captured.out == ""


@pytest.mark.parametrize("port", ["-1", "65536", "http", "٣"])
def test_an_invalid_port_is_an_error(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The parser refuses it."""
    with pytest.raises(SystemExit):
        main(["serve", f"--port={port}"])

    assert "is not a port" in capsys.readouterr().err


def test_prints_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    """All values are strings, and every host leads to the sandbox."""
    assert main(["environment", "--port", "9101"]) == 0

    variables = json.loads(capsys.readouterr().out)
    assert {type(value) for value in variables.values()} == {str}
    assert variables["SANDBOX"] == "1"
    assert variables["SOCIAL_PROVIDERS"] == "facebook,twitter,instagram,google-oauth2,apple-id,github"
    assert variables["SOCIAL_AUTH_GOOGLE_OAUTH2_KEY"] == OURS["google-oauth2"].client_id
    assert variables["SOCIAL_AUTH_APPLE_ID_CLIENT"] == OURS["apple-id"].client_id
    assert variables["SOCIAL_AUTH_APPLE_ID_NATIVE_CLIENT_ID"] == NATIVE["apple-id"].client_id
    assert variables["SOCIAL_AUTH_APPLE_ID_SECRET"].startswith("-----BEGIN PRIVATE KEY-----")
    assert variables["SOCIAL_AUTH_TWITTER_OAUTH2_KEY"] == OURS["twitter-oauth2"].client_id
    assert variables["SOCIAL_AUTH_SPOTIFY_REDIRECT_URIS"] == (
        "https://app.example.com/callback,com.example.tandem:/callback,http://127.0.0.1:9101/received"
    )
    assert variables["SOCIAL_AUTH_KAKAO_APP_ID"] == str(OURS["kakao"].app_id)
    assert variables["SOCIAL_AUTH_OIDC_OIDC_ENDPOINT"] == "https://login.example.com"
    hosts = json.loads(variables["PROVIDER_HOSTS"])
    assert hosts["https://graph.facebook.com"] == "http://127.0.0.1:9101/facebook"
    assert hosts["https://id.twitch.tv"] == "http://127.0.0.1:9101/twitch/id"
    assert len(hosts) == sum(len(provider.hosts) for provider in PROVIDERS)
    assert all(origin.startswith("https://") for origin in hosts)
    assert all(target.startswith("http://127.0.0.1:9101/") for target in hosts.values())


def test_a_page_of_the_service_receives_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """Each `--redirect-uri` is added, and must be registered."""
    assert main(["environment", "--redirect-uri", "http://localhost:8000/"]) == 0

    variables = json.loads(capsys.readouterr().out)
    assert variables["SOCIAL_AUTH_FACEBOOK_REDIRECT_URIS"].endswith(",http://localhost:8000/")
    with pytest.raises(SystemExit):
        main(["environment", "--redirect-uri", "http://localhost:8000/elsewhere"])
    assert "is not registered" in capsys.readouterr().err
