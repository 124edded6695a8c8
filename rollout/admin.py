"""What the admin shows of the rollout; each part says how."""

from rollout.ledger.admin import DailyCallsAdmin

__all__ = ["DailyCallsAdmin"]
