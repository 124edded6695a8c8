"""Creating, changing and deleting the objects of a declared model resource."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, router, transaction
from django.utils import translation

from shared.contract.declaring import Conflict, PermissionDenied
from shared.contract.errors import InvalidRequest, NotFound
from shared.contract.fields import CONTROL
from shared.contract.resources import Call
from shared.http.model_relations import referred
from shared.http.model_source import ModelSource
from shared.http.model_values import to_model


class ModelWriter:
    """The functions that change the objects of a resource, each in a transaction."""

    def __init__(
        self,
        source: ModelSource,
        may: Callable[[Any, Call], bool] | None,
        prepare: Callable[[Any, Call], None] | None,
    ) -> None:
        """Set the objects, and the project's own functions."""
        self._source, self._may, self._prepare = source, may, prepare

    def create(self, call: Call) -> Any:
        """Create an object."""
        return self._write(call, lambda: self._save(call, self._source.model(), call.input, is_new=True))

    def replace(self, call: Call) -> Any:
        """Set every field of an object; one that was not sent gets its default, in a legacy dialect it stays."""
        if self._source.dialect.is_legacy:
            return self.update(call)
        defaults: dict[str, Any] = {}
        for bound in self._source.bounds:
            if bound.is_many:
                defaults[bound.field.name] = []
            elif bound.field.nullable and bound.related is not None:
                defaults[bound.field.name] = None
            elif bound.takes and bound.related is None and not bound.model_field.primary_key:
                defaults[bound.field.name] = bound.model_field.get_default()
        return self._write(call, lambda: self._change(call, {**defaults, **call.input}))

    def update(self, call: Call) -> Any:
        """Set the fields of an object that were sent."""
        return self._write(call, lambda: self._change(call, call.input))

    def delete(self, call: Call) -> None:
        """Delete an object.

        :raises Conflict: other objects need it.
        """
        self._write(call, lambda: self._locked(call).delete())

    def _write(self, call: Call, act: Callable[[], Any]) -> Any:
        """Run a change in a transaction, and return the object as it is stored, for the answer."""
        database = router.db_for_write(self._source.model)
        try:
            with transaction.atomic(using=database):
                changed = act()
        except IntegrityError as error:  # also of a protected foreign key
            if _is_fault(error):
                raise
            raise Conflict from error
        if not isinstance(changed, models.Model) or not self._source.dialect.always_return_data:
            return changed
        # Values as the database returns them, with what `queryset` adds; the object may no longer be among these.
        stored = self._source.joined(self._source.rows(call).using(database)).filter(pk=changed.pk).first()
        return changed if stored is None else stored

    def _locked(self, call: Call) -> Any:
        """Return the object of the path, locked until the transaction ends, if the caller may change it."""
        database = router.db_for_write(self._source.model)
        found = self._source.find(call, self._source.rows(call).using(database))
        manager = self._source.model._base_manager.using(database)  # noqa: SLF001 - Django's documented API
        # By itself: databases cannot lock the rows of every queryset, for example of one with DISTINCT.
        if not list(manager.select_for_update().filter(pk=found.pk).values_list("pk")):
            raise NotFound
        found = self._source.find(call, self._source.rows(call).using(database))
        self._permit(call, found)
        return found

    def _permit(self, call: Call, row: Any) -> None:
        if self._may is not None and not self._may(row, call):
            raise PermissionDenied

    def _change(self, call: Call, values: Mapping[str, Any]) -> Any:
        return self._save(call, self._locked(call), values, is_new=False)

    def _save(self, call: Call, row: Any, values: Mapping[str, Any], *, is_new: bool) -> Any:
        """Set, validate and save values.

        :raises InvalidRequest: a value is not valid, or is not unique.
        :raises PermissionDenied: the caller may not create the object, or change it in this way.
        """
        lists = self._assign(call, row, values)
        self._permit(call, row)  # of an old object again: it must not be moved to where the caller may not create it
        try:
            if self._prepare is not None:
                self._prepare(row, call)
            with translation.override("en"):  # the texts of errors do not depend on a thread's language
                row.full_clean()
            # An insert, also of its parent models: a key that another object has, maybe a hidden one, is a conflict.
            row.save(force_insert=(models.Model,) if is_new else False)
            self._source.check_path(row)
            for accessor, others in lists.items():
                getattr(row, accessor).set(others)
        except ValidationError as error:  # also of the project's own functions and signals
            raise InvalidRequest(self._faults(error)) from None
        if any(bound.is_many and bound.takes for bound in self._source.bounds):
            self._permit(call, row)  # relations to many objects can be set, and read, once the object is stored
        return row

    def _assign(self, call: Call, row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
        """Set the values of a row's fields, and return the lists of its many-to-many relations."""
        faults: dict[str, list[str]] = {}
        lists: dict[str, Any] = {}
        for bound in self._source.bounds:
            name = bound.field.name
            if bound.takes is None or name not in values:
                continue
            value = values[name]
            if _has_null_character(value):  # PostgreSQL stores none
                faults[name] = [CONTROL]
            elif bound.related is not None:
                try:
                    found = referred(name, bound.related.to, value, call)
                except InvalidRequest as error:
                    faults.update(error.fields)
                    continue
                if bound.is_many:
                    lists[bound.path] = found or []
                else:
                    setattr(row, bound.path, found)
            else:
                try:
                    setattr(row, bound.path, to_model(bound, value))
                except ValidationError as error:
                    faults[name] = _texts(error)
        if faults:
            raise InvalidRequest(faults)
        return lists

    def _faults(self, error: ValidationError) -> dict[str, list[str]]:
        """Return the messages of an error by the names of the body's fields."""
        names = {bound.path: bound.field.name for bound in self._source.bounds}
        found = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: [error]}
        return {names.get(field, field): _texts(ValidationError(errors)) for field, errors in found.items()}


def _is_fault(error: IntegrityError) -> bool:
    """Return True if a column was left empty: the project's code did not set it, which no client can change."""
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return state == "23502" or getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_CONSTRAINT_NOTNULL


def _texts(error: ValidationError) -> list[str]:
    with translation.override("en"):
        return [str(message) for message in error.messages]


def _has_null_character(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_null_character(one) for pair in value.items() for one in pair)
    return isinstance(value, list) and any(_has_null_character(one) for one in value)
