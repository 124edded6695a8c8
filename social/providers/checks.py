"""System checks of the enabled providers; ids are stable, and `social.checks` has the others."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name of it
from social_core.utils import module_member, setting_name

from social.conf import conf
from social.engine.policy import Policy, listed
from social.providers.catalogue import CATALOGUE, Way
from social.providers.registry import POLICIES, accepts_unverified, policy_for

_ADDRESSES_AND_NAMES = {
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
_THE_SAME_FOR_MANY = {"aud", "iss", "tid"}
MUTABLE_KEYS = frozenset(_ADDRESSES_AND_NAMES | _THE_SAME_FOR_MANY)
"""Claims by which nobody may be found: given to somebody else one day, or the same for many."""


@register("social")
def check_providers(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Every enabled provider has a policy and what the policy needs."""
    return [message for name in conf.providers for message in _check_provider(name)]


def _check_provider(name: str) -> Iterator[CheckMessage]:
    policy = policy_for(name)
    if policy is None:
        entry = CATALOGUE.get(name)
        yield Error(
            f"SOCIAL_PROVIDERS names {name!r}, "
            + (f"by whose tokens nobody can sign in: {entry.why}." if entry else "which is no provider."),
            hint=f"Best known: {', '.join(sorted(POLICIES))}. docs/providers.md has all that can be enabled.",
            id="social.E001",
        )
        return
    for need in policy.needs:
        if not listed(_setting(name, need)):
            yield Error(
                f"{setting_name(name, need)} is not set: a token for {name!r} could not be proven to be ours.",
                hint=f"Set {setting_name(name, need)} to what {name} gave this service's registration.",
                id="social.E002",
            )
    yield from _check_proof(name, policy)
    fault = policy.fault(lambda wanted: _effective(name, wanted)[1])
    if fault:
        yield Error(
            f"{setting_name(name)}_{fault}.", hint=f"docs/providers.md says what {name} needs.", id="social.E010"
        )
    setting, key = _effective(name, "ID_KEY")
    if key and "ID_KEY" not in policy.enforced and not _is_stable(key, policy):
        yield Error(
            f"{setting} is {key!r}, which is not one person's for ever: its next owner at {name} would be let in.",
            hint=f"Remove {setting}, or name what stays with one person.",
            id="social.E009",
        )


@register("social")
def check_old_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Nobody becomes somebody else by taking a name, unless the operator means it."""
    return [
        Warning(
            f"{setting} names {key!r}, and ADOPT_LEGACY_UIDS {name}: whoever goes by that name at the provider now "
            "gets the account of whoever did.",
            hint="Keep it only where the provider gives each name to one person for ever.",
            id="social.W004",
        )
        for name in conf.providers
        if name in conf.adopt_legacy_uids
        for setting, keys in [_effective(name, "LEGACY_ID_KEYS")]
        for key in listed(keys) & (MUTABLE_KEYS - {"email", "upn"})
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
                f"{setting} is set, but what {name} issues can be verified, and is.",
                hint=f"Remove {setting}.",
                id="social.E008",
            )
    elif accepts_unverified(name):
        yield Warning(
            f"{setting} is set: whoever has an application at {name} can sign in here as any of its visitors.",
            hint="Keep it only while all who have one are trusted.",
            id="social.W002",
        )
    else:
        yield Error(
            f"Nothing proves that a token of {name} was issued to this service.",
            hint=f"Remove {name} from SOCIAL_PROVIDERS, or accept the risk with {setting}=1 (docs/security.md).",
            id="social.E001",
        )


def _setting(provider: str, name: str) -> Any:
    return getattr(settings, setting_name(provider, name), None)


def _effective(provider: str, name: str) -> tuple[str, Any]:
    """Give a setting's full name and value as social-core's backends find it: one for all providers counts as well."""
    names = (setting_name(provider, name), setting_name(name), name)
    found = next((full for full in names if hasattr(settings, full)), names[0])
    return found, getattr(settings, found, None)


@register("social")
def check_families(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """No two enabled providers sign in the same people."""
    return [
        Warning(
            f"{', '.join(family)} sign in the same people: one person would become several users.",
            hint="Enable one of them.",
            id="social.W003",
        )
        for family in families_in(conf.providers)
    ]


@register("social")
def check_tls(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Whoever answers for a provider shows that provider's certificate."""
    names = ["VERIFY_SSL", *(setting_name(*owner, "VERIFY_SSL") for owner in ((), *((one,) for one in conf.providers)))]
    return [
        Error(
            f"{name} does not name certificates: anyone on the way could answer for a provider, or nobody.",
            hint=f"Remove {name}, or give the path of a bundle of certificates that is there.",
            id="social.E012",
        )
        for name in names
        # Not by default: that of a setting which is there and None would be no check at all.
        if hasattr(settings, name) and not _verifies(getattr(settings, name))
    ]


def _verifies(value: object) -> bool:
    if isinstance(value, str):
        return bool(value) and Path(value).exists()
    # By identity: 1 is equal to True, but the name of a file to what reads it.
    return value is True or (value is False and conf.sandbox)


def families_in(names: Iterable[str]) -> list[list[str]]:
    """Give the groups of two or more of these providers that sign in the same people, in the order of their names."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        if name in CATALOGUE and CATALOGUE[name].way is not Way.NEVER:
            groups.setdefault(_family(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _family(name: str) -> str:
    """social-core titles a backend by its site; one for part of a site begins with its name and calls the same host."""
    entry = CATALOGUE[name]
    site = CATALOGUE.get(name.partition("-")[0])
    if site and set(site.hosts) & set(entry.hosts):
        entry = site
    return str(getattr(module_member(entry.backend), "title", None) or name)
