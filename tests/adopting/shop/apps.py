"""Django's entry to the shop."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The app; its label names the model in AUTH_USER_MODEL."""

    name = "tests.adopting.shop"
    label = "shop"
