"""The transport of all provider calls: pooled, bounded, to known hosts over https, without redirects.

All backends of social-core send through `BaseAuth.request`. `TransportBase` replaces that method below them, so that
a backend's own override of `request` (Facebook's) still runs and calls ours.
"""

import json as json_module
import logging
import re
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from social_core.backends.base import BaseAuth
from social_core.exceptions import AuthProviderError, AuthResponseError
from social_core.utils import http_error, user_agent
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from shared.caching import cache_once
from social.conf import conf
from social.network import deadline

logger = logging.getLogger("tandem.providers")

RETRY_AFTER = 5
"""Seconds in `Retry-After` if the provider sends none."""
MAX_RESPONSE_SIZE = 256 * 1024
"""Bytes of a response after decoding; the largest real profiles have a few kilobytes."""
_CHUNK = 16 * 1024
_HOSTS_POOLED = 64
_ORIGIN = re.compile("https?://[^/?#]*", re.IGNORECASE)
_PLAIN_URL = re.compile(r"https://[a-z0-9.-]+/[A-Za-z0-9._~/-]*")
"""A URL that needs no encoding."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = deadline.DeadlineConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = deadline.DeadlineTLSConnection


class DeadlineAdapter(HTTPAdapter):
    """requests' adapter with our connections in its pools, and one TLS context for all of them.

    The methods for a request without a proxy do less than those that they override.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pool manager as requests does, with pools of our connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        self._pools: dict[tuple[str, Any], Any] = {}

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        """Return the pool of the request's origin; urllib3 makes a key of twenty attributes to find it."""
        if proxies or cert:
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        key = (_ORIGIN.match(request.url)[0], verify)  # type: ignore[index]  # every prepared URL begins with one
        pool = self._pools.get(key)
        if pool is None:
            if len(self._pools) == _HOSTS_POOLED:
                # Of more pools than that the pool manager closes the first, which may be one of these.
                self._pools.clear()
            pool = self._pools[key] = super().get_connection_with_tls_context(request, verify)
        return pool

    def request_url(self, request: Any, proxies: Any) -> str:
        """Return what follows the method in the request."""
        return super().request_url(request, proxies) if proxies else str(request.path_url)

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        """Return the response without its cookies, which nothing reads."""
        response = requests.Response()
        response.status_code, response.reason, response.raw = resp.status, resp.reason, resp
        response.headers = CaseInsensitiveDict(resp.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.url, response.request = req.url, req
        return response

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Return the pool manager of an operator's outgoing proxy (`SOCIAL_AUTH_PROXIES`)."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        return manager

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """Add the TLS context to the key, so that connections with different certificates are never shared."""
        host, tls = super().build_connection_pool_key_attributes(request, verify, cert)
        if not verify:
            return host, tls
        return host, {"cert_reqs": "CERT_REQUIRED", "ssl_context": _ssl_context(DEFAULT_CA_BUNDLE_PATH, verify)}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave the certificates to the TLS context: urllib3 would read the files again for each new connection.

        The context does not verify a proxy that is itself reached over TLS, so requests sets the files for it.
        """
        proxy = getattr(conn, "proxy", None)
        if not verify or (proxy is not None and proxy.scheme == "https"):
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]  # typed in part only


@cache_once
def _ssl_context(default: str, bundle: Any) -> ssl.SSLContext:
    """Return the context that trusts a bundle of certificates; True stands for the default bundle.

    :raises OSError: the bundle does not exist.
    """
    context = create_urllib3_context()
    path = default if bundle is True else str(bundle)
    context.load_verify_locations(**{"capath" if Path(path).is_dir() else "cafile": path})
    return context


@cache_once
def adapter() -> DeadlineAdapter:
    """Return the adapter of the process, which keeps connections and shares them between calls to one host.

    It replaces requests' sessions, which would add cookies, redirects and the proxies of the environment to each call.
    """
    # A sign-up may make two calls at the same time.
    return DeadlineAdapter(_HOSTS_POOLED, 2 * conf.provider_concurrency, max_retries=0)


def prepare(verify: Any) -> None:
    """Read a bundle of certificates before the first call that is verified with it (`VERIFY_SSL`)."""
    adapter()
    if verify:
        _ssl_context(DEFAULT_CA_BUNDLE_PATH, verify)


class ResponseTooLarge(requests.RequestException):
    """The response is longer than `MAX_RESPONSE_SIZE`."""


class TransportBase(BaseAuth[Any]):
    """`BaseAuth` with our transport; add it as the last base of a backend's class."""

    def hosts(self) -> frozenset[str]:
        """Return the hosts that may be called: none, unless a subclass names some."""
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
        """Send a request and read the whole response.

        :raises AuthProviderError: the provider cannot be reached, exceeds the deadline, or answers 4xx or 5xx.
        :raises AuthResponseError: the response is a redirect, or too large. Likewise if the URL is not https, or its
            host is not one of `hosts()`: start-up checks the operator's URLs, so it comes from an answer.
        """
        sent = {
            "Accept": "application/json",
            # A response that is compressed all the same is decoded, and its decoded size is limited.
            "Accept-Encoding": "identity",
            "User-Agent": self.setting("USER_AGENT") or user_agent(),
            **dict(headers or {}),
        }
        # As requests' sessions do: Naver's backend has a header with the code, which is None without one.
        sent = {name: value for name, value in sent.items() if value is not None}
        try:
            prepared = _prepare(method, url, sent, params, data=data, json=json, auth=auth)
            self._reroute(prepared, stage)
            response = _send(prepared, self.setting("PROXIES"), self.setting("VERIFY_SSL", True))
        except requests.exceptions.SSLError as error:
            _remove_messages(error)
            raise AuthProviderError(self, code="tls_error", stage=stage) from error
        except (requests.Timeout, TimeoutError) as error:
            _remove_messages(error)
            raise AuthProviderError(self, code="timeout", stage=stage) from error
        except (ResponseTooLarge, deadline.NegativeSizeError, requests.exceptions.ContentDecodingError) as error:
            _remove_messages(error)
            raise AuthResponseError(self, code="malformed_response", stage=stage) from error
        except (
            OSError
        ) as error:  # RequestException is a subclass; a missing bundle of certificates raises OSError itself
            code = "timeout" if _is_timeout(error) else "connection_failed"
            if isinstance(error, requests.RequestException):
                _remove_messages(error)
            raise AuthProviderError(self, code=code, stage=stage) from error
        except ValueError:  # a URL in an answer cannot be parsed
            raise AuthResponseError(self, code="malformed_response", stage=stage) from None
        if 300 <= response.status_code < 400:
            raise AuthResponseError(self, code="malformed_response", stage=stage)
        self._raise_for_status(response, stage)
        return response

    def get_json(self, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request and return the JSON of the response, whatever its media type.

        :raises AuthResponseError: the body is not JSON in UTF-8 (RFC 8259 section 8.1; requests would guess).
        """
        response = self.request(url, *args, **kwargs)
        try:
            return json_module.loads(response.content.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            stage = kwargs.get("stage", "user_info")
            raise AuthResponseError(self, code="malformed_response", stage=stage) from error

    def _raise_for_status(self, response: requests.Response, stage: Any) -> None:
        if not 400 <= response.status_code < 600:
            return
        # `http_error` would compile the URLs into a pattern to redact them, and `re` keeps the last 512 patterns: up to
        # 40 MiB, and a token in each.
        response.url = response.request.url = ""
        error = requests.HTTPError(response=response)
        try:
            raise http_error(self, error, stage=stage) from error
        except RecursionError:  # the body of the error response is nested too deeply
            raise AuthResponseError(self, code="malformed_response", stage=stage) from error

    def _reroute(self, prepared: requests.PreparedRequest, stage: Any) -> None:
        """Check the URL; in a sandbox, replace its origin by the sandbox's, after the request has been signed."""
        parts = urlsplit(str(prepared.url))
        if parts.scheme != "https" or parts.hostname not in self.hosts() or parts.username is not None:
            logger.error("A call to %s is refused: %s may not be called.", self.name, parts.hostname)
            raise AuthResponseError(self, code="malformed_response", stage=stage)
        origin = f"https://{parts.netloc}"
        if conf.sandbox and origin in conf.provider_hosts:
            prepared.url = conf.provider_hosts[origin] + str(prepared.url)[len(origin) :]


def _prepare(method: str, url: str, headers: dict[str, Any], params: Any, **content: Any) -> requests.PreparedRequest:
    """Return the request as requests prepares it; directly, if it is a GET of a plain URL like most of ours."""
    prepared = requests.PreparedRequest()
    is_plain = method == "GET" and not any(content.values()) and _PLAIN_URL.fullmatch(url) is not None
    if is_plain and isinstance(params, dict) and params and all(isinstance(value, str) for value in params.values()):
        prepared.method, prepared.url = method, f"{url}?{urlencode(params)}"
        prepared.headers = CaseInsensitiveDict(headers)
    else:
        prepared.prepare(method, url, headers=headers, params=params, **content)
    return prepared


def _send(prepared: requests.PreparedRequest, proxies: Any, verify: Any) -> requests.Response:
    left = deadline.remaining()
    response = adapter().send(prepared, stream=True, timeout=(left, left), proxies=proxies, verify=verify)
    body = bytearray()
    try:
        for part in response.iter_content(_CHUNK):
            body += part
            if len(body) > MAX_RESPONSE_SIZE:
                raise ResponseTooLarge("the response is too large")
    except BaseException:
        # On a kept connection, the unread bytes would be read as the next response.
        response.raw.close()
        response.close()
        raise
    # requests keeps a body there once it is read; `.json()` and `.text` use it.
    response._content = bytes(body)  # noqa: SLF001 - see above
    return response


def _remove_messages(error: BaseException) -> None:
    """Remove the messages of an exception and of those that it has: a URL in them may have a token."""
    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop()
        if id(current) not in seen:
            seen.add(id(current))
            others = (*current.args, current.__cause__, current.__context__)
            pending.extend(one for one in others if isinstance(one, BaseException))
            current.args = tuple(arg for arg in current.args if not isinstance(arg, str))


def _is_timeout(error: BaseException) -> bool:
    """Return True for a timeout; requests raises a ConnectionError for one while it reads a body."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, TimeoutError) or "timed out" in str(seen).lower():
            return True
        seen = seen.__cause__ or seen.__context__
    return False
