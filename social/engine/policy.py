"""What a provider's policy says: which backend speaks to it, and what proves that a token was issued to us."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from social_core.exceptions import AuthResponseError

from shared.contract.errors import ProviderBadResponse, TokenAudienceMismatch
from shared.contract.sign_up import Credential
from social.engine.backends import Guarded
from social.engine.strategy import Pending
from social.oidc import id_tokens
from social.oidc.id_tokens import Issuer


class Policy:
    """The policy of one provider; a subclass names its source, the provider's documentation.

    A token issued to someone else's application must not sign anyone in here: `identify` gives a
    profile only after the proof, and there is no other way to one.
    """

    backend: ClassVar[str]
    """Dotted path of the social-core class."""
    protocol: ClassVar[str] = "oauth2"
    accepts: ClassVar[tuple[tuple[str, ...], ...]] = (("access_token",),)
    hosts: ClassVar[frozenset[str]] = frozenset()
    """The hosts that a sign-in may call."""
    proof: ClassVar[str]
    """What proves it, in a sentence for the documentation."""
    needs: ClassVar[tuple[str, ...]] = ("KEY", "SECRET")
    """Settings (`SOCIAL_AUTH_<NAME>_…`) without which the proof is none."""
    verified: ClassVar[bool] = True
    """Whether there is a proof at all; without one the operator has to accept that, aloud."""
    enforced: ClassVar[Mapping[str, Any]] = {}
    """Settings of the backend that the proof depends on; the operator cannot change them."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """Settings of the backend where the operator has none."""
    stable_keys: ClassVar[frozenset[str] | None] = None
    """What `_ID_KEY` may name; None: anything that does not change hands."""
    misconfigured_codes: ClassVar[frozenset[object]] = frozenset()
    """Error codes by which the provider refuses our registration rather than the token."""

    issuer: ClassVar[Issuer | None] = None
    """Who signs its id_tokens, where it is the same for everybody."""

    def identify(self, backend: Guarded, credential: Credential) -> Pending:
        """Prove the token and give the profile; with both tokens given, the id_token alone says who it is.

        :raises ApiError: where the proof fails.
        :raises SocialAuthBaseException: where the provider fails or refuses.
        """
        if credential.id_token is None:
            return self.by_access_token(backend, credential)
        issuer = self.issuer_of(backend)
        claims = id_tokens.verify(
            credential.id_token,
            issuer=issuer,
            client_ids=self.client_ids(backend),
            nonce=credential.nonce,
            fetch=lambda: backend.get_json(issuer.keys_url, stage="token_validation"),
        )
        self.check_claims(backend, claims)
        return backend.pending_from_id_token(self.profile_of(claims, credential))

    def needs_no_call(self, credential: Credential) -> bool:
        """Say whether `identify` needs no call: an id_token, and the one issuer's key is known."""
        token = credential.id_token
        return token is not None and self.issuer is not None and id_tokens.needs_no_call(token, issuer=self.issuer)

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Say what is wrong with the operator's settings, besides what `needs` misses; None: nothing.

        :param setting: gives the setting of a name (`KEY`), None where there is none.
        """
        return None

    def by_access_token(self, backend: Guarded, credential: Credential) -> Pending:
        """Prove an access token and give the profile."""
        raise NotImplementedError

    def issuer_of(self, backend: Guarded) -> Issuer:
        """Give who signs the id_tokens for this registration.

        :raises ProviderUnavailable: the provider has to say so and does not.
        """
        if self.issuer is None:
            raise NotImplementedError
        return self.issuer

    def hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Give the hosts that a sign-in with this registration may call."""
        return self.hosts

    def check_claims(self, backend: Guarded, claims: id_tokens.Claims) -> None:
        """See to what a proven id_token must say besides.

        :raises ApiError: where it does not.
        """

    def profile_of(self, claims: id_tokens.Claims, credential: Credential) -> dict[str, Any]:
        """Give the claims of a proven id_token as the backend's own profile call would tell them."""
        return dict(claims)

    def is_address_unverified(self, profile: Mapping[str, Any]) -> bool:
        """Say whether the provider itself tells that nobody has verified the profile's address."""
        said = [profile.get(name) for name in ("email_verified", "verified_email", "verified")]
        return any(word is False or word == "false" for word in said)

    def client_ids(self, backend: Guarded) -> frozenset[str]:
        """Give our registrations at the provider: `_KEY` and `_CLIENT_IDS`."""
        return listed(backend.setting("KEY")) | listed(backend.setting("CLIENT_IDS"))


def listed(value: object) -> frozenset[str]:
    """Give the names in a setting: a sequence, or text with commas; what is blank is no name."""
    names = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    return frozenset(text for name in names if (text := str(name).strip()))


def get_claims(backend: Guarded, url: str, **call: Any) -> dict[str, Any]:
    """Give what a provider says of a token.

    :param call: as `BaseAuth.get_json` takes it.
    :raises AuthResponseError: the answer is no object.
    """
    claims = backend.get_json(url, stage="token_validation", **call)
    if not isinstance(claims, dict):
        raise AuthResponseError(backend, code="malformed_response", stage="token_validation")
    return claims


def require_our_client_id(named: object, ours: frozenset[str]) -> None:
    """See to it that the application that a check names is one of ours.

    :raises ProviderBadResponse: it names none, which proves nothing.
    :raises TokenAudienceMismatch: it names somebody else's.
    """
    if not isinstance(named, str) or not named:
        raise ProviderBadResponse
    if named not in ours:
        raise TokenAudienceMismatch
