"""The user model, with a UUID and an e-mail address as the user name, and orders of users."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class CustomerManager(BaseUserManager["Customer"]):
    """The manager from Django's documentation for users with an e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Customer":
        """Create a customer."""
        customer = self.model(email=self.normalize_email(email), **fields)
        customer.set_password(password)
        customer.save(using=self._db)
        return customer


class Customer(AbstractBaseUser, PermissionsMixin):
    """A customer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    objects: ClassVar[CustomerManager] = CustomerManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        """Return the address."""
        return self.email


class Order(models.Model):
    """An article that a customer has bought."""

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="orders")
    article = models.CharField(max_length=100)

    def __str__(self) -> str:
        """Return the article."""
        return self.article
