"""Sending a notice as a webhook, signed as Standard Webhooks 1.0 says (https://www.standardwebhooks.com/).

A webhook goes to public addresses only: the address is checked on the open connection, before anything is sent, so that
a name that resolves differently a moment later does not matter. There are no redirects and no proxies.
"""

import base64
import hashlib
import hmac
import ipaddress
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from django.core.exceptions import ValidationError
from django.utils import timezone
from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool

from rollout.client_health.keys import SecretUnreadable, webhook_secret_of
from rollout.client_health.messages import Message, payload
from shared.http.redaction import exception_name
from shared.http.urls import is_loopback
from social.conf import conf
from social.network import deadline

TIMEOUT = 10.0
"""Seconds for the whole call."""
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052 section 2.1: a gateway translates such an address to the IPv4 address in its last 32 bits."""


class AddressRefused(Exception):
    """The receiver's address is not a public one."""


class _Connection(deadline.DeadlineTLSConnection):
    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        if not is_public(sock.getpeername()[0]):
            sock.close()
            raise AddressRefused
        return sock


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _Pool}


def is_public(address: str) -> bool:
    """Return True if an IP address is one of the public internet."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast
    embedded = ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(int(ip) % 2**32) if ip in _NAT64 else None)
    return is_public(str(embedded)) if embedded else ip.is_global and ip in _GLOBAL_UNICAST


def check_url(url: str) -> None:
    """Check that a URL can receive webhooks: https, without user name and fragment; in a sandbox loopback too.

    :raises ValidationError: it cannot.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:  # such as a bracket without its other
        raise ValidationError("Give an https URL such as https://example.com/hooks.") from error
    host = parts.hostname or ""
    if conf.sandbox and is_loopback(host):
        return
    if parts.scheme != "https" or not host or parts.username is not None or parts.fragment:
        raise ValidationError("Give an https URL such as https://example.com/hooks, without a user name or fragment.")
    try:
        is_private = not is_public(host)
    except ValueError:
        return  # a name, which is resolved when a webhook is sent
    if is_private:
        raise ValidationError("Give a public address.")


def signed_headers(secret: bytes, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a signed webhook."""
    signature = hmac.new(secret, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def send(message: Message) -> str:
    """Send a message, and return why it was not received; empty if it was."""
    try:
        check_url(message.team.webhook_url)
        secret = webhook_secret_of(message.team)
    except ValidationError:
        return "the URL is refused: it must be https and public"
    except SecretUnreadable:
        return "SECRET_KEY has changed since the webhook's secret was made: make a new secret"
    now = timezone.now()
    body = json.dumps(payload(message, now), ensure_ascii=False).encode()
    headers = signed_headers(secret, f"msg_{message.id}", int(now.timestamp()), body)
    try:
        status = _post(message.team.webhook_url, body, headers)
    except AddressRefused:
        return "the URL is refused: its address is not public"
    except (OSError, ValueError) as error:  # requests' exceptions are OSErrors; those of urllib3's parser ValueErrors
        return exception_name(error)
    return "" if 200 <= status < 300 else f"the receiver answered {status}"


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post a body and return the status; the answer's body is not read."""
    prepared = requests.Request(
        "POST", url, data=body, headers={"Content-Type": "application/json", "User-Agent": "Tandem", **headers}
    ).prepare()
    adapter = HTTPAdapter() if conf.sandbox and is_loopback(urlsplit(url).hostname or "") else _Adapter()
    with deadline.within(TIMEOUT):
        try:
            response = adapter.send(prepared, stream=True, timeout=(TIMEOUT, TIMEOUT), proxies={})
            response.close()
            return response.status_code
        finally:
            adapter.close()
