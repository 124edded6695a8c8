"""The registry of providers: the policy of each name. A provider without a policy cannot be enabled."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from social_core.utils import module_member, setting_name

from shared.contract.errors import UnknownProvider
from shared.contract.sign_up import Accepted
from social.conf import conf
from social.engine.policy import Policy, names_in
from social.providers.apple import Apple
from social.providers.auth0 import Auth0
from social.providers.catalogue import CATALOGUE, CredentialKind, Entry
from social.providers.discord import Discord
from social.providers.facebook import Facebook, FacebookApp, FacebookLimitedLogin
from social.providers.github import GitHub
from social.providers.gitlab import GitLab
from social.providers.google import Google, GoogleOpenIDConnect
from social.providers.instagram import Instagram
from social.providers.kakao import Kakao
from social.providers.keycloak import Keycloak
from social.providers.line import Line
from social.providers.microsoft import Microsoft, MicrosoftB2C
from social.providers.open_id_connect import OpenIDConnect
from social.providers.other_oauth import CodeOnly, SignedTokenPair, UnverifiedAccessToken, UnverifiedTokenPair
from social.providers.twitch import Twitch
from social.providers.twitter import Twitter

POLICIES: Mapping[str, type[Policy]] = {
    "apple-id": Apple,
    "discord": Discord,
    "facebook": Facebook,
    "facebook-app": FacebookApp,
    "facebook-limited-login": FacebookLimitedLogin,
    "github": GitHub,
    "gitlab": GitLab,
    "google-oauth2": Google,
    "google-openidconnect": GoogleOpenIDConnect,
    "instagram": Instagram,
    "kakao": Kakao,
    "keycloak": Keycloak,
    "line": Line,
    "twitch": Twitch,
    "twitter": Twitter,
}
"""Policies that are written for one provider."""

_BY_BACKEND: Mapping[str, type[OpenIDConnect]] = {
    "auth0": Auth0,
    "azuread-b2c-oauth2": MicrosoftB2C,
    "azuread-oauth2": Microsoft,
    "azuread-oauth2-v2": Microsoft,
    "azuread-tenant-oauth2": Microsoft,
    "azuread-v2-tenant-oauth2": Microsoft,
}
_BY_CREDENTIAL: Mapping[CredentialKind, type[OpenIDConnect] | type[UnverifiedAccessToken]] = {
    CredentialKind.ID_TOKEN: OpenIDConnect,
    CredentialKind.ACCESS_TOKEN: UnverifiedAccessToken,
    CredentialKind.TOKEN_PAIR: UnverifiedTokenPair,
    CredentialKind.CODE: CodeOnly,
}


@cache
def policy_for(name: str) -> type[Policy] | None:
    """Return the policy of a provider, enabled or not; None if the provider is unknown or has no usable credential."""
    entry = CATALOGUE.get(name)
    if name in POLICIES or entry is None:
        return POLICIES.get(name)
    base = _BY_BACKEND.get(name) or (SignedTokenPair if entry.binding_source else _BY_CREDENTIAL.get(entry.credential))
    return _policy_of_entry(base, entry) if base else None


def accepts_unverified(name: str) -> bool:
    """Return True if the operator accepts the provider's tokens without a proof (`_ACCEPT_UNVERIFIED`)."""
    # In a settings module it can be True; `config.environment` accepts 1 only.
    return getattr(settings, setting_name(name, "ACCEPT_UNVERIFIED"), None) in (True, "1")


@dataclass(frozen=True, slots=True)
class Enabled:
    """An enabled provider."""

    policy: type[Policy]
    accepted: Accepted


def enabled() -> dict[str, Enabled]:
    """Return the enabled providers by name, in order of the names."""
    found = {name: _enabled(name) for name in sorted(conf.providers)}
    return {name: provider for name, provider in found.items() if provider}


def redirect_uris_of(name: str) -> frozenset[str]:
    """Return the redirect URIs at which the apps receive a provider's codes (`_REDIRECT_URIS`)."""
    return names_in(getattr(settings, setting_name(name, "REDIRECT_URIS"), None))


def native_client_id_of(name: str) -> Any:
    """Return the client to which the provider issues the codes of its native SDK (`_NATIVE_CLIENT_ID`), or None."""
    return getattr(settings, setting_name(name, "NATIVE_CLIENT_ID"), None) or None


def exchanges_codes(name: str) -> bool:
    """Return True if the operator has registered where a provider's codes are received, or a native SDK's client."""
    return bool(redirect_uris_of(name) or native_client_id_of(name))


def title_of(name: str) -> str:
    """Return the provider's title in social-core, or its name if there is none."""
    policy = policy_for(name)
    return str(getattr(module_member(policy.backend), "title", None) or name) if policy else name


def accepted_of(name: str) -> Accepted | None:
    """Return the credentials that a provider accepts; None if it is not enabled."""
    provider = _enabled(name)
    return provider.accepted if provider else None


def enabled_policy(name: str) -> type[Policy]:
    """Return an enabled provider's policy.

    :raises UnknownProvider: the provider is not enabled.
    """
    provider = _enabled(name)
    if provider is None:
        raise UnknownProvider
    return provider.policy


def _enabled(name: str) -> Enabled | None:
    return _registered(name) if name in conf.providers else None


@cache
def _registered(name: str) -> Enabled | None:
    policy = policy_for(name)
    if policy is None:
        return None
    sets = list(policy.accepts if policy.verified or accepts_unverified(name) else ())
    redirect_uris = redirect_uris_of(name) if policy.takes_codes else frozenset()
    if redirect_uris:
        sets.append(("code", "code_verifier", "redirect_uri") if policy.pkce else ("code", "redirect_uri"))
    if policy.takes_codes and native_client_id_of(name):
        sets.append(("code",))
    return Enabled(policy, Accepted(tuple(sets), redirect_uris)) if sets else None


# Django's settings change only in tests, which send this signal.
setting_changed.connect(lambda **changed: _registered.cache_clear(), weak=False)


def _policy_of_entry(base: type[OpenIDConnect] | type[UnverifiedAccessToken], entry: Entry) -> type[Policy]:
    members = {
        "entry": entry,
        "backend": getattr(base, "backend", entry.backend),
        "needs": tuple(dict.fromkeys((*base.needs, *entry.settings))),
        "takes_codes": base.takes_codes and entry.takes_codes,
        "code_backend": entry.code_backend,
        "code_needs": tuple(dict.fromkeys((*base.code_needs, *entry.settings, *entry.code_settings))),
        "pkce": bool(entry.pkce_source),
        "__doc__": base.__doc__,
    }
    return type(base.__name__, (base,), members)
