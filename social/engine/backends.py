"""social-core's backends with our promises around them.

`class X(Guarded, Backend, TransportBase)`: the guards run first, the backend's own code after them, and
below it our transport in place of `BaseAuth.request`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, cast
from xml.parsers.expat import ExpatError

from django.contrib.auth import get_user_model
from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # the package has no types
from social_core.exceptions import AuthCredentialError, AuthProviderError, AuthResponseError, SocialAuthBaseException
from social_core.utils import module_member

from social import provider_tokens
from social.conf import conf
from social.engine.profile import clean_details, clean_json
from social.engine.strategy import Pending
from social.network.transport import TransportBase

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
"""What a backend raises that is fed nonsense."""


class BackendPolicy(Protocol):
    """The part of a provider's policy (`social.engine.policy.Policy`) that its backend reads."""

    backend: ClassVar[str]
    enforced: ClassVar[Mapping[str, Any]]
    defaults: ClassVar[Mapping[str, Any]]

    def hosts_of(self, backend: Any, /) -> frozenset[str]:
        """Return the hosts that a sign-in may call."""

    def is_address_unverified(self, profile: Mapping[str, Any], /) -> bool:
        """Return True if the provider reports the profile's address as unverified."""


class Guarded(TransportBase):
    """What holds for every backend, whatever it does itself."""

    policy: BackendPolicy
    proven_profile: dict[str, Any] | None = None
    """The profile, where the check of the token has told it already."""
    provider_token: Any = None
    """The token that the profile was asked for with: what is kept, whatever the answer repeats."""
    finished: dict[str, Any] | None = None
    """What the pipeline's last run came to; None where it did not get to its end."""
    raw_details: dict[str, Any] = {}
    """The details as the backend gave them: an id among them counts as it is, not as it would be cleaned."""
    id_token: dict[str, Any] | None = None
    """The claims of a proven id_token, where backends for OpenID Connect look for them."""

    def hosts(self) -> frozenset[str]:
        """Give the hosts that the policy lets a sign-in call."""
        return self.policy.hosts_of(self)

    def user_data(self, access_token: Any, *args: Any, **kwargs: Any) -> Any:
        """Give the profile; no call where the check has told it."""
        self.provider_token = access_token
        if self.proven_profile is not None:
            return dict(self.proven_profile)
        return super().user_data(access_token, *args, **kwargs)  # type: ignore[misc]  # every OAuth backend has it

    def do_auth(self, access_token: Any, *args: Any, **kwargs: Any) -> Pending:
        """Ask for the profile; our strategy hands it back instead of authenticating."""
        pending: Pending = super().do_auth(access_token, *args, **kwargs)  # type: ignore[misc]  # likewise
        return pending

    def pending_from_id_token(self, profile: dict[str, Any]) -> Pending:
        """Give a profile that an id_token has told; there is no access token to keep."""
        # Some backends ask for the profile once more, from inside the pipeline.
        self.id_token = self.proven_profile = profile
        return cast(Pending, self.strategy.authenticate(backend=self, response=profile))

    def get_json(self, url: str, *args: Any, **kwargs: Any) -> Any:
        """Give an answer's JSON; some providers send their refusals with a 200.

        :raises SocialAuthBaseException: for an error object in place of an answer.
        """
        stage = kwargs.get("stage", "user_info")
        answer: Any = super().get_json(url, *args, **kwargs)
        if isinstance(answer, dict) and self.id_key() not in answer and (answer.get("error") or answer.get("errors")):
            raise self.get_provider_error(answer, stage=stage) or AuthCredentialError(
                self, code="credential_rejected", stage=stage
            )
        return answer

    def get_provider_error(
        self, data: object, *, stage: Any = "callback", status_code: int | None = None, retry_after: str | None = None
    ) -> SocialAuthBaseException | None:
        """Classify a refusal; X lists its codes, `{"errors": [{"code": 89}]}`, where social-core does not look."""
        known = super().get_provider_error(data, stage=stage, status_code=status_code, retry_after=retry_after)
        listed = data.get("errors") if isinstance(data, dict) else None
        first = listed[0] if isinstance(listed, list) and listed else None
        code = first.get("code") if isinstance(first, dict) else None
        if known is not None or not isinstance(code, (int, str)):
            return known
        return AuthProviderError(
            self, stage=stage, provider_code=code, status_code=status_code, retry_after=retry_after
        )

    def run_pipeline(self, *args: Any, **kwargs: Any) -> Any:
        """Run the steps and remember what they came to."""
        out = super().run_pipeline(*args, **kwargs)
        self.finished = out if isinstance(out, dict) else None
        return out

    def setting(self, name: str, default: Any = None) -> Any:
        """Give a setting; what the contract fixes, no setting of the operator's loosens."""
        if name in self.policy.enforced:
            return self.policy.enforced[name]
        if name == "ALLOW_UNVERIFIED_LEGACY_UID_MIGRATION":
            # social-core knows a backend by its class path, which ours is not; so always say it.
            return self.name in conf.adopt_legacy_uids
        return super().setting(name, self.policy.defaults.get(name, default))

    def auth_allowed(self, response: Any, details: dict[str, Any]) -> bool:
        """Ask the operator's allow lists; an address that anyone could have typed is on none of them."""
        listed = self.setting("WHITELISTED_EMAILS") or self.setting("WHITELISTED_DOMAINS")
        if listed and self.policy.is_address_unverified(response):
            return False
        return bool(super().auth_allowed(response, details))

    def get_user_details(self, response: Any) -> dict[str, Any]:
        """Give clean details; only the id is vital, so a backend that stumbles over the rest gives none."""
        try:
            details = super().get_user_details(response)
        except SocialAuthBaseException:
            raise
        except MALFORMED_DATA_ERRORS:
            details = {}
        self.raw_details = details
        cleaned = clean_details(details)
        # A custom user model may keep the address under another name.
        return {get_user_model().get_email_field_name(): cleaned["email"], **cleaned}

    def get_user_id(self, details: Any, response: Any) -> str:
        """Give the provider's id of the person.

        :raises AuthResponseError: for anything but a non-empty string or an integer, for one over 255
            characters, for one with control characters, for a blank one.
        """
        try:
            uid = super().get_user_id({**details, **self.raw_details} if details else {}, response)  # type: ignore[no-untyped-call]  # typed in part only
        except SocialAuthBaseException:
            raise
        except MALFORMED_DATA_ERRORS:
            uid = None
        usable = isinstance(uid, str) or (isinstance(uid, int) and not isinstance(uid, bool))
        text = str(uid) if usable else ""
        if not _is_uid(text):
            raise AuthResponseError(self, claim=self.id_key(), code="malformed_response", stage="user_info")
        return text

    def get_legacy_user_identifiers(self, details: Any, response: Any) -> list[tuple[str, str]]:
        """Give the identifiers that older associations may have, those that a column can hold."""
        try:
            found = super().get_legacy_user_identifiers(details, response)
        except SocialAuthBaseException:
            raise
        except MALFORMED_DATA_ERRORS:
            found = []
        return [(key, uid) for key, uid in found if _is_uid(uid)]

    def extra_data(self, user: Any, uid: str, response: Any, details: Any, pipeline_kwargs: Any) -> dict[str, Any]:
        """Give what is kept with the association: fit for the column, the tokens encrypted or not at all."""
        provider_tokens.encrypt_row(pipeline_kwargs.get("social"))
        data = clean_json(super().extra_data(user, uid, response, details, pipeline_kwargs))
        return provider_tokens.protect_extra_data(data, token=self.provider_token)

    def oauth_auth(self, token: Any = None, *args: Any, **kwargs: Any) -> OAuth1:
        """Sign with the two secrets and nothing else: there is no callback, verifier or state here."""
        key, secret = self.get_key_and_secret()
        return OAuth1(
            key,
            secret,
            resource_owner_key=token["oauth_token"],
            resource_owner_secret=token["oauth_token_secret"],
        )


def _is_uid(text: str) -> bool:
    return bool(text.strip()) and len(text) <= MAX_UID and text.isprintable()


_classes: dict[type[BackendPolicy], type[Guarded]] = {}


def backend_class(policy: type[BackendPolicy]) -> type[Guarded]:
    """Give the guarded class of a policy's backend, made once."""
    if policy not in _classes:
        _classes[policy] = _make_class(policy)
    return _classes[policy]


def _make_class(policy: type[BackendPolicy]) -> type[Guarded]:
    backend = module_member(policy.backend)
    return type(
        backend.__name__,
        (Guarded, backend, TransportBase),
        {"policy": policy(), "__module__": __name__},
    )
