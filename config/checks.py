"""System checks of a deployment (`manage.py check --deploy`). Their ids are stable."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's name for it

from social.conf import conf

LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "[::1]"}


@register(Tags.security, deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Check what a service on a public network needs."""
    return [*_tls(), *_hosts(), *_limits(), *_sandbox()]


def _tls() -> Iterator[CheckMessage]:
    if not conf.trusted_proxies:
        yield Warning(
            "TRUSTED_PROXIES is 0: the service speaks plain HTTP, so tokens would cross the network in clear.",
            hint="Let a proxy terminate TLS and overwrite X-Forwarded-Proto, and set the number of proxies.",
            id="config.W001",
        )


def _hosts() -> Iterator[CheckMessage]:
    hosts = set(settings.ALLOWED_HOSTS)
    if "*" in hosts or hosts <= LOOPBACK_HOSTS:
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
