"""Fixtures for tests that run against each mounted API and state the expected answer."""

import io
import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from zlib import crc32

import pytest
import responses
from django.conf import settings
from django.test import Client
from django.test.client import ClientHandler

from social.oidc import discovery, signing_keys
from tests.contract.answers import Response
from tests.contract.signers import SIGNERS, Signer

HOST = "api.example.com"


@cache
def handler() -> ClientHandler:
    """Return a handler whose middleware is loaded once: WhiteNoise reads every static file when it is created."""
    made = ClientHandler(enforce_csrf_checks=False)
    made.load_middleware()
    return made


class ApiClient:
    """A client of one API. The Host is not `testserver`, to which a framework may answer differently."""

    def __init__(self, app: str) -> None:
        self.app = app
        self.prefix = "/" + settings.APIS[app]
        self._client = Client(SERVER_NAME=HOST, raise_request_exception=False)
        self._client.handler = handler()

    def call(self, method: str, path: str, *, token: str | None = None, **extra: Any) -> Response:
        """Call `path`, relative to the API's root; `extra` goes to Django's client."""
        headers = dict(extra.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self._client.generic(method, self.prefix + path, headers=headers, **extra)

    def get(self, path: str, **extra: Any) -> Response:
        return self.call("GET", path, **extra)

    def delete(self, path: str, **extra: Any) -> Response:
        return self.call("DELETE", path, **extra)

    def post(self, path: str, data: Any, **extra: Any) -> Response:
        """Post a JSON body; bytes are sent unchanged."""
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        return self.call("POST", path, data=body, **{"content_type": "application/json", **extra})

    def post_plain(self, path: str, body: bytes, **environ: Any) -> Response:
        """Post a body with no header but its length: no Content-Type at all."""
        return self.call("POST", path, **{"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), **environ})

    def post_chunked(self, path: str, body: bytes, **environ: Any) -> Response:
        """Post a body without a length, as servers pass on a chunked body that they have decoded."""
        given = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        return self.call("POST", path, **{**given, "CONTENT_TYPE": "application/json", **environ})

    def sign_up(self, fields: dict[str, Any], **extra: Any) -> Response:
        return self.post("social_sign_up/", fields, **extra)


@pytest.fixture(params=list(settings.APIS))
def api(request: pytest.FixtureRequest) -> ApiClient:
    """Return a client of each mounted API in turn."""
    return ApiClient(request.param)


@pytest.fixture
def one_api(request: pytest.FixtureRequest) -> ApiClient:
    """Return a client of one of the mounted APIs, always the same one for the same case.

    For matrices of cases that exercise code behind both APIs: each API gets a share of the cases, and
    tests/differential checks that both give the same answer.
    """
    apps = sorted(settings.APIS)
    return ApiClient(apps[crc32(request.node.name.encode()) % len(apps)])


@pytest.fixture
def no_cached_keys() -> Iterator[None]:
    """Clear the published keys that the process keeps from one test to the next."""
    signing_keys.clear_cache()
    discovery.clear_cache()
    yield
    signing_keys.clear_cache()
    discovery.clear_cache()


@pytest.fixture(params=list(SIGNERS))
def provider(request: pytest.FixtureRequest) -> Iterator[str]:
    """Enable each provider of id_tokens in turn."""
    with SIGNERS[request.param].enabled(request.param):
        yield request.param


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    """Answer calls to providers."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def signer(provider: str, mock: responses.RequestsMock) -> Signer:
    """Publish the provider's keys and return its signer."""
    SIGNERS[provider].register(mock)
    return SIGNERS[provider]
