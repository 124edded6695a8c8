"""Re-encryption of all stored provider tokens with the first of `PROVIDER_TOKEN_KEYS`, or their removal.

Both are safe to interrupt, and to run beside the service. Each row is read again under a lock just before it is
written, so a token that a sign-in stores meanwhile is not overwritten. Rows that need no change are not written.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import router, transaction
from social_django.models import UserSocialAuth

from social.provider_token_storage import (
    TokenUnreadable,
    as_object,
    is_encrypted,
    map_tokens,
    reencrypt_token,
    without_tokens,
)

Change = Callable[[Any], Any]
"""Returns a row's new `extra_data`, or the same object if nothing changes.

:raises TokenUnreadable: the row cannot be read."""


@dataclass(slots=True)
class Progress:
    """Counts of the associations so far; each counts once."""

    changed: int = 0
    changed_in_clear: int = 0
    """Those of `changed` that had a token in clear."""
    unchanged: int = 0
    """Encrypted with the first key already, or without a token."""
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    """Id and provider of those that no key decrypts."""

    @property
    def total(self) -> int:
        """The number of associations read so far."""
        return self.changed + self.unchanged + len(self.unreadable)


def reencrypt(*, batch_size: int, write: bool = True) -> Iterator[Progress]:
    """Encrypt every stored token with the first key; leave tokens that cannot be read.

    :param batch_size: rows that are read at once, and written in one short transaction.
    :param write: False only counts.
    :returns: the counts after each batch.
    """
    return _update_all(_reencrypted, batch_size, write)


def remove(*, batch_size: int, write: bool = True) -> Iterator[Progress]:
    """Remove every stored token, encrypted or in clear; parameters and result as above."""
    return _update_all(_without_tokens, batch_size, write)


def count() -> int:
    """Return the number of associations."""
    rows: int = _rows().count()
    return rows


def _reencrypted(extra_data: Any) -> Any:
    if all(reencrypt_token(token) == token for token in _tokens(extra_data)):
        return extra_data
    return map_tokens(as_object(extra_data), reencrypt_token)


def _without_tokens(extra_data: Any) -> Any:
    try:
        return without_tokens(as_object(extra_data)) if _tokens(extra_data) else extra_data
    except TokenUnreadable:
        # social-core cannot read this value either, and it may contain a token.
        return {}


def _tokens(extra_data: Any) -> list[Any]:
    found: list[Any] = []
    map_tokens(as_object(extra_data), found.append)
    return found


def _update_all(change: Change, batch_size: int, write: bool) -> Iterator[Progress]:
    progress, last = Progress(), 0
    by_id = _rows().order_by("pk").values_list("pk", "provider", "extra_data")
    while batch := list(by_id.filter(pk__gt=last)[:batch_size]):
        last = batch[-1][0]
        outdated = []
        for pk, provider, extra_data in batch:
            try:
                changed = change(extra_data)
            except TokenUnreadable:
                progress.unreadable.append((pk, provider))
                continue
            if changed is extra_data:
                progress.unchanged += 1
                continue
            outdated.append(pk)
            progress.changed += 1
            progress.changed_in_clear += _is_in_clear(extra_data)
        if outdated and write:
            _write(change, outdated)
        yield progress


def _is_in_clear(extra_data: Any) -> bool:
    try:
        return not all(is_encrypted(one) for one in _tokens(extra_data))
    except TokenUnreadable:
        return True


def _write(change: Change, pks: Sequence[int]) -> None:
    with transaction.atomic(using=_using()):
        # SQLite has no row locks, but only one transaction writes at a time.
        for account in _rows().filter(pk__in=pks).order_by("pk").select_for_update().only("pk", "extra_data"):
            try:
                changed = change(account.extra_data)
            except TokenUnreadable:
                continue  # a process with other keys has written it meanwhile; the next run reports it
            if changed is not account.extra_data:
                _rows().filter(pk=account.pk).update(extra_data=changed)


def _using() -> str:
    return router.db_for_write(UserSocialAuth)


def _rows() -> Any:
    return UserSocialAuth.objects.using(_using())
