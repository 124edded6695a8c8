"""The resources `country`, `server` and `mirror`: keys of the client's, inheritance, values that are hard to store."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError

from shared.contract.bodies import Body, Field, Kind
from shared.contract.declaring import declare_resource
from shared.contract.resources import Access, Call
from shared.http.model_resources import Computed, Related, model_resource
from tests.declared.models import Country, Mirror, Server

_EVERYONE = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), Access.PUBLIC)


def is_ours(server: Server, call: Call) -> bool:
    """Allow servers in our country."""
    return server.country_id == "de"


def set_room(server: Server, call: Call) -> None:
    """Put a server into a room, except one whose room this project forgets."""
    if server.name == "refused":
        raise ValidationError({"name": "Not this one."})
    if server.name != "forgotten":
        server.room = "1"


COUNTRY = model_resource(
    "country",
    Country,
    fields=(
        "code",
        "name",
        Computed("share", Kind.DECIMAL, lambda country, call: Decimal("0.50")),
        Computed("since", Kind.DATE, lambda country, call: date(1990, 10, 3)),
        Computed("key", Kind.UUID, lambda country, call: UUID(int=1)),
    ),
    access=_EVERYONE,
)
SERVER = model_resource(
    "server",
    Server,
    fields=("name", Related("country", to="country"), Related("mirrors", to="country"), "address", "uptime", "price"),
    lookup="name",
    filters={
        "address": ("exact", "in", "startswith"),
        "uptime": ("exact", "gt"),
        "price": ("exact", "in"),
        "mirrors__name": ("in",),
    },
    access=_EVERYONE,
    may=is_ours,
    prepare=set_room,
)
MIRROR = model_resource(
    "mirror",
    Mirror,
    fields=("id", "name", Related("country", to="country"), "source"),
    access=_EVERYONE,
    prepare=set_room,
)
PING = declare_resource(
    "ping",
    body=Body("Ping", (Field("is_alive", Kind.BOOLEAN, "Whether it answers."),)),
    access={"POST": Access.PUBLIC},
    create=lambda call: {"is_alive": True},
    locate=lambda result, call: f"{call.prefix}ping/",
)
RESOURCES = (COUNTRY, SERVER, MIRROR, PING)
