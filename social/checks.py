"""System checks: what an operator must know before the service starts. Ids are stable."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.db import connections, router
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import DatabaseError
from social_core.utils import module_member, setting_name
from social_django.models import UserSocialAuth

from social.conf import conf
from social.engine.strategy import FINDS_BY_EMAIL
from social.legacy_rows.classification import AssociationClass
from social.legacy_rows.survey import nested_loops_disabled, survey_provider
from social.names_index import names_index
from social.providers import registry

LISTS = ("EXTRA_DATA", "LEGACY_ID_KEYS", "PIPELINE", "USER_FIELDS", "WHITELISTED_DOMAINS", "WHITELISTED_EMAILS")


@register("social")
def check_pipeline(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """No step finds a user by an address, and every step can be loaded; providers may have pipelines of their own."""
    names = [setting_name("PIPELINE"), *(setting_name(provider, "PIPELINE") for provider in conf.providers)]
    return [message for name in names for message in _check_steps(name, getattr(settings, name, ()))]


@register("social")
def check_lists(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """What social-core goes through one by one is no text, of which it would take the letters."""
    names = [setting_name(*owner, option) for owner in ((), *((one,) for one in conf.providers)) for option in LISTS]
    return [
        Error(
            f"{name} is text where a list belongs.",
            hint=f'Give a list, in the environment as JSON: {name}=["…"].',
            id="social.E011",
        )
        for name in names
        if isinstance(getattr(settings, name, None), str)
    ]


def _check_steps(setting: str, steps: Sequence[str]) -> Iterator[CheckMessage]:
    if isinstance(steps, str):
        return  # check_lists says so
    if FINDS_BY_EMAIL in steps:
        yield Error(
            f"{setting} finds users by their e-mail address: whoever has that address at some provider would take "
            "the account over.",
            hint=f"Remove {FINDS_BY_EMAIL}.",
            id="social.E003",
        )
    for step in steps:
        try:
            module_member(step)
        except (ImportError, AttributeError, ValueError):
            yield Error(
                f"{setting} names {step!r}, which cannot be imported.",
                hint="Give the dotted path of a function.",
                id="social.E004",
            )


@register("social")
def check_provider_token_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Every key can be used."""
    found: list[CheckMessage] = []
    for number, key in enumerate(conf.provider_token_keys, start=1):
        try:
            Fernet(key)
        except ValueError:
            found.append(
                Error(
                    f"PROVIDER_TOKEN_KEYS: key {number} is no Fernet key.",
                    hint="Make one with cryptography.fernet.Fernet.generate_key().",
                    id="social.E005",
                )
            )
    return found


@register("social")
def check_sandbox(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Providers are reached on this machine only in a sandbox, and a sandbox serves this machine only."""
    found: list[CheckMessage] = []
    if conf.provider_hosts and not conf.sandbox:
        found.append(
            Error(
                "PROVIDER_HOSTS sends provider calls elsewhere outside a sandbox.",
                hint="Remove PROVIDER_HOSTS; it is for SANDBOX=1 alone.",
                id="social.E006",
            )
        )
    if conf.sandbox and not set(settings.ALLOWED_HOSTS) <= {"localhost", "127.0.0.1", "[::1]"}:
        found.append(
            Error(
                "SANDBOX=1 on a service that answers to other hosts than this machine's: anyone could be anyone.",
                hint="Remove SANDBOX, or let ALLOWED_HOSTS name localhost, 127.0.0.1 and [::1] only.",
                id="social.E007",
            )
        )
    return found


_BUILT_BY = ("social", "0002_names_index")


@checks.register(checks.Tags.database)
def check_names_index(
    app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any
) -> Sequence[checks.CheckMessage]:
    """Say where the migration has found no column, was faked, or where a later one has lost the index again.

    On SQLite Django changes a table by making it anew, with the indexes that its app knows of.
    """
    using = router.db_for_write(get_user_model())
    if using not in (databases or ()):
        return []
    connection = connections[using]
    index = names_index(connection)
    try:
        if index is None or _BUILT_BY not in MigrationRecorder(connection).applied_migrations() or index.exists:
            return []
    except DatabaseError:  # it is away, which others say
        return []
    return [
        checks.Warning(
            "User names have no index that ignores their case: each sign-up looks at all users.",
            hint="Build it: manage.py migrate social 0001 && manage.py migrate social",
            id="social.W005",
        )
    ]


@checks.register(checks.Tags.database)
def check_legacy_rows(
    app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any
) -> Sequence[checks.CheckMessage]:
    """Warn about associations with legacy uids whose users cannot sign in."""
    if router.db_for_read(UserSocialAuth) not in (databases or ()):
        return []
    found: list[checks.CheckMessage] = []
    for provider in registry.enabled():
        if provider in conf.adopt_legacy_uids:
            continue
        try:
            with nested_loops_disabled():
                legacy = survey_provider(provider).counts.get(AssociationClass.LEGACY)
        except DatabaseError:  # not migrated yet
            return []
        if legacy:
            found.append(
                checks.Warning(
                    f"{legacy.rows} associations of {provider} have a legacy uid: a sign-in with one of them gets "
                    "account_conflict.",
                    hint=f"List {provider} in ADOPT_LEGACY_UIDS as long as such rows should be adopted; "
                    "`manage.py check_associations` reports more.",
                    id="social.W001",
                )
            )
    return found
