"""The functions that the declaration names."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from shared.contract.errors import NotFound
from shared.contract.resources import Call
from tests.declared.declaration import ONE_NOTE, NotTheOwner
from tests.declared.models import Note

DEFAULTS = {"stars": 0, "pinned": False}


def list_notes(call: Call) -> QuerySet[Note]:
    """Return the notes that the filters select."""
    return Note.objects.filter(**call.filters).order_by("id")


def create_note(call: Call) -> Note:
    """Write a note of the caller's."""
    note: Note = Note.objects.create(owner=call.actor, created=timezone.now(), **call.input)
    return note


def get_note(call: Call) -> Note:
    """Return a note.

    :raises NotFound: there is none.
    """
    note: Note | None = Note.objects.filter(pk=call.id).first() if call.id.isdecimal() else None
    if note is None:
        raise NotFound
    return note


def replace_note(call: Call) -> Note:
    """Set every field; one that was not sent gets its default."""
    return _change(call, {**DEFAULTS, **call.input})


def update_note(call: Call) -> Note:
    """Set the fields that were sent."""
    return _change(call, call.input)


def delete_note(call: Call) -> None:
    """Delete a note of the caller's."""
    _own(call).delete()


def represent(note: Note, call: Call) -> dict[str, Any]:
    """Return the values of the body."""
    return {
        "id": note.pk,
        "text": note.text,
        "stars": note.stars,
        "pinned": note.pinned,
        "created": note.created,
        "resource_uri": ONE_NOTE.uri(call.prefix, id=note.pk),
    }


def _change(call: Call, values: dict[str, Any]) -> Note:
    note = _own(call)
    for name, value in values.items():
        setattr(note, name, value)
    note.save()
    return note


def _own(call: Call) -> Note:
    note = get_note(call)
    if note.owner_id != call.actor.pk:
        raise NotTheOwner
    return note
