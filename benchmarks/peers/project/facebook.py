"""social-core's Facebook, reached where the local provider is; otherwise as it comes."""

from social_core.backends.facebook import FacebookOAuth2

from benchmarks.peers.project.provider import ORIGIN


class Facebook(FacebookOAuth2):
    """A subclass with other URLs, as social-core's documentation describes."""

    ACCESS_TOKEN_URL = f"{ORIGIN}/v{{version}}/oauth/access_token"
    USER_DATA_URL = f"{ORIGIN}/v{{version}}/me"
