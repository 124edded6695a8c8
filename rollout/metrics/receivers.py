"""Signal receivers that count calls, sign-ups and provider calls in the metrics of this process."""

import logging
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from django.dispatch import Signal
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from rollout import calls
from rollout.calls import RecordedCall
from rollout.metrics import catalogue
from rollout.metrics.catalogue import Entry
from shared.contract.errors import ProviderMisconfigured
from shared.http.redaction import exception_name
from social import signals
from social.conf import conf

logger = logging.getLogger("tandem.metrics")
REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)
PROVIDER_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)
"""Seconds; the last is beyond the default of PROVIDER_TIMEOUT."""

Receiver = Callable[..., None]


def _log_errors(receiver: Receiver) -> Receiver:
    """Return a receiver that logs its errors: a metric must not fail a request."""

    @wraps(receiver)
    def wrapper(self: "Receivers", **kwargs: Any) -> None:
        try:
            receiver(self, **kwargs)
        except Exception as error:  # noqa: BLE001 - after any error the request continues
            logger.error("A metric was not updated: %s", exception_name(error))  # noqa: TRY400 - the message may hold secrets

    return wrapper


class Receivers:
    """The metrics of this process, and the receivers that update them once `connect` was called."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Create the metrics. Series that are few start at 0, because a rate needs a value before the first event."""
        self.registry = registry
        self.requests = self._counter(catalogue.REQUESTS)
        self.request_seconds = self._histogram(catalogue.REQUEST_SECONDS, REQUEST_BUCKETS)
        self.sign_ins = self._counter(catalogue.SIGN_INS)
        self.provider_seconds = self._histogram(catalogue.PROVIDER_SECONDS, PROVIDER_BUCKETS)
        entry = catalogue.PROVIDER_IN_PROGRESS
        self.in_progress = Gauge(
            entry.name, entry.meaning, entry.labels, registry=registry, multiprocess_mode="livesum"
        )
        self.places_refused = self._counter(catalogue.PLACES_REFUSED)
        self.misconfigured = self._counter(catalogue.MISCONFIGURED)
        self.throttled = self._counter(catalogue.THROTTLED)
        self.storage_away = self._counter(catalogue.STORAGE_AWAY)
        # Finding a series takes longer than counting in it.
        self._requests_of = lru_cache(maxsize=1024)(self._find_requests)
        self._sign_ins_of = lru_cache(maxsize=1024)(self._find_sign_ins)
        self._provider_calls_of = lru_cache(maxsize=1024)(self._find_provider_calls)
        for kind in catalogue.LIMIT_KINDS:
            self.throttled.labels(kind)
        for provider in conf.providers:
            self.in_progress.labels(provider)
            self.places_refused.labels(provider)
            self.misconfigured.labels(provider)
            for version in catalogue.mounted_versions():
                for outcome in catalogue.SIGN_UP_OUTCOMES:
                    self.sign_ins.labels(version, provider, outcome)

    def connect(self) -> None:
        """Connect the receivers to their signals."""
        for signal, receiver in self._receivers():
            signal.connect(receiver)

    def disconnect(self) -> None:
        """Disconnect the receivers."""
        for signal, receiver in self._receivers():
            signal.disconnect(receiver)

    @_log_errors
    def on_answer(self, call: RecordedCall, **kwargs: Any) -> None:
        """Count an answer of a version."""
        requests, seconds = self._requests_of(call.version, call.resource, call.outcome)
        requests.inc()
        seconds.observe(call.seconds)

    @_log_errors
    def on_sign_up(self, provider: str, api_version: str, outcome: str, **kwargs: Any) -> None:
        """Count a sign-up."""
        self._sign_ins_of(api_version, provider, outcome).inc()

    @_log_errors
    def on_provider_call(self, provider: str, **kwargs: Any) -> None:
        """Count a sign-up that starts to wait for its provider."""
        self.in_progress.labels(catalogue.provider_label(provider)).inc()

    @_log_errors
    def on_provider_answer(self, provider: str, result: str, seconds: float, **kwargs: Any) -> None:
        """Count a sign-up that no longer waits for its provider, and one that the operator has to do something for."""
        in_progress, duration = self._provider_calls_of(provider, result)
        in_progress.dec()
        duration.observe(seconds)
        if result == ProviderMisconfigured.code:
            self.misconfigured.labels(catalogue.provider_label(provider)).inc()

    @_log_errors
    def on_concurrency_limit(self, provider: str, **kwargs: Any) -> None:
        """Count a sign-up refused because too many wait for providers."""
        self.places_refused.labels(catalogue.provider_label(provider)).inc()

    @_log_errors
    def on_throttled(self, kind: str, **kwargs: Any) -> None:
        """Count a request over a rate limit."""
        self.throttled.labels(catalogue.kind_label(kind)).inc()

    @_log_errors
    def on_storage_away(self, **kwargs: Any) -> None:
        """Count a request that this process counted itself, because Redis did not answer."""
        self.storage_away.inc()

    def _find_requests(self, version: str, resource: str, outcome: str) -> tuple[Counter, Histogram]:
        version, resource = catalogue.version_label(version), catalogue.resource_label(resource)
        outcome = catalogue.outcome_label(outcome)
        return self.requests.labels(version, resource, outcome), self.request_seconds.labels(version, resource)

    def _find_sign_ins(self, version: str, provider: str, outcome: str) -> Counter:
        return self.sign_ins.labels(
            catalogue.version_label(version), catalogue.provider_label(provider), catalogue.outcome_label(outcome)
        )

    def _find_provider_calls(self, provider: str, result: str) -> tuple[Gauge, Histogram]:
        name = catalogue.provider_label(provider)
        return self.in_progress.labels(name), self.provider_seconds.labels(name, catalogue.outcome_label(result))

    def _receivers(self) -> tuple[tuple[Signal, Receiver], ...]:
        return (
            (calls.answered, self.on_answer),
            (signals.sign_up_ended, self.on_sign_up),
            (signals.provider_call_started, self.on_provider_call),
            (signals.provider_call_ended, self.on_provider_answer),
            (signals.concurrency_limit_reached, self.on_concurrency_limit),
            (signals.throttled, self.on_throttled),
            (signals.rate_limit_storage_unavailable, self.on_storage_away),
        )

    def _counter(self, entry: Entry) -> Counter:
        return Counter(entry.name, entry.meaning, entry.labels, registry=self.registry)

    def _histogram(self, entry: Entry, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(entry.name, entry.meaning, entry.labels, registry=self.registry, buckets=buckets)
