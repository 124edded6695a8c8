"""Any OpenID Connect provider: the id_token names the application in `aud`.

The configuration that the provider publishes has the issuer and the URL of the keys
(https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig), unless the operator sets social-core's
`_ID_TOKEN_ISSUER` and `_JWKS_URI`. An access token proves nothing, since userinfo accepts those of any application.
"""

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from social.engine.addresses import OPENID_CONNECT, AddressRule
from social.engine.backends import Guarded
from social.engine.policy import Policy, names_in
from social.oidc.discovery import configuration_of
from social.oidc.id_tokens import ASYMMETRIC, Issuer
from social.providers import catalogue
from social.providers.catalogue import Entry, find_invalid_url


class OpenIDConnect(Policy):
    """OpenID Connect by id_token."""

    accepts = (("id_token",),)
    needs = ("KEY",)
    proof = "the id_token's `aud` is one of our client ids"
    stable_keys = frozenset({"sub", "oid"})
    addresses: ClassVar[AddressRule] = OPENID_CONNECT
    entry: ClassVar[Entry]
    """The backend's entry in the catalogue."""

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Check the algorithms, the issuer and the URLs of the operator."""
        algorithms = setting("JWT_ALGORITHMS")
        if algorithms is not None and not names_in(algorithms) & ASYMMETRIC:
            return "JWT_ALGORITHMS has no algorithm with a public key"
        if len(names_in(setting("ID_TOKEN_ISSUER"))) > 1:
            # `sub` is unique only within an issuer (OpenID Connect Core section 2).
            return "ID_TOKEN_ISSUER has several issuers, whose ids can collide"
        return find_invalid_url(cls.entry, setting)

    def hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Return the provider's hosts, and the host of the operator's `_JWKS_URI`."""
        keys = urlsplit(str(backend.setting("JWKS_URI") or "")).hostname
        return catalogue.hosts_of(self.entry, backend.setting) | ({keys} if keys else frozenset())

    def code_hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Return the host of the operator's `_ACCESS_TOKEN_URL`, and the entry's hosts of the exchange."""
        return catalogue.code_hosts_of(self.entry, backend.setting)

    def issuer_of(self, backend: Guarded) -> Issuer:
        """Return the issuer that the operator sets, or that the provider publishes."""
        openid_backend: Any = backend
        names = names_in(backend.setting("ID_TOKEN_ISSUER", openid_backend.ID_TOKEN_ISSUER))
        keys_url = backend.setting("JWKS_URI", openid_backend.JWKS_URI)
        if not names or not keys_url:
            published = configuration_of(backend, openid_backend.oidc_config_url())
            names, keys_url = names or frozenset({published["issuer"]}), keys_url or published["jwks_uri"]
        return Issuer(names, keys_url, algorithms_of(backend))


def algorithms_of(backend: Guarded) -> tuple[str, ...]:
    """Return the backend's signature algorithms that use a public key."""
    openid_backend: Any = backend
    return tuple(sorted(names_in(backend.setting("JWT_ALGORITHMS", openid_backend.JWT_ALGORITHMS)) & ASYMMETRIC))
