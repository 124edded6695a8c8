"""What the admin shows of the rollout."""

from rollout.parity import admin as _parity  # noqa: F401 - importing registers
