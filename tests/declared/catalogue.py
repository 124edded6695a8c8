"""The resources of models `downloads/release`, found by its slug, `downloads/tag` and `downloads/file`; `words`.

The releases and the files have the legacy dialect, and `shop/file`, which has the same rows, the contract's.
"""

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from shared.contract.bodies import Body, Field, Kind
from shared.contract.declaring import declare_resource
from shared.contract.dialects import LEGACY
from shared.contract.fields import TextField
from shared.contract.resources import Access, Call
from shared.http.model_resources import Computed, ModelField, Related, model_resource
from tests.declared.models import File, Release, Tag

COLUMNS = (
    "id",
    "name",
    "slug",
    "description",
    "size",
    "count",
    "price",
    "ratio",
    "is_published",
    "created",
    "day",
    "hour",
    "key",
    "extra",
)


def is_staff(call: Call) -> bool:
    """Allow staff."""
    return bool(call.actor.is_staff)


def is_mine(file: File, call: Call) -> bool:
    """Allow a file of nobody's, or of the caller's."""
    return file.owner_id in {None, call.actor.pk}


def set_owner(file: File, call: Call) -> None:
    """Assign a new file to its creator."""
    if file._state.adding:
        file.owner_id = call.actor.pk


def search(rows: QuerySet[Any], call: Call) -> QuerySet[Any]:
    """Select the files whose description has a text."""
    text = call.filters.get("q")
    return rows if text is None else rows.filter(description__contains=text)


RELEASE = model_resource(
    "downloads/release",
    Release,
    fields=("id", "name", "slug"),
    lookup="slug",
    filters={"slug": ("exact",)},
    access={"GET": Access.PUBLIC, "POST": is_staff, "DELETE": is_staff},
    dialect=LEGACY,
)
TAG = model_resource("downloads/tag", Tag, fields=("word",), access={"GET": Access.PUBLIC}, dialect=LEGACY)
FILE = model_resource(
    "downloads/file",
    File,
    fields=(
        *COLUMNS,
        "length",
        "image",
        "release_id",
        Related("release", to="downloads/release"),
        Related("previous", to="downloads/file"),
        Related("tags", to="downloads/tag"),
        Related("whole_release", to="downloads/release", attribute="release", full=True),
        ModelField("release_name", attribute="release__name"),
    ),
    filters={
        "name": ("exact", "in", "startswith"),
        "size": ("exact", "gte", "range"),
        "is_published": ("exact",),
        "created": ("gt",),
        "release": ("exact",),
        "release__slug": ("exact", "in"),
        "previous": ("isnull", "exact"),
    },
    ordering=("name", "created"),
    access={"GET": Access.PUBLIC, "POST": Access.REQUIRED, "PUT": Access.REQUIRED, "PATCH": Access.REQUIRED},
    prepare=set_owner,
    dialect=replace(LEGACY, limit=3),
)
LABEL = model_resource(
    "downloads/label",
    Tag,
    fields=("id", "word"),
    access=dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), Access.PUBLIC),
    dialect=replace(LEGACY, always_return_data=True, max_limit=0),
)
SHOP_FILE = model_resource(
    "shop/file",
    File,
    fields=(
        *COLUMNS,
        Related("release", to="downloads/release"),
        Related("tags", to="downloads/tag"),
        Related("owner", to="user", readonly=True),
        Computed(
            "title", Kind.STRING, lambda file, call: f"{file.release.name}: {file.name}", needs=("release", "tags")
        ),
    ),
    filters={"name": ("exact", "in"), "is_published": ("exact",), "price": ("exact",), "created": ("lt", "year")},
    ordering=("price",),
    parameters=(TextField(name="q", max_length=20, help="A text of the description.", example="beta"),),
    narrow=search,
    access=dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), Access.REQUIRED) | {"GET": Access.PUBLIC},
    may=is_mine,
    prepare=set_owner,
)


def count_words(call: Call) -> dict[str, Any]:
    """Return the number of words of a text."""
    return {"count": len(call.input["text"].split())}


WORDS = declare_resource(
    "words",
    body=Body("WordCount", (Field("count", Kind.INTEGER, "The number of words."),)),
    input=(TextField(name="text", max_length=1000, help="The text.", example="a b c", required=True),),
    access={"POST": (Access.OPTIONAL, lambda call: call.actor is None or call.actor.is_staff)},
    create=count_words,
    locate=lambda result, call: f"{call.prefix}words/",
)
RESOURCES = (RELEASE, TAG, FILE, LABEL, SHOP_FILE, WORDS)
