"""The two versions as the ledger names them: by the last part of their prefix."""

from rollout.lifecycle import NEW, OLD


def _name(prefix: str) -> str:
    return prefix.rstrip("/").rpartition("/")[2]


OLD_NAME = _name(OLD)
NEW_NAME = _name(NEW)
