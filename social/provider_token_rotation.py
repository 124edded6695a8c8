"""Kept provider tokens, all of them, under the first of `PROVIDER_TOKEN_KEYS`; or forgotten.

Safe to interrupt and to run beside the service: each row is looked at again under a lock just before it is
written, so a token that a sign-in has brought meanwhile stays; what is current already is passed over.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import router, transaction
from social_django.models import UserSocialAuth

from social.provider_tokens import (
    TokenUnreadable,
    as_object,
    encrypt_again,
    is_encrypted,
    map_tokens,
    without_tokens,
)

Change = Callable[[Any], Any]
"""Gives what a row's `extra_data` should be, the very same object where there is nothing to do.

:raises TokenUnreadable: it cannot be read."""


@dataclass(slots=True)
class Tally:
    """What became of the associations so far; each counts once."""

    changed: int = 0
    of_which_in_clear: int = 0
    untouched: int = 0
    """Current already, or without a token."""
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    """Id and provider of those whose key is gone."""

    @property
    def seen(self) -> int:
        """How many have been looked at."""
        return self.changed + self.untouched + len(self.unreadable)


def reencrypt(*, batch_size: int, write: bool = True) -> Iterator[Tally]:
    """Bring every kept token under the first key, a batch at a time; what cannot be read stays as it is.

    :param batch_size: rows of a batch; what is written of it is one short transaction.
    :param write: False only counts.
    :returns: the tally after each batch.
    """
    return _walk(_current, batch_size, write)


def forget(*, batch_size: int, write: bool = True) -> Iterator[Tally]:
    """Remove every kept token, encrypted or in clear; arguments and result as above."""
    return _walk(_forgotten, batch_size, write)


def count() -> int:
    """Say how many associations there are to look at."""
    rows: int = _rows().count()
    return rows


def _current(extra_data: Any) -> Any:
    kept = _tokens(extra_data)
    again = [encrypt_again(one) for one in kept]
    if kept == again:
        return extra_data
    # In the same order as they were found.
    values = iter(again)
    return map_tokens(as_object(extra_data), lambda one: next(values))


def _forgotten(extra_data: Any) -> Any:
    try:
        return without_tokens(as_object(extra_data)) if _tokens(extra_data) else extra_data
    except TokenUnreadable:
        # social-core cannot read it either, and what is in it nobody can say.
        return {}


def _tokens(extra_data: Any) -> list[Any]:
    found: list[Any] = []
    map_tokens(as_object(extra_data), found.append)
    return found


def _walk(change: Change, batch_size: int, write: bool) -> Iterator[Tally]:
    tally, last = Tally(), 0
    by_id = _rows().order_by("pk").values_list("pk", "provider", "extra_data")
    while batch := list(by_id.filter(pk__gt=last)[:batch_size]):
        last = batch[-1][0]
        outdated = []
        for pk, provider, extra_data in batch:
            try:
                changed = change(extra_data)
            except TokenUnreadable:
                tally.unreadable.append((pk, provider))
                continue
            if changed is extra_data:
                tally.untouched += 1
                continue
            outdated.append(pk)
            tally.changed += 1
            tally.of_which_in_clear += _is_in_clear(extra_data)
        if outdated and write:
            _write(change, outdated)
        yield tally


def _is_in_clear(extra_data: Any) -> bool:
    try:
        return not all(is_encrypted(one) for one in _tokens(extra_data))
    except TokenUnreadable:
        return True


def _write(change: Change, pks: Sequence[int]) -> None:
    with transaction.atomic(using=_using()):
        # SQLite has no such lock, but its transaction is the only one that writes.
        for account in _rows().filter(pk__in=pks).order_by("pk").select_for_update().only("pk", "extra_data"):
            try:
                changed = change(account.extra_data)
            except TokenUnreadable:
                continue  # written meanwhile by a process with other keys; the next run says so
            if changed is not account.extra_data:
                _rows().filter(pk=account.pk).update(extra_data=changed)


def _using() -> str:
    return router.db_for_write(UserSocialAuth)


def _rows() -> Any:
    return UserSocialAuth.objects.using(_using())
