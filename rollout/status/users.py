"""Who still calls v1, counted; no name leaves the database."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from rollout.models import LastCall
from rollout.status.versions import NEW_NAME, OLD_NAME


@dataclass(frozen=True, slots=True)
class Users:
    """Users who have called lately with a credential: v1 at all, of these v2 as well, and v2 at all."""

    old: int
    moving: int
    new: int

    @property
    def depend(self) -> int:
        """Give those who have called v1 alone."""
        return self.old - self.moving


def users(since: datetime) -> Users:
    """Count the users who have called since then."""
    lately = LastCall.objects.filter(at__gte=since)
    old, new = lately.filter(version=OLD_NAME), lately.filter(version=NEW_NAME)
    return Users(
        old=old.count(),
        moving=old.filter(Exists(new.filter(user=OuterRef("user")))).count(),
        new=new.count(),
    )
