"""Pipeline steps that replace social-core's, with the same arguments and results.

social_django sets a savepoint around each INSERT, so that the transaction can continue if another sign-up has written
the row first. `social.sign_up` rolls the whole transaction back and runs it again, which saves the savepoints' four
statements.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import router
from django.db.utils import IntegrityError
from social_core.backends.base import BaseAuth
from social_core.exceptions import AuthAssociationError
from social_core.pipeline import social_auth as core_association
from social_core.pipeline import user as core_user
from social_django.storage import DjangoUserMixin

from social.usernames import MAX_LENGTH, choose_username, taken_among, taken_in_column

_UNIQUE = frozenset({"23505", "SQLITE_CONSTRAINT_UNIQUE"})
"""The codes of a violated unique constraint: PostgreSQL's and SQLite's."""
_ID_PARTS = re.compile(r"[A-Za-z0-9_-]{5,}")


def get_username(
    strategy: Any, details: dict[str, Any], backend: BaseAuth[Any], user: Any = None, *args: Any, **kwargs: Any
) -> dict[str, Any] | None:
    """Choose the name of a new user; a known user keeps theirs.

    :returns: `{"username": ...}`. If USERNAME_FIELD is another field (an address) and the provider reports no value for
        it, also the name under that field: two users with an empty value would collide.
    :raises AuthAssociationError: the provider reports the value of USERNAME_FIELD (an address), and another user has it
        in some case (`username_in_use`). A login that ignores case would not know which of the two is meant.
    """
    storage = strategy.get_storage(stage="pipeline").user
    if user:
        return {"username": storage.get_username(user)}
    fields = backend.setting("USER_FIELDS", core_user.USER_FIELDS)
    if "username" not in fields:
        return None
    login = get_user_model().USERNAME_FIELD
    is_reported = login != "username" and login in fields and bool(details.get(login))
    if is_reported and taken_among([str(details[login])]):
        raise AuthAssociationError(backend, code="username_in_use", stage="pipeline")
    column = _column_of_names(login)
    chosen = choose_username(
        details.get("username"),
        unlike=_unlike(backend, kwargs),
        taken_among=partial(_taken, column=column, is_login=not is_reported),
        max_length=storage.username_max_length() or MAX_LENGTH,
        may_be_plain=column is None or not kwargs.get("has_been_tried"),
    )
    return {"username": chosen, **({login: chosen} if login in fields and not is_reported else {})}


def _unlike(backend: BaseAuth[Any], arguments: dict[str, Any]) -> list[str]:
    """Return what no name may be like: the provider's id, and the tokens."""
    credential, uid = arguments["credential"], str(arguments["uid"])
    # Some ids are URLs of the person's page, and the backend suggests their last part.
    parts = _ID_PARTS.findall(uid)
    presented = [credential.access_token, credential.access_token_secret, credential.id_token, credential.code]
    answer = getattr(backend, "exchange", None) or {}
    exchanged = [str(answer.get(name) or "") for name in ("access_token", "refresh_token", "id_token")]
    return [value for value in (uid, *parts, *presented, *exchanged) if value]


def _column_of_names(login: str) -> str | None:
    """Return the field `username` of a model whose users sign in by another field, or None."""
    return "username" if login != "username" and has_field(get_user_model(), "username") else None


def _taken(names: Sequence[str], *, column: str | None, is_login: bool) -> frozenset[str]:
    """Return those names that another user has in a column that the new user's name is written to."""
    taken = taken_among(names) if is_login else frozenset()
    return taken | taken_in_column(names, field=column) if column else taken


def create_user(strategy: Any, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
    """Run social-core's step of this name without a savepoint around the INSERT."""
    without_savepoint: Any = _UserCreation(strategy.storage.user)
    created: dict[str, Any] | None = core_user.create_user(without_savepoint, *args, **kwargs)
    return created


def user_details(
    strategy: Any, details: dict[str, Any], backend: BaseAuth[Any], user: Any = None, *args: Any, **kwargs: Any
) -> None:
    """Set a new user's details with social-core's step; do not change a known user.

    Some backends put the provider's whole answer into the details; only fields that a setting names are used.
    """
    if kwargs.get("is_new"):
        wanted = {get_user_model().get_email_field_name(), "fullname", "first_name", "last_name"}
        wanted.update(backend.setting("USER_FIELDS") or (), backend.setting("USER_FIELD_MAPPING") or ())
        known = {name: value for name, value in details.items() if name in wanted}
        core_user.user_details(strategy, known, backend, user, *args, **kwargs)


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
    """Run social-core's `associate_user` and `load_extra_data` as one step, so that a new row is written once.

    :returns: the result of `associate_user`.
    :raises IntegrityError: another sign-up has just written an association of this identity.
    """
    storage: Any = backend.strategy.storage.user
    if user and not social and _is_stock(storage, "create_social_auth") and _is_stock(storage, "set_extra_data"):
        data = backend.extra_data(user, uid, response, details, {**kwargs, "id_key": id_key})
        row = storage.objects.create(
            user=user, uid=str(uid), provider=backend.name, id_key=id_key, extra_data=data or {}
        )
        return {"social": row, "user": row.user, "new_association": True}
    associated = (
        core_association.associate_user(backend, uid, user, social, *args, id_key=id_key, response=response, **kwargs)
        or {}
    )
    known = {**kwargs, "id_key": id_key, "social": associated.get("social", social)}
    core_association.load_extra_data(backend, details, response, uid, associated.get("user", user), *args, **known)
    return associated


def insert_user(storage: Any, **fields: Any) -> Any:
    """Create a user as social_django does, or with the `create_user` of the operator's storage if it has its own.

    :raises AuthAssociationError: the name or the address is taken (`username_in_use`, `email_in_use`).
    :raises NotUnique: another unique constraint refuses the user.
    """
    if not _is_stock(storage, "create_user"):
        return storage.create_user(**fields)
    model, login = storage.user_model(), storage.username_field()
    # The model has the default of what the provider does not report.
    fields = {name: value for name, value in fields.items() if value is not None}
    if "username" in fields and login not in fields:
        fields[login] = fields.pop("username")
    elif "username" in fields and not has_field(model, "username"):
        del fields["username"]
    try:
        return model._default_manager.create_user(**fields)
    except IntegrityError as error:
        code = storage._user_creation_conflict(error)  # noqa: SLF001 - it parses each database's message
        if code is None:
            raise NotUnique.of(error, fields.get(model.get_email_field_name())) from error
        raise AuthAssociationError(code=code, stage="pipeline") from error


def has_field(model: Any, name: str) -> bool:
    """Return True if a model has a field of this name."""
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


class NotUnique(IntegrityError):
    """A unique constraint that social_django does not know refuses a user, such as one on `Lower("email")`."""

    address = ""

    @classmethod
    def of(cls, error: IntegrityError, address: object) -> IntegrityError:
        """Return an error of this class if a unique constraint was violated, else the same error."""
        cause = error.__cause__
        # psycopg 3, psycopg2, sqlite3
        codes = (getattr(cause, name, None) for name in ("sqlstate", "pgcode", "sqlite_errorname"))
        if not _UNIQUE.intersection(codes):
            return error
        found = cls(*error.args)
        found.address = str(address or "")
        return found

    def is_of_address(self) -> bool:
        """Return True if a user has the address, without regard to case. Reads all users, after the transaction."""
        model: Any = get_user_model()
        users = model._base_manager.using(router.db_for_write(model))  # noqa: SLF001 - Django documents it
        return bool(self.address) and users.filter(**{f"{model.get_email_field_name()}__iexact": self.address}).exists()


class _UserCreation:
    """The part of a strategy that social-core's `create_user` uses."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage

    def create_user(self, **fields: Any) -> Any:
        return insert_user(self._storage, **fields)


def _is_stock(storage: Any, method: str) -> bool:
    """Return True if a storage's method is social_django's own."""
    own, stock = getattr(storage, method), getattr(DjangoUserMixin, method)
    # Each access to a class method creates another object.
    return getattr(own, "__func__", own) is getattr(stock, "__func__", stock)
