"""A new user and a new association, each in one statement.

social_django puts a savepoint around each, so that a caller can go on in the same transaction after a lost race. Ours
throws the transaction away and runs again: the savepoints would be four statements for nothing.
"""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.utils import IntegrityError
from social_core.backends.base import BaseAuth
from social_core.exceptions import AuthAssociationError
from social_core.pipeline import social_auth as theirs
from social_django.storage import DjangoUserMixin


def create_user(storage: Any, **fields: Any) -> Any:
    """Create a user as social_django does; an operator's storage with a way of its own is asked instead.

    :raises AuthAssociationError: the name or the address is taken by now (`username_in_use`, `email_in_use`).
    """
    if not _is_theirs(storage, "create_user"):
        return storage.create_user(**fields)
    model, login = storage.user_model(), storage.username_field()
    if "username" in fields and login not in fields:
        fields[login] = fields.pop("username")
    elif "username" in fields and not has_field(model, "username"):
        del fields["username"]
    try:
        return model._default_manager.create_user(**fields)
    except IntegrityError as error:
        code = storage._user_creation_conflict(error)  # noqa: SLF001 - it knows each database's words for it
        if code is None:
            raise
        raise AuthAssociationError(code=code, stage="pipeline") from error


def associate_user(
    backend: BaseAuth[Any],
    details: Any,
    response: Any,
    uid: Any,
    user: Any = None,
    social: Any = None,
    *args: Any,
    id_key: str = "",
    **kwargs: Any,
) -> dict[str, Any]:
    """Stand for two steps of social-core's, `associate_user` and `load_extra_data`: a new row is written once.

    :returns: what the first of them returns.
    :raises IntegrityError: another has just associated the identity.
    """
    storage: Any = backend.strategy.storage.user
    if user and not social and _is_theirs(storage, "create_social_auth") and _is_theirs(storage, "set_extra_data"):
        data = backend.extra_data(user, uid, response, details, {**kwargs, "id_key": id_key})
        row = storage.objects.create(
            user=user, uid=str(uid), provider=backend.name, id_key=id_key, extra_data=data or {}
        )
        return {"social": row, "user": row.user, "new_association": True}
    said = theirs.associate_user(backend, uid, user, social, *args, id_key=id_key, response=response, **kwargs) or {}
    known = {**kwargs, "id_key": id_key, "social": said.get("social", social)}
    theirs.load_extra_data(backend, details, response, uid, said.get("user", user), *args, **known)
    return said


def _is_theirs(storage: Any, method: str) -> bool:
    """Say whether a storage's method is social_django's own."""
    own, its = getattr(storage, method), getattr(DjangoUserMixin, method)
    # A class method is another object each time.
    return getattr(own, "__func__", own) is getattr(its, "__func__", its)


def has_field(model: Any, name: str) -> bool:
    """Say whether a model has a field of this name."""
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True
