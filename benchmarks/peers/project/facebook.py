"""social-core's Facebook backend with the URLs of the local provider, otherwise unchanged."""

import os

from social_core.backends.facebook import FacebookOAuth2

_PROVIDER = os.environ["PROVIDER_ORIGIN"]


class Facebook(FacebookOAuth2):
    """A subclass with other URLs, as social-core's documentation describes."""

    ACCESS_TOKEN_URL = f"{_PROVIDER}/v{{version}}/oauth/access_token"
    USER_DATA_URL = f"{_PROVIDER}/v{{version}}/me"
