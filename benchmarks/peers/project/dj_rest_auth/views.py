"""Its view for Facebook, word for word from its documentation."""

from allauth.socialaccount.providers.facebook.views import FacebookOAuth2Adapter
from dj_rest_auth.registration.views import SocialLoginView


class FacebookLogin(SocialLoginView):
    """Sign in with an access token of Facebook's."""

    adapter_class = FacebookOAuth2Adapter
