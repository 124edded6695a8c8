"""Error reports without secrets: they show where an exception happened and its class, no values and no messages.

A list of sensitive names is not enough for frames: a token passes through libraries under names such as `url`, `kwargs`
and `signing_input`. A frame therefore shows only the types of its variables.
"""

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from shared.http.redaction import exception_name, redact_path

SENSITIVE_NAMES = (
    # Fields of requests and of providers' responses.
    "access_token",
    "access_token_secret",
    "id_token",
    "nonce",
    "code",
    "code_verifier",
    "token",
    "refresh_token",
    "oauth_token",
    "oauth_token_secret",
    "oauth_signature",
    "client_secret",
    "appsecret_proof",
    "api_key",
    # Headers, by their HTTP and WSGI names.
    "authorization",
    "http_authorization",
    "cookie",
    "http_cookie",
    "set-cookie",
    # Variables and settings.
    "credential",
    "presented",
    "header",
    "kept",
    "secret",
    "password",
    "secret_key",
    "provider_token_keys",
    "database_url",
    "redis_url",
    "dsn",
)
"""Names whose values must never leave the service, in lower case, for the configuration of an error reporter.

A name that ends in `_secret`, `_token`, `_key` or `_keys` is sensitive too.
"""

WITHHELD = "[withheld]"
_SENSITIVE = re.compile(rf"^(?:{'|'.join(map(re.escape, SENSITIVE_NAMES))}|.*_(?:secret|token|keys?))$", re.IGNORECASE)
_QUERY = re.compile(r"\?[^\s\"'>)]*")
_USER = re.compile(r"(?<=://)[^@\s\"']*@")
_SHOWN_META = frozenset(
    {
        "REQUEST_METHOD",
        "CONTENT_TYPE",
        "CONTENT_LENGTH",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "REMOTE_ADDR",
        "HTTP_HOST",
        "HTTP_USER_AGENT",
        "HTTP_ACCEPT",
    }
)


class ReportFilter(SafeExceptionReporterFilter):
    """Show only types and harmless headers, also with DEBUG on."""

    cleansed_substitute = WITHHELD
    hidden_settings = re.compile(
        "API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|HTTP_COOKIE|URL|DSN|LOCATION|HOSTS", flags=re.IGNORECASE
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        """Return True: filter with DEBUG on too."""
        return True

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        """Return the headers and variables that hold no secrets."""
        return {name: value for name, value in request.META.items() if name in _SHOWN_META}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        """Return none: the service ignores cookies."""
        return {}

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return none: bodies are JSON with tokens in it."""
        return {}

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        """Return each variable's type instead of its value."""
        return [(name, f"<{type(value).__qualname__}>") for name, value in tb_frame.f_locals.items()]


class Reporter(ExceptionReporter):
    """Django's report without exception messages and query strings."""

    def get_traceback_data(self) -> dict[str, Any]:
        """Return the data of both the HTML and the text report."""
        data: dict[str, Any] = super().get_traceback_data()
        for frame in data["frames"]:
            if frame["exc_cause"] is not None:
                frame["exc_cause"] = exception_name(frame["exc_cause"])
        hidden = {"exception_notes": "", "unicode_hint": "", "template_info": None, "postmortem": None}
        data |= hidden | {"exception_value": WITHHELD, "template_does_not_exist": False}
        if self.request is not None:
            path = redact_path(self.request.path)
            shown = {"REQUEST_METHOD": self.request.method}
            data |= {
                "request": SimpleNamespace(path_info=path, META=shown, GET={}, FILES={}, COOKIES={}),
                "request_GET_items": [],
                "request_FILES_items": [],
                "request_insecure_uri": path,
            }
        return data


def scrub(event: Any, hint: Any = None) -> Any:
    """Return an error reporter's event without values that could be secret; fits Sentry's `before_send`.

    Removes the variables of frames, the messages of exceptions, the bodies, headers, cookies and queries of requests,
    the queries of URLs, and the values of `SENSITIVE_NAMES` at any depth.
    """
    return _scrubbed(event, "")


_DROPPED = frozenset(
    {"vars", "cookies", "headers", "env", "query_string", "http.query", "argv", "sys.argv", "params", "formatted"}
)
"""Keys that contain only values. The format string of a log entry is kept, its arguments are removed."""


def _scrubbed(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        withheld = _withheld(value, name)
        return {
            key: WITHHELD if key in withheld or _SENSITIVE.match(str(key)) else _scrubbed(one, str(key))
            for key, one in value.items()
            if key not in _DROPPED
        }
    if isinstance(value, list | tuple):
        return [_scrubbed(one, name) for one in value]
    if isinstance(value, str):
        return _USER.sub(f"{WITHHELD}@", _QUERY.sub("?[redacted]", value))
    return value


def _withheld(value: Mapping[Any, Any], name: str) -> set[str]:
    """Return the keys of an object that hold an exception's message, a log line or a request's body."""
    if name == "request":
        return {"data"}
    if value.get("type") == "log":
        return {"message"}
    return {"value"} if {"type", "value"} <= value.keys() else set()
