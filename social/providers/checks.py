"""System checks of the enabled providers; `social.checks` has all others. Ids are stable."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name of it
from social_core.utils import module_member, setting_name

from social.conf import conf
from social.engine.policy import Policy, names_in
from social.providers.catalogue import CATALOGUE, CredentialKind
from social.providers.registry import (
    POLICIES,
    accepts_unverified,
    exchanges_codes,
    native_client_id_of,
    policy_for,
    redirect_uris_of,
)

_NAMES_AND_ADDRESSES = {
    "email",
    "family_name",
    "given_name",
    "login",
    "name",
    "nickname",
    "phone_number",
    "preferred_username",
    "screen_name",
    "unique_name",
    "upn",
    "username",
}
_SHARED = {"aud", "iss", "tid"}
MUTABLE_KEYS = frozenset(_NAMES_AND_ADDRESSES | _SHARED)
"""Claims that do not identify a person: another person can get the value, or several people share it."""

PRIVILEGED = ("groups", "id", "is_active", "is_staff", "is_superuser", "password", "pk", "user_permissions")
"""Fields of a user that decide what the user may do."""
APPLIES_ALLOW_LISTS = "social_core.pipeline.social_auth.auth_allowed"


@register("social")
def check_providers(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that each enabled provider has a policy, and the settings that the policy requires."""
    return [message for name in conf.providers for message in _check_provider(name)]


def _check_provider(name: str) -> Iterator[CheckMessage]:
    policy = policy_for(name)
    if policy is None:
        entry = CATALOGUE.get(name)
        yield Error(
            f"SOCIAL_PROVIDERS names {name!r}, "
            + (f"which cannot be used with a token: {entry.note}." if entry else "which is not a provider."),
            hint=f"Well-known providers: {', '.join(sorted(POLICIES))}. docs/providers.md lists all.",
            id="social.E001",
        )
        return
    for_codes = policy.code_needs if policy.takes_codes and exchanges_codes(name) else ()
    for need in dict.fromkeys((*policy.needs, *for_codes)):
        if not names_in(_setting(name, need)):
            yield Error(
                f"{setting_name(name, need)} is not set. It is needed to prove that a credential of {name} was issued "
                "to this service.",
                hint=f"Set {setting_name(name, need)} to the value of our registration at {name}.",
                id="social.E002",
            )
    yield from _check_proof(name, policy)
    yield from _check_codes(name, policy)
    error = policy.find_setting_error(partial(_value, name))
    if error:
        yield Error(
            f"{setting_name(name)}_{error}.", hint=f"docs/providers.md lists the settings of {name}.", id="social.E010"
        )
    setting, key = _effective(name, "ID_KEY")
    if key and "ID_KEY" not in policy.enforced and not _is_stable(key, policy):
        yield Error(
            f"{setting} is {key!r}, which does not identify one person at {name}: others could get the same value.",
            hint=f"Remove {setting}, or set it to an identifier that never changes its owner.",
            id="social.E009",
        )


@register("social")
def check_user_fields(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that no provider decides what a new user may do here.

    Some backends' details are the provider's whole answer, in which a person may choose the names and values.
    """
    chosen = {
        (setting, field): None
        for name in conf.providers
        for option in ("USER_FIELDS", "USER_FIELD_MAPPING")
        for setting, value in [_effective(name, option)]
        if isinstance(value, list | tuple | set | frozenset | dict)
        for field in (value.values() if isinstance(value, dict) else value)
        if field in PRIVILEGED
    }
    return [
        Error(
            f"{setting} contains {field!r}: the provider's answer would decide it for a new user.",
            hint=f"Remove {field} from {setting}; a step of your own pipeline can set it.",
            id="social.E015",
        )
        for setting, field in chosen
    ]


@register("social")
def check_allow_list_step(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Warn if an operator's own pipeline has no step that applies the allow list."""
    return [
        Warning(
            f"{setting} has no effect: {pipeline} lacks the step {APPLIES_ALLOW_LISTS}, so everyone may sign up with "
            f"{name}.",
            hint=f"Add the step, or remove {setting} if a step of your own applies it.",
            id="social.W008",
        )
        for name in conf.providers
        for pipeline, steps in [_effective(name, "PIPELINE")]
        if isinstance(steps, list | tuple) and APPLIES_ALLOW_LISTS not in steps
        for option in ("WHITELISTED_EMAILS", "WHITELISTED_DOMAINS")
        for setting, listed in [_effective(name, option)]
        if listed
    ]


@register("social")
def check_legacy_id_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Warn if legacy uids that another person can acquire are adopted."""
    return [
        Warning(
            f"{setting} contains {key!r} and ADOPT_LEGACY_UIDS contains {name!r}: a person who acquires such a name at "
            "the provider gets the account of its former owner.",
            hint="Keep it only if the provider never gives a name to another person.",
            id="social.W004",
        )
        for name in conf.providers
        if name in conf.adopt_legacy_uids
        for setting, keys in [_effective(name, "LEGACY_ID_KEYS")]
        for key in names_in(keys) & (MUTABLE_KEYS - {"email", "upn"})
    ]


def _is_stable(key: Any, policy: type[Policy]) -> bool:
    if not isinstance(key, str):
        return False
    if policy.stable_keys is not None:
        return key in policy.stable_keys
    return key not in MUTABLE_KEYS.union(module_member(policy.backend).MUTABLE_ID_KEYS)


def _check_proof(name: str, policy: type[Policy]) -> Iterator[CheckMessage]:
    setting = setting_name(name, "ACCEPT_UNVERIFIED")
    if policy.verified:
        if accepts_unverified(name):
            yield Error(
                f"{setting} is set, but the credentials of {name} are verified anyway.",
                hint=f"Remove {setting}.",
                id="social.E008",
            )
    elif accepts_unverified(name) and policy.accepts:
        yield Warning(
            f"{setting} is set: the owner of any application at {name} can sign in here as any of its users.",
            hint="Keep it only if you trust the owners of all such applications.",
            id="social.W002",
        )
    elif not (policy.takes_codes and exchanges_codes(name)):
        ways = [
            *([f"set {setting_name(name, 'REDIRECT_URIS')} to accept codes"] if policy.takes_codes else []),
            *([f"accept the risk with {setting}=1 (docs/security.md)"] if policy.accepts else []),
        ]
        yield Error(
            f"Nothing proves that a token of {name} was issued to this service.",
            hint=f"Remove {name} from SOCIAL_PROVIDERS, or {', or '.join(ways)}.",
            id="social.E001",
        )


_HTTP_ON_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PRIVATE_USE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+|fb[0-9]+[a-z0-9.-]*")
"""RFC 8252 section 7.1: a domain name of the app's owner, reversed. Facebook's SDKs have `fb` and the app's id."""
_MAX_REDIRECT_URI = 2048


def _check_codes(name: str, policy: type[Policy]) -> Iterator[CheckMessage]:
    uris, native = redirect_uris_of(name), native_client_id_of(name)
    if (uris or native) and not policy.takes_codes:
        setting = setting_name(name, "REDIRECT_URIS" if uris else "NATIVE_CLIENT_ID")
        yield Error(
            f"{setting} is set, but {name} has no authorization codes that this service can exchange.",
            hint=f"Remove {setting}.",
            id="social.E017",
        )
    value = _setting(name, "REDIRECT_URIS")
    # Without any URI in it, a value of another type would silently refuse all codes.
    for uri in sorted(uris) or ([value] if value else []):
        if not _is_redirect_uri(uri):
            yield Error(
                f"{setting_name(name, 'REDIRECT_URIS')} has {uri!r}, which cannot be a redirect URI.",
                hint="Use an absolute URI without fragment: https, http on loopback, or the private-use scheme of an "
                "app (com.example.app:/callback).",
                id="social.E016",
            )
    client, secret = policy.code_needs[:2]
    if native and not policy.secret_fits_any_client and native != _setting(name, client):
        yield Error(
            f"{setting_name(name, 'NATIVE_CLIENT_ID')} is not {setting_name(name, client)}, to which "
            f"{setting_name(name, secret)} belongs.",
            hint="Let the app's SDK request its codes for the client that has the secret.",
            id="social.E018",
        )


def _is_redirect_uri(uri: object) -> bool:
    """Return True for an absolute URI without fragment (RFC 6749 section 3.1.2) that only an app of ours receives."""
    if not isinstance(uri, str):
        return False
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    printable = uri.isascii() and uri.isprintable() and " " not in uri and len(uri) <= _MAX_REDIRECT_URI
    if not printable or "#" in uri or "@" in parts.netloc or "*" in uri:  # no wildcards: the comparison is literal
        return False
    if parts.scheme in {"http", "https"}:
        return bool(host) and (parts.scheme == "https" or host in _HTTP_ON_LOOPBACK)
    return bool(_PRIVATE_USE_SCHEME.fullmatch(parts.scheme))


def _setting(provider: str, name: str) -> Any:
    return getattr(settings, setting_name(provider, name), None)


def _effective(provider: str, name: str) -> tuple[str, Any]:
    """Return a setting's full name and value; like social-core, fall back to the setting for all providers."""
    names = (setting_name(provider, name), setting_name(name), name)
    found = next((full for full in names if hasattr(settings, full)), names[0])
    return found, getattr(settings, found, None)


def _value(provider: str, name: str) -> Any:
    return _effective(provider, name)[1]


@register("social")
def check_overlapping_providers(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Warn if two enabled providers sign in the same people."""
    return [
        Warning(
            f"{', '.join(group)} sign in the same people: one person would become several users.",
            hint="Enable one of them.",
            id="social.W003",
        )
        for group in overlapping_providers(conf.providers)
    ]


@register("social")
def check_allow_lists(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Warn if an allow list applies to a provider none of whose addresses is known to be verified."""
    return [
        Warning(
            f"{setting} refuses everyone who comes from {name}: nothing says that an address there is verified.",
            hint=f"Remove {name} from SOCIAL_PROVIDERS, or set {setting_name(name, option)} to [] to let all of its "
            "users in.",
            id="social.W007",
        )
        for name in conf.providers
        for policy in [policy_for(name)]
        if policy is not None and not policy.can_verify_addresses(partial(_value, name))
        for option in ("WHITELISTED_EMAILS", "WHITELISTED_DOMAINS")
        for setting, listed in [_effective(name, option)]
        if listed and not isinstance(listed, str)  # `social.checks` reports a string
    ]


@register("social")
def check_tls(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the TLS certificates of providers are verified."""
    names = ["VERIFY_SSL", *(setting_name(*owner, "VERIFY_SSL") for owner in ((), *((one,) for one in conf.providers)))]
    return [
        Error(
            f"{name} does not name certificates: the connections to providers would not be verified, or would fail.",
            hint=f"Remove {name}, or set it to the path of an existing bundle of certificates.",
            id="social.E012",
        )
        for name in names
        # A setting with the value None would switch verification off, so it must not look like a missing one.
        if hasattr(settings, name) and not _verifies(getattr(settings, name))
    ]


def _verifies(value: object) -> bool:
    if isinstance(value, str):
        return bool(value) and Path(value).exists()
    # By identity: requests takes True for its default bundle, but 1 for the path of a file.
    return value is True or (value is False and conf.sandbox)


def overlapping_providers(names: Iterable[str]) -> list[list[str]]:
    """Return the groups of two or more of these providers that sign in the same people, in order of their names."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        if name in CATALOGUE and CATALOGUE[name].credential is not CredentialKind.NONE:
            groups.setdefault(_group_key(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _group_key(name: str) -> str:
    """Return the title of the provider's site in social-core.

    The name of a backend for part of a site begins with the name of the site, and both call the same host.
    """
    entry = CATALOGUE[name]
    site = CATALOGUE.get(name.partition("-")[0])
    if site and set(site.hosts) & set(entry.hosts):
        entry = site
    return str(getattr(module_member(entry.backend), "title", None) or name)
