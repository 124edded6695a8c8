"""The app's configuration."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The shop's app; AUTH_USER_MODEL uses its label."""

    name = "tests.adopting.shop"
    label = "shop"
