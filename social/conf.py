"""The service's settings with their types and defaults. They are read at each use, because tests override them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from shared.http.settings import setting

DEFAULT_PROVIDER_TIMEOUT = 10
_THREADS_IF_UNKNOWN = 32


@dataclass(frozen=True, slots=True)
class Conf:
    """The settings in `django.conf.settings`; docs/contract.md, section 8, explains each variable."""

    @property
    def providers(self) -> tuple[str, ...]:
        """Names of the enabled providers."""
        return tuple(setting("SOCIAL_PROVIDERS", ()))

    @property
    def provider_hosts(self) -> Mapping[str, str]:
        """The URL to call in place of each provider's origin; empty outside the sandbox."""
        return cast(Mapping[str, str], setting("PROVIDER_HOSTS", {}))

    @property
    def sandbox(self) -> bool:
        """Whether calls to providers may go to this machine."""
        return bool(setting("SANDBOX", False))

    @property
    def provider_timeout(self) -> float:
        """Seconds in which all provider calls of one sign-up must end."""
        return float(setting("PROVIDER_TIMEOUT", DEFAULT_PROVIDER_TIMEOUT))

    @property
    def provider_concurrency(self) -> int:
        """Concurrent calls to one provider in this process; half of its threads by default."""
        return int(setting("PROVIDER_CONCURRENCY", max(1, setting("THREADS", _THREADS_IF_UNKNOWN) // 2)))

    @property
    def provider_concurrency_total(self) -> int | None:
        """Concurrent sign-ups that call a provider or wait to, in this process; None if `THREADS` is not set.

        The other threads, an eighth and at least one, are for requests that call no provider.
        """
        threads = setting("THREADS", None)
        total = None if threads is None else threads - max(1, threads // 8)
        return cast(int | None, setting("PROVIDER_CONCURRENCY_TOTAL", total))

    @property
    def provider_token_keys(self) -> tuple[str, ...]:
        """Fernet keys: the first encrypts, all decrypt. Without keys provider tokens are not stored."""
        return tuple(setting("PROVIDER_TOKEN_KEYS", ()))

    @property
    def adopt_legacy_uids(self) -> frozenset[str]:
        """Providers whose legacy uids are rewritten to the current ids."""
        return frozenset(setting("ADOPT_LEGACY_UIDS", ()))

    @property
    def password_counts_as_login(self) -> bool:
        """Whether a usable password counts as a way to log in when an account is disconnected."""
        return bool(setting("PASSWORD_COUNTS_AS_LOGIN", True))

    @property
    def redis_url(self) -> str:
        """URL of the Redis that counts the rate limits of all processes; if empty, each process counts alone."""
        return str(setting("REDIS_URL", ""))

    @property
    def trusted_proxies(self) -> int:
        """Number of trusted proxies in front of the service."""
        return int(setting("TRUSTED_PROXIES", 0))

    @property
    def throttle_anonymous(self) -> str | None:
        """Rate of sign-ups and failed authentications of an address (`60/minute`); None for no limit."""
        return cast(str | None, setting("THROTTLE_ANONYMOUS", "60/minute"))

    @property
    def throttle_user(self) -> str | None:
        """Rate of a user's calls; None for no limit."""
        return cast(str | None, setting("THROTTLE_USER", "600/minute"))

    @property
    def admin_throttle(self) -> tuple[str, str, str]:
        """Rates of attempts to sign in to the admin: by user name, by address, in all."""
        return cast(tuple[str, str, str], setting("ADMIN_THROTTLE", ("5/minute", "20/minute", "100/minute")))

    @property
    def token_ttl(self) -> timedelta:
        """Lifetime of an access token after its last use."""
        return timedelta(days=float(setting("TOKEN_TTL", 90)))

    @property
    def tokens_per_user(self) -> int:
        """Number of valid access tokens of one user."""
        return int(setting("TOKENS_PER_USER", 50))

    @property
    def recent_sign_in(self) -> timedelta | None:
        """Age of a token's proof of identity beyond which it changes no identities; None for no limit."""
        seconds = setting("RECENT_SIGN_IN", None)
        return None if seconds is None else timedelta(seconds=float(seconds))

    @property
    def v1_sunset_at(self) -> datetime | None:
        """Date and time of the end of v1; None if it has none."""
        return cast(datetime | None, setting("V1_SUNSET_AT", None))


conf = Conf()
