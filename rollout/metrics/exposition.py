"""All figures as the text that Prometheus reads (prometheus.io/docs/instrumenting/exposition_formats)."""

from collections.abc import Iterable
from functools import cache

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from rollout.metrics import directory, files
from rollout.metrics.figures import Figures
from rollout.metrics.watcher import Watcher

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""The one form that every Prometheus takes; what the newer ones add, figures of several workers do not have."""


class Exposition:
    """What one watcher has kept, with what the database says."""

    def __init__(self, watcher: Watcher) -> None:
        """Take who watches."""
        self.watcher = watcher
        self._figures = Figures()

    def collect(self) -> Iterable[Metric]:
        """Give all metrics by name; those of all workers where there are several."""
        shared = directory.current()
        kept = self.watcher.registry.collect() if shared is None else files.collect(shared)
        return sorted([*kept, *self._figures.collect()], key=lambda metric: metric.name)

    def text(self) -> bytes:
        """Give the text."""
        return generate_latest(self)


@cache
def exposition() -> Exposition:
    """Give the one of this process."""
    return Exposition(Watcher(CollectorRegistry()))
