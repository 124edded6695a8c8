"""The registry of the declared resources.

Both adapters, the root listing, `openapi.yaml`, the ledger's names, the parity cases and the documentation read it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.contract import descriptions
from shared.contract.bodies import Body, Field, Kind
from shared.contract.errors import ApiError, MethodNotAllowed, VersionRetired
from shared.contract.resources import PREFIX, Access, Endpoint, Example, Operation, Resource


@dataclass(frozen=True, slots=True)
class Exchange:
    """An example request and its answer; `path` is relative to the API's root."""

    operation: Operation
    path: str
    example: Example

    @property
    def method(self) -> str:
        """The request's method."""
        return self.operation.method

    @property
    def status(self) -> int:
        """The answer's status."""
        return self.operation.status


FREQUENT = frozenset({"social_sign_up", "user"})
"""The resources of most calls. Adapters put their URL patterns first, because Django tries one after the other."""
UNDECLARED: tuple[type[ApiError], ...] = (MethodNotAllowed, VersionRetired)
"""The failures that belong to no operation: of a method that is none, and of a version as a whole."""


class Registry:
    """The resources that every mounted API serves, sorted by name, and the root, which lists them."""

    def __init__(self, *resources: Resource) -> None:
        """Register these resources."""
        self._resources: dict[str, Resource] = {}
        for resource in resources:
            self.register(resource)

    def register(self, resource: Resource) -> None:
        """Add a resource. Both adapters serve it once their URLconfs are loaded.

        :raises ValueError: another resource or operation has the same name, or a path belongs to another resource.
        """
        if resource.name in self._resources:
            raise ValueError(f"the resource {resource.name!r} is declared twice")
        known = {operation.name for endpoint in self.endpoints for operation in endpoint.operations}
        for endpoint in resource.endpoints:
            if endpoint.resource != resource.name or endpoint.path.removeprefix(resource.name)[:1] not in {"", "/"}:
                raise ValueError(f"the path {endpoint.path!r} does not begin with {resource.name!r}")
            for operation in endpoint.operations:
                if operation.name in known:
                    raise ValueError(f"the operation {operation.name!r} is declared twice")
                known.add(operation.name)
        before = self._resources
        self._set({**before, resource.name: resource})
        for endpoint in self.endpoints:
            if not endpoint.has_id and (found := self.endpoint_at(endpoint.path)) is not endpoint:
                self._set(before)
                raise ValueError(f"the path {endpoint.path!r} is also that of {getattr(found, 'path', None)!r}")

    def _set(self, resources: Mapping[str, Resource]) -> None:
        self._resources = dict(sorted(resources.items()))
        for cached in ("root", "endpoints", "_routes"):
            self.__dict__.pop(cached, None)

    def __iter__(self) -> Iterator[Resource]:
        """Iterate over the resources; the root is not among them."""
        return iter(self._resources.values())

    def get(self, name: str) -> Resource | None:
        """Return the resource of a name, or None."""
        return self._resources.get(name)

    @cached_property
    def root(self) -> Endpoint:
        """The root, which lists the resources."""
        uris = {one.name: {"list_endpoint": one.list_endpoint.uri(PREFIX)} for one in self if one.list_endpoint}
        names = tuple(Field(name, Kind.LISTING, f"The resource `{name}`.") for name in uris)
        listing = Operation(
            name="listResources",
            method="GET",
            summary="List the resources",
            description=descriptions.LIST_RESOURCES,
            run="shared.http.operations.list_resources",
            access=Access.PUBLIC,
            returns=Body("Root", names, "The resources that have a list."),
            example=Example(uris),
        )
        return Endpoint("", (listing,))

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All paths; the root is the first."""
        return (self.root, *(endpoint for resource in self for endpoint in resource.endpoints))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the resources, including `root`; the ledger counts calls by them."""
        return ("root", *self._resources)

    def tag_of(self, endpoint: Endpoint) -> str:
        """Return the tag of a path in `openapi.yaml`."""
        return self._resources[endpoint.resource].tag if endpoint.resource else "discovery"

    def endpoint_at(self, path: str) -> Endpoint | None:
        """Return the endpoint of a path below a version's prefix (`user/7/`), matched as in both adapters, or None."""
        return next((endpoint for route, endpoint in self._routes if route.search(path)), None)

    @cached_property
    def _routes(self) -> tuple[tuple[re.Pattern[str], Endpoint], ...]:
        return tuple((re.compile(endpoint.route), endpoint) for endpoint in self.endpoints)

    def exchanges(self) -> tuple[Exchange, ...]:
        """Return the example exchange of each operation that has one."""
        return tuple(
            Exchange(operation, endpoint.uri("", id=operation.example.id), operation.example)
            for endpoint in self.endpoints
            for operation in endpoint.operations
            if operation.example is not None
        )

    def failures(self) -> tuple[type[ApiError], ...]:
        """Return each failure that the mounted APIs answer with, by status and code."""
        declared = {one for path in self.endpoints for operation in path.operations for one in path.failures(operation)}
        return tuple(sorted({*declared, *UNDECLARED}, key=lambda one: (one.status, one.code)))
