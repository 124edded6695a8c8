"""The relations of a declared model resource: paths of other objects in answers and in request bodies."""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import router
from django.db.models import ForeignObjectRel

from shared.contract.declarations import registry
from shared.contract.errors import InvalidRequest
from shared.contract.resources import Call, Endpoint
from shared.http.urls import apis

_SAFE = "!$&'()*+,;=/~:@"
"""The characters of an id that are not quoted in a path, as in Django's `reverse`."""
NO_SUCH_OBJECT = "Not the path of an object."


class Target(NamedTuple):
    """The resource that a relation refers to."""

    endpoint: Endpoint
    source: Any
    """Its `ModelSource`; None for another resource, whose ids are primary keys."""

    @property
    def lookup(self) -> str:
        """The attribute that is the id in its paths."""
        return "pk" if self.source is None else str(self.source.lookup)

    def uri(self, row: Any, call: Call) -> str:
        """Return the path of an object."""
        return uri_of(self.endpoint, call.prefix, getattr(row, self.lookup))


def target_of(name: str) -> Target:
    """Return the resource of a name that relations refer to.

    :raises LookupError: no such resource is registered, or it has no paths of single objects.
    """
    resource = registry.get(name)
    endpoint = None if resource is None else resource.endpoint_of("detail")
    if resource is None or endpoint is None:
        raise LookupError(f"no resource {name!r} with objects is registered")
    return Target(endpoint, resource.source)


def uri_of(endpoint: Endpoint, prefix: str, key: Any) -> str:
    """Return the path of an object."""
    return endpoint.uri(prefix, id=quote(str(key), safe=_SAFE))


def one_of(row: Any, relation: str) -> Any:
    """Return the object that a row refers to, or None."""
    try:
        return getattr(row, relation)
    except ObjectDoesNotExist:
        return None


def is_reverse(field: Any) -> bool:
    """Return True for a relation that another model's field declares; not for the link to a parent model."""
    return isinstance(field, ForeignObjectRel)


def link_value(to: str, field: Any, accessor: str, *, is_many: bool) -> Callable[[Any, Call], Any]:
    """Return the function that returns a row's path, or list of paths, of the objects that it refers to."""

    def value(row: Any, call: Call) -> Any:
        target = target_of(to)
        if is_many:
            return [target.uri(one, call) for one in getattr(row, accessor).all()]
        if holds_key(field, target):
            key = getattr(row, field.attname)
            return None if key is None else uri_of(target.endpoint, call.prefix, key)
        found = one_of(row, accessor)
        return None if found is None else target.uri(found, call)

    return value


def full_value(to: str, field: Any, accessor: str, *, is_many: bool) -> Callable[[Any, Call], Any]:
    """Return the function that returns the body, or list of bodies, of the objects that a row refers to."""

    def value(row: Any, call: Call) -> Any:
        source = target_of(to).source
        if is_many:
            return [source.render(one, call) for one in getattr(row, accessor).all()]
        found = one_of(row, accessor)
        return None if found is None else source.render(found, call)

    return value


def holds_key(field: Any, target: Target) -> bool:
    """Return True if a row has the id in the other object's path itself, so that the object need not be fetched."""
    return not is_reverse(field) and target.lookup == "pk" and bool(field.target_field.primary_key)


def referred(name: str, to: str, value: Any, call: Call) -> Any:
    """Return the object of a path, or the objects of a list of paths; None for None.

    :raises InvalidRequest: a path is not that of an object that the caller sees.
    """
    if value is None:
        return None
    paths = value if isinstance(value, list) else [value]
    target = target_of(to)
    keys = [_key(path, target.endpoint) for path in paths]
    refusal = InvalidRequest({name: [NO_SUCH_OBJECT]})
    if not all(key and "\x00" not in key for key in keys):
        raise refusal
    try:
        values = [target.source.key_of(key) for key in keys]
        # From the database that is written: a replica may not have the object yet, and routers refuse to mix them.
        rows = target.source.rows(call).using(router.db_for_write(target.source.model))
        found = {row.pk: row for row in rows.filter(**{f"{target.lookup}__in": values})}
    except (ValueError, ValidationError, ArithmeticError):
        raise refusal from None
    if len(found) != len(set(keys)):
        raise refusal
    others = list(found.values())
    return others if isinstance(value, list) else others[0]


def _key(path: str, endpoint: Endpoint) -> str:
    """Return the id in the path of an object, of any version; an empty string for another path."""
    for api in apis():
        below = unquote(path.removeprefix(api.prefix))
        if path.startswith(api.prefix) and (match := re.search(endpoint.route, below)):
            return match["id"]
    return ""


def joins_of(bounds: Sequence[Any], *, prefix: str = "", is_prefetched: bool = False) -> tuple[set[str], set[str]]:
    """Return the relations to fetch with the rows, for `select_related` and for `prefetch_related`.

    :param bounds: the bound fields of the resource.
    :param is_prefetched: True if the rows are themselves fetched by `prefetch_related`.
    """
    selected: set[str] = set()
    prefetched: set[str] = set()
    for bound in bounds:
        for path in bound.joins:
            (prefetched if is_prefetched or path in bound.many_joins else selected).add(prefix + path)
        if bound.related is None:
            continue
        path, target = prefix + bound.path, target_of(bound.related.to)
        needs = prefetched if bound.is_many or is_prefetched else selected
        if bound.related.full or bound.is_many or not holds_key(bound.model_field, target):
            needs.add(path)
        if bound.related.full:
            more = joins_of(target.source.bounds, prefix=f"{path}__", is_prefetched=needs is prefetched)
            selected |= more[0]
            prefetched |= more[1]
    return selected, prefetched
