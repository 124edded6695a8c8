"""The error tree: each failure that a client can receive is a leaf of it (docs/contract.md, section 3).

    ApiError
    ├── BadRequest            400  InvalidJson, InvalidRequest, UnknownProvider, AccountInUse,
    │                              AccountConflict, AccountInactive, TokenRejected,
    │                              TokenAudienceMismatch, InteractionRequired
    ├── Unauthorized          401  NotAuthenticated, InvalidCredentials, CredentialsInUrl
    ├── SignUpNotAllowed      403
    ├── RecentSignInRequired  403
    ├── NotFound              404
    ├── MethodNotAllowed      405
    ├── LastLoginMethod       409
    ├── VersionRetired        410
    ├── PayloadTooLarge       413
    ├── UnsupportedMediaType  415
    ├── Throttled             429
    ├── InternalError         500
    ├── ServiceUnavailable    503
    └── ProviderFailure            ProviderBadResponse 502, ProviderUnavailable 503,
                                   ProviderMisconfigured 503, ProviderTimeout 504

Messages are fixed English texts. They never contain a token, a stack trace or a library's message.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from shared.contract.replies import Reply

CHALLENGE = 'Bearer realm="api"'  # the value of `WWW-Authenticate` in every 401


class ApiError(Exception):
    """The base of all failures: a status, a stable `code` for programs and a `message` for people."""

    status: ClassVar[int]
    code: ClassVar[str]
    message: ClassVar[str]
    when: ClassVar[str]
    """The cause, in a sentence for `openapi.yaml`."""

    headers: Mapping[str, str] = MappingProxyType({})
    """The headers that this failure adds to the answer."""

    def __init__(self, reason: str = "") -> None:
        """Set the reason: a fixed code for the log, `expired`, which the answer does not contain."""
        super().__init__()
        self.reason = reason

    def body(self) -> dict[str, Any]:
        """The error envelope (docs/contract.md, section 3)."""
        return {"errors": self.message, "code": self.code}

    def reply(self) -> Reply:
        """The whole answer."""
        return Reply(self.status, self.body(), self.headers)


class BadRequest(ApiError):
    """The request, or the credential in it, cannot be accepted."""

    status = 400


class InvalidJson(BadRequest):
    """The body is not one JSON object in the strict dialect (docs/contract.md, section 1)."""

    code = "invalid_json"
    message = "The request body is not a valid JSON object."
    when = "The body is not one JSON object in the strict dialect."


class InvalidRequest(BadRequest):
    """One or more fields or query parameters are invalid."""

    code = "invalid_request"
    message = "The request is not valid."
    when = (
        "A field or query parameter is missing, null, blank, of the wrong type, out of range or has invalid characters."
    )

    def __init__(self, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        """Set the messages by field, in the order of the declaration."""
        super().__init__()
        self.fields = {name: list(messages) for name, messages in (fields or {}).items()}

    def body(self) -> dict[str, Any]:
        """The envelope; its `errors` is the first message of the first invalid field."""
        for name, messages in self.fields.items():
            return {"errors": f"{name}: {messages[0]}", "code": self.code, "fields": self.fields}
        return super().body()


class UnknownProvider(BadRequest):
    """The name is not that of an enabled provider."""

    code = "unknown_provider"
    message = "That provider is not available."
    when = "The provider is unknown or not enabled."


class AccountInUse(BadRequest):
    """The identity is linked to another user."""

    code = "account_in_use"
    message = "That social media account is already in use"
    when = "The identity belongs to another user."


class AccountConflict(BadRequest):
    """The identity cannot be assigned to one user; nothing was written."""

    code = "account_conflict"
    message = "It cannot be decided which user this social media account belongs to."
    when = "An older identifier or a user name conflicts with the identity."


class AccountInactive(BadRequest):
    """The user exists and is inactive; nothing was written."""

    code = "account_inactive"
    message = "Error with social authentication"
    when = "The user exists and is inactive."


class TokenRejected(BadRequest):
    """The provider, or our verification, refused the provider token or id_token."""

    code = "token_rejected"
    message = "Error with social authentication"
    when = "The provider or this service's verification refused the token."


class TokenAudienceMismatch(BadRequest):
    """The provider says that the token was issued to another application."""

    code = "token_audience_mismatch"
    message = "That token was issued to another application."
    when = "The provider says that the token was issued to another application."


class InteractionRequired(BadRequest):
    """A step of the operator's pipeline needs a redirect or an input, which this API does not support."""

    code = "interaction_required"
    message = "This sign-in needs a step that cannot be taken here."
    when = "The sign-in pipeline needs a redirect or an input from the person."


class Unauthorized(ApiError):
    """The call is not authenticated (RFC 9110 section 15.5.2)."""

    status = 401
    headers = MappingProxyType({"WWW-Authenticate": CHALLENGE})  # RFC 6750 section 3: every 401 must have it


class NotAuthenticated(Unauthorized):
    """The operation requires an access token and none was sent."""

    code = "not_authenticated"
    message = "Authentication credentials were not provided."
    when = "The operation requires an access token and none was sent."


class InvalidCredentials(Unauthorized):
    """The `Authorization` header cannot be used; the answer does not depend on the reason."""

    code = "invalid_credentials"
    message = "Invalid credentials."
    when = "The Authorization header cannot be used; the answer does not depend on the reason."


class CredentialsInUrl(Unauthorized):
    """A key was sent in the URL, which servers and proxies log."""

    code = "credentials_in_url"
    message = "Credentials are not accepted in the URL."
    when = "The query has a parameter `api_key`."


class SignUpNotAllowed(ApiError):
    """The operator's allow lists or pipeline refuse the person."""

    status = 403
    code = "sign_up_not_allowed"
    message = "This social media account may not be used here."
    when = "The operator's allow lists or pipeline refuse the person."


class RecentSignInRequired(ApiError):
    """The access token's proof of an identity is older than `RECENT_SIGN_IN`, or it never had one."""

    status = 403
    code = "recent_sign_in_required"
    message = "Sign in with a linked social media account again first."
    when = "The last proof of an identity with this access token is too old, or there was none."


class NotFound(ApiError):
    """The path does not exist, or the caller owns no such object."""

    status = 404
    code = "not_found"
    message = "Not found."
    when = "The path does not exist, or the caller owns no such object."


class MethodNotAllowed(ApiError):
    """The path does not support the method."""

    status = 405
    code = "method_not_allowed"
    message = "Method not allowed."
    when = "The path does not support this method."

    def __init__(self, allow: str) -> None:
        """Set the methods that the path supports (RFC 9110 section 10.2.1)."""
        super().__init__()
        self.headers = {"Allow": allow}


class LastLoginMethod(ApiError):
    """The user could not sign in after disconnecting the identity."""

    status = 409
    code = "last_login_method"
    message = "This is the last way to sign in to this account."
    when = "The user could not sign in after disconnecting this identity."


class VersionRetired(ApiError):
    """This version of the API is switched off, for a brownout or since its sunset."""

    status = 410
    code = "version_retired"
    message = "This version of the API has been retired."
    when = "This version of the API is switched off, for an announced test or since its sunset."

    def __init__(self, successor: str = "/api/v2/") -> None:
        """Set the path of the version that replaces it."""
        super().__init__()
        self.successor = successor

    def body(self) -> dict[str, Any]:
        """The envelope; `errors` names the successor."""
        return {"errors": f"{self.message} Use {self.successor}.", "code": self.code}


class PayloadTooLarge(ApiError):
    """The body is larger than 64 KiB."""

    status = 413
    code = "payload_too_large"
    message = "The request body is too large."
    when = "The body is larger than 64 KiB."


class UnsupportedMediaType(ApiError):
    """The body has another media type or charset, or a content encoding."""

    status = 415
    code = "unsupported_media_type"
    message = "The request body must be application/json in UTF-8, without a content encoding."
    when = "The body is not application/json in UTF-8, or it has a Content-Encoding."


class RetryLater(ApiError):
    """A temporary failure; the client may send the same request again."""

    def __init__(self, retry_after: int = 1, reason: str = "") -> None:
        """Set the whole seconds, at least one, that a client should wait (RFC 9110 section 10.2.3), and the reason."""
        super().__init__(reason)
        self.headers = {"Retry-After": str(max(1, retry_after))}


class Throttled(RetryLater):
    """The address or the user has exceeded its rate limit."""

    status = 429
    code = "throttled"
    message = "Too many requests."
    when = "The address or the user has exceeded its rate limit."


class InternalError(ApiError):
    """A bug in this service."""

    status = 500
    code = "internal_error"
    message = "Something went wrong on our side."
    when = "A bug in this service."


class ServiceUnavailable(RetryLater):
    """The service's database is unavailable; the request itself may be valid."""

    status = 503
    code = "service_unavailable"
    message = "The service is temporarily unavailable."
    when = "The service cannot reach its database, or gets no connection to it in time."


class ProviderFailure(ApiError):
    """The provider failed; the client's request is not the cause."""


class ProviderBadResponse(ProviderFailure):
    """The provider's answer cannot be used."""

    status = 502
    code = "provider_bad_response"
    message = "The provider gave an answer that cannot be used."
    when = "The provider's answer cannot be used."


class ProviderUnavailable(RetryLater, ProviderFailure):
    """The provider cannot be reached or limits our calls; the client's credential may still be valid."""

    status = 503
    code = "provider_unavailable"
    message = "The provider is not available at the moment."
    when = "The provider cannot be reached or fails, or too many calls to it are in progress."


class ProviderMisconfigured(ProviderFailure):
    """The provider refuses our registration (client id or secret)."""

    status = 503
    code = "provider_misconfigured"
    message = "Sign-in with this provider is not available."
    when = "The provider refuses this service's registration."


class ProviderTimeout(ProviderFailure):
    """The provider sent no complete answer within the deadline of the sign-up."""

    status = 504
    code = "provider_timeout"
    message = "The provider did not answer in time."
    when = "The provider sent no complete answer in time."


def leaves(parent: type[ApiError] = ApiError) -> list[type[ApiError]]:
    """Return every error that a client can receive, sorted by status."""
    found: dict[str, type[ApiError]] = {}
    for child in parent.__subclasses__():
        for leaf in [child] if hasattr(child, "code") else leaves(child):
            found.setdefault(leaf.code, leaf)
    return sorted(found.values(), key=lambda leaf: leaf.status)
