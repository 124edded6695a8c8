"""The service's only table: access tokens."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import User
else:
    from django.contrib.auth.base_user import AbstractBaseUser as User


class AccessToken(models.Model):
    """An access token, stored as its SHA-256.

    `imported` marks a key that an earlier deployment issued. It has no expiry before the sunset of v1. Its row stays
    after it is revoked, so that the key is not imported again.

    `proved_at` is when the owner last proved an identity in a call with this token; null if only its issue proved one
    (`social.tokens.proof_time`). `credential_digest` identifies the credential that the token was issued for.
    """

    # No index of its own: the one below begins with this column.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_tokens", db_index=False
    )
    digest = models.CharField(max_length=64, editable=False)
    created = models.DateTimeField()
    last_used = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    imported = models.BooleanField(default=False)
    proved_at = models.DateTimeField(null=True)
    # Null and not "": a process of the former release inserts rows without it while a new one is being deployed.
    credential_digest = models.CharField(max_length=32, null=True, editable=False)  # noqa: DJ001

    class Meta:
        """The indexes: by digest for authentication, by user and last use for the limit of tokens per user.

        Each sign-in inserts a row, so there are no others.
        """

        # Not `unique=True`, for which Django adds a second index for LIKE on PostgreSQL.
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["digest"], name="social_token_digest")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index("user", "last_used", name="social_token_user_last_used")]

    def __str__(self) -> str:
        """Return a name with the id, not the digest."""
        return f"access token {self.pk}"


# `User` is imported from here: at run time it is the base of any user model, for type checkers it is Django's own.
__all__ = ["AccessToken", "User"]
