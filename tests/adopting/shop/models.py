"""Customers have UUIDs and sign in by their e-mail address; orders are theirs."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class CustomerManager(BaseUserManager["Customer"]):
    """As Django's documentation has it for a login by address."""

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
        """Name them."""
        return self.email


class Order(models.Model):
    """Something that a customer has bought."""

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="orders")
    article = models.CharField(max_length=100)

    def __str__(self) -> str:
        """Say what."""
        return self.article
