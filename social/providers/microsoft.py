"""Microsoft Entra: an id_token of one of the tenants that the operator names.

Its `aud` is our application's id, its `iss` the tenant's
(https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference). The endpoint for all
tenants publishes an issuer with a gap for the tenant, and keys that say which tenant's issuer they sign for
(https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-the-issuer): anyone can open a
tenant, so the ones that may come in have to be named.
"""

from collections.abc import Callable
from typing import Any

from shared.contract.errors import TokenRejected
from social.engine.backends import Guarded
from social.engine.policy import listed
from social.oidc.discovery import configuration_of
from social.oidc.id_tokens import Claims, Issuer
from social.providers.open_id_connect import OpenIDConnect, algorithms_of

GAP = "{tenantid}"
_ANY_TENANT = frozenset({"common", "organizations"})


class Microsoft(OpenIDConnect):
    """Microsoft by id_token, of the tenants in `_TENANTS` or of the one in `_TENANT_ID`."""

    proof = "the id_token's `aud` is one of our client ids, its `iss` one of the named tenants'"

    @classmethod
    def fault(cls, setting: Callable[[str], Any]) -> str | None:
        """Say where anybody's tenant would do."""
        tenant, tenants = setting("TENANT_ID") if "TENANT_ID" in cls.entry.settings else "common", setting("TENANTS")
        if (tenant in _ANY_TENANT and not listed(tenants)) or listed(tenants) & _ANY_TENANT:
            return "TENANTS names no tenant, and anyone can open one"
        return super().fault(setting)

    def issuer_of(self, backend: Guarded) -> Issuer:
        """Give the issuers of the named tenants."""
        speaks: Any = backend
        published = configuration_of(backend, speaks.openid_configuration_url())
        issuer = str(published["issuer"]).replace("{tenantId}", GAP)
        tenants = listed(backend.setting("TENANTS"))
        names = frozenset(issuer.replace(GAP, tenant) for tenant in tenants) if GAP in issuer else frozenset({issuer})
        return Issuer(names, backend.setting("JWKS_URI") or published["jwks_uri"], algorithms_of(backend))


class MicrosoftB2C(OpenIDConnect):
    """Azure AD B2C by id_token, of the user flow in `_POLICY`."""

    proof = "the id_token's `aud` is one of our client ids, its `tfp` or `acr` our user flow"

    @classmethod
    def fault(cls, setting: Callable[[str], Any]) -> str | None:
        """Say where the user flow is none."""
        if not str(setting("POLICY")).lower().startswith("b2c_"):
            return "POLICY is no user flow: its name begins with b2c_"
        return super().fault(setting)

    def issuer_of(self, backend: Guarded) -> Issuer:
        """Give the directory's issuer."""
        speaks: Any = backend
        published = configuration_of(backend, speaks.openid_configuration_url())
        return Issuer(
            frozenset({published["issuer"]}),
            backend.setting("JWKS_URI") or published["jwks_uri"],
            algorithms_of(backend),
        )

    def check_claims(self, backend: Guarded, claims: Claims) -> None:
        """See that the token is of our user flow, as another's may ask for less."""
        flow = claims.get("tfp", claims.get("acr"))
        if not isinstance(flow, str) or flow.lower() != str(backend.setting("POLICY")).lower():
            raise TokenRejected
