"""What the peers that stand on social-core have in common."""

from benchmarks.peers.project.production import *  # noqa: F403 - settings build on settings
from benchmarks.peers.project.provider import APPLICATION_ID, APPLICATION_SECRET

# The one that signs people in; the more there are, the more Django asks in turn.
AUTHENTICATION_BACKENDS = ["benchmarks.peers.project.facebook.Facebook"]
SOCIAL_AUTH_FACEBOOK_KEY = APPLICATION_ID
SOCIAL_AUTH_FACEBOOK_SECRET = APPLICATION_SECRET
SOCIAL_AUTH_FACEBOOK_SCOPE = ["email"]
SOCIAL_AUTH_FACEBOOK_PROFILE_EXTRA_PARAMS = {"fields": "id,name,first_name,last_name,email"}
