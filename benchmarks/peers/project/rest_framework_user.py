"""A client's own user by REST framework; the settings have the authentication and the throttle."""

from django.contrib.auth.models import User
from django.urls import path
from rest_framework.generics import RetrieveAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.serializers import ModelSerializer


class UserSerializer(ModelSerializer):
    """The fields that Tandem has."""

    class Meta:
        model = User
        fields = ("id", "username", "email", "first_name", "last_name")


class OwnUser(RetrieveAPIView):
    """The user that authentication has read, without another query."""

    permission_classes = (IsAuthenticated,)
    serializer_class = UserSerializer

    def get_object(self):
        """Return the user."""
        return self.request.user


urlpatterns = [path("user/", OwnUser.as_view())]
