"""Django's entry to the app that declares the resource."""

from django.apps import AppConfig


class DeclaredConfig(AppConfig):
    """The app; it registers its resources when it is ready, before the URLs are loaded."""

    name = "tests.declared"
    label = "declared"

    def ready(self) -> None:
        """Register the resources."""
        from shared.contract.declarations import registry  # noqa: PLC0415 - once the apps are ready
        from tests.declared.catalogue import RESOURCES  # noqa: PLC0415 - likewise
        from tests.declared.corners import RESOURCES as CORNERS  # noqa: PLC0415 - likewise
        from tests.declared.declaration import NOTE  # noqa: PLC0415 - likewise
        from tests.declared.page import run  # noqa: PLC0415 - likewise
        from tests.declared.writing import RESOURCES as WRITTEN  # noqa: PLC0415 - likewise

        for resource in (NOTE, *RESOURCES, *CORNERS, *WRITTEN):
            registry.register(resource)
        run("resources")["register"]()
