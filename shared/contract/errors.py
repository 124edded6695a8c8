"""The one error tree; every failure a client can see is a leaf of it.

    ApiError
    ├── BadRequest            400  InvalidJson, InvalidRequest, UnknownProvider, AccountInUse,
    │                              AccountConflict, AccountInactive, TokenRejected,
    │                              TokenAudienceMismatch, InteractionRequired
    ├── Unauthorized          401  NotAuthenticated, InvalidCredentials, CredentialsInUrl
    ├── SignUpNotAllowed      403
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

Texts are English and fixed: no token, no stack and no library's message is ever part of one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from shared.contract.replies import Reply


class ApiError(Exception):
    """A failure with its status, its stable `code` for programs and its sentence for people."""

    status: ClassVar[int]
    code: ClassVar[str]
    message: ClassVar[str]
    when: ClassVar[str]

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that this failure adds to the answer."""
        return {}

    def body(self) -> dict[str, Any]:
        """The error envelope (docs/contract.md, section 3)."""
        return {"errors": self.message, "code": self.code}

    def reply(self) -> Reply:
        """The whole answer."""
        return Reply(self.status, self.body(), self.headers)


class BadRequest(ApiError):
    """What the client sent, or whom it speaks for, cannot be accepted."""

    status = 400


class InvalidJson(BadRequest):
    """The body is not one strict JSON object."""

    code = "invalid_json"
    message = "The request body is not a valid JSON object."
    when = "The body is not one JSON object in the strict dialect."


class InvalidRequest(BadRequest):
    """One or more fields or query parameters are at fault."""

    code = "invalid_request"
    message = "The request is not valid."
    when = "A field or a query parameter is missing, null, blank, of the wrong type, too long or has odd characters."

    def __init__(self, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        """Take the messages by field, in the order of the field table."""
        super().__init__()
        self.fields = {name: list(messages) for name, messages in (fields or {}).items()}

    def body(self) -> dict[str, Any]:
        """The envelope, its sentence taken from the first field at fault."""
        for name, messages in self.fields.items():
            return {"errors": f"{name}: {messages[0]}", "code": self.code, "fields": self.fields}
        return super().body()


class UnknownProvider(BadRequest):
    """The name is that of no enabled provider, whatever else it may name."""

    code = "unknown_provider"
    message = "That provider is not available."
    when = "The provider is unknown or not enabled."


class AccountInUse(BadRequest):
    """The identity is linked to another user."""

    code = "account_in_use"
    message = "That social media account is already in use"
    when = "The identity belongs to another user."


class AccountConflict(BadRequest):
    """It cannot be decided which user this is; nothing was written."""

    code = "account_conflict"
    message = "It cannot be decided which user this social media account belongs to."
    when = "An old identifier or a name is in the way."


class AccountInactive(BadRequest):
    """The user exists and is inactive; nothing was written."""

    code = "account_inactive"
    message = "Error with social authentication"
    when = "The user exists and is inactive."


class TokenRejected(BadRequest):
    """The provider, or our own verification, refused the token."""

    code = "token_rejected"
    message = "Error with social authentication"
    when = "The provider, or the verification, refused the token."


class TokenAudienceMismatch(BadRequest):
    """The provider says that the token was issued to another application."""

    code = "token_audience_mismatch"
    message = "That token was issued to another application."
    when = "The provider says that the token was issued to another application."


class InteractionRequired(BadRequest):
    """The operator's pipeline wants to redirect or to ask; this API can do neither."""

    code = "interaction_required"
    message = "This sign-in needs a step that cannot be taken here."
    when = "The sign-in pipeline wants to redirect or to ask something."


class Unauthorized(ApiError):
    """Who is asking is not established (RFC 9110 section 15.5.2)."""

    status = 401

    @property
    def headers(self) -> Mapping[str, str]:
        """The challenge that a 401 must carry (RFC 6750 section 3)."""
        return {"WWW-Authenticate": 'Bearer realm="api"'}


class NotAuthenticated(Unauthorized):
    """The path needs credentials and none were sent."""

    code = "not_authenticated"
    message = "Authentication credentials were not provided."
    when = "The path needs credentials and none were sent."


class InvalidCredentials(Unauthorized):
    """An `Authorization` was sent that cannot be used; the same answer whatever is wrong."""

    code = "invalid_credentials"
    message = "Invalid credentials."
    when = "The Authorization header is unusable, whatever is wrong with it."


class CredentialsInUrl(Unauthorized):
    """A key was sent in the URL, where logs keep it."""

    code = "credentials_in_url"
    message = "Credentials are not accepted in the URL."
    when = "The query has an api_key."


class SignUpNotAllowed(ApiError):
    """The operator's allow lists or pipeline refuse this person."""

    status = 403
    code = "sign_up_not_allowed"
    message = "This social media account may not be used here."
    when = "The operator's allow lists or pipeline refuse this person."


class NotFound(ApiError):
    """No such path, or no such row of the caller's own."""

    status = 404
    code = "not_found"
    message = "Not found."
    when = "No such path, or no such object of the caller."


class MethodNotAllowed(ApiError):
    """The path lacks the method."""

    status = 405
    code = "method_not_allowed"
    message = "Method not allowed."
    when = "The path lacks this method."

    def __init__(self, allow: str) -> None:
        """Take the value of `Allow` (RFC 9110 section 10.2.1)."""
        super().__init__()
        self.allow = allow

    @property
    def headers(self) -> Mapping[str, str]:
        """What the path does have."""
        return {"Allow": self.allow}


class LastLoginMethod(ApiError):
    """Disconnecting would lock the user out."""

    status = 409
    code = "last_login_method"
    message = "This is the last way to sign in to this account."
    when = "Disconnecting it would lock the user out."


class VersionRetired(ApiError):
    """This version of the API is switched off, for now or for good."""

    status = 410
    code = "version_retired"
    message = "This version of the API has been retired."
    when = "This version of the API is switched off, for now or for good."

    def __init__(self, successor: str = "/api/v2/") -> None:
        """Take the path of the version that takes its place."""
        super().__init__()
        self.successor = successor

    def body(self) -> dict[str, Any]:
        """The envelope, naming the successor."""
        return {"errors": f"{self.message} Use {self.successor}.", "code": self.code}


class PayloadTooLarge(ApiError):
    """The body is larger than 64 KiB."""

    status = 413
    code = "payload_too_large"
    message = "The request body is too large."
    when = "The body is larger than 64 KiB."


class UnsupportedMediaType(ApiError):
    """The body is neither JSON nor of no stated type, or it is encoded."""

    status = 415
    code = "unsupported_media_type"
    message = "The request body must be application/json in UTF-8, without a content encoding."
    when = "The body is not application/json in UTF-8, or it has a Content-Encoding."


class RetryLater(ApiError):
    """A failure that passes by itself."""

    def __init__(self, retry_after: int = 1) -> None:
        """Take the whole seconds, at least one, that a client should wait."""
        super().__init__()
        self.retry_after = max(1, retry_after)

    @property
    def headers(self) -> Mapping[str, str]:
        """How long to wait (RFC 9110 section 10.2.3)."""
        return {"Retry-After": str(self.retry_after)}


class Throttled(RetryLater):
    """The budget of the address or of the user is spent."""

    status = 429
    code = "throttled"
    message = "Too many requests."
    when = "The budget of the address or of the user is spent."


class InternalError(ApiError):
    """A bug of ours."""

    status = 500
    code = "internal_error"
    message = "Something went wrong on our side."
    when = "A bug of ours."


class ServiceUnavailable(RetryLater):
    """Our own database cannot be used at the moment; nothing is known to be wrong with the request."""

    status = 503
    code = "service_unavailable"
    message = "The service is temporarily unavailable."
    when = "The service cannot reach its database, or gets no connection to it in time."


class ProviderFailure(ApiError):
    """The provider did not do its part; never the client's fault, never a 500."""


class ProviderBadResponse(ProviderFailure):
    """The provider answered nonsense."""

    status = 502
    code = "provider_bad_response"
    message = "The provider gave an answer that cannot be used."
    when = "The provider answered nonsense."


class ProviderUnavailable(RetryLater, ProviderFailure):
    """The provider cannot be reached or asks us to wait; the client's token is still good."""

    status = 503
    code = "provider_unavailable"
    message = "The provider is not available at the moment."
    when = "The provider cannot be reached, fails, or too many calls to it are under way."


class ProviderMisconfigured(ProviderFailure):
    """The provider refuses our own registration."""

    status = 503
    code = "provider_misconfigured"
    message = "Sign-in with this provider is not available."
    when = "The provider refuses our registration."


class ProviderTimeout(ProviderFailure):
    """No complete answer within the total deadline."""

    status = 504
    code = "provider_timeout"
    message = "The provider did not answer in time."
    when = "The provider gave no complete answer in time."


def leaves(parent: type[ApiError] = ApiError) -> list[type[ApiError]]:
    """Every error that can reach a client, in the order of the tree; the documentation reads it."""
    found: dict[str, type[ApiError]] = {}
    for child in parent.__subclasses__():
        for leaf in [child] if hasattr(child, "code") else leaves(child):
            found.setdefault(leaf.code, leaf)
    return sorted(found.values(), key=lambda leaf: leaf.status)
