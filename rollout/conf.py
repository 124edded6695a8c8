"""Typed access to the settings of this app, with their defaults; read at each use, so tests can override them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.http.settings import setting

DEFAULT_CLIENT_HEADER = "X-Client"


@dataclass(frozen=True, slots=True)
class Conf:
    """A view of `django.conf.settings`; docs/operators.md and docs/ledger.md describe the variables."""

    @property
    def client_header(self) -> str:
        """The name of the request header that names an app build."""
        return str(setting("CLIENT_HEADER", DEFAULT_CLIENT_HEADER))

    @property
    def flush_seconds(self) -> float:
        """Seconds between two flushes of the ledger; 0: only on request."""
        return float(setting("LEDGER_FLUSH_SECONDS", 5))

    @property
    def clients(self) -> int:
        """How many clients have rows of their own in the ledger of a day."""
        return int(setting("LEDGER_CLIENTS", 200))

    @property
    def calls_kept(self) -> timedelta:
        """How long counts are kept."""
        return timedelta(days=int(setting("LEDGER_DAYS", 760)))

    @property
    def last_calls_kept(self) -> timedelta:
        """How long the time of a user's last call is kept."""
        return timedelta(days=int(setting("LAST_CALL_DAYS", 400)))

    @property
    def paired_resources(self) -> Mapping[str, str]:
        """The name in the current version of each resource of a project's own that has another name in an old one."""
        found: Mapping[str, str] = setting("PAIRED_RESOURCES", {})
        return found

    @property
    def notice_days(self) -> Sequence[int]:
        """How many days before a date of v1 its clients receive a notice."""
        found: Sequence[int] = setting("CLIENT_NOTICE_DAYS", (30, 7, 1))
        return found

    @property
    def metrics_token(self) -> str:
        """The bearer token for `/metrics`; empty: there are no metrics."""
        return str(setting("METRICS_TOKEN", ""))


conf = Conf()
