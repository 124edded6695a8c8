"""An app of the shop that creates a key for each new customer, as Tastypie's documentation recommends.

Projects import Tastypie's models from a module of models, often that of their users; Django loads it before Tastypie.
"""

from tastypie.models import create_api_key  # type: ignore[import-untyped]  # the package has no types

__all__ = ["create_api_key"]
