"""What a provider's policy says: which backend speaks to it, and what proves that a token was issued to us."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from shared.sign_up import Credential
from social.providers import id_tokens
from social.providers.id_tokens import Issuer

if TYPE_CHECKING:
    from social.providers.engine import Guarded
    from social.strategy import Pending


class Policy:
    """The policy of one provider; a subclass names its source, the provider's documentation.

    A token issued to someone else's application must not sign anyone in here: `identify` gives a
    profile only after the proof, and there is no other way to one.
    """

    backend: ClassVar[str]
    """Dotted path of the social-core class."""
    protocol: ClassVar[str] = "oauth2"
    accepts: ClassVar[tuple[tuple[str, ...], ...]] = (("access_token",),)
    hosts: ClassVar[frozenset[str]]
    """The hosts that a sign-in may call."""
    proof: ClassVar[str]
    """What proves it, in a sentence for the documentation."""
    needs: ClassVar[tuple[str, ...]] = ("KEY", "SECRET")
    """Settings (`SOCIAL_AUTH_<NAME>_…`) without which the proof is none."""
    enforced: ClassVar[Mapping[str, Any]] = {}
    """Settings of the backend that the proof depends on; the operator cannot change them."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """Settings of the backend where the operator has none."""
    misconfigured_codes: ClassVar[frozenset[object]] = frozenset()
    """Error codes by which the provider refuses our registration rather than the token."""

    issuer: ClassVar[Issuer | None] = None
    """Who signs its id_tokens; None where it takes none."""

    def identify(self, backend: "Guarded", credential: Credential) -> "Pending":
        """Prove the token and give the profile; with both tokens given, the id_token alone says who it is.

        :raises ApiError: where the proof fails.
        :raises SocialAuthBaseException: where the provider fails or refuses.
        """
        if self.issuer is None or credential.id_token is None:
            return self.by_access_token(backend, credential)
        keys_url = self.issuer.keys_url
        claims = id_tokens.verify(
            credential.id_token,
            issuer=self.issuer,
            client_ids=self.client_ids(backend),
            nonce=credential.nonce,
            fetch=lambda: backend.get_json(keys_url, stage="token_validation"),
        )
        return backend.vouched(self.profile_of(claims, credential))

    def by_access_token(self, backend: "Guarded", credential: Credential) -> "Pending":
        """Prove an access token and give the profile."""
        raise NotImplementedError

    def profile_of(self, claims: id_tokens.Claims, credential: Credential) -> dict[str, Any]:
        """Give the claims of a proven id_token as the backend's own profile call would tell them."""
        return dict(claims)

    def client_ids(self, backend: "Guarded") -> frozenset[str]:
        """Give our registrations at the provider: `_KEY` and `_CLIENT_IDS`."""
        configured = backend.setting("CLIENT_IDS") or ()
        names = configured.split(",") if isinstance(configured, str) else configured
        return frozenset(str(name).strip() for name in (backend.setting("KEY"), *names) if name and str(name).strip())
