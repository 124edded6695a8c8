"""Checks of what a project that mounts the service behind a proxy forgets."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings
from pytest_django import Settings

from tests.social.rows import linked

PROXY = {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
COMPLETE: dict[str, Any] = {"TRUSTED_PROXIES": 1, "REDIS_URL": "redis://cache/0", "THROTTLE_ANONYMOUS": "60/minute"}


def ids(*, deploy: bool = True, **settings: Any) -> list[str | None]:
    """Return the ids of the warnings with these settings."""
    with override_settings(**settings):
        found = run_checks(tags=["security"], include_deployment_checks=deploy)
    assert all(message.hint for message in found if str(message.id).startswith("social.")), "each says what to do"
    return [message.id for message in found if str(message.id).startswith("social.")]


def test_settings_that_are_missing(settings: Settings) -> None:
    """A project with neither setting is warned of both, but only by `check --deploy`."""
    settings.THROTTLE_ANONYMOUS = "60/minute"
    assert ids() == ["social.W011", "social.W012"]
    assert ids(deploy=False) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        (PROXY, []),
        ({"TRUSTED_PROXIES": 0}, []),
        ({"TRUSTED_PROXIES": 0, **PROXY}, ["social.W011"]),
        ({"TRUSTED_PROXIES": 0, "USE_X_FORWARDED_HOST": True}, ["social.W011"]),
        ({"REDIS_URL": ""}, ["social.W012"]),
        ({"REDIS_URL": "", "TRUSTED_PROXIES": 0, "THROTTLE_ANONYMOUS": None, **PROXY}, []),
        ({"REDIS_URL": "", "THROTTLE_ANONYMOUS": None, "THROTTLE_USER": "600/minute"}, ["social.W012"]),
    ],
    ids=str,
)
def test_limits_that_clients_or_processes_do_not_share(changed: dict[str, Any], expected: list[str]) -> None:
    """A project that says it has no proxy is believed, unless its other settings contradict."""
    assert ids(**COMPLETE, THROTTLE_USER=None) == []
    assert ids(**{**COMPLETE, "THROTTLE_USER": None, **changed}) == expected


@pytest.mark.django_db
def test_tokens_that_no_sign_in_replaces(settings: Settings) -> None:
    """The check warns while associations hold tokens and there is no key, and only if a database is named."""

    def warned(*databases: str) -> bool:
        return "social.W013" in [message.id for message in run_checks(databases=list(databases) or None)]

    linked("1", kept={"expires": None})
    assert not warned("default")
    linked("2", kept={"access_token": "gho_old"})
    assert (warned("default"), warned()) == (True, False)
    settings.PROVIDER_TOKEN_KEYS = ["a key"]
    assert not warned("default")
