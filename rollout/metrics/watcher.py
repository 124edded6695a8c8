"""Who hears what happens and keeps it in figures."""

import logging
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

from django.dispatch import Signal
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from rollout import calls
from rollout.calls import Call
from rollout.metrics import catalogue, labels
from rollout.metrics.catalogue import Entry
from shared.http.redaction import kind as kind_of
from social import signals
from social.conf import conf

logger = logging.getLogger("tandem.metrics")
REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)
PROVIDER_BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)
"""Seconds; the last is beyond the default of PROVIDER_TIMEOUT."""

Receiver = Callable[..., None]


def _harmless(receiver: Receiver) -> Receiver:
    """Give a receiver that fails nobody's request: a figure is not worth it."""

    @wraps(receiver)
    def harmless(self: "Watcher", **kwargs: Any) -> None:
        try:
            receiver(self, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever it is, the request goes on
            logger.error("A metric was not kept: %s", kind_of(error))  # noqa: TRY400 - no words of the exception

    return harmless


class Watcher:
    """Keeps the figures of this process, from the moment it is connected."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Make the metrics, those with few series at 0: a rate needs a value before the first event."""
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
        self.throttled = self._counter(catalogue.THROTTLED)
        self.storage_away = self._counter(catalogue.STORAGE_AWAY)
        # Finding a series takes longer than counting in it.
        self._series_of = lru_cache(maxsize=1024)(self._find_series)
        self._sign_ins_of = lru_cache(maxsize=1024)(self._find_sign_ins)
        self._calls_of = lru_cache(maxsize=1024)(self._find_calls)
        for kind in labels.KINDS:
            self.throttled.labels(kind)
        for provider in conf.providers:
            self.in_progress.labels(provider)
            self.places_refused.labels(provider)
            for version in labels.versions():
                for outcome in labels.DONE:
                    self.sign_ins.labels(version, provider, outcome)

    def connect(self) -> None:
        """Begin to listen."""
        for signal, receiver in self._receivers():
            signal.connect(receiver)

    def disconnect(self) -> None:
        """Listen no more."""
        for signal, receiver in self._receivers():
            signal.disconnect(receiver)

    @_harmless
    def on_answer(self, call: Call, **kwargs: Any) -> None:
        """A version has answered."""
        requests, seconds = self._series_of(call.version, call.resource, call.outcome)
        requests.inc()
        seconds.observe(call.seconds)

    @_harmless
    def on_sign_up(self, provider: str, api_version: str, outcome: str, **kwargs: Any) -> None:
        """A sign-up has come to something."""
        self._sign_ins_of(api_version, provider, outcome).inc()

    @_harmless
    def on_asked(self, provider: str, **kwargs: Any) -> None:
        """A sign-up begins to wait for its provider."""
        self.in_progress.labels(labels.provider(provider)).inc()

    @_harmless
    def on_provider(self, provider: str, result: str, seconds: float, **kwargs: Any) -> None:
        """A sign-up waits for its provider no more."""
        in_progress, took = self._calls_of(provider, result)
        in_progress.dec()
        took.observe(seconds)

    @_harmless
    def on_refused_place(self, provider: str, **kwargs: Any) -> None:
        """Too many sign-ups wait for a provider already."""
        self.places_refused.labels(labels.provider(provider)).inc()

    @_harmless
    def on_throttled(self, kind: str, **kwargs: Any) -> None:
        """A budget is spent."""
        self.throttled.labels(labels.kind(kind)).inc()

    @_harmless
    def on_storage_away(self, **kwargs: Any) -> None:
        """This process counts by itself."""
        self.storage_away.inc()

    def _find_series(self, version: str, resource: str, outcome: str) -> tuple[Counter, Histogram]:
        version, resource = labels.version(version), labels.resource(resource)
        outcome = labels.outcome(outcome)
        return self.requests.labels(version, resource, outcome), self.request_seconds.labels(version, resource)

    def _find_sign_ins(self, version: str, provider: str, outcome: str) -> Counter:
        return self.sign_ins.labels(labels.version(version), labels.provider(provider), labels.outcome(outcome))

    def _find_calls(self, provider: str, result: str) -> tuple[Gauge, Histogram]:
        name = labels.provider(provider)
        return self.in_progress.labels(name), self.provider_seconds.labels(name, labels.outcome(result))

    def _receivers(self) -> tuple[tuple[Signal, Receiver], ...]:
        return (
            (calls.answered, self.on_answer),
            (signals.sign_up_ended, self.on_sign_up),
            (signals.provider_asked, self.on_asked),
            (signals.provider_answered, self.on_provider),
            (signals.place_refused, self.on_refused_place),
            (signals.throttled, self.on_throttled),
            (signals.limits_storage_away, self.on_storage_away),
        )

    def _counter(self, entry: Entry) -> Counter:
        return Counter(entry.name, entry.meaning, entry.labels, registry=self.registry)

    def _histogram(self, entry: Entry, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(entry.name, entry.meaning, entry.labels, registry=self.registry, buckets=buckets)
