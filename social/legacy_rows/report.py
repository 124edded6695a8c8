"""The survey as text for operators and as JSON for scripts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from social.legacy_rows.classification import AssociationClass
from social.legacy_rows.survey import ProviderSurvey, Survey

FORMAT = 1
"""Version of the JSON; incremented when a name changes its meaning or is removed."""

MEANINGS = {
    AssociationClass.FOUND: "found",
    AssociationClass.PROVEN: "found and rewritten: the row also stores the current id",
    AssociationClass.SUPERSEDED: "not needed: the user also has a row with the current id",
    AssociationClass.LEGACY: "account_conflict, unless ADOPT_LEGACY_UIDS lists {name}",
    AssociationClass.CONFLICT: "never found: another user has this address and a row with the current id",
    AssociationClass.UNPROVABLE: "account_conflict, whatever the settings: another person can acquire such a uid",
    AssociationClass.UNUSABLE: "never found: the uid has white space at an end or an invisible character",
    AssociationClass.ORPHAN: "account_conflict: the association has no user any more",
    AssociationClass.DISABLED: "not found: SOCIAL_PROVIDERS does not list {name}",
    AssociationClass.NO_CREDENTIAL: "never found: an app has no credential of {name} to present",
    AssociationClass.UNKNOWN: "never found: social-core has no provider of this name",
}
ADOPTED = "found, and rewritten to the current id at the next sign-in"


def lines(survey: Survey) -> Iterator[str]:
    """Yield the lines of the survey as a table."""
    for provider in survey.providers:
        yield f"{provider.name}{'' if provider.enabled else ' (not enabled)'}"
        for row_class, counts in provider.counts.items():
            yield f"  {counts.rows:>9}  {meaning(provider, row_class)}"
            if details := _details(provider, row_class):
                yield f"  {'':>9}  {'; '.join(details)}"
        yield ""
    if survey.similar_names:
        yield (
            f"{survey.similar_users} users have names that differ from others only in case ({survey.similar_names} "
            "names). They keep them; a new name always differs in more than case."
        )
    if survey.tokens_in_clear:
        yield (
            f"{survey.tokens_in_clear} associations contain a provider token in clear: "
            "`manage.py reencrypt_provider_tokens`."
        )
    yield verdict(survey)


def meaning(provider: ProviderSurvey, row_class: AssociationClass) -> str:
    """Return what happens to the rows of a class when their users sign in."""
    if row_class is AssociationClass.LEGACY and provider.adopted:
        return ADOPTED
    return MEANINGS[row_class].format(name=provider.name)


def verdict(survey: Survey) -> str:
    """Return the line that explains the exit code."""
    if survey.locked_out:
        return f"{survey.locked_out} associations would lock their users out."
    return "No user would be locked out."


def _details(provider: ProviderSurvey, row_class: AssociationClass) -> list[str]:
    if row_class is AssociationClass.FOUND:
        return []
    counts = provider.counts[row_class]
    details = []
    if counts.oldest and counts.newest:
        details.append(f"created {counts.oldest:%Y-%m-%d} to {counts.newest:%Y-%m-%d}")
    if row_class is not AssociationClass.ORPHAN and counts.active < counts.rows:
        details.append(f"{counts.rows - counts.active} of inactive users")
    if (
        row_class in {AssociationClass.DISABLED, AssociationClass.NO_CREDENTIAL, AssociationClass.UNKNOWN}
        and counts.active > counts.locked_out
    ):
        details.append(f"{counts.active - counts.locked_out} of users who can sign in otherwise")
    if row_class is AssociationClass.LEGACY and provider.with_capitals:
        details.append(f"{provider.with_capitals} with capitals: found only if the provider still spells them so")
    return details


def as_json(survey: Survey) -> dict[str, Any]:
    """Return the survey as an object, without addresses, uids and tokens."""
    return {
        "format": FORMAT,
        "migrated": True,
        "locked_out": survey.locked_out,
        "providers": {provider.name: _provider(provider) for provider in survey.providers},
        "user_names_alike": {"names": survey.similar_names, "users": survey.similar_users},
        "tokens_in_clear": survey.tokens_in_clear,
    }


def _provider(provider: ProviderSurvey) -> dict[str, Any]:
    return {
        "enabled": provider.enabled,
        "adopted": provider.adopted,
        "locked_out": provider.locked_out,
        "addresses_with_capitals": provider.with_capitals,
        "classes": {
            row_class: {
                "associations": counts.rows,
                "of_active_users": counts.active,
                "locked_out": counts.locked_out,
                "oldest": _iso(counts.oldest),
                "newest": _iso(counts.newest),
            }
            for row_class, counts in provider.counts.items()
        },
    }


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
