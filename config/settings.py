"""Django's settings, from the environment alone (docs/contract.md, section 8, lists the variables)."""

import os
from pathlib import Path
from typing import Any

from api_v2 import document_settings
from config import environment
from config.database import database
from config.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent

# App to prefix. Installed apps, URLs and the tests derive from it; an API is retired by deleting its line.
APIS = {
    "legacy_api": "api/v1/",
    "api_v2": "api/v2/",
}

DEBUG = environment.switch("DEBUG")
SECRET_KEY = environment.text("SECRET_KEY")
if not SECRET_KEY:
    raise environment.Unreadable("SECRET_KEY is not set: give a long random string, and keep it.")
ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", "localhost")

INSTALLED_APPS = [
    "config.admin_app.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "social_django",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "social",
    "rollout",
    "parity",
    "config",
    *APIS,
]
MIDDLEWARE = [
    "config.cors.Headers",
    "shared.http.middleware.ContractMiddleware",
    "rollout.ledger.middleware.LedgerMiddleware",
    "config.cors.Preflights",
    "rollout.middleware.LifecycleMiddleware",
    "shared.http.middleware.HostMiddleware",
    "config.admin_pages.AdminPages",
    "django.middleware.security.SecurityMiddleware",
    "config.outside_apis.Sessions",
    "config.outside_apis.Authentication",
    "config.outside_apis.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
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
# The admin's own, which no other path gets: sessions end with the browser, or after a working day.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
# A message's own cookie would be sent to every path.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = "config.formats"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False

DATABASES = {"default": database(BASE_DIR)}
LOG_LEVEL = environment.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOGGING = logging_config(LOG_LEVEL)
DEFAULT_EXCEPTION_REPORTER = "config.error_reports.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.error_reports.ReportFilter"

PORT = environment.integer("PORT", 8000, least=1, most=65535)
THREADS = environment.integer("THREADS", 128, least=1, most=1000)
MAX_REQUESTS = environment.integer("MAX_REQUESTS", 0, most=1_000_000_000)
REDIS_URL = environment.redis_url("REDIS_URL")
TRUSTED_PROXIES = environment.integer("TRUSTED_PROXIES", 0, most=10)

# TLS ends at a proxy, which says so; without one, nothing that a client writes itself is believed.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = bool(TRUSTED_PROXIES)
SECURE_HSTS_SECONDS = environment.integer("HSTS_SECONDS", 0, most=10 * 365 * 24 * 60 * 60)
SILENCED_SYSTEM_CHECKS = [
    "security.W003",  # CSRF: no API believes a cookie, so no other site can act for its visitor; the admin has its own
    "security.W005",  # HSTS for all subdomains, and
    "security.W021",  # in the browsers' lists: the domain's owner decides that, not one service below it
    # Redirecting to https: a client that sends a token in clear has lost it before it is redirected, and an API
    # that answers anyhow hides the mistake. config.W001 asks for the proxy that takes TLS, and no plain requests.
    "security.W008",
]

SANDBOX = environment.switch("SANDBOX")
PROVIDER_HOSTS = environment.origins("PROVIDER_HOSTS")
PROVIDER_TIMEOUT = environment.number("PROVIDER_TIMEOUT", 10, most=300)
PROVIDER_CONCURRENCY = environment.integer("PROVIDER_CONCURRENCY", max(1, THREADS // 2), least=1, most=1000)
# The rest is for those who need no provider, however many of them hang at once.
PROVIDER_CONCURRENCY_TOTAL = THREADS - max(1, THREADS // 8)
PROVIDER_TOKEN_KEYS = environment.names("PROVIDER_TOKEN_KEYS")
ADOPT_LEGACY_UIDS = environment.names("ADOPT_LEGACY_UIDS")
PASSWORD_COUNTS_AS_LOGIN = environment.switch("PASSWORD_COUNTS_AS_LOGIN", default=True)
TOKEN_TTL = environment.number("TOKEN_TTL", 90, most=36500)
THROTTLE_ANONYMOUS = environment.rate("THROTTLE_ANONYMOUS", "60/min")
THROTTLE_USER = environment.rate("THROTTLE_USER", "600/min")
TOKENS_PER_USER = environment.integer("TOKENS_PER_USER", 50, least=1, most=10_000)

CORS_ALLOWED_ORIGINS = environment.web_origins("CORS_ALLOWED_ORIGINS")
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_METHODS = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"]
# What a page may read besides the headers that every page may; the contract names them.
CORS_EXPOSE_HEADERS = ["Location", "Retry-After", "Deprecation", "Sunset", "Link", "X-Request-ID"]
# Seconds for which a browser asks no more; Chromium holds to two hours whatever it is told.
CORS_PREFLIGHT_MAX_AGE = 2 * 60 * 60

V1_DEPRECATED_AT = environment.moment("V1_DEPRECATED_AT")
V1_SUNSET_AT = environment.moment("V1_SUNSET_AT")
V1_GUIDE_URL = environment.url("V1_GUIDE_URL")
V1_BROWNOUTS = environment.intervals("V1_BROWNOUTS")

CLIENT_HEADER = environment.header("CLIENT_HEADER", "X-Client")
CORS_ALLOW_HEADERS = ["authorization", "content-type", "x-request-id", CLIENT_HEADER.lower()]
LEDGER_FLUSH_SECONDS = environment.number("LEDGER_FLUSH_SECONDS", 5, most=300)
LEDGER_CLIENTS = environment.integer("LEDGER_CLIENTS", 200, least=1, most=10_000)
LEDGER_DAYS = environment.integer("LEDGER_DAYS", 760, least=1, most=36_500)
LAST_CALL_DAYS = environment.integer("LAST_CALL_DAYS", 400, least=1, most=36_500)
METRICS_TOKEN = environment.secret("METRICS_TOKEN", least=16)

SOCIAL_PROVIDERS = environment.names("SOCIAL_PROVIDERS")
# Every SOCIAL_AUTH_* of social-core can be given; these names are part of Django's settings from here on.
_social_auth: dict[str, Any] = environment.social_auth(os.environ)
globals().update(_social_auth)
SPECTACULAR_SETTINGS = document_settings.SETTINGS
