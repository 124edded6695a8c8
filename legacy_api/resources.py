"""The declared resources as Tastypie's."""

# mypy: disable-error-code="misc"
# Tastypie has no types: every class of its is Any.

from collections.abc import Iterator

from legacy_api.wiring import ContractResource
from shared.contract.resources import Endpoint, Registry


def resource_class(name: str, endpoints: tuple[Endpoint, ...]) -> type[ContractResource]:
    """Return a Tastypie resource that serves the declared paths."""
    meta = type("Meta", (ContractResource.Meta,), {"resource_name": name})
    paths = {endpoint.kind: endpoint for endpoint in endpoints}
    return type(f"{name.title().replace('_', '')}Resource", (ContractResource,), {"Meta": meta, "endpoints": paths})


def resources_of(registry: Registry) -> Iterator[type[ContractResource]]:
    """Yield a Tastypie resource for the root, and one for each declared resource."""
    yield resource_class("root", (registry.root,))
    for resource in registry:
        yield resource_class(resource.name, resource.endpoints)
