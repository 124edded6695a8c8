"""The base class of providers' policies, and functions that their proofs share."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from social_core.exceptions import AuthResponseError

from shared.contract.errors import ProviderBadResponse, TokenAudienceMismatch, TokenRejected
from shared.contract.sign_up import Credential
from social.engine.addresses import AddressRule, Verification
from social.engine.backends import Guarded
from social.engine.faults import EXCHANGES, Faults
from social.engine.strategy import Pending
from social.oidc import id_tokens
from social.oidc.id_tokens import Issuer


class Policy:
    """The policy of one provider; a subclass names the page of the provider's documentation that it follows.

    A token issued to another application must not sign anyone in. `identify` is the only way to a profile, and it
    returns one only after the proof.
    """

    backend: ClassVar[str]
    """Dotted path of the social-core class."""
    protocol: ClassVar[str] = "oauth2"
    accepts: ClassVar[tuple[tuple[str, ...], ...]] = (("access_token",),)
    """The sets of credential fields besides those with a code."""
    hosts: ClassVar[frozenset[str]] = frozenset()
    """The hosts that a sign-in may call."""
    proof: ClassVar[str]
    """The proof, in a sentence for docs/providers.md."""
    needs: ClassVar[tuple[str, ...]] = ("KEY", "SECRET")
    """Settings (`SOCIAL_AUTH_<NAME>_…`) that the proof requires."""
    verified: ClassVar[bool] = True
    """Whether there is a proof for these credentials; if not, the operator must set `_ACCEPT_UNVERIFIED`."""
    names_application: ClassVar[bool] = False
    """Whether the check of an access token names its application: another's is then `token_audience_mismatch`, not
    `token_rejected`. An id_token always names it."""
    verifies_access_tokens: ClassVar[bool] = False
    """Whether an access token is a signed JWT that is verified here, and not by a call."""
    takes_codes: ClassVar[bool] = True
    """Whether a code can be exchanged at the provider (RFC 6749 section 4.1.3)."""
    pkce: ClassVar[bool] = False
    """Whether the provider's documentation says that it supports PKCE; the verifier is then required."""
    code_backend: ClassVar[str | None] = None
    """Dotted path of the social-core class that exchanges codes, if it is not `backend`."""
    code_needs: ClassVar[tuple[str, ...]] = ("KEY", "SECRET")
    """Settings that the exchange of a code requires."""
    code_hosts: ClassVar[frozenset[str]] = frozenset()
    """The hosts that the exchange of a code may call, besides `hosts`."""
    secret_fits_any_client: ClassVar[bool] = False
    """Whether `_NATIVE_CLIENT_ID` may be another client than that of `_KEY`, to which `_SECRET` belongs."""
    native_redirect_uri: ClassVar[str | None] = None
    """The redirect URI to send with the code of a native SDK; None to send none."""
    adds_redirect_uri: ClassVar[bool] = False
    """Whether an exchange needs the redirect URI although social-core's backend leaves it out."""
    enforced: ClassVar[Mapping[str, Any]] = {}
    """Settings of the backend on which the proof depends; the operator cannot change them."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """Settings of the backend that apply unless the operator sets them."""
    stable_keys: ClassVar[frozenset[str] | None] = None
    """The fields that `_ID_KEY` may name; None for any field that is never reassigned to another person."""
    addresses: ClassVar[AddressRule] = AddressRule()
    """What makes the provider's e-mail addresses verified; by default nothing does."""
    faults: ClassVar[Faults] = {}
    """Whose fault the errors of calls with a token are. By default a 4xx but 429 is the token's."""
    exchange_faults: ClassVar[Faults] = {}
    """Whose fault the errors of the token endpoint are, besides those of RFC 6749."""
    faults_after_code: ClassVar[Faults] = {}
    """Faults that replace those of `faults` after the exchange of a code, whose scopes the app has chosen."""

    issuer: ClassVar[Issuer | None] = None
    """The issuer of its id_tokens, if it is the same for every registration."""

    def identify(self, backend: Guarded, credential: Credential) -> Pending:
        """Prove the credential and return the profile; the first of id_token, code and access token is used.

        :raises ApiError: the proof fails.
        :raises SocialAuthBaseException: the provider fails or refuses the credential.
        """
        if credential.id_token is not None:
            return self.by_id_token(backend, credential, credential.id_token, self.client_ids(backend))
        if credential.code is not None:
            return backend.exchange_code(credential)
        return self.by_access_token(backend, credential)

    def by_id_token(
        self, backend: Guarded, credential: Credential, id_token: str, client_ids: frozenset[str]
    ) -> Pending:
        """Prove an id_token and return the profile in it.

        :param client_ids: the audience must be one of them.
        """
        issuer = self.issuer_of(backend)
        claims = id_tokens.verify(
            id_token,
            issuer=issuer,
            client_ids=client_ids,
            nonce=credential.nonce,
            fetch=lambda: backend.get_json(issuer.keys_url, stage="token_validation"),
        )
        self.check_claims(backend, claims)
        return backend.pending_from_id_token(self.profile_of(claims, credential))

    def identifying_part(self, credential: Credential) -> str:
        """Return what makes a credential a different one: of a token that is verified here, what is signed.

        Libraries accept one signature in several spellings (padding, spare bits), and ECDSA has a second valid one. An
        opaque token counts as it is: only the provider knows what it ignores.
        """
        presented = credential.id_token or credential.code or credential.access_token or ""
        is_signed = credential.id_token is not None or (self.verifies_access_tokens and credential.code is None)
        return presented.rpartition(".")[0] if is_signed else presented

    @property
    def takes_id_tokens(self) -> bool:
        """Whether the provider's id_tokens are verified."""
        return ("id_token",) in self.accepts

    @property
    def takes_access_tokens(self) -> bool:
        """Whether an access token of the provider identifies the person, with or without a proof."""
        return ("access_token",) in self.accepts

    def by_exchange(
        self, backend: Guarded, credential: Credential, answer: Mapping[str, Any], profile: Callable[[], Pending]
    ) -> Pending:
        """Return the profile after the exchange of a code: by the answer's id_token, else by its access token.

        The exchange proves that the code was issued to us: the provider checks the client's id and secret (RFC 6749
        section 4.1.3).

        :param answer: the answer of the token endpoint.
        :param profile: requests the profile with the answer's access token.
        :raises AuthResponseError: the answer has no id_token, and access tokens of the provider prove nothing.
        :raises TokenRejected: the request has a nonce, and there is no id_token to compare it with. Whoever injects a
            code of theirs has chosen its scopes, and could leave out `openid`.
        """
        id_token = answer.get("id_token")
        if self.takes_id_tokens and isinstance(id_token, str) and id_token:
            client_id, _ = backend.get_key_and_secret()
            return self.by_id_token(backend, credential, id_token, self.client_ids(backend) | {client_id})
        if self.takes_id_tokens and credential.nonce is not None:
            raise TokenRejected("nonce_without_id_token")
        if self.takes_id_tokens and not self.takes_access_tokens:
            raise AuthResponseError(backend, claim="id_token", code="malformed_response", stage="token_exchange")
        return profile()

    def needs_no_call(self, credential: Credential) -> bool:
        """Return True if `identify` needs no provider call: the credential is an id_token with a cached signing key."""
        token = credential.id_token
        return token is not None and self.issuer is not None and id_tokens.needs_no_call(token, issuer=self.issuer)

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Return an error in the operator's settings, besides missing ones in `needs`, or None.

        :param setting: returns the setting of a name (`KEY`), or None.
        """
        return None

    @classmethod
    def can_verify_addresses(cls, setting: Callable[[str], Any]) -> bool:
        """Return True if an address can be verified with the operator's settings.

        :param setting: returns the setting of a name (`KEY`), or None.
        """
        return cls.addresses.can_verify

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Prove a provider's access token and return the profile."""
        raise NotImplementedError

    def issuer_of(self, backend: Guarded) -> Issuer:
        """Return the issuer of the id_tokens for this registration.

        :raises ProviderUnavailable: the provider publishes the issuer, and its answer could not be fetched.
        """
        if self.issuer is None:
            raise NotImplementedError
        return self.issuer

    def hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Return the hosts that a sign-in with this registration may call."""
        return self.hosts

    def code_hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Return the hosts that the exchange of a code may call, besides those of `hosts_of`."""
        return self.code_hosts

    def check_claims(self, backend: Guarded, claims: id_tokens.Claims) -> None:
        """Check further claims of a proven id_token.

        :raises ApiError: a claim is missing or has another value.
        """

    def profile_of(self, claims: id_tokens.Claims, credential: Credential) -> dict[str, Any]:
        """Return the claims of a proven id_token in the form of the backend's profile."""
        return dict(claims)

    def verification_of(self, backend: Guarded, profile: Mapping[str, Any], address: object) -> Verification:
        """Return what the provider says about an address that the backend has read from the profile."""
        return self.addresses.verification_of(profile, address)

    def faults_at(self, stage: str) -> Faults:
        """Return whose fault the errors of a call are.

        :param stage: the purpose of the call (`social_core.exceptions.ErrorStage`).
        """
        return self.exchange_faults if stage in EXCHANGES else self.faults

    def code_in(self, answer: Mapping[str, Any]) -> str | int | None:
        """Return the code of an error object that social-core does not read, or None for it to read it.

        By default these are a list of errors, and Problem Details (RFC 9457); X sends both.
        """
        listed = answer.get("errors")
        first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], Mapping) else {}
        if answer.get("error"):
            return None
        code = first.get("code")
        if isinstance(code, int | str):
            return code
        return _problem_in(first) or _problem_in(answer)

    def client_ids(self, backend: Guarded) -> frozenset[str]:
        """Return our client ids at the provider: `_KEY` and `_CLIENT_IDS`."""
        return names_in(backend.setting("KEY")) | names_in(backend.setting("CLIENT_IDS"))


def _problem_in(problem: Mapping[str, Any]) -> str | None:
    """Return the `reason` of a problem, else the last part of its `type`, or None if it is none or has neither."""
    reason, kind = problem.get("reason"), problem.get("type")
    if "title" not in problem:
        return None
    if isinstance(reason, str):
        return reason
    # "about:blank" says nothing but the status (RFC 9457 section 4.2.1).
    return kind.rpartition("/")[2] or None if isinstance(kind, str) and "/" in kind else None


def names_in(value: object) -> frozenset[str]:
    """Return the names in a setting, a sequence or a comma-separated string, without blank ones."""
    names = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    return frozenset(text for name in names if (text := str(name).strip()))


def get_claims(backend: Guarded, url: str, **call: Any) -> dict[str, Any]:
    """Return the answer of a provider's endpoint that checks a token.

    :param call: arguments of `BaseAuth.get_json`.
    :raises AuthResponseError: the answer is not a JSON object.
    """
    claims = backend.get_json(url, stage="token_validation", **call)
    if not isinstance(claims, dict):
        raise AuthResponseError(backend, code="malformed_response", stage="token_validation")
    return claims


def require_our_client_id(named: object, ours: frozenset[str]) -> None:
    """Check that the client id in a provider's answer is one of ours.

    :raises ProviderBadResponse: the answer has no client id, so it proves nothing.
    :raises TokenAudienceMismatch: the client id is another application's.
    """
    if not isinstance(named, str) or not named:
        raise ProviderBadResponse("no_client_id")
    if named not in ours:
        raise TokenAudienceMismatch


def require_same_user(named: object, uid: str) -> None:
    """Check that the person whom a check names is the profile's.

    :raises ProviderBadResponse: the check has no usable id.
    :raises TokenRejected: the check names another person.
    """
    if isinstance(named, bool) or not isinstance(named, str | int) or named == "":
        raise ProviderBadResponse("no_user_id")
    if str(named) != uid:
        raise TokenRejected("other_user")
