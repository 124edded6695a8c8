"""Any provider that speaks OpenID Connect: its id_token says whom it was issued to.

Its issuer and keys stand in the configuration that it publishes
(https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig), unless the operator names them with
social-core's `_ID_TOKEN_ISSUER` and `_JWKS_URI`. An access token proves nothing here: userinfo answers for any
application's.
"""

from collections.abc import Callable
from typing import Any, ClassVar
from urllib.parse import urlsplit

from social.engine.backends import Guarded
from social.engine.policy import Policy, listed
from social.oidc.discovery import configuration_of
from social.oidc.id_tokens import ASYMMETRIC, Issuer
from social.providers import catalogue
from social.providers.catalogue import Entry, fault_of_urls


class OpenIDConnect(Policy):
    """OpenID Connect by id_token."""

    accepts = (("id_token",),)
    needs = ("KEY",)
    proof = "the id_token's `aud` is one of our client ids"
    stable_keys = frozenset({"sub", "oid"})
    entry: ClassVar[Entry]
    """What the catalogue says of the backend."""

    @classmethod
    def fault(cls, setting: Callable[[str], Any]) -> str | None:
        """Say which address of the operator's cannot be called, or that no algorithm is left."""
        algorithms = setting("JWT_ALGORITHMS")
        if algorithms is not None and not listed(algorithms) & ASYMMETRIC:
            return "JWT_ALGORITHMS names nothing that is verified with a public key"
        if len(listed(setting("ID_TOKEN_ISSUER"))) > 1:
            # `sub` is unique within an issuer only (OpenID Connect Core section 2).
            return "ID_TOKEN_ISSUER names several issuers, whose people could not be told apart"
        return fault_of_urls(cls.entry, setting)

    def hosts_of(self, backend: Guarded) -> frozenset[str]:
        """Give the provider's hosts, and the one of the operator's `_JWKS_URI`."""
        keys = urlsplit(str(backend.setting("JWKS_URI") or "")).hostname
        return catalogue.hosts_of(self.entry, backend.setting) | ({keys} if keys else frozenset())

    def issuer_of(self, backend: Guarded) -> Issuer:
        """Give the issuer that the operator names, or that the provider publishes."""
        speaks: Any = backend
        names = listed(backend.setting("ID_TOKEN_ISSUER", speaks.ID_TOKEN_ISSUER))
        keys_url = backend.setting("JWKS_URI", speaks.JWKS_URI)
        if not names or not keys_url:
            published = configuration_of(backend, speaks.oidc_config_url())
            names, keys_url = names or frozenset({published["issuer"]}), keys_url or published["jwks_uri"]
        return Issuer(names, keys_url, algorithms_of(backend))


def algorithms_of(backend: Guarded) -> tuple[str, ...]:
    """Give what the backend's provider signs with, of that what may be trusted."""
    speaks: Any = backend
    return tuple(sorted(listed(backend.setting("JWT_ALGORITHMS", speaks.JWT_ALGORITHMS)) & ASYMMETRIC))
