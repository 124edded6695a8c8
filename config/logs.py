"""Log lines: one a request, each with the request's id."""

from typing import Any


def logging_config(level: str) -> dict[str, Any]:
    """Give Django's LOGGING for a level."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "shared.request_id.RequestIdFilter"},
            "outside_apis": {"()": "shared.failures.OutsideApis"},
        },
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"},
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]},
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own would say each failure of an API a second time, a provider's as an error of ours.
            "django.request": {"level": "ERROR", "filters": ["outside_apis"]},
            "django.server": {"handlers": [], "propagate": True},
        },
    }
