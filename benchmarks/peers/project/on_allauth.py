"""What the two peers that stand on django-allauth have in common."""

from benchmarks.peers.project.production import *  # noqa: F403 - settings build on settings
from benchmarks.peers.project.production import INSTALLED_APPS
from benchmarks.peers.project.provider import APPLICATION_ID, APPLICATION_SECRET, ORIGIN

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.sessions",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.facebook",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]

# Neither messages to new users nor limits, which would count and then refuse the one address that all load comes from.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

SOCIALACCOUNT_PROVIDERS = {
    "facebook": {
        "GRAPH_API_URL": f"{ORIGIN}/v24.0",
        "APPS": [{"client_id": APPLICATION_ID, "secret": APPLICATION_SECRET, "key": ""}],
    }
}
