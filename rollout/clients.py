"""Which app build calls: what a header of its own says, else the product of its User-Agent; never a person."""

from django.conf import settings
from django.http import HttpRequest

from rollout.client_names import NONE, UNREADABLE, name_in


def client_of(request: HttpRequest) -> str:
    """Give the client's name and version, `ShopApp/2.1`; `(none)` where the request tells none.

    A header that cannot be read, or that may be about a person, is passed over for the User-Agent.
    """
    header: str = getattr(settings, "CLIENT_HEADER", "X-Client")
    said = request.META.get("HTTP_" + header.upper().replace("-", "_"), "")
    name = name_in(said)
    if name not in {NONE, UNREADABLE}:
        return name
    product = name_in(request.META.get("HTTP_USER_AGENT", ""))
    return name if product == NONE else product
