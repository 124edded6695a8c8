"""Django's settings, from environment variables alone (docs/contract.md, section 8, lists them)."""

import os
from functools import partial
from pathlib import Path

from config import environment
from config.allowed_hosts import read_hosts
from config.database import database
from config.logs import logging_config
from rollout.conf import DEFAULT_CLIENT_HEADER

BASE_DIR = Path(__file__).resolve().parent.parent

# API apps and their URL prefixes, oldest first. Installed apps, URLs and tests follow from it.
APIS = {
    "legacy_api": "api/v1/",
    "api_v2": "api/v2/",
}
# When the app of an API is deleted, its line moves here: its prefix answers 410 for as long as the line stays.
RETIRED_APIS: dict[str, str] = {}

DEBUG = environment.switch("DEBUG")
SECRET_KEY = environment.text("SECRET_KEY")
if not SECRET_KEY:
    raise environment.Unreadable("SECRET_KEY is not set: give a long random string, and keep it.")
ALLOWED_HOSTS = read_hosts("ALLOWED_HOSTS", "localhost")
# Off: there are no URLs and no middleware of the admin. Its apps stay installed, so that the tables do not change.
ADMIN = environment.switch("ADMIN")

INSTALLED_APPS = [
    "config.admin.apps.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "config.admin.apps.LinkedAccountsConfig",
    "rest_framework",
    "drf_spectacular_sidecar",
    "corsheaders",
    "social",
    "rollout",
    "parity",
    "config",
    *APIS,
]
# Outermost first. Each class of ours gives the reason for its place.
MIDDLEWARE = [
    "config.cors.Headers",
    "shared.http.middleware.ContractMiddleware",
    "rollout.middleware.LedgerMiddleware",
    "config.cors.Preflights",
    "rollout.middleware.LifecycleMiddleware",
    "shared.http.middleware.HostMiddleware",
    "config.pages.PageHeaders",
    "config.admin.middleware.AdminPages",
    "django.middleware.security.SecurityMiddleware",
    "config.admin.middleware.Sessions",
    "config.admin.middleware.Authentication",
    "config.admin.middleware.Messages",
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
# Cookies are for the admin alone. A session ends when the browser closes, or after a working day.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = "/admin/"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
# The default storage sets a cookie for every path.
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

# Installed, the package's folder is no place for SQLite's file.
DATABASES = {"default": database(BASE_DIR if (BASE_DIR / "manage.py").is_file() else Path.cwd())}
LOG_LEVEL = environment.log_level()
LOG_FORMAT = environment.log_format()
LOGGING = logging_config(LOG_LEVEL, LOG_FORMAT)
DEFAULT_EXCEPTION_REPORTER = "config.error_reports.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.error_reports.ReportFilter"

BIND = environment.bind()
THREADS = environment.threads()
# The defaults of these are in social/conf.py and rollout/; a variable that is not set is not a setting.
_given = environment.given(
    REDIS_URL=environment.redis_url,
    TRUSTED_PROXIES=partial(environment.integer, most=10),
    SOCIAL_PROVIDERS=environment.names,
    SANDBOX=environment.switch,
    PROVIDER_HOSTS=environment.origins,
    PROVIDER_TIMEOUT=partial(environment.number, most=300),
    PROVIDER_CONCURRENCY=partial(environment.integer, least=1, most=1000),
    PROVIDER_TOKEN_KEYS=environment.names,
    ADOPT_LEGACY_UIDS=environment.names,
    PASSWORD_COUNTS_AS_LOGIN=environment.switch,
    TOKEN_TTL=partial(environment.number, most=36_500),
    TOKENS_PER_USER=partial(environment.integer, least=1, most=10_000),
    RECENT_SIGN_IN=partial(environment.number, most=366 * 24 * 60 * 60),
    THROTTLE_ANONYMOUS=environment.rate,
    THROTTLE_USER=environment.rate,
    ADMIN_THROTTLE=partial(environment.rates, count=3),
    V1_DEPRECATED_AT=environment.moment,
    V1_SUNSET_AT=environment.moment,
    V1_GUIDE_URL=environment.url,
    V1_BROWNOUTS=environment.intervals,
    CLIENT_HEADER=environment.header,
    LEDGER_FLUSH_SECONDS=partial(environment.number, most=300),
    LEDGER_CLIENTS=partial(environment.integer, least=1, most=10_000),
    LEDGER_DAYS=partial(environment.integer, least=1, most=36_500),
    LAST_CALL_DAYS=partial(environment.integer, least=1, most=36_500),
    METRICS_TOKEN=partial(environment.secret, least=16),
    CLIENT_NOTICE_DAYS=partial(environment.integers, least=1, most=365),
)
# Every SOCIAL_AUTH_* is a setting of social-core.
globals().update({**_given, **environment.social_auth(os.environ)})

# Mail to client teams (manage.py notify_clients). The sandbox prints it.
globals().update(environment.email(url="EMAIL_URL", sender="EMAIL_FROM"))
if _given.get("SANDBOX"):
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# A trusted proxy terminates TLS. Without one the header comes from the client and is ignored.
_has_proxy = bool(_given.get("TRUSTED_PROXIES"))
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _has_proxy else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _has_proxy
SECURE_HSTS_SECONDS = environment.integer("HSTS_SECONDS", 0, most=10 * 365 * 24 * 60 * 60)
SILENCED_SYSTEM_CHECKS = [
    "security.W003",  # CSRF middleware: the APIs ignore cookies; Django's admin protects its own views
    "security.W005",  # HSTS for all subdomains, and
    "security.W021",  # the browsers' preload lists: the owner of the domain decides
    # Redirect to https: a client has sent its token in clear before it is redirected, and the redirect would hide the
    # mistake. config.W001 asks for a proxy that terminates TLS and refuses plain HTTP.
    "security.W008",
    "social.W011",  # no proxies: config.W001 says it
    "social.W012",  # no Redis: `serve` then starts one process only
]

CORS_ALLOWED_ORIGINS = environment.web_origins("CORS_ALLOWED_ORIGINS")
CORS_ALLOW_CREDENTIALS = False
_client_header = _given.get("CLIENT_HEADER", DEFAULT_CLIENT_HEADER)
CORS_ALLOW_HEADERS = ["authorization", "content-type", "x-request-id", _client_header.lower()]
CORS_ALLOW_METHODS = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"]
# Response headers that scripts may read besides the safelisted ones; the contract lists them.
CORS_EXPOSE_HEADERS = ["Location", "Retry-After", "Deprecation", "Sunset", "Link", "X-Request-ID"]
# Seconds. Chromium caps it at two hours.
CORS_PREFLIGHT_MAX_AGE = 2 * 60 * 60
