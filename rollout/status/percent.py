"""Shares as a person reads them."""


def percent(share: float | None) -> str:
    """Write a share, 0 to 1, in percent; never so rounded that some look like none, or all but some like all."""
    if share is None:
        return "-"
    value = 100 * share
    if 0 < value < 0.05:
        return "<0.1 %"
    if 99.95 <= value < 100:
        return ">99.9 %"
    return f"{value:.1f} %"
