"""The metrics as Prometheus reads them, by the parser of its client library."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

TOKEN = "a-token-for-prometheus"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
Labels = frozenset[tuple[str, str]]


def samples(text: str) -> Mapping[str, Mapping[Labels, float]]:
    """Return the value of each series, by the name of its samples and its labels."""
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            series = found.setdefault(sample.name, {})
            labels = frozenset(sample.labels.items())
            assert labels not in series, f"{sample.name} has {dict(labels)} twice"
            series[labels] = sample.value
    return found


def value(text: str, name: str, **labels: str) -> float | None:
    """Return the value of one series, or None if there is none."""
    return samples(text).get(name, {}).get(frozenset(labels.items()))


def total(text: str, name: str, **labels: str) -> float:
    """Return the sum of all series with these labels."""
    return sum(one for series, one in samples(text).get(name, {}).items() if labels.items() <= dict(series).items())
