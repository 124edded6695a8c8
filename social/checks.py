"""System checks of the service's settings and database. Their ids are stable."""

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any

import django
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

from shared.http.urls import is_loopback
from social.compiled_lookup import TESTED_DJANGO, is_django_tested
from social.conf import conf
from social.engine.strategy import FINDS_BY_EMAIL
from social.legacy_rows.classification import AssociationClass
from social.legacy_rows.survey import nested_loops_disabled, survey_provider
from social.names_index import names_index
from social.providers import registry
from social.versions import TESTED, VERSIONS_HINT, untested

LISTS = ("EXTRA_DATA", "LEGACY_ID_KEYS", "PIPELINE", "USER_FIELDS", "WHITELISTED_DOMAINS", "WHITELISTED_EMAILS")
MAPPINGS = ("PROXIES", "USER_FIELD_MAPPING")
MIN_CHARACTERS = 10
"""Different characters of a Fernet key; a random key has fewer with a probability below 10**-20."""


@register("social")
def check_pipeline(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that no step of a pipeline finds users by e-mail address, and that each step can be imported.

    Providers may have pipelines of their own.
    """
    names = [setting_name("PIPELINE"), *(setting_name(provider, "PIPELINE") for provider in conf.providers)]
    return [message for name in names for message in _check_steps(name, getattr(settings, name, ()))]


@register("social")
def check_lists(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that settings which social-core takes for lists or for mappings are such.

    It would search a string for parts of it, fail at each sign-in, or take an allow list for none.
    """
    owners: list[tuple[str, ...]] = [(), *((one,) for one in conf.providers)]
    kinds: dict[str, tuple[type, ...]] = {
        **dict.fromkeys(LISTS, (list, tuple, set, frozenset)),
        **dict.fromkeys(MAPPINGS, (dict,)),
    }
    return [
        Error(
            f"{name} must be {'a mapping' if option in MAPPINGS else 'a list'}.",
            hint="In the environment it is JSON: " + name + ('={"…": "…"}.' if option in MAPPINGS else '=["…"].'),
            id="social.E011",
        )
        for owner in owners
        for option, kind in kinds.items()
        for name in [setting_name(*owner, option)]
        if hasattr(settings, name) and not isinstance(getattr(settings, name), kind)
    ]


def _check_steps(setting: str, steps: Sequence[str]) -> Iterator[CheckMessage]:
    if not isinstance(steps, list | tuple):
        return  # check_lists reports it
    if FINDS_BY_EMAIL in steps:
        yield Error(
            f"{setting} finds users by their e-mail address: anyone with that address at a provider could take over "
            "the account.",
            hint=f"Remove {FINDS_BY_EMAIL}.",
            id="social.E003",
        )
    for step in steps:
        try:
            module_member(step)
        except (ImportError, AttributeError, ValueError):
            yield Error(
                f"{setting} names {step!r}, which cannot be imported.",
                hint="Set the dotted path of a function.",
                id="social.E004",
            )


@register("social")
def check_django(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the tests have been run with the installed Django; only then lookups are compiled."""
    if is_django_tested():
        return []
    return [
        checks.Warning(
            f"Django {django.get_version()} was never tested with Tandem. Plain queries replace the compiled lookups, "
            "and a sign-in takes half as much CPU again.",
            hint=f"The tested versions are {', '.join(TESTED_DJANGO)}. {VERSIONS_HINT}",
            id="social.W006",
        )
    ]


@register("social")
def check_versions(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the tests have been run with the installed versions; `check_django` checks Django's."""
    others = {package: series for package, series in TESTED.items() if package != "Django"}
    return list(untested(others, "social.W009"))


@register("social")
def check_redis(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the client of Redis is installed if there is a Redis."""
    if not conf.redis_url or find_spec("redis"):
        return []
    return [
        Error(
            "REDIS_URL is set, but the package redis is not installed: each call would fail.",
            hint="Install redis, or remove REDIS_URL: then each process counts rate limits by itself.",
            id="social.E019",
        )
    ]


@register("social")
def check_provider_token_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that every key is a Fernet key, and none an example such as one of zeros."""
    found: list[CheckMessage] = []
    for number, key in enumerate(conf.provider_token_keys, start=1):
        try:
            Fernet(key)
            random = len(set(key)) >= MIN_CHARACTERS
        except ValueError:
            random = False
        if not random:
            found.append(
                Error(
                    f"PROVIDER_TOKEN_KEYS: key {number} is not a random Fernet key.",
                    hint="Generate one with cryptography.fernet.Fernet.generate_key().",
                    id="social.E005",
                )
            )
    return found


@register("social")
def check_sandbox(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that PROVIDER_HOSTS is set only in a sandbox, and that a sandbox serves only this machine.

    The client chooses the Host, so the allowed hosts alone do not keep others out.
    """
    found: list[CheckMessage] = []
    if conf.provider_hosts and not conf.sandbox:
        found.append(
            Error(
                "PROVIDER_HOSTS redirects provider calls outside a sandbox.",
                hint="Remove PROVIDER_HOSTS; it is for SANDBOX=1 only.",
                id="social.E006",
            )
        )
    if not conf.sandbox:
        return found
    if not all(map(is_loopback, settings.ALLOWED_HOSTS)):
        found.append(
            Error(
                "SANDBOX=1 on a service with hosts other than this machine's: anyone could sign in as any user.",
                hint="Remove SANDBOX, or set ALLOWED_HOSTS to localhost, 127.0.0.1 and [::1] only.",
                id="social.E007",
            )
        )
    if not all(map(is_loopback, _bound())):
        found.append(
            Error(
                "SANDBOX=1 on a service that listens on addresses other than loopback: a neighbour could sign in as "
                "any user.",
                hint="Remove SANDBOX, or set BIND to 127.0.0.1.",
                id="social.E013",
            )
        )
    if conf.trusted_proxies or settings.SECURE_HSTS_SECONDS:
        found.append(
            Error(
                "SANDBOX=1 on a service with TRUSTED_PROXIES or HSTS_SECONDS: these are settings of a production "
                "service, and behind a proxy every client looks like this machine.",
                hint="Remove SANDBOX, or set TRUSTED_PROXIES and HSTS_SECONDS to 0.",
                id="social.E014",
            )
        )
    return found


def _bound() -> list[str]:
    """Return the addresses that the server listens on."""
    return [address.strip() for address in str(getattr(settings, "BIND", "127.0.0.1")).split(",")]


_SAYS_PROXY = ("SECURE_PROXY_SSL_HEADER", "USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT")
"""Settings of Django that only a project behind a proxy needs."""


@register(checks.Tags.security, deploy=True)
def check_shared_limits(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Warn if the rate limits would count all clients as one, or each process would count alone.

    The defaults are those of a server that clients reach directly, with one process. A project that mounts the service
    seldom runs so.
    """
    if conf.throttle_anonymous is None and conf.throttle_user is None:
        return []
    return [*_proxies(), *_processes()]


def _proxies() -> Iterator[CheckMessage]:
    proxy = [name for name in _SAYS_PROXY if getattr(settings, name, None)]
    known = hasattr(settings, "TRUSTED_PROXIES")
    if conf.throttle_anonymous is None or conf.trusted_proxies or (known and not proxy):
        return
    yield checks.Warning(
        f"TRUSTED_PROXIES is {'0' if known else 'not set'}"
        + (f", but {' and '.join(proxy)} says that there is a proxy" if proxy else "")
        + ". Behind a proxy or a CDN all clients have its address, and so share one budget of sign-ups "
        f"({conf.throttle_anonymous}): soon everybody gets 429.",
        hint="Set TRUSTED_PROXIES to the number of proxies that append to X-Forwarded-For, a CDN included; to 0 if "
        "clients connect directly. If REMOTE_ADDR is already the client's address (nginx's real_ip), silence this.",
        id="social.W011",
    )


def _processes() -> Iterator[CheckMessage]:
    if not conf.redis_url:
        yield checks.Warning(
            "REDIS_URL is not set: each process counts the rate limits alone, so that four processes allow four times "
            "as many calls, and a new process begins at 0.",
            hint="Set REDIS_URL to a Redis that all processes reach. With a single process, silence this.",
            id="social.W012",
        )


@checks.register(checks.Tags.database)
def check_stale_provider_tokens(
    app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any
) -> Sequence[CheckMessage]:
    """Warn if there are provider tokens that sign-ins no longer replace, because there is no key to store new ones."""
    using = router.db_for_read(UserSocialAuth)
    if conf.provider_token_keys or using not in (databases or ()):
        return []
    try:
        stored = UserSocialAuth.objects.using(using).filter(extra_data__access_token__isnull=False).exists()
    except DatabaseError:  # not migrated yet
        return []
    if not stored:
        return []
    return [
        checks.Warning(
            "PROVIDER_TOKEN_KEYS is not set, so sign-ins store no provider tokens. The tokens of former sign-ins stay: "
            "code that reads them from extra_data gets old ones.",
            hint="Set PROVIDER_TOKEN_KEYS and read tokens with social.provider_tokens.get_provider_token, or remove "
            "them: manage.py reencrypt_provider_tokens --forget",
            id="social.W013",
        )
    ]


_INDEX_MIGRATION = ("social", "0002_names_index")


@checks.register(checks.Tags.database)
def check_names_index(
    app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any
) -> Sequence[checks.CheckMessage]:
    """Warn if the index of the user names is missing although its migration is applied.

    The migration may have been faked, or may have found no column. On SQLite a later migration of the user's app may
    have dropped the index: Django recreates the table, with the indexes of the models only.
    """
    using = router.db_for_write(get_user_model())
    if using not in (databases or ()):
        return []
    connection = connections[using]
    index = names_index(connection)
    try:
        if index is None or _INDEX_MIGRATION not in MigrationRecorder(connection).applied_migrations() or index.exists:
            return []
    except DatabaseError:  # other checks report an unavailable database
        return []
    return [
        checks.Warning(
            "User names have no case-insensitive index: each sign-up reads all users.",
            hint="Create it: manage.py migrate social 0001 && manage.py migrate social",
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
