"""The API as Tastypie knows it: resources, registered."""

from legacy_api.resources import resources_of
from legacy_api.wiring import ContractApi
from shared.contract.declarations import registry

api = ContractApi(api_name="v1")
for resource in resources_of(registry):
    api.register(resource())

urlpatterns = api.urls
