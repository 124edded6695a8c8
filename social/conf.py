"""The service's settings, typed, with their defaults; read at each use, so tests can override them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings


def _setting(name: str, default: Any) -> Any:
    return getattr(settings, name, default)


@dataclass(frozen=True, slots=True)
class Conf:
    """A view on `django.conf.settings`; docs/contract.md, section 8, explains each variable."""

    @property
    def providers(self) -> tuple[str, ...]:
        """Names of the enabled providers."""
        return tuple(_setting("SOCIAL_PROVIDERS", ()))

    @property
    def provider_hosts(self) -> Mapping[str, str]:
        """Where an origin is really reached; empty outside the sandbox."""
        return cast(Mapping[str, str], _setting("PROVIDER_HOSTS", {}))

    @property
    def sandbox(self) -> bool:
        """Whether providers may be reached on this machine."""
        return bool(_setting("SANDBOX", False))

    @property
    def provider_timeout(self) -> float:
        """Seconds for all provider calls of one sign-up together."""
        return float(_setting("PROVIDER_TIMEOUT", 10))

    @property
    def provider_concurrency(self) -> int:
        """Calls under way to one provider in this process."""
        return int(_setting("PROVIDER_CONCURRENCY", 16))

    @property
    def provider_concurrency_total(self) -> int | None:
        """Sign-ups that ask a provider, or wait to, in this process; None: how many threads it has is not known."""
        return cast(int | None, _setting("PROVIDER_CONCURRENCY_TOTAL", None))

    @property
    def provider_token_keys(self) -> tuple[str, ...]:
        """Fernet keys: the first encrypts, all decrypt. None: provider tokens are not kept."""
        return tuple(_setting("PROVIDER_TOKEN_KEYS", ()))

    @property
    def adopt_legacy_uids(self) -> frozenset[str]:
        """Providers whose old identifiers may be rewritten to today's."""
        return frozenset(_setting("ADOPT_LEGACY_UIDS", ()))

    @property
    def password_counts_as_login(self) -> bool:
        """Whether a usable password keeps a user from being locked out."""
        return bool(_setting("PASSWORD_COUNTS_AS_LOGIN", True))

    @property
    def redis_url(self) -> str:
        """Where limits are counted for all processes; empty: each counts by itself."""
        return str(_setting("REDIS_URL", ""))

    @property
    def trusted_proxies(self) -> int:
        """How many proxies of ours stand before the service."""
        return int(_setting("TRUSTED_PROXIES", 0))

    @property
    def throttle_anonymous(self) -> str | None:
        """How often an address may sign up or show bad credentials (`60/minute`); None for any number."""
        return cast(str | None, _setting("THROTTLE_ANONYMOUS", "60/minute"))

    @property
    def throttle_user(self) -> str | None:
        """How often a user may call; None for any number."""
        return cast(str | None, _setting("THROTTLE_USER", "600/minute"))

    @property
    def token_ttl(self) -> timedelta:
        """How long an access token lives after its last use."""
        return timedelta(days=float(_setting("TOKEN_TTL", 90)))

    @property
    def tokens_per_user(self) -> int:
        """How many access tokens of one user live."""
        return int(_setting("TOKENS_PER_USER", 50))

    @property
    def v1_sunset_at(self) -> datetime | None:
        """When v1 ends; None while that is not decided."""
        return cast(datetime | None, _setting("V1_SUNSET_AT", None))


conf = Conf()
