"""dj-rest-auth on django-allauth, with the view for Facebook of its documentation."""

from allauth.socialaccount.providers.facebook.views import FacebookOAuth2Adapter
from dj_rest_auth.registration.views import SocialLoginView
from django.urls import path


class FacebookLogin(SocialLoginView):
    """Sign in with an access token of Facebook's."""

    adapter_class = FacebookOAuth2Adapter


urlpatterns = [path("dj-rest-auth/facebook/", FacebookLogin.as_view(), name="fb_login")]
