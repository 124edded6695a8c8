"""Our steps of social-core's pipeline; they take and give what its own do."""

import re
from typing import Any

from django.contrib.auth import get_user_model
from social_core.backends.base import BaseAuth
from social_core.pipeline import user as theirs

from social import creation, usernames
from social.names_taken import taken_among


def get_username(
    strategy: Any, details: dict[str, Any], backend: BaseAuth[Any], user: Any = None, *args: Any, **kwargs: Any
) -> dict[str, Any] | None:
    """Choose a new user's name; a known user's own name stays.

    :returns: `{"username": ...}`, and the same for the field that the model signs in by (an address) if the provider
        tells nothing for it: two users without would be in each other's way.
    """
    storage = strategy.get_storage(stage="pipeline").user
    if user:
        return {"username": storage.get_username(user)}
    fields = backend.setting("USER_FIELDS", theirs.USER_FIELDS)
    if "username" not in fields:
        return None
    credential = kwargs["credential"]
    # Some ids are addresses of the person's page, and the backend suggests their last part.
    parts = re.findall(r"[A-Za-z0-9_-]{5,}", str(kwargs["uid"]))
    unlike = [str(kwargs["uid"]), *parts, credential.access_token, credential.access_token_secret, credential.id_token]
    chosen = usernames.choose_username(
        details.get("username"),
        unlike=[value for value in unlike if value],
        taken_among=taken_among,
        max_length=storage.username_max_length() or usernames.MAX_LENGTH,
    )
    login = get_user_model().USERNAME_FIELD
    return {"username": chosen, **({login: chosen} if login in fields and not details.get(login) else {})}


def create_user(strategy: Any, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
    """Let social-core create the user, in the transaction that the sign-up is: one that is refused is run again."""
    alone: Any = _InOneStatement(strategy.storage.user)
    made: dict[str, Any] | None = theirs.create_user(alone, *args, **kwargs)
    return made


def user_details(
    strategy: Any, details: dict[str, Any], backend: BaseAuth[Any], user: Any = None, *args: Any, **kwargs: Any
) -> None:
    """Let social-core fill in a new user's details, and never touch a known user's.

    Some backends give all that the provider has told: what nobody has asked for by name reaches no attribute.
    """
    if kwargs.get("is_new"):
        wanted = {get_user_model().get_email_field_name(), "fullname", "first_name", "last_name"}
        wanted.update(backend.setting("USER_FIELDS") or (), backend.setting("USER_FIELD_MAPPING") or ())
        told = {name: value for name, value in details.items() if name in wanted}
        theirs.user_details(strategy, told, backend, user, *args, **kwargs)


class _InOneStatement:
    """As much of a strategy as that step needs."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def create_user(self, **fields: Any) -> Any:
        return creation.create_user(self._storage, **fields)
