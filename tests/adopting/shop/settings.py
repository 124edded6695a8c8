"""The shop's settings, followed by those of docs/adopters.md."""

import os
from importlib.util import find_spec
from typing import Any

import dj_database_url

from tests.adopting import document

SECRET_KEY = "the-shop-has-its-own"
ALLOWED_HOSTS = ["api.example.com"]
DATABASES: dict[str, Any] = {
    "default": {**dj_database_url.parse(os.environ["DATABASE_URL"]), "ATOMIC_REQUESTS": True, "CONN_MAX_AGE": 60}
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # The ledger writes from a thread. A transaction that reads first and writes later would otherwise fail beside it.
    DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE"}
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "social_django",
    "rest_framework",
    "tests.adopting.shop",
]
AUTH_USER_MODEL = "shop.Customer"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "tests.adopting.shop.middleware.VisitMiddleware",
]
ROOT_URLCONF = "tests.adopting.shop.urls"
APPEND_SLASH = True
LOGIN_URL = "/admin/login/"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "de"
TIME_ZONE = "Europe/Berlin"
USE_TZ = True
STATIC_URL = "/static/"
REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.BrowsableAPIRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.FormParser"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"anon": "1/day"},
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 3,
    "EXCEPTION_HANDLER": "rest_framework.views.exception_handler",
}

document.run("settings", globals())

# Without apps that have been deleted, as a project that deletes v1 removes its lines.
INSTALLED_APPS = [app for app in INSTALLED_APPS if find_spec(app.partition(".")[0])]
APIS: dict[str, str] = {app: prefix for app, prefix in globals()["APIS"].items() if find_spec(app)}
