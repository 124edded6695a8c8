"""The one table of our own: access tokens."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import User
else:
    from django.contrib.auth.base_user import AbstractBaseUser as User


class AccessToken(models.Model):
    """A credential that this service has issued, kept as its SHA-256 only.

    `imported` marks a key that an earlier deployment had issued. It has no expiry before the sunset of v1, and its row
    stays when it ends, so that it is not imported again.
    """

    # Without an index of its own: the one below begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_tokens", db_index=False
    )
    digest = models.CharField(max_length=64, editable=False)
    created = models.DateTimeField()
    last_used = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    imported = models.BooleanField(default=False)

    class Meta:
        """Newest use last: eviction takes from the front.

        Each sign-in inserts a row here, so there is no index that no look-up needs.
        """

        # Not `unique`, to which Django adds a second index for LIKE on PostgreSQL.
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["digest"], name="social_token_digest")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index("user", "last_used", name="social_token_user_last_used")]

    def __str__(self) -> str:
        """Name it by its id: the digest is nobody's business."""
        return f"access token {self.pk}"


__all__ = ["User"]
