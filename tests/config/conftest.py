"""What the rooms of the contract's tests have, too."""

from tests.contract.conftest import api

__all__ = ["api"]
