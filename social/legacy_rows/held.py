"""The one look-up of a sign-in: the association, its user, and whether the user's tokens have to be counted."""

from functools import cache
from typing import Any

from django.db import router
from django.db.models import OuterRef, QuerySet
from social_core.backends.base import BaseAuth

from social import tokens
from social.compiled_lookup import CompiledLookUp
from social.conf import conf


def held(backend: BaseAuth[Any], uids: list[str]) -> list[Any]:
    """Give the associations that a provider's ids have, each with its user and `may_hold_many_tokens`.

    They are held until the transaction ends: a sign-in that writes a row which is disconnected meanwhile would bring
    it back.
    """
    model: Any = backend.strategy.storage.user
    look_up = _look_up(model, len(uids), conf.tokens_per_user)
    return look_up(router.db_for_write(model), backend.name, *uids)


@cache
def _look_up(model: Any, uids: int, tokens_per_user: int) -> CompiledLookUp[Any]:
    """Make the look-up of so many ids; how many tokens a user may have is part of its text."""

    def build(provider: str, *uids: str) -> QuerySet[Any]:
        wanted = {"uid": uids[0]} if len(uids) == 1 else {"uid__in": uids}
        found: QuerySet[Any] = (
            model.objects.filter(provider=provider, **wanted)
            .select_related("user")
            .select_for_update(of=("self",))
            .annotate(may_hold_many_tokens=tokens.many_held_by(OuterRef("user")))
        )
        return found

    return CompiledLookUp(build, 1 + uids)
