"""The one way out to the network: pooled, bounded, to known hosts over https, never following a redirect.

social-core's backends all send through `BaseAuth.request`; `TransportBase` takes its place below them,
so that a backend's own override of `request` (Facebook's) still runs and calls it.
"""

import json as json_module
import ssl
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from social_core.backends.base import BaseAuth
from social_core.exceptions import AuthConfigurationError, AuthProviderError, AuthResponseError
from social_core.utils import http_error, redact_request_error, user_agent
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from social.conf import conf
from social.network import deadline

RETRY_AFTER = 5
"""Seconds that a client waits where the provider does not say how long."""
MAX_ANSWER = 256 * 1024
"""Bytes of an answer after decoding; the largest honest profile is a few kilobytes."""
_CHUNK = 16 * 1024
_HOSTS_POOLED = 64


class _Pool(HTTPConnectionPool):
    ConnectionCls = deadline.DeadlineConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = deadline.DeadlineTLSConnection


class DeadlineAdapter(HTTPAdapter):
    """requests' adapter with our connections in its pools, and one TLS context for all of them."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools, as requests does, then say what they are made of."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """The same for an operator's outgoing proxy (`SOCIAL_AUTH_PROXIES`)."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        return manager

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """Tell connections apart by the context that they are verified with."""
        host, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        if not verify:
            return host, tls
        return host, {"cert_reqs": "CERT_REQUIRED", "ssl_context": _verifying(DEFAULT_CA_BUNDLE_PATH, verify)}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the certificates to the context: named here, they would be read again for each new connection.

        A proxy that is reached over TLS itself is not verified by that context, so for it they have to be named.
        """
        through = getattr(conn, "proxy", None)
        if not verify or (through is not None and through.scheme == "https"):
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]  # typed in part only


@cache
def _verifying(default: str, bundle: Any) -> ssl.SSLContext:
    """Make the context that believes a bundle of certificates, by default the one of requests.

    :raises OSError: it is not there.
    """
    context = create_urllib3_context()
    place = default if bundle is True else str(bundle)
    context.load_verify_locations(**{"capath" if Path(place).is_dir() else "cafile": place})
    return context


@cache
def adapter() -> DeadlineAdapter:
    """The process's one way out: connections are kept, and shared by whoever calls the same host.

    requests' sessions would add to it, at each call, cookies, redirects and what the environment says: none of them
    has a place here.
    """
    # A sign-up may have two calls under way at once.
    return DeadlineAdapter(_HOSTS_POOLED, 2 * conf.provider_concurrency, max_retries=0)


class AnswerTooLarge(requests.RequestException):
    """The answer is longer than any honest one."""


class TransportBase(BaseAuth[Any]):
    """`BaseAuth` with our way out; bring it in as the last base of a backend."""

    def hosts(self) -> frozenset[str]:
        """Give the hosts that may be called; none until a subclass names some."""
        return frozenset()

    def request(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Any = None,
        data: Any = None,
        json: Any = None,
        auth: Any = None,
        params: Any = None,
        timeout: float | None = None,
        stage: Any = "user_info",
    ) -> requests.Response:
        """Send one call and read its whole answer.

        :raises AuthProviderError: it cannot be reached, takes too long, or answers 4xx or 5xx.
        :raises AuthResponseError: it redirects, or answers without end.
        :raises AuthConfigurationError: the URL is not https or not of this provider.
        """
        sent = {
            "Accept": "application/json",
            # Less to guard against; an answer that comes compressed all the same is decoded and capped.
            "Accept-Encoding": "identity",
            "User-Agent": self.setting("USER_AGENT") or user_agent(),
            **dict(headers or {}),
        }
        try:
            prepared = requests.PreparedRequest()
            prepared.prepare(method, url, headers=sent, data=data, json=json, auth=auth, params=params)
            self._reroute(prepared, stage)
            response = _send(prepared, self.setting("PROXIES"), self.setting("VERIFY_SSL", True))
        except requests.exceptions.SSLError as error:
            redact_request_error(error, request_url=url)
            raise AuthProviderError(self, code="tls_error", stage=stage) from error
        except (requests.Timeout, TimeoutError) as error:
            redact_request_error(error, request_url=url)
            raise AuthProviderError(self, code="timeout", stage=stage) from error
        except (AnswerTooLarge, deadline.NegativeSizeError, requests.exceptions.ContentDecodingError) as error:
            redact_request_error(error, request_url=url)
            raise AuthResponseError(self, code="malformed_response", stage=stage) from error
        except OSError as error:  # RequestException is one; a bundle of certificates that is gone is a bare one
            if isinstance(error, requests.RequestException):
                redact_request_error(error, request_url=url)
            code = "timeout" if _is_timeout(error) else "connection_failed"
            raise AuthProviderError(self, code=code, stage=stage) from error
        if 300 <= response.status_code < 400:
            raise AuthResponseError(self, code="malformed_response", stage=stage)
        try:
            response.raise_for_status()
        except requests.HTTPError as error:
            redact_request_error(error, request_url=url)
            try:
                raise http_error(self, error, stage=stage) from error
            except RecursionError:  # the refusal's own body nests without end
                raise AuthResponseError(self, code="malformed_response", stage=stage) from error
        return response

    def get_json(self, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send one call and give its JSON, whatever media type it claims.

        :raises AuthResponseError: it is no JSON in UTF-8 (RFC 8259 section 8.1); requests would guess.
        """
        response = self.request(url, *args, **kwargs)
        try:
            return json_module.loads(response.content.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            stage = kwargs.get("stage", "user_info")
            raise AuthResponseError(self, code="malformed_response", stage=stage) from error

    def _reroute(self, prepared: requests.PreparedRequest, stage: Any) -> None:
        """Check where a call goes, then send it where the sandbox is, its signature already made."""
        parts = urlsplit(str(prepared.url))
        if parts.scheme != "https" or parts.hostname not in self.hosts() or parts.username is not None:
            raise AuthConfigurationError(self, code="invalid_setting", parameter="url", stage=stage)
        origin = f"https://{parts.netloc}"
        if conf.sandbox and origin in conf.provider_hosts:
            prepared.url = conf.provider_hosts[origin] + str(prepared.url)[len(origin) :]


def _send(prepared: requests.PreparedRequest, proxies: Any, verify: Any) -> requests.Response:
    left = deadline.remaining()
    response = adapter().send(prepared, stream=True, timeout=(left, left), proxies=proxies, verify=verify)
    body = bytearray()
    try:
        for part in response.iter_content(_CHUNK):
            body += part
            if len(body) > MAX_ANSWER:
                raise AnswerTooLarge("the answer is too large")
    except BaseException:
        # What is left unread would be the start of the next answer on a kept connection.
        response.raw.close()
        response.close()
        raise
    # Where requests itself keeps a body it has read; `.json()` and `.text` look there.
    response._content = bytes(body)  # noqa: SLF001 - see above
    return response


def _is_timeout(error: BaseException) -> bool:
    """requests calls a read that times out inside a body a ConnectionError."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, TimeoutError) or "timed out" in str(seen).lower():
            return True
        seen = seen.__cause__ or seen.__context__
    return False
