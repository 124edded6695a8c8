"""The user name that a sign-up gives a new user."""

import re
from collections.abc import Iterable

from social import usernames


def pattern_of(suggested: str, uid: str, sent: Iterable[str]) -> str:
    """Return a pattern for the username: the reduced suggestion or a generated name.

    :param sent: the fields of the sign-up; the name must not be one of them, nor the id.
    """
    reduced = usernames.reduce_to_name(suggested)[: usernames.MAX_LENGTH]
    parts = re.findall(r"[A-Za-z0-9_-]{5,}", uid)  # Some ids are URLs that contain the provider's id.
    unlike = {usernames.reduce_to_name(text)[: usernames.MAX_LENGTH] for text in (uid, *parts, *sent)}
    made = reduced.lower() in {"", *usernames.RESERVED, *(text.lower() for text in unlike)}
    return r"user-[0-9a-f]{4}" if made else re.escape(reduced)
