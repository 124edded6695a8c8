"""What the admin shows of the rollout; each part says how."""

from rollout.ledger.admin import DailyCallsAdmin
from rollout.plan_admin import BrownoutAdmin, PlanAdmin

__all__ = ["BrownoutAdmin", "DailyCallsAdmin", "PlanAdmin"]
