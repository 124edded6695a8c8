"""Times on the wire: RFC 3339, UTC, `Z`, whole seconds."""

from datetime import UTC, datetime


def rfc3339(moment: datetime | None) -> str | None:
    """Write an aware moment as the contract does, cut to the second; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
