"""The resource `note`: every method, access by method, fields of each kind, filters, and an error of its own."""

from shared.contract.bodies import Body, Field, Kind
from shared.contract.errors import ApiError
from shared.contract.fields import BooleanField, IntegerField, TextField
from shared.contract.resources import Access, Endpoint, Example, Input, Operation, Resource


class NotTheOwner(ApiError):
    """The note belongs to another user."""

    status = 403
    code = "not_the_owner"
    message = "Only its owner may change this note."
    when = "The note belongs to another user."


TEXT = TextField(name="text", max_length=100, help="What the note says.", example="Buy milk", required=True)
STARS = IntegerField(name="stars", minimum=0, maximum=5, help="How important it is.", example=3)
PINNED = BooleanField(name="pinned", help="Whether it stays on top.", example=True)

BODY = Body(
    "Note",
    (
        Field("id", Kind.INTEGER, "The id of the note."),
        Field("text", Kind.STRING, "What the note says."),
        Field("stars", Kind.INTEGER, "How important it is."),
        Field("pinned", Kind.BOOLEAN, "Whether it stays on top."),
        Field("created", Kind.TIME, "When it was written."),
        Field("resource_uri", Kind.URI, "Path of this object."),
    ),
)
_NOTE = {
    "id": 1,
    "text": "Buy milk",
    "stars": 3,
    "pinned": True,
    "created": "2026-11-23T20:00:00Z",
    "resource_uri": "{api}note/1/",
}
_SERVICE = "tests.declared.service"
_REPRESENT = f"{_SERVICE}.represent"

NOTES = Endpoint(
    "note",
    (
        Operation(
            name="listNotes",
            method="GET",
            summary="List the notes",
            run=f"{_SERVICE}.list_notes",
            access=Access.PUBLIC,
            returns=BODY,
            represent=_REPRESENT,
            is_list=True,
            filters=(PINNED, IntegerField(name="stars", minimum=0, maximum=5, help="With these stars.", example=3)),
        ),
        Operation(
            name="createNote",
            method="POST",
            summary="Write a note",
            run=f"{_SERVICE}.create_note",
            status=201,
            takes=Input("NewNote", (TEXT, STARS, PINNED)),
            returns=BODY,
            represent=_REPRESENT,
            example=Example(
                _NOTE,
                request={"text": "Buy milk", "stars": 3, "pinned": True},
                headers={"Location": "{api}note/1/"},
            ),
        ),
    ),
)
ONE_NOTE = Endpoint(
    "note/{id}",
    (
        Operation(
            name="getNote",
            method="GET",
            summary="One note",
            run=f"{_SERVICE}.get_note",
            access=Access.PUBLIC,
            returns=BODY,
            represent=_REPRESENT,
            example=Example(_NOTE, id=1),
        ),
        Operation(
            name="replaceNote",
            method="PUT",
            summary="Replace a note",
            run=f"{_SERVICE}.replace_note",
            takes=Input("NewNote", (TEXT, STARS, PINNED)),
            returns=BODY,
            represent=_REPRESENT,
            errors=(NotTheOwner,),
        ),
        Operation(
            name="updateNote",
            method="PATCH",
            summary="Change some fields of a note",
            run=f"{_SERVICE}.update_note",
            takes=Input("NoteChange", (TEXT, STARS, PINNED), partial=True),
            returns=BODY,
            represent=_REPRESENT,
            errors=(NotTheOwner,),
        ),
        Operation(
            name="deleteNote",
            method="DELETE",
            summary="Delete a note",
            run=f"{_SERVICE}.delete_note",
            status=204,
            errors=(NotTheOwner,),
        ),
    ),
)
NOTE = Resource("note", "note", (NOTES, ONE_NOTE))
