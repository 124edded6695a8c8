"""The check of a request's Host, and what the log says of a wrong one."""

import logging

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from shared.http import logs
from shared.http.redaction import redact_host
from shared.http.settings import setting
from shared.http.urls import is_loopback

_wrong_host = logs.RateLimitedLog(
    logging.getLogger("tandem.hosts"),
    "A request for the host %s was refused, because ALLOWED_HOSTS has only %s. For a minute, others are only in their "
    "access lines.",
)


def is_allowed(request: HttpRequest) -> bool:
    """Return True if the request's Host is one of `ALLOWED_HOSTS` and, in a sandbox, its client is on this machine.

    The client chooses the Host, so a sandbox that listens on other addresses would be reached with `Host: localhost`.
    """
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return not setting("SANDBOX", False) or is_loopback(request.META.get("REMOTE_ADDR", ""))


def log_refusal(request: HttpRequest) -> None:
    """Note for the access line why `is_allowed` is False, and warn of a wrong Host once a minute."""
    try:
        request.get_host()
    except DisallowedHost:
        host = redact_host(request._get_raw_host())  # type: ignore[attr-defined]  # noqa: SLF001 - Django has no other name for it
        logs.note(reason="host_not_allowed", host=host)
        _wrong_host.log(host, ",".join(settings.ALLOWED_HOSTS) or "no host")
    else:
        logs.note(reason="not_on_this_machine")


class RefusedHosts(logging.Filter):
    """Replace Django's records of a wrong Host, which have a traceback for each request, by ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return False for a record with a request, after logging the refusal."""
        request = getattr(record, "request", None)
        if not isinstance(request, HttpRequest):
            return True
        log_refusal(request)
        return False
