"""When there is nothing to compare, or nobody wants it, the check is not there."""

import pytest
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from pytest_django import Settings

from rollout.sampled.middleware import SampledParityMiddleware


def test_it_is_off_until_a_share_is_given(settings: Settings) -> None:
    """Without PARITY_SAMPLE no request passes it."""
    settings.PARITY_SAMPLE = 0.0
    with pytest.raises(MiddlewareNotUsed):
        SampledParityMiddleware(lambda request: HttpResponse())


def test_one_version_has_nothing_to_be_compared_with(settings: Settings) -> None:
    """After the older version is deleted it is off by itself."""
    settings.PARITY_SAMPLE = 1.0
    settings.APIS = {"api_v2": "api/v2/"}
    with pytest.raises(MiddlewareNotUsed):
        SampledParityMiddleware(lambda request: HttpResponse())


def test_it_stands_last() -> None:
    """What lies further in is run twice, so nothing may."""
    assert settings.MIDDLEWARE[-1] == "rollout.sampled.middleware.SampledParityMiddleware"


@pytest.mark.parametrize(("share", "sampled"), [(0.25, 1), (1.0, 4)])
def test_the_share_is_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, rf: object, share: float, sampled: int
) -> None:
    """A request is taken where chance falls below the share."""
    from rollout.sampled import middleware as module  # noqa: PLC0415 - the name is a parameter's

    settings.PARITY_SAMPLE, settings.APIS = share, {"older": "api/v1/", "api_v2": "api/v2/"}
    taken: list[object] = []
    monkeypatch.setattr(module, "KeptBody", taken.append)
    monkeypatch.setattr(module, "_due", type("Nowhere", (), {"set": lambda self, sample: None})())
    chances = iter([0.0, 0.25, 0.5, 0.99])
    monkeypatch.setattr("rollout.sampled.middleware.random.random", lambda: next(chances))
    middleware = SampledParityMiddleware(lambda request: HttpResponse())
    for _ in range(4):
        middleware(rf.get("/api/v2/provider/"))  # type: ignore[attr-defined]  # pytest-django's request factory
    assert len(taken) == sampled
