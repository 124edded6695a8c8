"""What an error report may say: where it happened and of what kind it was; no value, no exception's words.

Values are not sorted by their names here: a token passes through frames of libraries under names that nobody has
listed (`url`, `kwargs`, `signing_input`). A frame therefore shows the types of its variables only.
"""

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from shared.http.redaction import kind, without_secrets

SENSITIVE_NAMES = (
    # Fields of requests and of providers' answers.
    "access_token",
    "access_token_secret",
    "id_token",
    "nonce",
    "token",
    "refresh_token",
    "oauth_token",
    "oauth_token_secret",
    "oauth_signature",
    "client_secret",
    "appsecret_proof",
    "api_key",
    # Headers, as they are sent and as WSGI names them.
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
"""Names whose values must never leave the service, in lower case, for the list of an error reporter.

A name that ends in `_secret`, `_token` or `_key` is one as well, whether or not it stands here.
"""

WITHHELD = "[withheld]"
_SENSITIVE = re.compile(rf"^(?:{'|'.join(map(re.escape, SENSITIVE_NAMES))}|.*_(?:secret|token|keys?))$", re.IGNORECASE)
_QUERY = re.compile(r"\?[^\s\"'>)]*")
_USER = re.compile(r"(?<=://)[^@\s\"']*@")
_SHOWN_OF_A_REQUEST = frozenset(
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
    """Django's filter with nothing but types and harmless headers let through, under DEBUG as well."""

    cleansed_substitute = WITHHELD
    hidden_settings = re.compile(
        "API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|HTTP_COOKIE|URL|DSN|LOCATION|HOSTS", flags=re.IGNORECASE
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        """Filter always."""
        return True

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        """Give the headers and variables that say what kind of request it was."""
        return {name: value for name, value in request.META.items() if name in _SHOWN_OF_A_REQUEST}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        """Give none: the service ignores cookies."""
        return {}

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Give none: bodies are JSON, and hold tokens."""
        return {}

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        """Give each variable's type."""
        return [(name, f"<{type(value).__qualname__}>") for name, value in tb_frame.f_locals.items()]


class Reporter(ExceptionReporter):
    """Django's report without the words of exceptions and without the query."""

    def get_traceback_data(self) -> dict[str, Any]:
        """Give what both forms of the report are made of."""
        data: dict[str, Any] = super().get_traceback_data()
        for frame in data["frames"]:
            if frame["exc_cause"] is not None:
                frame["exc_cause"] = kind(frame["exc_cause"])
        hidden = {"exception_notes": "", "unicode_hint": "", "template_info": None, "postmortem": None}
        data |= hidden | {"exception_value": WITHHELD, "template_does_not_exist": False}
        if self.request is not None:
            path = without_secrets(self.request.path)
            shown = {"REQUEST_METHOD": self.request.method}
            data |= {
                "request": SimpleNamespace(path_info=path, META=shown, GET={}, FILES={}, COOKIES={}),
                "request_GET_items": [],
                "request_FILES_items": [],
                "request_insecure_uri": path,
            }
        return data


def scrub(event: Any, hint: Any = None) -> Any:
    """Give an event of an error reporter without values that could be secret; fits Sentry's `before_send`.

    Frames lose their variables, exceptions their words, requests their bodies, headers, cookies and queries, URLs
    their queries; what stands under one of `SENSITIVE_NAMES` is withheld, at any depth.
    """
    return _scrubbed(event, "")


_DROPPED = frozenset(
    {"vars", "cookies", "headers", "env", "query_string", "http.query", "argv", "sys.argv", "params", "formatted"}
)
"""What holds nothing but values. A log entry's text stays, without what was filled in."""


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
    """Say which keys of an object hold words or a body: of an exception, of a log line, of a request."""
    if name == "request":
        return {"data"}
    if value.get("type") == "log":
        return {"message"}
    return {"value"} if {"type", "value"} <= value.keys() else set()
