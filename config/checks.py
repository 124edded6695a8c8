"""What `manage.py check --deploy` says besides Django's own checks. Ids are stable."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's name for it

ONLY_HERE = {"localhost", "127.0.0.1", "[::1]"}


@register(Tags.security, deploy=True)
def check_deployment(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """What a service that is open to the world must have, and must not have."""
    return [*_tls(), *_hosts(), *_limits(), *_sandbox()]


def _tls() -> Iterator[CheckMessage]:
    if not settings.TRUSTED_PROXIES:
        yield Warning(
            "TRUSTED_PROXIES is 0: the service speaks plain HTTP, so tokens would cross the network in clear.",
            hint="Let a proxy take TLS and overwrite X-Forwarded-Proto, and say how many stand there.",
            id="config.W001",
        )


def _hosts() -> Iterator[CheckMessage]:
    hosts = set(settings.ALLOWED_HOSTS)
    if "*" in hosts or hosts <= ONLY_HERE:
        yield Warning(
            f"ALLOWED_HOSTS is {','.join(sorted(hosts))}: any host, or none that a client could reach.",
            hint="Name the hosts of the service.",
            id="config.W002",
        )


def _limits() -> Iterator[CheckMessage]:
    for name in ("THROTTLE_ANONYMOUS", "THROTTLE_USER"):
        if getattr(settings, name) is None:
            yield Warning(
                f"{name} is off: tokens can be tried, and providers called, without bound.",
                hint=f"Give {name} a rate, such as 60/min.",
                id="config.W003",
            )


def _sandbox() -> Iterator[CheckMessage]:
    if settings.SANDBOX:
        yield Warning(
            "SANDBOX is on: anyone can be anyone.",
            hint="Remove SANDBOX and PROVIDER_HOSTS.",
            id="config.W004",
        )
