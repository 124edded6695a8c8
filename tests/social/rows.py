"""Rows that tests create, and the full state of a row for comparison."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import JSONField, Model, Value
from social_django.models import UserSocialAuth

from social.compiled_lookup import CompiledLookup
from social.engine.association_lookup import _look_up
from social.models import AccessToken
from tests.legacy_rows.conftest import used
from tests.social.conftest import Where

NOW = datetime(2026, 7, 1, 23, 30, 15, 123456, tzinfo=UTC)


def token_of(user: User, digest: str, **more: Any) -> AccessToken:
    return AccessToken(user=user, digest=digest, **{"created": NOW, "last_used": NOW, "expires_at": NOW, **more})


def held(uids: int = 1, tokens_per_user: int = 50) -> CompiledLookup[Any]:
    """Return a new, unused lookup."""
    return CompiledLookup(_look_up(UserSocialAuth, uids, tokens_per_user)._build, 1 + uids)


def linked(uid: str, username: str | None = None, provider: str = "github", kept: Any = ()) -> UserSocialAuth:
    """Create a user with an association."""
    user = User.objects.create(username=username or f"of {uid}"[:150], email="a@example.com", last_name="Ł")
    # Django stores a plain None as SQL NULL, not as JSON null.
    extra_data = Value(None, JSONField()) if kept is None else kept or {}
    row: UserSocialAuth = UserSocialAuth.objects.create(
        user=user, provider=provider, uid=uid, id_key="id", extra_data=extra_data
    )
    return row


def state_of(instance: Model) -> dict[str, Any]:
    """Return an instance's state with the types of its values, loaded related rows included."""
    state = instance._state
    values: dict[str, Any] = {name: (type(value), value) for name, value in vars(instance).items() if name != "_state"}
    values |= {
        "class": type(instance),
        "db": state.db,
        "adding": state.adding,
        "deferred": instance.get_deferred_fields(),
        "fetch mode": getattr(state, "fetch_mode", None),  # of Django 6.1
    }
    return values | {name: state_of(related) for name, related in state.fields_cache.items()}


def found_alike(look_up: CompiledLookup[Any], *values: str) -> list[dict[str, Any]]:
    """Check that both lookups return the same, and return it."""
    with transaction.atomic():
        expected = [state_of(one) for one in look_up._build(*values)]
        # Twice: the first call compiles the statement, the second uses the compiled one.
        for _ in range(2):
            assert [state_of(one) for one in look_up("default", *values)] == expected
    return expected


def in_threads(count: int, work: Callable[[int], Any], database: Where) -> list[Any]:
    """Run `work` in this many threads at once, each with a connection of its own."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        with used(**database):
            barrier.wait(30)
            return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
