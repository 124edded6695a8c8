"""The API as Tastypie knows it: resources, registered."""

from legacy_api import resources
from legacy_api.wiring import ContractApi

api = ContractApi(api_name="v1")
for resource in (
    resources.ProviderResource,
    resources.SocialAccountResource,
    resources.SocialSignUpResource,
    resources.TokenResource,
    resources.UserResource,
):
    api.register(resource())

urlpatterns = api.urls
