"""The agency's settings, followed by those of docs/adopters.md with other prefixes."""

import os
from importlib.util import find_spec
from typing import Any

import dj_database_url

from tests.adopting import document

SECRET_KEY = "the-agency-has-its-own"
ALLOWED_HOSTS = ["api.example.com"]
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE"}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "rest_framework",
]
MIDDLEWARE = [
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "tests.adopting.agency.urls.CdnMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
]
OWN_MIDDLEWARE = list(MIDDLEWARE)
"""What the agency had before."""
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
ROOT_URLCONF = "tests.adopting.agency.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 1,
    "EXCEPTION_HANDLER": "tests.adopting.agency.urls.report",
    "URL_FIELD_NAME": "address",
    "NON_FIELD_ERRORS_KEY": "general",
}

# Settings of other packages, whose names social-core also reads where it finds no SOCIAL_AUTH_<name>.
PIPELINE: dict[str, Any] = {"STYLESHEETS": {}, "JAVASCRIPT": {}}
KEY = SECRET = "of-another-package"
WHITELISTED_DOMAINS = ["agency.example"]
USERNAME_IS_FULL_EMAIL = True

document.run("settings", globals())

APIS: dict[str, str] = {
    app: prefix.replace("api/v1/", "rest/1.0/").replace("api/v2/", "rest/2.0/")
    for app, prefix in globals()["APIS"].items()
    if find_spec(app)
}
# Without apps that have been deleted, as a project that deletes the old version removes its lines.
INSTALLED_APPS = [app for app in INSTALLED_APPS if find_spec(app.partition(".")[0])]
PAIRED_RESOURCES = {"staff/job": "posting"}
