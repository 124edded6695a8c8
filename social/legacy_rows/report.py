"""A survey in words for an operator, and in JSON for a script."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from social.legacy_rows.classification import Class
from social.legacy_rows.survey import Findings, Survey

FORMAT = 1
"""Of the JSON; counted up when a name in it changes its meaning or goes."""

MEANINGS = {
    Class.FOUND: "found",
    Class.PROVEN: "found, and rewritten: today's id is kept with the old one",
    Class.SUPERSEDED: "not needed: the user has a row with today's id, too",
    Class.OLD: "account_conflict, while ADOPT_LEGACY_UIDS does not name {name}",
    Class.CONFLICT: "never found: another user has this address and a row with today's id",
    Class.UNPROVABLE: "account_conflict, whatever the settings: anybody may take that name or address",
    Class.UNUSABLE: "never found: white space at an end or an invisible character in the uid",
    Class.ORPHAN: "account_conflict: the user is gone, the association still there",
    Class.OFF: "not found: SOCIAL_PROVIDERS does not name {name}",
    Class.IMPOSSIBLE: "never found: there is no token of {name} that an app could show",
    Class.UNKNOWN: "never found: social-core has no provider of this name",
}
ADOPTED = "found, and rewritten to today's id at the next sign-in"


def lines(survey: Survey) -> Iterator[str]:
    """Give the survey as a table."""
    for findings in survey.providers:
        yield f"{findings.name}{'' if findings.enabled else ' (not enabled)'}"
        for kind, tally in findings.tallies.items():
            yield f"  {tally.rows:>9}  {meaning(findings, kind)}"
            if details := _details(findings, kind):
                yield f"  {'':>9}  {'; '.join(details)}"
        yield ""
    if survey.names_alike:
        yield (
            f"{survey.users_alike} users have names that differ only in their letters' case ({survey.names_alike} "
            "names). They stay; a new name is never like another in that way."
        )
    if survey.tokens_in_clear:
        yield (
            f"{survey.tokens_in_clear} associations hold a provider's token in clear: "
            "`manage.py reencrypt_provider_tokens`."
        )
    yield verdict(survey)


def meaning(findings: Findings, kind: Class) -> str:
    """Say what becomes of a class's rows when their people sign in."""
    if kind is Class.OLD and findings.adopted:
        return ADOPTED
    return MEANINGS[kind].format(name=findings.name)


def verdict(survey: Survey) -> str:
    """Say what the exit code says."""
    if survey.locked_out:
        return f"{survey.locked_out} associations would lock somebody out."
    return "Nobody would be locked out."


def _details(findings: Findings, kind: Class) -> list[str]:
    if kind is Class.FOUND:
        return []
    tally = findings.tallies[kind]
    details = []
    if tally.oldest and tally.newest:
        details.append(f"made {tally.oldest:%Y-%m-%d} to {tally.newest:%Y-%m-%d}")
    if kind is not Class.ORPHAN and tally.active < tally.rows:
        details.append(f"{tally.rows - tally.active} of inactive users")
    if kind in {Class.OFF, Class.IMPOSSIBLE, Class.UNKNOWN} and tally.active > tally.locked_out:
        details.append(f"{tally.active - tally.locked_out} of users with another way in")
    if kind is Class.OLD and findings.with_capitals:
        details.append(f"{findings.with_capitals} with capitals: found only while the provider writes them so")
    return details


def as_json(survey: Survey) -> dict[str, Any]:
    """Give the survey as an object; no address, no uid and no token is in it."""
    return {
        "format": FORMAT,
        "migrated": True,
        "locked_out": survey.locked_out,
        "providers": {findings.name: _findings(findings) for findings in survey.providers},
        "user_names_alike": {"names": survey.names_alike, "users": survey.users_alike},
        "tokens_in_clear": survey.tokens_in_clear,
    }


def _findings(findings: Findings) -> dict[str, Any]:
    return {
        "enabled": findings.enabled,
        "adopted": findings.adopted,
        "locked_out": findings.locked_out,
        "addresses_with_capitals": findings.with_capitals,
        "classes": {
            kind: {
                "associations": tally.rows,
                "of_active_users": tally.active,
                "locked_out": tally.locked_out,
                "oldest": _moment(tally.oldest),
                "newest": _moment(tally.newest),
            }
            for kind, tally in findings.tallies.items()
        },
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
