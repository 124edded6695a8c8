"""A user model with few of Django's fields: a UUID, another name field, no first or last name."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class PersonManager(BaseUserManager["Person"]):
    """The manager, with the method that social_django calls."""

    def create_user(self, handle: str, **fields: Any) -> "Person":
        """Create a person without a password."""
        person = self.model(handle=handle, **fields)
        person.set_unusable_password()
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """A person with a short handle."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    handle = models.CharField(max_length=12, unique=True)
    contact = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "handle"
    EMAIL_FIELD = "contact"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        """Addresses are unique without regard to case."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(Lower("contact"), condition=~models.Q(contact=""), name="one_contact"),
        ]

    def __str__(self) -> str:
        """Return the handle."""
        return self.handle


class Employee(Person):
    """A proxy of the user model, which a project may register in its admin."""

    class Meta:
        """No table of its own."""

        proxy = True
