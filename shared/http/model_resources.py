"""Declaring a resource of a Django model: its fields, filters and methods, served alike by every mounted API.

`model_resource` is for `shared.contract.declarations.registry.register` in `AppConfig.ready()` (docs/resources.md).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import models
from django.db.models import QuerySet

from shared.contract.declaring import Conflict, Permission, PermissionDenied, Run, declare_resource, refuse_asynchronous
from shared.contract.dialects import CONTRACT, Dialect
from shared.contract.errors import ApiError
from shared.contract.fields import InputField
from shared.contract.resources import Call, Resource
from shared.http import model_checks
from shared.http.model_fields import Computed, Declared, ModelField, Related
from shared.http.model_source import ModelSource, Rows
from shared.http.model_writing import ModelWriter

__all__ = ["Computed", "ModelField", "Related", "model_resource"]

model_checks.register()


def model_resource(
    name: str,
    model: type[models.Model],
    *,
    fields: Sequence[Declared],
    access: Mapping[str, Permission],
    queryset: Rows | None = None,
    lookup: str = "pk",
    id_pattern: str = "",
    filters: Mapping[str, Sequence[str]] | None = None,
    ordering: Sequence[str] = (),
    parameters: Sequence[InputField] = (),
    narrow: Callable[[QuerySet[Any], Call], QuerySet[Any]] | None = None,
    may: Callable[[Any, Call], bool] | None = None,
    prepare: Callable[[Any, Call], None] | None = None,
    errors: Sequence[type[ApiError]] = (),
    dialect: Dialect = CONTRACT,
    tag: str = "",
    **functions: Run | None,
) -> Resource:
    """Return the resource of a model. A mistake in the declaration is an error of `manage.py check`.

    :param name: the name in URLs; it may have slashes.
    :param fields: what is shown, in this order: names of model fields, `ModelField`, `Related`, `Computed`.
        `resource_uri` follows them. A field that is not read-only is also taken by POST, PUT and PATCH.
    :param access: who may call each method: an `Access`, a rule (a function of the `Call`), or both as a pair. A method
        that is not named is 405.
    :param queryset: the objects that exist for a caller; by default all. A function takes the `Call`.
    :param lookup: the unique field that is the id in paths.
    :param id_pattern: the regular expression of such an id; by default that of the field's type.
    :param filters: the lookups of each field, or of a path that begins with one (`release__slug`).
    :param ordering: the names by which `order_by` orders.
    :param parameters: more query parameters of the list, for `narrow`, which finds their values in `Call.filters`.
    :param may: takes an object and the `Call`, and returns True if the caller may create, change or delete it.
    :param prepare: takes an object with its new values and the `Call`, before these are validated and saved.
    :param errors: the project's own errors that `may`, `prepare` or a function raises.
    :param functions: `list`, `detail`, `create`, `replace`, `update` or `delete`: a function that runs it instead.
    """
    source = ModelSource(
        name,
        model,
        fields=fields,
        queryset=queryset,
        lookup=lookup,
        filters=filters or {},
        ordering=ordering,
        parameters=parameters,
        narrow=narrow,
        dialect=dialect,
    )
    refuse_asynchronous(name, may, prepare, narrow, queryset)
    writer = ModelWriter(source, may, prepare)
    defaults: Mapping[str, Mapping[str, Run]] = {
        "GET": {"list": source.select, "detail": source.get},
        "POST": {"create": writer.create},
        "PUT": {"replace": writer.replace},
        "PATCH": {"update": writer.update},
        "DELETE": {"delete": writer.delete},
    }
    available = {one: run for method in access for one, run in defaults.get(method, {}).items()}
    if unknown := set(functions) - set(available):
        raise TypeError(f"{name}: no method of `access` has the functions {sorted(unknown)}")
    refusals = (Conflict,) if may is None else (PermissionDenied, Conflict)
    own: dict[str, Any] = {**available, **functions}
    return declare_resource(
        name,
        body=source.body,
        access=access,
        represent=source.represent,
        locate=source.uri_of,
        input=[one.takes for one in source.bounds if one.takes],
        fixed=[one.field.name for one in source.bounds if one.takes and one.model_field.primary_key],
        filters=source.parameters,
        errors=(*refusals, *errors),
        dialect=dialect,
        id_pattern=id_pattern or source.id_pattern,
        tag=tag,
        source=source,
        **own,
    )
