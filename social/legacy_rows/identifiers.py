"""Which identifiers associations were kept under before social-core replaced them, and what those are worth."""

from social_core.identifiers import UNVERIFIED_LEGACY_TRANSITIONS

ADDRESS_KEYS = frozenset({"email", "upn"})
"""Claims with an @ in every value, which no provider's id has: the row itself shows which of the two it holds."""

TAKEN_AT_WILL = frozenset({"deezer", "mailru", "trello", "tumblr"})
"""Providers whose old identifier anybody may take: a display name, a name that its owner can give up, an address
that Mail.ru does not say is verified. Such a row is never adopted: only an id that is kept with it proves whose it is.
"""


def old_key_of(provider: str) -> str | None:
    """Give the claim that social-core took for the id, where it takes another today."""
    transition = UNVERIFIED_LEGACY_TRANSITIONS.get(provider)
    return transition[1] if transition else None


def is_todays_id(*, provider: str, id_key: str, uid: str) -> bool:
    """Say whether a row that is labelled with another key than today's holds today's id all the same.

    social_django's migration 0020 labels every row of a provider alike: `email` for those of Google, also where
    `USE_UNIQUE_USER_ID` had the real id written. A row without a label was never looked at by it.
    """
    old_key = old_key_of(provider)
    if old_key is None:
        return id_key == ""
    return id_key in {"", old_key} and old_key in ADDRESS_KEYS and "@" not in uid
