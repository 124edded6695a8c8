"""The translation of social-core's exceptions to the contract's errors, by their code (`exceptions.REASONS`)."""

import logging
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
from shared.http import logs
from social.engine.faults import EXCHANGES, Fault, Faults
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

_STANDARD: Faults = {
    # RFC 6749 section 5.2: the provider refuses the client, not the token.
    **Fault.OPERATOR.of("invalid_client", "unauthorized_client"),
    **Fault.CREDENTIAL.of("invalid_token"),  # RFC 6750 section 3.1
}
_STANDARD_OF_EXCHANGES: Faults = {
    **_STANDARD,
    # RFC 6749 section 5.2: the provider refuses what this service has sent, or the code.
    **Fault.OPERATOR.of("unsupported_grant_type", "invalid_scope"),
    **Fault.CREDENTIAL.of("invalid_grant"),
    # GitHub's words for the code
    # (https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors).
    **Fault.CREDENTIAL.of("bad_verification_code"),
    # Slack's words for both (https://docs.slack.dev/reference/methods/oauth.access/).
    **Fault.OPERATOR.of("bad_client_secret", "invalid_client_id", "invalid_grant_type"),
    **Fault.CREDENTIAL.of("invalid_code", "code_already_used"),
}


def translate(error: SocialAuthBaseException) -> ApiError:
    """Return the contract's error for an exception of social-core; raise it `from` the exception."""
    if error.status_code is not None or error.provider_code is not None:
        logs.note(provider_status=error.status_code or 200, provider_code=_shown_code(error))
    fault = _fault_of(error)
    if fault is not None:
        return _answer_to(fault, error)
    translated = _translate(error)
    # Some providers have one error for a refused code and for a redirect URI that they do not know.
    unclear = error.stage in EXCHANGES and isinstance(translated, TokenRejected)
    return _answer_to(Fault.EITHER, error) if unclear else translated


def _translate(error: SocialAuthBaseException) -> ApiError:
    if error.claim == "email_verified":
        return SignUpNotAllowed()
    error_class = TABLE.get(error.code, InternalError)
    status = error.status_code
    # Before the status: Facebook sends "rate limited" with a 400.
    if error_class is ProviderUnavailable:
        return ProviderUnavailable(_retry_after(error.retry_after))
    if error.code == "missing_claim" and error.stage == "token_validation":
        return TokenRejected()
    if status is not None:
        # social-core classifies some refusals of a token (`invalid_request`) as invalid settings.
        return TokenRejected() if 400 <= status < 500 else ProviderBadResponse()
    if error_class is InternalError and error.provider_code is not None:
        return TokenRejected()
    return error_class()


def _answer_to(fault: Fault, error: SocialAuthBaseException) -> ApiError:
    """Return the contract's error, and log what the operator has to know."""
    if fault is Fault.OPERATOR:
        _log(logging.ERROR, "A provider refuses our registration, plan or permissions: %s", error, fault)
        return ProviderMisconfigured()
    if fault is Fault.TEMPORARY:
        return ProviderUnavailable(_retry_after(error.retry_after))
    if fault is Fault.EITHER:
        _log(logging.WARNING, "A provider refuses a credential or our registration: %s", error, fault)
    return TokenRejected()


def _log(level: int, message: str, error: SocialAuthBaseException, fault: Fault) -> None:
    """Note a fault for the access line of the request; write a line of its own outside a request."""
    if not logs.note(level, fault=fault.value):
        logger.log(level, message, _describe(error))


def _fault_of(error: SocialAuthBaseException) -> Fault | None:
    """Return whose fault it is by the provider's code, else by the status; None if neither says it."""
    status, code, faults = error.status_code, _code_of(error), _faults_at(error)
    standard = _STANDARD_OF_EXCHANGES if error.stage in EXCHANGES else _STANDARD
    fault = faults.get(code) or standard.get(code) or faults.get(f"http_{status}")
    if status is not None and (status == 429 or status >= 500) and fault is not Fault.OPERATOR:
        return Fault.TEMPORARY
    # A 401 without a code is a refusal of the client's authentication (RFC 6749 section 5.2).
    if fault is None and status == 401 and code is None and error.stage in EXCHANGES:
        return Fault.OPERATOR
    return fault


def _faults_at(error: SocialAuthBaseException) -> Faults:
    """Return the faults that the provider's policy lists for the call that failed."""
    policy: Any = getattr(error.backend, "policy", None)
    if policy is None:
        return {}
    faults: Faults = policy.faults_at(error.stage)
    by_code = getattr(error.backend, "code", None) is not None and error.stage not in EXCHANGES
    return {**faults, **policy.faults_after_code} if by_code else faults


def _code_of(error: SocialAuthBaseException) -> str | int | None:
    """Return the provider's code; None if the answer has an object or a list in its place."""
    code: object = error.provider_code
    return code if isinstance(code, str | int) else None


def _describe(error: SocialAuthBaseException) -> str:
    """Return the provider, its code and the status, without the message, which may contain the token."""
    name = error.backend.name if error.backend is not None else "?"
    # An error object has no status here if it came with a 200.
    return f"{name}, code {_shown_code(error)}, status {error.status_code or 200}"


def _shown_code(error: SocialAuthBaseException) -> str:
    """Return the provider's code for the log; `withheld` if it may be the token, `none` if there is none."""
    code = _code_of(error)
    if code is None:
        return "none"
    return str(code) if logs.plain_code(code) or code in _faults_at(error) else "withheld"


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
