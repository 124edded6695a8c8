"""What the admin shows of the rollout; each part says how."""

from rollout.ledger.admin import DailyCallsAdmin
from rollout.plan_admin import BrownoutAdmin, PlanAdmin
from rollout.sampled.admin import ParityDifferenceAdmin

__all__ = ["BrownoutAdmin", "DailyCallsAdmin", "ParityDifferenceAdmin", "PlanAdmin"]
