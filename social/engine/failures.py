"""The translation of social-core's exceptions to the contract's errors, by their code (`exceptions.REASONS`)."""

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from social_core.exceptions import SocialAuthBaseException

from shared.contract.errors import (
    AccountConflict,
    AccountInUse,
    ApiError,
    InternalError,
    LastLoginMethod,
    ProviderBadResponse,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
    SignUpNotAllowed,
    TokenRejected,
)
from social.network.transport import RETRY_AFTER

logger = logging.getLogger("tandem.providers")
MAX_RETRY_AFTER = 3600

TABLE: Mapping[str, type[ApiError]] = {
    "identity_in_use": AccountInUse,
    "email_in_use": AccountConflict,
    "username_in_use": AccountConflict,
    "identifier_migration_conflict": AccountConflict,
    "authentication_disallowed": SignUpNotAllowed,
    "membership_required": SignUpNotAllowed,
    "email_verification_rejected": SignUpNotAllowed,
    "profile_email_missing": SignUpNotAllowed,
    "disconnect_disallowed": LastLoginMethod,
    "credential_rejected": TokenRejected,
    "token_revoked": TokenRejected,
    "authorization_declined": TokenRejected,
    "authorization_code_rejected": TokenRejected,
    "invalid_signature": TokenRejected,
    "invalid_claim": TokenRejected,
    "nonce_mismatch": TokenRejected,
    "response_expired": TokenRejected,
    "response_not_yet_valid": TokenRejected,
    "reauthentication_required": TokenRejected,
    "invalid_expiry": TokenRejected,
    "http_error": TokenRejected,
    "malformed_response": ProviderBadResponse,
    "missing_claim": ProviderBadResponse,
    "timeout": ProviderTimeout,
    "connection_failed": ProviderUnavailable,
    "rate_limited": ProviderUnavailable,
    "unavailable": ProviderUnavailable,
    "tls_error": ProviderUnavailable,
    "missing_setting": InternalError,
    "invalid_setting": InternalError,
    "unsupported_feature": InternalError,
    "backend_missing": InternalError,
    "unknown_error": InternalError,
    "session_context_missing": InternalError,
    "state_mismatch": InternalError,
    "user_mismatch": InternalError,
    "missing_parameter": InternalError,
    "invalid_parameter": InternalError,
}

_CODE = re.compile(r"[a-z_]{1,40}|[0-9]{1,6}")
"""The form of providers' codes. A code of another form may contain the token and is not logged."""
_OUR_REGISTRATION = frozenset({"invalid_client", "unauthorized_client"})
"""RFC 6749 section 5.2: the provider refuses the client, not the token."""
_OUR_EXCHANGE = frozenset({"unsupported_grant_type", "invalid_scope"})
"""RFC 6749 section 5.2, at the token endpoint: the provider refuses what this service has sent."""
_SENT_TO_TOKEN_ENDPOINT = {"token_exchange": "an authorization code", "refresh": "a refresh token"}
"""What the provider refuses, by social-core's name of the call."""


def translate(error: SocialAuthBaseException) -> ApiError:
    """Return the contract's error for an exception of social-core; raise it `from` the exception."""
    if _refuses_our_registration(error):
        logger.error("A provider refuses our registration: %s", _describe(error))
        return ProviderMisconfigured()
    translated = _translate(error)
    if error.stage in _SENT_TO_TOKEN_ENDPOINT and isinstance(translated, TokenRejected):
        # Some providers have one error for a refused code and for a redirect URI that they do not know.
        logger.warning("A provider refused %s: %s", _SENT_TO_TOKEN_ENDPOINT[error.stage], _describe(error))
    return translated


def _translate(error: SocialAuthBaseException) -> ApiError:
    status = error.status_code
    if error.claim == "email_verified":
        return SignUpNotAllowed()
    error_class = TABLE.get(error.code, InternalError)
    # Before the status: Facebook sends "rate limited" with a 400.
    if error_class is ProviderUnavailable or (status is not None and (status == 429 or status >= 500)):
        return ProviderUnavailable(_retry_after(error.retry_after))
    if error.code == "missing_claim" and error.stage == "token_validation":
        return TokenRejected()
    if status is not None:
        # social-core classifies some refusals of a token (`invalid_request`) as invalid settings.
        return TokenRejected() if 400 <= status < 500 else ProviderBadResponse()
    if error_class is InternalError and error.provider_code is not None:
        return TokenRejected()
    return error_class()


def _refuses_our_registration(error: SocialAuthBaseException) -> bool:
    if error.provider_code in _OUR_REGISTRATION:
        return True
    if error.stage in _SENT_TO_TOKEN_ENDPOINT and _refuses_our_exchange(error):
        return True
    policy: Any = getattr(error.backend, "policy", None)
    codes = policy.misconfigured_codes if policy is not None else frozenset()
    return error.provider_code in codes or f"http_{error.status_code}" in codes


def _refuses_our_exchange(error: SocialAuthBaseException) -> bool:
    # A 401 without a code is a refusal of the client's authentication (RFC 6749 section 5.2).
    return error.provider_code in _OUR_EXCHANGE or (error.status_code == 401 and error.provider_code is None)


def _describe(error: SocialAuthBaseException) -> str:
    """Return the provider, its code and the status, without the message, which may contain the token."""
    name = error.backend.name if error.backend is not None else "?"
    code = error.provider_code if _CODE.fullmatch(str(error.provider_code)) else "withheld"
    return f"{name}, code {code}, status {error.status_code}"


def _retry_after(value: str | None) -> int:
    """Parse `Retry-After`, seconds or a date (RFC 9110 section 10.2.3), and limit it; `RETRY_AFTER` if invalid."""
    if not value:
        return RETRY_AFTER
    if value.isascii() and value.isdecimal():
        return min(int(value[:9]), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return RETRY_AFTER
    if moment.tzinfo is None:
        return RETRY_AFTER
    return min(max(1, round((moment - datetime.now(UTC)).total_seconds())), MAX_RETRY_AFTER)
