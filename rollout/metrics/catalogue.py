"""Every metric with its name, type, labels and meaning, and the values of labels.

docs/metrics.md lists the same metrics; a test compares them. Each label has few values, all known beforehand, so that
no client can create a series.
"""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from rollout.calls import UNKNOWN
from shared.contract.declarations import registry
from shared.contract.errors import leaves
from shared.http.urls import apis
from social.conf import conf

OTHER = "other"
"""The label of an unknown value, which occurs only if a project extends the service."""
SIGN_UP_OUTCOMES = ("created", "signed_in", "linked")
OK = "ok"
LIMIT_KINDS = ("address", "user", "admin_address", "admin_user", "admin")
"""The kinds of rate limits."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A metric as Prometheus sees it; names follow prometheus.io/docs/practices/naming."""

    name: str
    type: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str


REQUESTS = Entry("tandem_requests_total", "counter", ("version", "resource", "outcome"), "Requests answered.")
REQUEST_SECONDS = Entry("tandem_request_seconds", "histogram", ("version", "resource"), "Time until the answer.")
SIGN_INS = Entry(
    "tandem_sign_ins_total", "counter", ("version", "provider", "outcome"), "Sign-ups that named an enabled provider."
)
PROVIDER_SECONDS = Entry(
    "tandem_provider_seconds", "histogram", ("provider", "result"), "Time of a sign-up's calls to its provider."
)
PROVIDER_IN_PROGRESS = Entry(
    "tandem_provider_in_progress", "gauge", ("provider",), "Sign-ups that wait for their provider at this moment."
)
PLACES_REFUSED = Entry(
    "tandem_provider_places_refused_total",
    "counter",
    ("provider",),
    "Sign-ups turned away since too many were under way, with their provider or with all of them.",
)
MISCONFIGURED = Entry(
    "tandem_provider_misconfigured_total",
    "counter",
    ("provider",),
    "Sign-ups that failed since the provider refuses our registration, plan or permissions.",
)
THROTTLED = Entry("tandem_throttled_total", "counter", ("kind",), "Requests over a limit.")
STORAGE_AWAY = Entry(
    "tandem_limits_storage_away_total", "counter", (), "Requests that a process counted by itself, Redis being away."
)
ACTIVE_USERS = Entry("tandem_active_users", "gauge", ("version",), "Users who called the version within 28 days.")
CLIENT_CALLS = Entry(
    "tandem_client_calls", "gauge", ("version", "client"), "Requests to v1 within 28 days, of the clients with most."
)
DEPENDENT_USERS = Entry("tandem_v1_dependent_users", "gauge", (), "Users who called v1, and not v2, within 28 days.")
PROJECTED_END = Entry(
    "tandem_v1_projected_end_seconds",
    "gauge",
    (),
    "When v1 has one percent of the calls if it goes on like this, as Unix time; absent while no end is in sight.",
)
DEPRECATED_AT = Entry("tandem_v1_deprecated_at_seconds", "gauge", (), "When v1 is deprecated, as Unix time.")
SUNSET_AT = Entry("tandem_v1_sunset_at_seconds", "gauge", (), "When v1 ends, as Unix time.")

CATALOGUE = (
    REQUESTS,
    REQUEST_SECONDS,
    SIGN_INS,
    PROVIDER_SECONDS,
    PROVIDER_IN_PROGRESS,
    PLACES_REFUSED,
    MISCONFIGURED,
    THROTTLED,
    STORAGE_AWAY,
    ACTIVE_USERS,
    CLIENT_CALLS,
    DEPENDENT_USERS,
    PROJECTED_END,
    DEPRECATED_AT,
    SUNSET_AT,
)


def version_label(value: str) -> str:
    """Return the version if its API is mounted, else `other`."""
    return _known_label(value, mounted_versions())


def resource_label(value: str) -> str:
    """Return the resource if it is declared, else `other`."""
    return _known_label(value, (UNKNOWN, *registry.names))


def outcome_label(value: str) -> str:
    """Return the outcome (of a sign-up, an error's code, or `ok`) if the contract has it, else `other`."""
    return _known_label(value, outcomes())


def provider_label(value: str) -> str:
    """Return the provider if it is enabled, else `other`."""
    return _known_label(value, conf.providers)


def kind_label(value: str) -> str:
    """Return the kind of a rate limit, or `other`."""
    return _known_label(value, LIMIT_KINDS)


def mounted_versions() -> tuple[str, ...]:
    """Return the versions of all APIs, retired ones included."""
    return tuple(api.version for api in apis())


@cache
def outcomes() -> frozenset[str]:
    """Return the outcomes of the contract."""
    return frozenset({OK, *SIGN_UP_OUTCOMES, *(leaf.code for leaf in leaves())})


def _known_label(value: str, known: frozenset[str] | tuple[str, ...]) -> str:
    return value if value in known else OTHER
