"""Which app build calls: what a header of its own says, else the product of its User-Agent; never a person."""

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

from rollout.client_names import NONE, UNREADABLE, name_in

DEFAULT_CLIENT_HEADER = "X-Client"
_READ = 1000
"""Characters of a header that are looked at; one with more says nothing new there."""


def client_header() -> str:
    """Give the name of the header that tells an app build."""
    return str(getattr(settings, "CLIENT_HEADER", DEFAULT_CLIENT_HEADER))


def client_of(request: HttpRequest) -> str:
    """Give the client's name and version, `ShopApp/2.1`; `(none)` where the request tells none.

    A header that cannot be read, or that may be about a person, is passed over for the User-Agent.
    """
    said: str = request.META.get(_key(client_header()), "")
    agent: str = request.META.get("HTTP_USER_AGENT", "")
    return _client(said[:_READ], agent[:_READ])


@lru_cache(maxsize=2048)
def _client(said: str, agent: str) -> str:
    name = name_in(said)
    if name not in {NONE, UNREADABLE}:
        return name
    product = name_in(agent)
    return name if product == NONE else product


@lru_cache(maxsize=8)
def _key(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")
