"""The address of a page that people are sent to, as it may stand in a header."""

import re

_PAGE = re.compile(r"https?://[A-Za-z0-9\[][!-;=?-~]*")
"""Without blanks, angle brackets and anything but ASCII: nothing in it ends a link or a header (RFC 8288 section 3)."""


def is_page(address: str) -> bool:
    """Say whether a text is the address of a page."""
    return bool(_PAGE.fullmatch(address))
