"""The names that a project's frameworks give to its own resources below the prefix of an API."""

from django.urls import Resolver404, ResolverMatch, resolve

from shared.contract.declarations import registry
from shared.contract.resources import Endpoint
from shared.http.urls import api_at, serves

MAX_NAME = 80
"""The most characters of a name: the width of its column in the ledger."""


def resource_name(match: ResolverMatch) -> str | None:
    """Return the name of a project's own resource by the view that was chosen for a path; None if it has no name.

    It is what the framework calls the resource: a keyword argument `resource_name` of the URL, or REST framework's
    `basename`; else the name of the URL.
    """
    options = getattr(match.func, "initkwargs", {})
    name = match.kwargs.get("resource_name") or options.get("basename") or match.url_name
    return None if name is None else str(name)[:MAX_NAME]


def endpoint_at(path_info: str) -> Endpoint | None:
    """Return the declared endpoint of a path, with or without its slash, below the prefix of an API."""
    api = api_at(path_info)
    return None if api is None else registry.endpoint_at(path_info[1 + len(api.route) :])


def own_match(path_info: str, urlconf: str | None = None) -> ResolverMatch | None:
    """Return the match of a path with a view of the project's own, or None."""
    try:
        match = resolve(path_info, urlconf)
    except Resolver404:
        return None
    api = api_at(path_info)
    return None if api is not None and serves(api, match.func) else match


def paired_path(name: str, paired: str, route: str) -> str:
    """Return the path below the current API's route of a resource that is `name` in an old API.

    The path may be the same although the new framework has another name for the resource, `paired`. Otherwise the
    name is taken for the path.
    """
    match = own_match(f"/{route}{name}/")
    if match is not None:
        found = resource_name(match)
    else:
        declared = registry.endpoint_at(f"{name}/")
        found = None if declared is None else declared.resource
    return name if found == paired else paired
