"""The system check of declared model resources: mistakes that would be wrong or failing answers."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core import checks

from shared.contract.declarations import registry
from shared.contract.resources import Resource
from shared.http.model_relations import target_of
from shared.http.resource_names import MAX_NAME

_COMPONENTS = frozenset({"errorenvelope", "listmeta", "root", "resource"})
"""The components of `openapi.yaml` that belong to no resource, in lower case."""


def register() -> None:
    """Register the check; a project without model resources does not run it."""
    checks.register(check_model_resources)


def check_model_resources(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Return an error for each mistake in the declaration of a model resource."""
    return [
        checks.Error(mistake, obj=f"The resource {resource.name!r}", id=f"resources.{number}")
        for resource in registry
        if hasattr(resource.source, "mistakes")
        for number, mistake in _mistakes(resource)
    ]


def _mistakes(resource: Resource) -> Iterator[tuple[str, str]]:
    source = resource.source
    yield from (("E001", mistake) for mistake in source.mistakes)
    if resource.endpoint_of("detail") is None:
        yield "E001", "its objects have no path, because `access` allows none of GET, PUT, PATCH and DELETE"
    if len(resource.name) > MAX_NAME:
        yield "E002", f"its name has more than {MAX_NAME} characters"
    if resource.name.lower() in _COMPONENTS:
        yield "E002", "its name is that of a component of openapi.yaml"
    for bound in source.bounds:
        if bound.related is None:
            continue
        try:
            target = target_of(bound.related.to)
        except LookupError as error:
            yield "E003", f"{bound.field.name}: {error}"
            continue
        if target.source is None and (bound.takes is not None or bound.related.full):
            yield "E003", f"{bound.field.name}: {bound.related.to!r} has no model; declare it readonly, and not full"
        elif target.source is not None and not issubclass(bound.model_field.related_model, target.source.model):
            yield "E003", f"{bound.field.name}: {bound.related.to!r} is not of the model that it refers to"
    if cycle := _cycle(resource.name, ()):
        yield "E004", f"the objects that it shows in full contain each other: {' > '.join(cycle)}"


def _cycle(name: str, above: Sequence[str]) -> Sequence[str]:
    """Return the names of resources that show each other in full, beginning with the first; empty if there are none."""
    if name in above:
        return (*above, name) if above[0] == name else ()
    source = getattr(registry.get(name), "source", None)
    for bound in getattr(source, "bounds", ()):
        if bound.related is not None and bound.related.full and (found := _cycle(bound.related.to, (*above, name))):
            return found
    return ()
