"""Logins taken from social-core's own tests: the provider's simulated answers and the resulting identity."""

import inspect
import json
import unittest
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import responses
from social_core.backends import utils as backends

from tests.breadth import social_core_source

GENERAL_SETTINGS = {"SOCIAL_AUTH_AUTHENTICATION_BACKENDS", "SOCIAL_AUTH_PIPELINE"}


@dataclass(frozen=True)
class SimulatedLogin:
    """A login as one of social-core's tests simulates it."""

    settings: Mapping[str, Any]
    answers: tuple[responses.BaseResponse, ...]
    """The provider's answers, in the order in which they are matched."""
    token: str
    secret: str
    """The token secret of OAuth 1, or an empty string."""
    uid: str
    suggested: str
    """The username that social-core derives from the provider's suggestion, or an empty string."""


def login_of_backend(backend: str) -> SimulatedLogin | None:
    """Run a backend's own login test and return its login; None if there is no such test.

    :param backend: dotted path of the class.
    :raises UnavailableError: if social-core's tests cannot be fetched.
    """
    for kind in _test_cases(backend):
        for name in sorted(unittest.defaultTestLoader.getTestCaseNames(kind), key=len):
            if name.startswith("test_login") and "fail" not in name and (login := _run(kind(name))):
                return login
    return None


def configured(backend: str) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """Return the settings of a backend's tests, and the configuration that its provider publishes in them.

    :raises UnavailableError: if social-core's tests cannot be fetched.
    """
    for kind in _test_cases(backend):
        case: Any = kind()
        try:
            case.setUp()
            published = [one for one in responses.registered() if "openid-configuration" in str(one.url)]
            if published:
                return _settings(case), json.loads(str(published[0].body))
        finally:
            case.tearDown()
            case.doCleanups()
    return {}, None


def _test_cases(backend: str) -> Iterator[type[unittest.TestCase]]:
    module_name = backend.split(".")[-2]
    for module in social_core_source.modules_about(module_name):
        # In the order of the source: variants follow the plain case.
        for kind in vars(module).values():
            is_test = inspect.isclass(kind) and issubclass(kind, unittest.TestCase)
            if is_test and kind.__module__ == module.__name__ and getattr(kind, "backend_path", "") == backend:
                yield kind


def _run(case: Any) -> SimulatedLogin | None:
    loaded = dict(backends.BACKENDSCACHE)
    try:
        case.setUp()
        details = _record_details(case.backend)
        getattr(case, case._testMethodName)()
        return _login_of(case, details)
    except unittest.SkipTest:
        return None
    finally:
        case.tearDown()
        case.doCleanups()
        backends.BACKENDSCACHE.clear()
        backends.BACKENDSCACHE.update(loaded)


def _record_details(backend: Any) -> dict[str, Any]:
    """Record the details that a backend reads from an answer."""
    details: dict[str, Any] = {}
    read = backend.get_user_details

    def recording(response: Any) -> Any:
        found = read(response)
        details.update(found)
        return found

    backend.get_user_details = recording
    return details


def _login_of(case: Any, details: Mapping[str, Any]) -> SimulatedLogin | None:
    # Read from the class: a test with several logins has several associations.
    associations = list(case.strategy.storage.user.cache_by_uid.values())
    if len(associations) != 1:
        return None
    (association,) = associations
    token = association.extra_data.get("access_token") or "a-token"
    pair: dict[str, Any] = {"oauth_token": token, "oauth_token_secret": ""}
    if isinstance(token, dict) and "oauth_token" in token:  # Yammer's token is an object too.
        pair = token
    return SimulatedLogin(
        settings=_settings(case),
        answers=tuple(responses.registered()),
        token=pair["oauth_token"],
        secret=pair["oauth_token_secret"],
        uid=association.uid,
        # Without a suggestion, social-core's pipeline generates a username.
        suggested=association.user.username if details.get("username") else "",
    )


def _settings(case: Any) -> Mapping[str, Any]:
    return {name: value for name, value in case.strategy._settings.items() if name not in GENERAL_SETTINGS}
