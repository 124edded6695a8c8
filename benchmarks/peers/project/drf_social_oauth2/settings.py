"""drf-social-oauth2 as its documentation sets it up.

Its best case is made by the application's row, not here: a public client whose secret is not hashed.
"""

from benchmarks.peers.project.on_social_core import *  # noqa: F403 - settings build on settings
from benchmarks.peers.project.production import INSTALLED_APPS, REST_FRAMEWORK

ROOT_URLCONF = "benchmarks.peers.project.drf_social_oauth2.urls"
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.sessions",
    "rest_framework",
    "oauth2_provider",
    "social_django",
    "drf_social_oauth2",
]
# social-django's strategy wants a session; nothing is written to it.
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
REST_FRAMEWORK = {
    **REST_FRAMEWORK,
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "oauth2_provider.contrib.rest_framework.OAuth2Authentication",
        "drf_social_oauth2.authentication.SocialAuthentication",
    ],
}
SOCIAL_AUTH_URL_NAMESPACE = "drf:social"
