"""The answers of docs/contract.md, section 3; a change of a text here is a change of the contract."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

    Response = _MonkeyPatchedWSGIResponse
else:
    from django.http import HttpResponse

    Response = HttpResponse

ERRORS: Mapping[str, tuple[int, str]] = {
    "invalid_json": (400, "The request body is not a valid JSON object."),
    "invalid_request": (400, "The request is not valid."),
    "unknown_provider": (400, "That provider is not available."),
    "account_in_use": (400, "That social media account is already in use"),
    "account_conflict": (400, "It cannot be decided which user this social media account belongs to."),
    "account_inactive": (400, "Error with social authentication"),
    "token_rejected": (400, "Error with social authentication"),
    "token_audience_mismatch": (400, "That token was issued to another application."),
    "interaction_required": (400, "This sign-in needs a step that cannot be taken here."),
    "not_authenticated": (401, "Authentication credentials were not provided."),
    "invalid_credentials": (401, "Invalid credentials."),
    "credentials_in_url": (401, "Credentials are not accepted in the URL."),
    "sign_up_not_allowed": (403, "This social media account may not be used here."),
    "recent_sign_in_required": (403, "Sign in with a linked social media account again first."),
    "not_found": (404, "Not found."),
    "method_not_allowed": (405, "Method not allowed."),
    "payload_too_large": (413, "The request body is too large."),
    "unsupported_media_type": (
        415,
        "The request body must be application/json in UTF-8, without a content encoding.",
    ),
    "last_login_method": (409, "This is the last way to sign in to this account."),
    "version_retired": (410, "This version of the API has been retired."),
    "throttled": (429, "Too many requests."),
    "internal_error": (500, "Something went wrong on our side."),
    "provider_bad_response": (502, "The provider gave an answer that cannot be used."),
    "provider_unavailable": (503, "The provider is not available at the moment."),
    "provider_misconfigured": (503, "Sign-in with this provider is not available."),
    "service_unavailable": (503, "The service is temporarily unavailable."),
    "provider_timeout": (504, "The provider did not answer in time."),
}

COMMON = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # Django's own middleware sets these; a request with an unknown Host does not reach it.
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}
"""The headers of every answer, besides X-Request-ID."""

RETRY_LATER = {"throttled", "provider_unavailable", "service_unavailable"}


def envelope(code: str, fields: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of an error; `fields` holds one message for each field, in the order of the field table."""
    body: dict[str, Any] = {"errors": ERRORS[code][1], "code": code}
    if fields:
        name, message = next(iter(fields.items()))
        body = {"errors": f"{name}: {message}", "code": code, "fields": {name: [text] for name, text in fields.items()}}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def assert_error(
    response: Response, code: str, *, fields: Mapping[str, str] | None = None, allow: str | None = None
) -> None:
    """Check an error to the byte: status, body, and every header but the value of X-Request-ID and Retry-After."""
    body = envelope(code, fields)
    assert (response.status_code, response.content) == (ERRORS[code][0], b"" if _is_head(response) else body)
    expected = {**COMMON, "Content-Type": "application/json", "Content-Length": str(len(body))}
    if response.status_code == 401:
        expected["WWW-Authenticate"] = 'Bearer realm="api"'
    if allow is not None:
        expected["Allow"] = allow
    assert_headers(response, expected, new=("X-Request-ID", *(["Retry-After"] if code in RETRY_LATER else [])))


def assert_wrong_host(response: Response) -> None:
    """Check the answer to a request with an unknown Host."""
    body = envelope("invalid_request")
    assert (response.status_code, response.content) == (400, b"" if _is_head(response) else body)
    expected = {name: COMMON[name] for name in ("Cache-Control", "X-Content-Type-Options")}
    expected |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    assert_headers(response, expected, new=("X-Request-ID",))


def _is_head(response: Response) -> bool:
    return bool(response.request["REQUEST_METHOD"] == "HEAD")


def assert_headers(response: Response, expected: Mapping[str, str], *, new: tuple[str, ...]) -> None:
    """Check that an answer has these headers and no others; the values of the `new` ones are not checked."""
    assert {name: value for name, value in response.items() if name not in new} == dict(expected)
    assert set(new) <= {name for name, _ in response.items()}
    assert not response.cookies
