"""social-core's backends, extended to keep the contract.

Each backend's class is `class X(Guarded, Backend, TransportBase)`: the methods of `Guarded` run first, then the
backend's own, and `TransportBase` replaces `BaseAuth.request`.
"""

from collections.abc import Callable, Mapping
from copy import copy
from functools import partial
from typing import Any, ClassVar, Protocol, cast
from xml.parsers.expat import ExpatError

from django.contrib.auth import get_user_model
from requests import Response
from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # the package has no types
from social_core.backends.oauth import BaseOAuth2
from social_core.exceptions import AuthCredentialError, AuthProviderError, AuthResponseError, SocialAuthBaseException
from social_core.identifiers import identifier_matches
from social_core.utils import module_member

from shared.contract.sign_up import Credential
from social import provider_token_storage
from social.conf import conf
from social.engine.addresses import Verification
from social.engine.profile import clean_details, clean_for_field, clean_json
from social.engine.refreshing import Refreshing
from social.engine.strategy import Pending
from social.network.transport import TransportBase
from social.oidc.discovery import Configuration, configuration_of

MAX_UID = 255
MALFORMED_DATA_ERRORS = (
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    ArithmeticError,
    RecursionError,
    StopIteration,
    SyntaxError,  # ElementTree's ParseError is one
    ExpatError,
)
"""The exceptions that backends raise for malformed answers of a provider."""


class BackendPolicy(Protocol):
    """The part of a provider's policy (`social.engine.policy.Policy`) that its backend reads."""

    backend: ClassVar[str]
    code_backend: ClassVar[str | None]
    native_redirect_uri: ClassVar[str | None]
    adds_redirect_uri: ClassVar[bool]
    enforced: ClassVar[Mapping[str, Any]]
    defaults: ClassVar[Mapping[str, Any]]

    def hosts_of(self, backend: Any, /) -> frozenset[str]:
        """Return the hosts that a sign-in may call."""

    def code_hosts_of(self, backend: Any, /) -> frozenset[str]:
        """Return the hosts that the exchange of a code may call."""

    @property
    def takes_id_tokens(self) -> bool:
        """Whether the provider's id_tokens are verified."""

    @property
    def takes_access_tokens(self) -> bool:
        """Whether an access token of the provider identifies the person, with or without a proof."""

    def by_exchange(
        self, backend: Any, credential: Credential, answer: Mapping[str, Any], profile: Callable[[], Pending], /
    ) -> Pending:
        """Return the profile after the exchange of a code."""

    def verification_of(self, backend: Any, profile: Mapping[str, Any], address: object, /) -> Verification:
        """Return what the provider says about an address that the backend has read from the profile."""

    def code_in(self, answer: Mapping[str, Any], /) -> str | int | None:
        """Return the code of an error object that social-core does not read."""


class Guarded(Refreshing):
    """The checks and the transport that every backend gets."""

    policy: BackendPolicy
    proven_profile: dict[str, Any] | None = None
    """The profile, if the check of the token has already returned it."""
    provider_token: Any = None
    """The token with which the profile was requested. It is stored, whatever token the answer contains."""
    code: Credential | None = None
    """The credential whose code is exchanged; None for a sign-up without a code."""
    exchange: dict[str, Any] | None = None
    """The answer of the token endpoint; None if no code was exchanged."""
    pipeline_result: dict[str, Any] | None = None
    """The values after the pipeline's last run (`is_new`, `social` …); None if a step ended the run early."""
    raw_details: dict[str, Any] = {}
    """The backend's details before cleaning; an id in them must not be changed."""
    _described: tuple[Any, dict[str, Any]] | None = None
    """The last profile whose details were read, and the details: the pipeline reads them again."""
    id_token: dict[str, Any] | None = None
    """The claims of a proven id_token, in the attribute that OpenID Connect backends read."""

    def hosts(self) -> frozenset[str]:
        """Return the hosts that a sign-in may call."""
        hosts = self.policy.hosts_of(self)
        asks_for_tokens = self.code is not None or self.is_refreshing
        return hosts | self.policy.code_hosts_of(self) if asks_for_tokens else hosts

    def exchange_code(self, credential: Credential) -> Pending:
        """Exchange a code at the provider's token endpoint, once, and return the profile.

        social-core's `auth_complete` runs, with the backend's own URL, parameters, headers and client secret.
        """
        self.code = credential
        self.data = {"code": credential.code}
        self.redirect_uri = credential.redirect_uri or ""
        if credential.redirect_uri is None:
            # Apple's backend makes the secret of the client in `data`.
            self.data["client_id"] = self.setting("NATIVE_CLIENT_ID")
        return cast(Pending, self.auth_complete())

    def validate_state(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the state belongs to the app, which has compared it (RFC 6749 section 10.12)."""

    def get_code_verifier(self, state: str | None = None) -> str:
        """Return the client's PKCE verifier; `request` removes an empty one."""
        return (self.code.code_verifier if self.code else None) or ""

    def request(self, url: str, *args: Any, **kwargs: Any) -> Response:
        """Send a request; the exchange of a code gets the client's PKCE verifier, also where the backend sends none."""
        if self.code is not None and kwargs.get("stage") == "token_exchange":
            for place in ("data", "params", "json"):
                sent = kwargs.get(place)
                if isinstance(sent, dict) and sent.get("code") == self.code.code:
                    kwargs[place] = self._complete(sent, self.code)
        return super().request(url, *args, **kwargs)

    def _complete(self, sent: Mapping[str, Any], credential: Credential) -> dict[str, Any]:
        completed = {**sent, "code_verifier": credential.code_verifier}
        if self.policy.adds_redirect_uri:
            completed.setdefault("redirect_uri", credential.redirect_uri)
        if credential.redirect_uri is None:
            completed["redirect_uri"] = self.policy.native_redirect_uri
        return {name: value for name, value in completed.items() if value is not None}

    def request_access_token(self, *args: Any, **kwargs: Any) -> Any:
        """Return the answer of the token endpoint, without social-core's verification of the id_token.

        It requires the nonce of a session; `Policy.by_exchange` verifies the id_token.
        """
        if self.policy.takes_id_tokens:
            return BaseOAuth2.request_access_token(cast("BaseOAuth2[Any]", self), *args, **kwargs)
        return super().request_access_token(*args, **kwargs)  # type: ignore[misc]  # every OAuth 2 backend has it

    def oidc_config(self) -> Configuration:
        """Return the configuration that an OpenID Connect provider publishes, from our cache."""
        return configuration_of(self, self.oidc_config_url())  # type: ignore[attr-defined]  # only these backends call it

    def get_access_token(self, response: dict[str, Any]) -> str:
        """Return the access token of the token endpoint's answer; an id_token without one is enough."""
        if self.policy.takes_id_tokens and response.get("id_token") and not response.get("access_token"):
            return ""
        return str(super().get_access_token(response))  # type: ignore[misc]  # likewise

    def user_data(self, access_token: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the profile, without a call if the check of the token has already returned it."""
        self.provider_token = access_token
        if self.proven_profile is not None:
            return dict(self.proven_profile)
        profile = super().user_data(access_token, *args, **kwargs)  # type: ignore[misc]  # every OAuth backend has it
        if profile is None:  # some backends hide an answer that they cannot read
            raise AuthResponseError(self, code="malformed_response", stage="user_info")
        if self.exchange is not None and self.policy.takes_access_tokens:
            # By a bare token the profile alone says who the person is. social-core adds it to the answer of the token
            # endpoint, so an id in that answer would replace a missing one.
            self.get_user_id(self.get_user_details(profile), profile)
        return profile

    def do_auth(self, access_token: Any, *args: Any, **kwargs: Any) -> Pending:
        """Request the profile; the strategy returns it instead of authenticating."""
        profile: Callable[[], Pending] = partial(super().do_auth, access_token, *args, **kwargs)  # type: ignore[misc]
        if self.code is None or self.exchange is not None:
            return profile()
        # Some backends pass the answer by position.
        answer: dict[str, Any] = kwargs.get("response") or next((one for one in args if isinstance(one, dict)), {})
        self.exchange, self.provider_token = dict(answer), access_token or None
        return self.policy.by_exchange(self, self.code, self.exchange, profile)

    def pending_from_id_token(self, profile: dict[str, Any]) -> Pending:
        """Return the pending sign-in with a profile from an id_token, which contains no provider token."""
        # Some backends request the profile again in the pipeline.
        self.id_token = self.proven_profile = profile
        return cast(Pending, self.strategy.authenticate(backend=self, response=profile))

    def get_json(self, url: str, *args: Any, **kwargs: Any) -> Any:
        """Return the JSON of an answer.

        :raises SocialAuthBaseException: the answer is an error object, which some providers send with a 200.
        """
        stage = kwargs.get("stage", "user_info")
        answer: Any = super().get_json(url, *args, **kwargs)
        # X lists the errors of single fields beside the data
        # (https://docs.x.com/x-api/fundamentals/response-codes-and-errors#partial-errors).
        failed = isinstance(answer, dict) and (answer.get("error") or (answer.get("errors") and not answer.get("data")))
        if failed and self.id_key() not in answer:
            raise self.get_provider_error(answer, stage=stage) or AuthCredentialError(
                self, code="credential_rejected", stage=stage
            )
        return answer

    def get_provider_error(
        self, data: object, *, stage: Any = "callback", status_code: int | None = None, retry_after: str | None = None
    ) -> SocialAuthBaseException | None:
        """Return the exception for an error object, also in forms that only the policy reads."""
        code = self.policy.code_in(data) if isinstance(data, dict) else None
        if code is None:
            return super().get_provider_error(data, stage=stage, status_code=status_code, retry_after=retry_after)
        return AuthProviderError(
            self, stage=stage, provider_code=code, status_code=status_code, retry_after=retry_after
        )

    def run_pipeline(self, *args: Any, **kwargs: Any) -> Any:
        """Run the steps of the pipeline, and keep their values in `pipeline_result`."""
        out = super().run_pipeline(*args, **kwargs)
        self.pipeline_result = out if isinstance(out, dict) else None
        return out

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a setting; the operator cannot change those that the policy enforces."""
        if name in self.policy.enforced:
            return self.policy.enforced[name]
        if name == "ALLOW_UNVERIFIED_LEGACY_UID_MIGRATION":
            # social-core derives the default from the backend's class path, which differs for our subclasses.
            return self.name in conf.adopt_legacy_uids
        # What `BaseAuth.setting` does; a sign-in reads thirty.
        return self.strategy.setting(name, self.policy.defaults.get(name, default), self)

    def auth_allowed(self, response: Any, details: dict[str, Any]) -> bool:
        """Return True if the operator's allow lists allow the person; only a verified address can be on one."""
        listed = self.setting("WHITELISTED_EMAILS") or self.setting("WHITELISTED_DOMAINS")
        if listed and self.policy.verification_of(self, response, details.get("email")) is not Verification.VERIFIED:
            return False
        return bool(super().auth_allowed(response, details))

    def get_user_details(self, response: Any) -> dict[str, Any]:
        """Return the cleaned details; none if the backend fails on them, since only the id is required."""
        if self._described is not None and self._described[0] == response:
            return dict(self._described[1])
        try:
            details = super().get_user_details(response)
        except SocialAuthBaseException:
            raise
        except MALFORMED_DATA_ERRORS:
            details = {}
        self.raw_details = details
        address = details.get("email")
        if self.policy.verification_of(self, response, address) is Verification.DENIED:
            # Some backends repeat the address under other names, which a setting may map to a field of the user.
            details = {name: None if value == address else value for name, value in details.items()}
        cleaned = clean_details(details)
        model = get_user_model()
        targets = dict(self.setting("USER_FIELD_MAPPING") or {})
        for name in {*(self.setting("USER_FIELDS") or ()), *targets}.intersection(cleaned) - {"username", "email"}:
            cleaned[name] = clean_for_field(cleaned[name], model, targets.get(name, name))
        # A custom user model may have another name for the address.
        described = {**cleaned, model.get_email_field_name(): cleaned["email"]}
        self._described = (copy(response), described)
        return dict(described)

    def get_user_id(self, details: Any, response: Any) -> str:
        """Return the provider's id of the person.

        :raises AuthResponseError: the id is not a string or an integer, is blank, is longer than 255 characters, or has
            control characters.
        """
        try:
            uid = super().get_user_id({**details, **self.raw_details} if details else {}, response)  # type: ignore[no-untyped-call]  # typed in part only
        except SocialAuthBaseException:
            raise
        except MALFORMED_DATA_ERRORS:
            uid = None
        text = str(uid)
        if not identifier_matches(uid, text) or not _is_uid(text):
            raise AuthResponseError(self, claim=self.id_key(), code="malformed_response", stage="user_info")
        return text

    def get_user_id_for_key(self, details: Any, response: Any, id_key: str) -> Any:
        """Return the identifier under a key, or "" if it is neither a string nor an integer."""
        found = super().get_user_id_for_key(details, response, id_key)
        return found if identifier_matches(found, str(found)) else ""

    def get_legacy_user_identifiers(self, details: Any, response: Any) -> list[tuple[str, str]]:
        """Return the identifiers that older associations may have, if the column can hold them.

        One that differs from what the provider sent is left out: cleaned, it could be another user's.
        """
        try:
            found = super().get_legacy_user_identifiers(details, response)
        except SocialAuthBaseException:
            raise
        except MALFORMED_DATA_ERRORS:
            found = []
        return [(key, uid) for key, uid in found if _is_uid(uid) and str(self.raw_details.get(key) or uid) == uid]

    def extra_data(self, user: Any, uid: str, response: Any, details: Any, pipeline_kwargs: Any) -> dict[str, Any]:
        """Return the data to store with the association: valid JSON, with provider tokens encrypted or removed."""
        provider_token_storage.encrypt_row(pipeline_kwargs.get("social"))
        data = clean_json(super().extra_data(user, uid, response, details, pipeline_kwargs))
        by_native_sdk = self.code is not None and self.code.redirect_uri is None
        sent = (self.code.code, self.code.code_verifier, self.get_key_and_secret()[1]) if self.code is not None else ()
        return provider_token_storage.protect_extra_data(
            data,
            token=self.provider_token,
            exchange=self.exchange,
            client_id=self.setting("NATIVE_CLIENT_ID") if by_native_sdk else None,
            sent=sent,
        )

    def oauth_auth(self, token: Any = None, *args: Any, **kwargs: Any) -> OAuth1:
        """Return an OAuth 1 signature by the two secrets, without callback, verifier and state."""
        key, secret = self.get_key_and_secret()
        return OAuth1(
            key,
            secret,
            resource_owner_key=token["oauth_token"],
            resource_owner_secret=token["oauth_token_secret"],
        )


def _is_uid(text: str) -> bool:
    return bool(text.strip()) and len(text) <= MAX_UID and text.isprintable()


_classes: dict[tuple[type[BackendPolicy], str], type[Guarded]] = {}


def backend_class(policy: type[BackendPolicy], *, for_code: bool = False) -> type[Guarded]:
    """Return the class of a policy's backend, made once.

    :param for_code: True for the class that exchanges codes.
    """
    path = (for_code and policy.code_backend) or policy.backend
    if (policy, path) not in _classes:
        _classes[policy, path] = _make_class(policy, path)
    return _classes[policy, path]


def _make_class(policy: type[BackendPolicy], path: str) -> type[Guarded]:
    backend = module_member(path)
    return type(
        backend.__name__,
        (Guarded, backend, TransportBase),
        # Associations have the name, whichever class exchanges codes.
        {"policy": policy(), "name": module_member(policy.backend).name, "__module__": __name__},
    )
