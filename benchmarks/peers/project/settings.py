"""The settings of the peer that PEER names, each as its documentation sets it up.

Every choice is in the peer's favour: only the middleware that it asks for, no translations, JSON alone, database
connections that stay open, and for SQLite the settings that Tandem has.
"""

import os
from datetime import timedelta

import dj_database_url

PEER = os.environ["PEER"]
READS = PEER in {"drf_authtoken", "drf_redis_throttle", "simplejwt", "knox", "tastypie_api_key"}
ON_ALLAUTH = PEER in {"allauth_headless", "dj_rest_auth"}
_PROVIDER = os.environ["PROVIDER_ORIGIN"]
_APP_ID, _APP_SECRET = os.environ["PROVIDER_APP_ID"], "benchmarks-only"

SECRET_KEY = "benchmarks-only"  # noqa: S105 - it protects nothing
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
_urls = PEER
if READS:
    _urls = "tastypie_user" if PEER == "tastypie_api_key" else "rest_framework_user"
ROOT_URLCONF = f"benchmarks.peers.project.{_urls}"
USE_I18N = False
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

_SESSIONS = "django.contrib.sessions"
_ALLAUTH = [
    _SESSIONS,
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.facebook",
]
_DRF = ["rest_framework", "rest_framework.authtoken"]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    *{
        "rest_social_auth": [*_DRF, "social_django", "rest_social_auth"],
        "drf_social_oauth2": [_SESSIONS, "rest_framework", "oauth2_provider", "social_django", "drf_social_oauth2"],
        "dj_rest_auth": [*_ALLAUTH, *_DRF, "dj_rest_auth", "dj_rest_auth.registration"],
        "allauth_headless": [*_ALLAUTH, "allauth.headless"],
        "view_2015": [_SESSIONS, *_DRF, "social_django"],
        "drf_authtoken": _DRF,
        "drf_redis_throttle": _DRF,
        "simplejwt": ["rest_framework"],
        "knox": ["rest_framework", "knox"],
        "tastypie_api_key": ["tastypie"],
    }[PEER],
]

# social-django's strategy needs a session, but writes nothing to it; rest-social-auth has a strategy without one.
_without_session = READS or PEER == "rest_social_auth"
MIDDLEWARE = [] if _without_session else ["django.contrib.sessions.middleware.SessionMiddleware"]
if ON_ALLAUTH:
    MIDDLEWARE += [
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ]

_database = {**dj_database_url.parse(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": None}
if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
DATABASES = {"default": _database}

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
}
if PEER == "drf_social_oauth2":
    REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = [
        "oauth2_provider.contrib.rest_framework.OAuth2Authentication",
        "drf_social_oauth2.authentication.SocialAuthentication",
    ]
if PEER == "simplejwt":
    REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = ["rest_framework_simplejwt.authentication.JWTAuthentication"]
    # PyJWT warns at each call if the key is shorter than the digest.
    SIMPLE_JWT = {"SIGNING_KEY": "benchmarks-only " * 4, "ACCESS_TOKEN_LIFETIME": timedelta(days=1)}
if PEER == "knox":
    REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = ["knox.auth.TokenAuthentication"]
if PEER == "drf_redis_throttle":
    REST_FRAMEWORK["DEFAULT_THROTTLE_CLASSES"] = ["rest_framework.throttling.UserRateThrottle"]
    REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {"user": "600/minute"}
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["REDIS_URL"]}
    }
# Without a session of its own; allauth begins one all the same.
REST_AUTH = {"SESSION_LOGIN": False}

# One authentication backend: Django asks all of them in turn.
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend"
    if ON_ALLAUTH
    else "benchmarks.peers.project.facebook.Facebook"
]
SOCIAL_AUTH_FACEBOOK_KEY = _APP_ID
SOCIAL_AUTH_FACEBOOK_SECRET = _APP_SECRET
SOCIAL_AUTH_FACEBOOK_SCOPE = ["email"]
SOCIAL_AUTH_FACEBOOK_PROFILE_EXTRA_PARAMS = {"fields": "id,name,first_name,last_name,email"}
if PEER == "drf_social_oauth2":
    SOCIAL_AUTH_URL_NAMESPACE = "drf:social"

# No mail to new users, and no rate limits: all requests come from one address.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
SOCIALACCOUNT_PROVIDERS = {
    "facebook": {
        "GRAPH_API_URL": f"{_PROVIDER}/v24.0",
        "APPS": [{"client_id": _APP_ID, "secret": _APP_SECRET, "key": ""}],
    }
}
HEADLESS_ONLY = PEER == "allauth_headless"
HEADLESS_CLIENTS = ("app",)
if ON_ALLAUTH:
    TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
