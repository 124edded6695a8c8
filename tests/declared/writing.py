"""The resources `shelf`, `project`, `volume` and `capital`, whose writes have rules, and `sample` with all filters."""

from shared.contract.resources import Access, Call
from shared.http.model_resources import Related, model_resource
from tests.declared.lookups import COLUMNS, FILTERS
from tests.declared.models import Capital, Project, Sample, Shelf, Volume

_EVERYONE = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), Access.PUBLIC)
_USERS = dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), Access.REQUIRED)


def is_on_own_shelves(project: Project, call: Call) -> bool:
    """Allow projects of the caller's that are on a shelf, and on shelves of the caller's only."""
    if project._state.adding:  # it is on no shelf before it is stored
        return True
    return {project.owner_id} == {call.actor.pk} == {shelf.owner_id for shelf in project.shelves.all()}


def set_owner(row: Project | Shelf | Volume, call: Call) -> None:
    """Assign a new object to its creator."""
    if row._state.adding:
        row.owner_id = call.actor.pk


SHELF = model_resource("shelf", Shelf, fields=("name",), lookup="name", access=_USERS, prepare=set_owner)
PROJECT = model_resource(
    "project",
    Project,
    fields=("key", "name", Related("owner", to="user", readonly=True), Related("shelves", to="shelf")),
    access=_USERS,
    may=is_on_own_shelves,
    prepare=set_owner,
)
VOLUME = model_resource(
    "volume",
    Volume,
    fields=("title", Related("owner", to="user", readonly=True)),
    access=_USERS,
    prepare=set_owner,
)
CAPITAL = model_resource("capital", Capital, fields=("code", "name", "mayor"), access=_EVERYONE)

SAMPLE = model_resource(
    "sample",
    Sample,
    fields=(*COLUMNS, Related("shelf", to="shelf"), Related("shelves", to="shelf")),
    filters=FILTERS,
    ordering=COLUMNS,
    access={"GET": Access.PUBLIC},
)
RESOURCES = (SHELF, PROJECT, VOLUME, CAPITAL, SAMPLE)
