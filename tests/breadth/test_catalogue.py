"""The catalogue says something of every class that the installed social-core has, and of no other."""

import ast
import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings
from social_core import backends
from social_core.backends.base import BaseAuth
from social_core.utils import module_member, setting_name

from social.providers import registry
from social.providers.catalogue import CATALOGUE, PACKAGE, SHADOWED, CredentialKind, Entry, hosts_of, settings_in
from social.providers.checks import check_providers
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient

WORKS = [entry.name for entry in CATALOGUE.values() if entry.credential is not CredentialKind.NONE]
NEVER = [entry.name for entry in CATALOGUE.values() if entry.credential is CredentialKind.NONE]


def named_classes() -> Iterator[tuple[str, str]]:
    """Find social-core's classes that have a name to enable them by: dotted path, name."""
    for module in pkgutil.iter_modules(backends.__path__, PACKAGE):
        try:
            members = vars(importlib.import_module(module.name))
        except ImportError:  # needs what is not installed: read, not run
            yield from _read(module.name)
            continue
        for member in filter(inspect.isclass, members.values()):
            if issubclass(member, BaseAuth) and member.__module__ == module.name and member.name:
                yield f"{module.name}.{member.__name__}", member.name


def _read(module: str) -> Iterator[tuple[str, str]]:
    (folder,) = (Path(path) for path in backends.__path__)
    for node in ast.parse((folder / f"{module.rpartition('.')[2]}.py").read_text(encoding="utf-8")).body:
        for statement in node.body if isinstance(node, ast.ClassDef) else ():
            match statement:
                case ast.Assign(targets=[ast.Name(id="name")], value=ast.Constant(value=str(name))) if name:
                    yield f"{module}.{node.name}", name  # type: ignore[attr-defined]  # a class: see above


def test_every_class_once() -> None:
    """A new release of social-core that brings or drops one fails here."""
    ours = [(entry.backend, entry.name) for entry in CATALOGUE.values()] + [(one.backend, one.name) for one in SHADOWED]
    assert sorted(ours) == sorted(set(named_classes()))
    assert len(ours) == len(set(ours))


def test_shadowed_names() -> None:
    """A class that is passed over has its name from another that is there."""
    assert {one.name for one in SHADOWED} <= set(CATALOGUE)
    assert Counter(one.name for one in SHADOWED) == {
        "fitbit": 1,
        "github": 1,
        "helmholtz": 2,
        "orcid": 1,
        "orcid-sandbox": 1,
        "twitch": 1,
    }


def test_never_says_why() -> None:
    assert all(CATALOGUE[name].note and not CATALOGUE[name].hosts for name in NEVER)
    assert all(one.note for one in SHADOWED)


def test_somewhere_to_call() -> None:
    """From the start, or by settings without which it does not start."""
    works = {name: CATALOGUE[name] for name in WORKS}
    assert not [name for name, one in works.items() if hosts_of(one, lambda setting: None) != set(one.hosts)]
    nowhere = [name for name, one in works.items() if not one.hosts and not settings_in(one) & set(one.settings)]
    assert nowhere == ["keycloak"]  # which has the key itself


@pytest.mark.parametrize(
    ("where", "given", "hosts"),
    [
        ("{API_URL}", {}, {"gitea.example"}),
        ("{API_URL}", {"API_URL": ""}, {"gitea.example"}),
        ("{API_URL}", {"API_URL": "https://Git.Example.com:8443/api/"}, {"git.example.com"}),
        ("{API_URL}", {"API_URL": "git.example.com/"}, {"git.example.com"}),
        ("{SLUG}.example.com", {"SLUG": "nostromo"}, {"nostromo.example.com"}),
    ],
)
def test_hosts_by_settings(where: str, given: dict[str, str], hosts: set[str]) -> None:
    """A URL or a host, or a part of one; what is not set leaves social-core's own."""
    entry = Entry("gitea", "", CredentialKind.ACCESS_TOKEN, hosts=("gitea.example",), host_templates=(where,))
    assert hosts_of(entry, given.get) == hosts


def test_there_is_a_policy() -> None:
    """Of the way that the catalogue says, for the class that it says or one made of it."""
    fields = {
        CredentialKind.ACCESS_TOKEN: "access_token",
        CredentialKind.TOKEN_PAIR: "access_token_secret",
        CredentialKind.ID_TOKEN: "id_token",
    }
    for name in WORKS:
        entry, policy = CATALOGUE[name], registry.policy_for(name)
        assert policy is not None, name
        assert any(fields[entry.credential] in one for one in policy.accepts), name
        assert set(entry.settings) <= set(policy.needs), name
        assert issubclass(module_member(policy.backend), module_member(entry.backend)), name


def test_never_is_never() -> None:
    assert not [name for name in NEVER if registry.policy_for(name)]


def test_never_does_not_start(settings: Settings) -> None:
    """Each has an error of its own, which says why."""
    settings.SOCIAL_PROVIDERS = NEVER
    messages = check_providers(None)
    assert {message.id for message in messages} == {"social.E001"}
    assert all(CATALOGUE[name].note in message.msg for name, message in zip(NEVER, messages, strict=True))


def test_unverified_needs_the_operator(settings: Settings) -> None:
    """Named alone it does not start and is no provider; accepted it starts, with a warning."""
    unverified = [name for name in WORKS if (policy := registry.policy_for(name)) and not policy.verified]
    assert unverified
    for name in unverified:
        settings.SOCIAL_PROVIDERS = [name]
        for needed in ("KEY", "SECRET", *CATALOGUE[name].settings):
            is_url = needed.endswith(("URL", "URI", "ENDPOINT"))
            setattr(settings, setting_name(name, needed), "https://id.example.com" if is_url else f"our-{needed}")
        assert [message.id for message in check_providers(None)] == ["social.E001"], name
        assert registry.enabled() == {}
        setattr(settings, setting_name(name, "ACCEPT_UNVERIFIED"), "1")
        assert [message.id for message in check_providers(None)] == ["social.W002"], name
        assert list(registry.enabled()) == [name]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["steam", "bungie", "drip", "saml", "username"])
def test_never_is_no_provider(one_api: ApiClient, settings: Settings, name: str) -> None:
    """Nor where it is enabled all the same, which a check does not let happen."""
    settings.SOCIAL_PROVIDERS = [name]
    assert_error(one_api.sign_up({"provider": name, "access_token": "t"}), "unknown_provider")
