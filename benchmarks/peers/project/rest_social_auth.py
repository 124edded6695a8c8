"""rest-social-auth's view, which is made for authorization codes, with an access token instead."""

from django.urls import path
from rest_framework import serializers
from rest_social_auth.views import SocialTokenOnlyAuthView


class AccessTokenSerializer(serializers.Serializer):
    """What a client sends instead of a code."""

    provider = serializers.CharField(required=False)
    access_token = serializers.CharField()


class AccessTokenView(SocialTokenOnlyAuthView):
    """The library's view, extended as its documentation allows: "you can override any method".

    Its own `get_object` exchanges the code for an access token, and then does the same as this one.
    """

    oauth2_serializer_class_in = AccessTokenSerializer

    def get_object(self):
        """Return the user of the access token."""
        user = self.request.user if self.request.user.is_authenticated else None
        return self.request.backend.do_auth(self.request.auth_data["access_token"], user=user, request=self.request)


urlpatterns = [path("api/login/social/token/", AccessTokenView.as_view())]
