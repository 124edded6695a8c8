"""The garbage collector of a worker, which rests while the application is loaded, and then works."""

import gc

import pytest

from server import gunicorn_settings, ledger_hooks


def test_it_rests_until_the_application_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that serves has one: cycles that its requests leave would never go."""
    monkeypatch.setattr(ledger_hooks, "post_worker_init", lambda worker: None)
    try:
        gunicorn_settings.post_fork(None, None)
        assert not gc.isenabled()
        gunicorn_settings.post_worker_init(None)
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()
