"""`manage.py check --database default`: the associations that would lock somebody out, in a line a provider."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core import checks
from django.db import router
from django.db.utils import DatabaseError
from social_django.models import UserSocialAuth

from social.conf import conf
from social.legacy_rows.classification import Class
from social.legacy_rows.survey import findings_of, planned
from social.providers import registry


@checks.register(checks.Tags.database)
def check_legacy_rows(
    app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any
) -> Sequence[checks.CheckMessage]:
    """Say how many people of each provider could not sign in any more."""
    if router.db_for_read(UserSocialAuth) not in (databases or ()):
        return []
    found: list[checks.CheckMessage] = []
    for provider in registry.enabled():
        if provider in conf.adopt_legacy_uids:
            continue
        try:
            with planned():
                tally = findings_of(provider).tallies.get(Class.OLD)
        except DatabaseError:  # not migrated yet
            return []
        if tally:
            found.append(
                checks.Warning(
                    f"{tally.rows} associations of {provider} have an identifier of old: who signs in with one of them "
                    "gets account_conflict.",
                    hint=f"Name {provider} in ADOPT_LEGACY_UIDS for as long as such rows are to be adopted; "
                    "`manage.py check_associations` tells more.",
                    id="social.W001",
                )
            )
    return found
