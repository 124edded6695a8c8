"""What the admin shows of the rollout; each part says how."""

from rollout.ledger.admin import DailyCallsAdmin
from rollout.parity.admin import ParityDifferenceAdmin

__all__ = ["DailyCallsAdmin", "ParityDifferenceAdmin"]
