"""One check of `/readyz` at a time, whose result is used for a second."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.test import override_settings

from config import health


@pytest.mark.threat(68)
@pytest.mark.parametrize("part", ["unapplied_migrations", "redis_answers"])
def test_one_check_runs_at_a_time(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others get the last result meanwhile, and a failure if there is none, or if the check takes long."""
    began, resumes, checks = Event(), Event(), list[object]()

    def wait(*url: str) -> object:
        checks.append(url)
        began.set()
        assert resumes.wait(30)
        return url

    monkeypatch.setattr(health, "unapplied_migrations", list)
    monkeypatch.setattr(health, "redis_answers", lambda url: True)
    monkeypatch.setattr(health, part, wait)
    last = health.Readiness()
    with override_settings(REDIS_URL="redis://192.0.2.1/0"), ThreadPoolExecutor(1) as thread:
        for expected in (("check", "has not ended"), None):
            began.clear()
            resumes.clear()
            check = thread.submit(last.failure)
            assert began.wait(30)
            assert {last.failure() for _ in range(20)} == {expected}
            monkeypatch.setattr(health, "MAX_CHECK", 0)
            assert last.failure() == ("check", "has not ended")
            monkeypatch.setattr(health, "MAX_CHECK", 60)
            resumes.set()
            assert check.result(30) is None
            monkeypatch.setattr(health, "KEPT_FOR", 60)
            assert last.failure() is None
            monkeypatch.setattr(health, "KEPT_FOR", 0)
    assert len(checks) == 2
