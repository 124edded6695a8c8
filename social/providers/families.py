"""Names that lead to the same people: enabled together, one person would become two users."""

from collections.abc import Iterable

from social_core.utils import module_member

from social.providers.catalogue import CATALOGUE, Way


def families_in(names: Iterable[str]) -> list[list[str]]:
    """Give the groups of two or more of these providers that sign in the same people, in the order of their names."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        if name in CATALOGUE and CATALOGUE[name].way is not Way.NEVER:
            groups.setdefault(_family(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _family(name: str) -> str:
    """social-core titles a backend by its site; one for part of a site begins with its name and calls the same host."""
    entry = CATALOGUE[name]
    site = CATALOGUE.get(name.partition("-")[0])
    if site and set(site.hosts) & set(entry.hosts):
        entry = site
    return str(getattr(module_member(entry.backend), "title", None) or name)
