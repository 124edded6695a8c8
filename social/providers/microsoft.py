"""Microsoft Entra: an id_token of one of the tenants that the operator names.

`aud` is our application's id, `iss` the tenant
(https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference). The endpoint for all tenants
publishes an issuer with a placeholder for the tenant, and the issuer of each key
(https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-the-issuer). Anyone can create a
tenant, so the operator has to name the accepted ones.
"""

from collections.abc import Callable
from typing import Any

from shared.contract.errors import TokenRejected
from social.engine.addresses import AddressRule
from social.engine.backends import Guarded
from social.engine.policy import names_in
from social.oidc.discovery import configuration_of
from social.oidc.id_tokens import Claims, Issuer
from social.providers.open_id_connect import OpenIDConnect, algorithms_of

PLACEHOLDER = "{tenantid}"
_ANY_TENANT = frozenset({"common", "organizations"})


class Microsoft(OpenIDConnect):
    """Microsoft by id_token of a tenant in `_TENANTS`, or of the one in `_TENANT_ID`."""

    proof = "the id_token's `aud` is one of our client ids, its `iss` one of the named tenants'"
    # An administrator can give a user any address, so `email` alone proves nothing, nor do `upn` and
    # `preferred_username`. The optional claim says that the owner of the domain of `email` is verified.
    addresses = AddressRule(
        flags=("xms_edov",),
        source="https://learn.microsoft.com/en-us/entra/identity-platform/optional-claims-reference",
    )

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Check that the settings do not accept every tenant."""
        tenant, tenants = setting("TENANT_ID") if "TENANT_ID" in cls.entry.settings else "common", setting("TENANTS")
        if (tenant in _ANY_TENANT and not names_in(tenants)) or names_in(tenants) & _ANY_TENANT:
            return "TENANTS must list tenants: anyone can create one"
        return super().find_setting_error(setting)

    def issuer_of(self, backend: Guarded) -> Issuer:
        """Return the issuers of the named tenants."""
        openid_backend: Any = backend
        published = configuration_of(backend, openid_backend.openid_configuration_url())
        issuer = str(published["issuer"]).replace("{tenantId}", PLACEHOLDER)
        tenants = names_in(backend.setting("TENANTS"))
        names = [issuer.replace(PLACEHOLDER, tenant) for tenant in tenants] if PLACEHOLDER in issuer else [issuer]
        return Issuer(frozenset(names), backend.setting("JWKS_URI") or published["jwks_uri"], algorithms_of(backend))


class MicrosoftB2C(OpenIDConnect):
    """Azure AD B2C by id_token of the user flow in `_POLICY`."""

    proof = "the id_token's `aud` is one of our client ids, its `tfp` or `acr` our user flow"

    @classmethod
    def find_setting_error(cls, setting: Callable[[str], Any]) -> str | None:
        """Check the name of the user flow."""
        if not str(setting("POLICY")).lower().startswith("b2c_"):
            return "POLICY is not a user flow, whose names begin with b2c_"
        return super().find_setting_error(setting)

    def issuer_of(self, backend: Guarded) -> Issuer:
        """Return the issuer of the directory."""
        openid_backend: Any = backend
        published = configuration_of(backend, openid_backend.openid_configuration_url())
        return Issuer(
            frozenset({published["issuer"]}),
            backend.setting("JWKS_URI") or published["jwks_uri"],
            algorithms_of(backend),
        )

    def check_claims(self, backend: Guarded, claims: Claims) -> None:
        """Check that the token is of our user flow; another flow may require less of the user."""
        flow = claims.get("tfp", claims.get("acr"))
        if not isinstance(flow, str) or flow.lower() != str(backend.setting("POLICY")).lower():
            raise TokenRejected("other_user_flow")
