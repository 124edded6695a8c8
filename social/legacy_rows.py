"""Associations whose uid is an identifier that social-core has since replaced, mostly an address."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core import checks
from django.db import router
from django.db.models import Q
from django.db.utils import DatabaseError
from social_core.identifiers import UNVERIFIED_LEGACY_TRANSITIONS
from social_django.models import UserSocialAuth

from social.conf import conf


def count_legacy_rows(provider: str) -> int:
    """Count a provider's rows that are found again only while `ADOPT_LEGACY_UIDS` names it."""
    transition = UNVERIFIED_LEGACY_TRANSITIONS.get(provider)
    if transition is None:
        return 0
    old_key = transition[1]
    return UserSocialAuth.objects.filter(Q(id_key=old_key) | Q(id_key="", uid__contains="@"), provider=provider).count()


@checks.register(checks.Tags.database)
def check_legacy_rows(
    app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any
) -> Sequence[checks.CheckMessage]:
    """Say how many people of each provider could not sign in any more; `manage.py check --database default`."""
    if router.db_for_read(UserSocialAuth) not in (databases or ()):
        return []
    found: list[checks.CheckMessage] = []
    for provider in conf.providers:
        try:
            rows = count_legacy_rows(provider)
        except DatabaseError:  # not migrated yet
            return []
        if rows and provider not in conf.adopt_legacy_uids:
            found.append(
                checks.Warning(
                    f"{rows} associations of {provider} have an identifier of old: who signs in with one of them "
                    "gets account_conflict.",
                    hint=f"Name {provider} in ADOPT_LEGACY_UIDS for as long as such rows are to be adopted.",
                    id="social.W001",
                )
            )
    return found
