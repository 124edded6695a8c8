"""System checks of the service, most of them for a deployment (`manage.py check --deploy`). Their ids are stable."""

import os
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's name for it
from django.core.checks.security import base as django_checks

from config.misspelt import misspelt
from shared.http.urls import is_loopback
from social.conf import conf


@register(Tags.security)
def check_secret_key(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that the key is one that Django's own check of a deployment accepts; a sandbox may have any key."""
    if conf.sandbox or not django_checks.check_secret_key(app_configs):
        return []
    return [
        Error(
            "SECRET_KEY can be guessed: it has fewer than 50 characters, fewer than 5 different ones, or begins with "
            "django-insecure-.",
            hint="Generate one: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            id="config.E001",
        )
    ]


@register(Tags.security)
def check_debug(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Warn at each start of a service for others that is in debug mode."""
    if not settings.DEBUG or all(map(is_loopback, settings.ALLOWED_HOSTS)):
        return []
    return [
        Warning(
            "DEBUG is on, and ALLOWED_HOSTS names other hosts than this machine's: pages of errors show the service's "
            "URLs and source code.",
            hint="Remove DEBUG.",
            id="config.W008",
        )
    ]


@register(Tags.security)
def check_bind(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check that only this machine can reach the service, since it expects a proxy before it."""
    public = [address for address in settings.BIND.split(",") if not is_loopback(address)]
    if not public:
        return []
    consequence = (
        "They can forge X-Forwarded-For, and so evade the rate limits."
        if conf.trusted_proxies
        else "Their tokens cross the network in clear, and nothing limits the number of their connections."
    )
    return [
        Warning(
            f"BIND is {','.join(public)}: clients may reach the service without a proxy before it. {consequence}",
            hint="Let only the proxy reach the port, by a firewall or a container's network, or set BIND to 127.0.0.1.",
            id="config.W007",
        )
    ]


@register()
def check_names_of_variables(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Warn of variables whose names are close to one of ours: nothing else shows that a setting is not applied."""
    return [
        Warning(
            f"{name} is not a variable of this service, and is ignored.",
            hint=f"Did you mean {meant}?",
            id="config.W012",
        )
        for name, meant in misspelt(os.environ, conf.providers)
    ]


@register(Tags.security, deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check what a service on a public network needs."""
    return [*_tls(), *_hosts(), *_limits(), *_sandbox(), *_database_tls(), *_redis_tls(), *_origins()]


def _tls() -> Iterator[CheckMessage]:
    if not conf.trusted_proxies:
        yield Warning(
            "TRUSTED_PROXIES is 0: the service speaks plain HTTP, so tokens would cross the network in clear.",
            hint="Let a proxy terminate TLS and overwrite X-Forwarded-Proto, and set the number of proxies.",
            id="config.W001",
        )


def _hosts() -> Iterator[CheckMessage]:
    hosts = set(settings.ALLOWED_HOSTS)
    if "*" in hosts or all(map(is_loopback, hosts)):
        yield Warning(
            f"ALLOWED_HOSTS is {','.join(sorted(hosts))}: any host, or none that a client can reach.",
            hint="List the hosts of the service.",
            id="config.W002",
        )


def _limits() -> Iterator[CheckMessage]:
    for name, rate in {"THROTTLE_ANONYMOUS": conf.throttle_anonymous, "THROTTLE_USER": conf.throttle_user}.items():
        if rate is None:
            yield Warning(
                f"{name} is off: there is no limit to guessing tokens and calling providers.",
                hint=f"Set {name} to a rate, such as 60/min.",
                id="config.W003",
            )


def _sandbox() -> Iterator[CheckMessage]:
    if conf.sandbox:
        yield Warning(
            "SANDBOX is on: anyone can sign in as anyone.",
            hint="Remove SANDBOX and PROVIDER_HOSTS.",
            id="config.W004",
        )


def _database_tls() -> Iterator[CheckMessage]:
    database = settings.DATABASES["default"]
    options = database.get("OPTIONS", {})
    hosts = str(options.get("host") or database.get("HOST") or "").split(",")
    # `require` encrypts without checking whose certificate it is (libpq, "SSL Support").
    if any(map(_is_remote, hosts)) and options.get("sslmode") not in {"verify-ca", "verify-full"}:
        yield Warning(
            "DATABASE_URL names another machine without sslmode=verify-full: an attacker in the network between can "
            "read and change all data.",
            hint="Add ?sslmode=verify-full&sslrootcert=… to DATABASE_URL.",
            id="config.W005",
        )


def _redis_tls() -> Iterator[CheckMessage]:
    url = urlsplit(conf.redis_url)
    # Arguments of the `redis` package; it verifies certificates and their names by default.
    options = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true", **dict(parse_qsl(url.query))}
    verified = options["ssl_cert_reqs"] == "required" and options["ssl_check_hostname"].lower() == "true"
    if _is_remote(url.hostname or "") and not (url.scheme == "rediss" and verified):
        yield Warning(
            "REDIS_URL names another machine without verified TLS: an attacker in the network between can read its "
            "password and lift the limits.",
            hint="Let REDIS_URL begin with rediss://, and remove ssl_cert_reqs and ssl_check_hostname from it.",
            id="config.W006",
        )


def _origins() -> Iterator[CheckMessage]:
    for origin in settings.CORS_ALLOWED_ORIGINS:
        if origin.startswith("http://") and _is_remote(urlsplit(origin).hostname or ""):
            yield Warning(
                f"CORS_ALLOWED_ORIGINS contains {origin}: an attacker in a visitor's network can change its pages.",
                hint="Serve these pages by https only, and list the https origin.",
                id="config.W009",
            )


def _is_remote(host: str) -> bool:
    """Return True unless the host is this machine: a socket's folder, none, or loopback."""
    return not (host == "" or host.startswith("/") or is_loopback(host))
