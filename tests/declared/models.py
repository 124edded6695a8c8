"""The rows behind the resource."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class Note(models.Model):
    """A note that its owner may change and everyone may read."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    text = models.CharField(max_length=100)
    stars = models.IntegerField(default=0)
    pinned = models.BooleanField(default=False)
    created = models.DateTimeField()
    # For the type checker, whose settings do not have this app.
    owner_id: int
    objects: ClassVar[models.Manager["Note"]] = models.Manager()

    def __str__(self) -> str:
        """Return the text."""
        return self.text
