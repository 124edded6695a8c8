"""The garbage collector of a worker is off while the application is loaded, and on afterwards."""

import gc
from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from rollout.ledger import process
from server import hooks


def test_the_garbage_collector_is_off_until_the_application_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that serves needs it: reference cycles that its requests leave would never be freed."""
    monkeypatch.setattr(process, "ledger", Mock())
    try:
        hooks.post_fork(SimpleNamespace(first_worker=None), None)
        assert not gc.isenabled()
        hooks.post_worker_init(SimpleNamespace(unwritten=bytearray(8)))
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()
