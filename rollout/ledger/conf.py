"""The ledger's settings, typed, with their defaults; read at each use, so tests can override them."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Conf:
    """A view on `django.conf.settings`; docs/ledger.md says what each variable means."""

    @property
    def flush_seconds(self) -> float:
        """How often this process writes what it has counted; 0: only when it is told to."""
        return float(getattr(settings, "LEDGER_FLUSH_SECONDS", 5))

    @property
    def clients(self) -> int:
        """How many clients have rows of their own on a day."""
        return int(getattr(settings, "LEDGER_CLIENTS", 200))

    @property
    def calls_kept(self) -> timedelta:
        """How long counts are kept."""
        return timedelta(days=int(getattr(settings, "LEDGER_DAYS", 760)))

    @property
    def last_calls_kept(self) -> timedelta:
        """How long it is kept when a user last called."""
        return timedelta(days=int(getattr(settings, "LAST_CALL_DAYS", 400)))


conf = Conf()
