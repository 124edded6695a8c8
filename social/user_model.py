"""The user model in annotations: Django's for the type checker, whatever `AUTH_USER_MODEL` says at run time."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import User
else:
    from django.contrib.auth.base_user import AbstractBaseUser as User

__all__ = ["User"]
