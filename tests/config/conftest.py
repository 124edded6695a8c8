"""The fixture `api` of the contract tests."""

from tests.contract.conftest import api

__all__ = ["api"]
