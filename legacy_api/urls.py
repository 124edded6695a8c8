"""The URLs of the API: a Tastypie `Api` with the root and the declared resources."""

from legacy_api.resources import ContractApi, resource_class
from shared.contract.declarations import registry

api = ContractApi(api_name="v1")
api.register(resource_class("root", (registry.root,))())
for resource in registry:
    api.register(resource_class(resource.name, resource.endpoints)())

urlpatterns = api.urls
