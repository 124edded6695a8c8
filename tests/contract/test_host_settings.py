"""Settings of a host project without the prefix SOCIAL_AUTH_ change nothing, whatever social-core would read."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.conf import global_settings, settings
from django.test import override_settings

from social.engine.backends import backend_class
from social.engine.strategy import StatelessStrategy
from social.providers import registry
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, UID_KEYS
from tests.providers import Providers


class Untouchable:
    """The value of another package's setting; any use of it fails."""

    def _used(self, *args: Any) -> NoReturn:
        raise AssertionError("a setting of the host project was used")

    __bool__ = __call__ = __contains__ = __getattr__ = __getitem__ = __iter__ = __len__ = __str__ = _used


HOST = Untouchable()


@cache
def bare_names() -> frozenset[str]:
    """Return the names that social-core and social_django pass to `setting()`, except Django's and our own settings."""
    read = {name for package in ("social_core", "social_django") for path in _sources(package) for name in _names(path)}
    return frozenset(name for name in read if not hasattr(global_settings, name) and not hasattr(settings, name))


def _sources(package: str) -> Iterator[Path]:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return (path for path in Path(spec.origin).parent.rglob("*.py") if "tests" not in path.parts)


def _names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and "setting" in node.func.attr:
            values = [one.value for one in node.args[:1] if isinstance(one, ast.Constant)]
            yield from (value for value in values if isinstance(value, str) and value.isupper())


def test_the_names_come_from_social_core() -> None:
    """The names that a host is likely to have are among those that were found."""
    likely = {"PIPELINE", "DISCONNECT_PIPELINE", "USER_FIELDS", "SCOPE", "KEY", "SECRET", "EXTRA_DATA", "PROXIES"}
    likely |= {"WHITELISTED_DOMAINS", "LOGIN_ERROR_URL", "REDIRECT_IS_HTTPS", "SESSION_EXPIRATION", "VERIFY_SSL"}
    assert likely <= bare_names()
    assert len(bare_names()) > 150


@pytest.mark.django_db
def test_a_host_may_have_settings_of_these_names(api: ApiClient, providers: Providers) -> None:
    """A sign-up, a sign-in, a link and the removal of the link are as without the host's settings, at each provider."""
    with override_settings(**dict.fromkeys(bare_names(), HOST)):
        for provider, other in pairwise([*PROFILES, next(iter(PROFILES))]):
            fields = providers.knows(provider, f"of-{provider}", **PROFILES[provider])
            linked = providers.knows(other, f"{other}-for-{provider}", **{**PROFILES[other], UID_KEYS[other]: "77"})
            created, signed_in = (api.sign_up(fields).json() for _ in range(2))
            token = signed_in["token"]
            outcomes = [created["outcome"], signed_in["outcome"], api.sign_up(linked, token=token).json()["outcome"]]
            assert outcomes == ["created", "signed_in", "linked"]
            accounts = api.get("social_account/", token=token).json()["objects"]
            (account,) = (one["id"] for one in accounts if one["provider"] == other)
            assert api.delete(f"social_account/{account}/", token=token).status_code == 204


def test_no_setting_without_the_prefix_is_read() -> None:
    """The settings with the prefix win over their defaults, and no other does, also of every other provider."""
    strategy = StatelessStrategy()
    names = sorted(bare_names())
    with override_settings(**dict.fromkeys(names, HOST)):
        for backend in (None, *(backend_class(one.policy)(strategy) for one in registry.enabled().values())):
            read = {name: strategy.setting(name, "default", backend) for name in names}
            assert [name for name, value in read.items() if value is HOST] == []
    with override_settings(SCOPE=HOST, SOCIAL_AUTH_SCOPE=["ours"], SOCIAL_AUTH_OF_A_STEP="ours"):
        assert strategy.setting("SCOPE") == ["ours"]
        assert strategy.setting("SOCIAL_AUTH_OF_A_STEP") == "ours"
