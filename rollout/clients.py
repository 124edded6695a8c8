"""Which app build calls: what a header of its own says, else the product of its User-Agent; never a person."""

import re

from django.conf import settings
from django.http import HttpRequest

NONE = "(none)"
_PRODUCT = re.compile(r"([A-Za-z][A-Za-z0-9._-]{0,39})(?:/([0-9]{1,6}(?:\.[0-9]{1,6}){0,2})(?![0-9]))?")


def client_of(request: HttpRequest) -> str:
    """Give the client's name and version, `ShopApp/2.1`; `(none)` where the request tells none."""
    header = "HTTP_" + settings.CLIENT_HEADER.upper().replace("-", "_")
    match = _PRODUCT.match(request.META.get(header, "") or request.META.get("HTTP_USER_AGENT", ""))
    return NONE if match is None else "/".join(part for part in match.groups() if part)
