"""A client's own user by Tastypie, as a list of one."""

from django.contrib.auth.models import User
from django.urls import include, path
from tastypie.api import Api
from tastypie.authentication import ApiKeyAuthentication
from tastypie.resources import ModelResource


class UserResource(ModelResource):
    """The fields that Tandem has."""

    class Meta:
        queryset = User.objects.all()
        resource_name = "user"
        authentication = ApiKeyAuthentication()
        fields = ("id", "username", "email", "first_name", "last_name")
        allowed_methods = ("get",)

    def obj_get_list(self, bundle, **kwargs):
        """Return the user that authentication has read, without another query."""
        return [bundle.request.user]


_api = Api(api_name="api")
_api.register(UserResource())
urlpatterns = [path("", include(_api.urls))]
