"""The garbage collector of a worker, which rests while the application is loaded, and then works."""

import gc

import pytest

from config import gunicorn, last_words


def test_it_rests_until_the_application_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that serves has one: cycles that its requests leave would never go."""
    monkeypatch.setattr(last_words, "post_worker_init", lambda worker: None)
    try:
        gunicorn.post_fork(None, None)
        assert not gc.isenabled()
        gunicorn.post_worker_init(None)
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()
