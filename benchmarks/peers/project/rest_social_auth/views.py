"""Its token view, which is made for codes, fed an access token."""

from rest_framework import serializers
from rest_social_auth.views import SocialTokenOnlyAuthView


class AccessTokenSerializer(serializers.Serializer):
    """What a client sends in place of a code."""

    provider = serializers.CharField(required=False)
    access_token = serializers.CharField()


class AccessTokenView(SocialTokenOnlyAuthView):
    """The view with its two seams replaced, as its documentation allows: "you can override any method".

    Its own `get_object` has the backend exchange a code for an access token, and then do what is done here.
    """

    oauth2_serializer_class_in = AccessTokenSerializer

    def get_object(self):
        """Give the user whose token it is."""
        user = self.request.user if self.request.user.is_authenticated else None
        return self.request.backend.do_auth(self.request.auth_data["access_token"], user=user, request=self.request)
