"""The translation of social-core's exceptions into the errors of the contract."""

import inspect
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from social_core import exceptions

from shared.contract.errors import (
    ApiError,
    InternalError,
    ProviderBadResponse,
    ProviderMisconfigured,
    ProviderUnavailable,
    SignUpNotAllowed,
    TokenRejected,
)
from social.engine.failures import MAX_RETRY_AFTER, TABLE, translate
from social.network.transport import RETRY_AFTER


def error(**given: Any) -> exceptions.SocialAuthBaseException:
    return exceptions.AuthException(None, "canary: what the provider said", **given)


def test_every_reason_is_in_the_table() -> None:
    """A new reason of a later social-core fails here instead of becoming a 500."""
    assert set(TABLE) == set(exceptions.REASONS)


def test_every_exception_of_social_core_is_translated() -> None:
    """Each exception class becomes an error of the contract by its default code."""
    classes = [
        kind
        for _, kind in inspect.getmembers(exceptions, inspect.isclass)
        if issubclass(kind, exceptions.SocialAuthBaseException)
    ]
    assert len(classes) > 10
    assert {kind.default_code for kind in classes} <= set(TABLE)


@pytest.mark.parametrize("code", sorted(exceptions.REASONS))
def test_each_reason_has_an_error(code: str) -> None:
    """The error can be rendered and holds none of the provider's text."""
    answer = translate(error(code=code))
    assert isinstance(answer, ApiError)
    assert "canary" not in str(answer.body())


@pytest.mark.threat(16, 17, 18)
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"code": "http_error", "status_code": 400}, TokenRejected),
        ({"code": "http_error", "status_code": 401}, TokenRejected),
        ({"code": "http_error", "status_code": 404}, TokenRejected),
        ({"code": "http_error", "status_code": 418}, TokenRejected),
        ({"code": "http_error", "status_code": 429}, ProviderUnavailable),
        ({"code": "http_error", "status_code": 500}, ProviderUnavailable),
        ({"code": "http_error", "status_code": 599}, ProviderUnavailable),
        ({"code": "http_error", "status_code": 204}, ProviderBadResponse),
        ({"code": "rate_limited", "status_code": 400}, ProviderUnavailable),
        ({"code": "missing_claim", "stage": "token_validation"}, TokenRejected),
        ({"code": "missing_claim", "stage": "user_info"}, ProviderBadResponse),
        ({"code": "missing_claim", "stage": "pipeline"}, ProviderBadResponse),
        ({"code": "missing_claim", "claim": "email_verified"}, SignUpNotAllowed),
        ({"code": "invalid_claim", "claim": "email_verified"}, SignUpNotAllowed),
        ({"code": "credential_rejected", "provider_code": "invalid_client"}, ProviderMisconfigured),
        ({"code": "unknown_error"}, InternalError),
    ],
)
def test_the_status_and_the_stage_decide(given: dict[str, Any], expected: type[ApiError]) -> None:
    """The provider's status and the stage distinguish the meanings of one reason."""
    assert type(translate(error(**given))) is expected


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, RETRY_AFTER),
        ("", RETRY_AFTER),
        ("7", 7),
        ("0", 1),
        ("-5", RETRY_AFTER),
        ("1.5", RETRY_AFTER),
        ("soon", RETRY_AFTER),
        ("\u0667", RETRY_AFTER),
        ("9" * 400, MAX_RETRY_AFTER),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1),
        ("Wed, 21 Oct 9999 07:28:00 GMT", MAX_RETRY_AFTER),
        ("Wed, 99 Oct 2015 07:28:00 GMT", RETRY_AFTER),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", RETRY_AFTER),
    ],
)
def test_retry_after_is_whole_seconds(header: str | None, seconds: int) -> None:
    """Retry-After is the provider's value if valid, between 1 and the maximum; otherwise our default."""
    answer = translate(error(code="unavailable", retry_after=header))
    assert answer.headers["Retry-After"] == str(seconds)


def test_retry_after_may_be_a_date() -> None:
    """A date becomes the number of seconds from now."""
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    seconds = int(translate(error(code="unavailable", retry_after=moment)).headers["Retry-After"])
    assert 80 <= seconds <= 90


@pytest.mark.threat(29)
def test_a_misconfiguration_is_logged_without_the_token(caplog: pytest.LogCaptureFixture) -> None:
    """The log names the provider and the code, and never what was sent."""
    translate(error(code="credential_rejected", provider_code="invalid_client"))
    (record,) = caplog.records
    assert (record.levelname, record.name) == ("ERROR", "tandem.providers")
    assert "canary" not in record.getMessage()
