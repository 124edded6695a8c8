"""The catalogue has exactly the backend classes of the installed social-core."""

import ast
import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django import Settings
from social_core import backends
from social_core.backends.base import BaseAuth
from social_core.backends.oauth import BaseOAuth2
from social_core.utils import module_member, setting_name

from social.providers import registry
from social.providers.catalogue import CATALOGUE, PACKAGE, SHADOWED, CredentialKind, Entry, hosts_of, settings_in
from social.providers.checks import check_providers
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient

WORKS = [entry.name for entry in CATALOGUE.values() if entry.credential is not CredentialKind.NONE]
NEVER = [entry.name for entry in CATALOGUE.values() if entry.credential is CredentialKind.NONE]


def named_classes() -> Iterator[tuple[str, str]]:
    """Yield the dotted path and the name of each of social-core's classes that has a name."""
    for module in pkgutil.iter_modules(backends.__path__, PACKAGE):
        try:
            members = vars(importlib.import_module(module.name))
        except ImportError:  # The module needs a package that is not installed, so its source is parsed.
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


def test_every_class_is_in_the_catalogue_once() -> None:
    """A release of social-core that adds or removes a class fails here."""
    ours = [(entry.backend, entry.name) for entry in CATALOGUE.values()] + [(one.backend, one.name) for one in SHADOWED]
    assert sorted(ours) == sorted(set(named_classes()))
    assert len(ours) == len(set(ours))


def test_shadowed_classes_share_a_name_with_an_entry() -> None:
    """A shadowed class has the name of another class in the catalogue."""
    assert {one.name for one in SHADOWED} <= set(CATALOGUE)
    assert Counter(one.name for one in SHADOWED) == {
        "fitbit": 1,
        "github": 1,
        "helmholtz": 2,
        "orcid": 1,
        "orcid-sandbox": 1,
        "twitch": 1,
    }


def test_unsupported_entries_have_a_reason() -> None:
    assert all(CATALOGUE[name].note and not CATALOGUE[name].hosts for name in NEVER)
    assert all(one.note for one in SHADOWED)


def test_every_supported_entry_has_a_host() -> None:
    """The hosts are fixed or follow from required settings."""
    works = {name: CATALOGUE[name] for name in WORKS}
    assert not [name for name, one in works.items() if hosts_of(one, lambda setting: None) != set(one.hosts)]
    nowhere = [name for name, one in works.items() if not one.hosts and not settings_in(one) & set(one.settings)]
    assert nowhere == ["keycloak"]  # Keycloak's key is a setting, so no call is made.


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
def test_hosts_follow_from_settings(where: str, given: dict[str, str], hosts: set[str]) -> None:
    """A setting holds a URL, a host or a part of one; without it social-core's default host is used."""
    entry = Entry("gitea", "", CredentialKind.ACCESS_TOKEN, hosts=("gitea.example",), host_templates=(where,))
    assert hosts_of(entry, given.get) == hosts


def test_every_supported_entry_has_a_policy() -> None:
    """The policy accepts the credential of the entry, for its class or a subclass."""
    fields = {
        CredentialKind.ACCESS_TOKEN: "access_token",
        CredentialKind.TOKEN_PAIR: "access_token_secret",
        CredentialKind.ID_TOKEN: "id_token",
    }
    for name in WORKS:
        entry, policy = CATALOGUE[name], registry.policy_for(name)
        assert policy is not None, name
        if entry.credential is CredentialKind.CODE:
            assert policy.takes_codes, name
        else:
            assert any(fields[entry.credential] in one for one in policy.accepts), name
        assert set(entry.settings) <= set(policy.needs), name
        assert issubclass(module_member(policy.backend), module_member(entry.backend)), name


def test_pkce_has_a_source() -> None:
    """A verifier is required exactly where the catalogue names the page that says that the provider supports PKCE."""
    policies = {name: policy for name in CATALOGUE if (policy := registry.policy_for(name)) and policy.takes_codes}
    required = {name for name, policy in policies.items() if policy.pkce}
    assert required == {name for name in policies if CATALOGUE[name].pkce_source}


def test_only_oauth_2_takes_codes() -> None:
    """A policy takes codes only if the class that exchanges them is one of OAuth 2."""
    for name in CATALOGUE:
        policy = registry.policy_for(name)
        if policy and policy.takes_codes:
            assert issubclass(module_member(policy.code_backend or policy.backend), BaseOAuth2), name


def test_unsupported_entries_have_no_policy() -> None:
    assert not [name for name in NEVER if registry.policy_for(name)]


def test_unsupported_providers_are_a_check_error(settings: Settings) -> None:
    """Each unsupported provider has an error with the reason."""
    settings.SOCIAL_PROVIDERS = NEVER
    messages = check_providers(None)
    assert {message.id for message in messages} == {"social.E001"}
    assert all(CATALOGUE[name].note in message.msg for name, message in zip(NEVER, messages, strict=True))


UNVERIFIED = {name: policy for name in WORKS if (policy := registry.policy_for(name)) and not policy.verified}
"""The policies of providers whose tokens prove nothing."""


def registered(name: str, **more: str) -> override_settings:
    """Enable a provider with the settings of our registration."""
    policy = UNVERIFIED[name]
    values = {
        needed: "https://id.example.com" if needed.endswith(("URL", "URI", "ENDPOINT")) else f"our-{needed}"
        for needed in {*policy.needs, *policy.code_needs}
    }
    named = {setting_name(name, setting): value for setting, value in {**values, **more}.items()}
    return override_settings(SOCIAL_PROVIDERS=[name], **named)


def test_unverified_providers_need_a_setting() -> None:
    """An unverified provider is an error and not enabled; with ACCEPT_UNVERIFIED its tokens are, with a warning."""
    for name, policy in UNVERIFIED.items():
        with registered(name):
            assert [message.id for message in check_providers(None)] == ["social.E001"], name
            assert registry.enabled() == {}
        with registered(name, ACCEPT_UNVERIFIED="1"):
            expected = "social.W002" if policy.accepts else "social.E001"
            assert [message.id for message in check_providers(None)] == [expected], name
            assert list(registry.enabled()) == ([name] if policy.accepts else [])


def test_a_redirect_uri_enables_an_unverified_provider() -> None:
    """Redirect URIs enable a provider of OAuth 2, without a warning, for codes alone; the hint names them."""
    for name, policy in UNVERIFIED.items():
        with registered(name):
            hints = [message.hint or "" for message in check_providers(None)]
            assert [setting_name(name, "REDIRECT_URIS") in hint for hint in hints] == [policy.takes_codes], name
        with registered(name, REDIRECT_URIS="https://app.example.com/callback"):
            if policy.takes_codes:
                assert check_providers(None) == [], name
                assert ["code" in fields for fields in registry.enabled()[name].accepted.sets] == [True]
            else:
                assert registry.enabled() == {}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["steam", "vend", "drip", "saml", "username"])
def test_unsupported_providers_are_unknown(one_api: ApiClient, settings: Settings, name: str) -> None:
    """An unsupported provider is unknown, even if it is enabled and the system checks did not run."""
    settings.SOCIAL_PROVIDERS = [name]
    assert_error(one_api.sign_up({"provider": name, "access_token": "t"}), "unknown_provider")
