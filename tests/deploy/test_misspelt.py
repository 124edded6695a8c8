"""Misspelt variables are reported at the start, and those of other programs are not."""

import re
from pathlib import Path

import pytest
import social_core
import social_django
from django.core.checks import run_checks
from django.test import override_settings

from config.misspelt import misspelt
from config.variables import VARIABLES

ENABLED = ("facebook", "google-oauth2", "apple-id")
USUAL = Path(__file__).with_name("usual_variables.txt").read_text(encoding="utf-8").split()
"""Variables of a container, a shell, systemd, Kubernetes and hosting services."""


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
        ("ALLOWED_HOST", "ALLOWED_HOSTS"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("WEB_CONCURENCY", "WEB_CONCURRENCY"),
        ("THROTTLE_ANON", "THROTTLE_ANONYMOUS"),
        ("V1_SUNSET", "V1_SUNSET_AT"),
        ("LOGLEVEL", "LOG_LEVEL"),
        ("trusted_proxies", "TRUSTED_PROXIES"),
        ("DJANGO_SECRET_KEY", "SECRET_KEY"),
        ("SOCIAL_PROVIDER", "SOCIAL_PROVIDERS"),
        ("SOCIAL_FACEBOOK_KEY", "SOCIAL_AUTH_FACEBOOK_KEY"),
        ("SOCIAL_AUTH_FACEBOK_KEY", "SOCIAL_AUTH_FACEBOOK_KEY"),
        ("SOCIAL_AUTH_FACEBOOK_SECRETS", "SOCIAL_AUTH_FACEBOOK_SECRET"),
        ("SOCIAL_AUTH_FACEBOOK_REDIRECT_URI", "SOCIAL_AUTH_FACEBOOK_REDIRECT_URIS"),
        ("SOCIAL_AUTH_GOOGLE_KEY", "SOCIAL_AUTH_GOOGLE_OAUTH2_KEY"),
        ("SOCIAL_AUTH_APPLE_CLIENT", "SOCIAL_AUTH_APPLE_ID_CLIENT"),
        ("SOCIAL_AUTH_APPLE_ID_CLIENTS", "SOCIAL_AUTH_APPLE_ID_CLIENT"),
        ("SOCIAL_AUTH_GITUHB_KEY", "SOCIAL_AUTH_GITHUB_KEY"),
        ("SOCIAL_AUTH_WHITELISTED_DOMAIN", "SOCIAL_AUTH_WHITELISTED_DOMAINS"),
    ],
)
def test_the_name_that_was_meant(name: str, meant: str) -> None:
    """It is suggested, unless it is set, too."""
    assert list(misspelt({name: "1"}, ENABLED)) == [(name, meant)]
    assert list(misspelt({name: "1", meant: "1"}, ENABLED)) == []


def test_other_programs_have_variables() -> None:
    """None of those that containers usually have is reported, whatever is enabled."""
    assert len(USUAL) > 60
    # Beside DATABASE_USER, the absence of DATABASE_URL is worth a warning.
    environ = dict.fromkeys([*USUAL, "DATABASE_URL"], "1")
    assert list(misspelt(environ, ENABLED)) == []
    assert list(misspelt(environ, ())) == []


def test_our_variables_are_right() -> None:
    """None of the list is reported."""
    ours = [variable.example_name for variable in VARIABLES]
    assert list(misspelt(dict.fromkeys(ours, "1"), ENABLED)) == []


def test_settings_of_social_core_are_right() -> None:
    """Each that the installed version reads may be given, for all providers or for one."""
    source = "".join(
        path.read_text(encoding="utf-8")
        for package in (social_core, social_django)
        for path in Path(package.__path__[0]).rglob("*.py")
    )
    names = set(re.findall(r"""setting\(\s*f?["']([A-Z][A-Z0-9_]+)["']""", source))
    assert {"PIPELINE", "SCOPE", "SANITIZE_REDIRECTS"} <= names
    given = {f"SOCIAL_AUTH_{owner}{name}": "1" for name in names for owner in ("", "FACEBOOK_", "GOOGLE_OAUTH2_")}
    assert list(misspelt(given, ENABLED)) == []
    assert list(misspelt(given, ())) == []


def test_a_provider_of_ones_own_is_right() -> None:
    """A provider with a name that no other has is not taken for a misspelt one."""
    own = {"SOCIAL_AUTH_OUR_COMPANY_KEY": "1", "SOCIAL_AUTH_OUR_COMPANY_SECRET": "1"}
    assert list(misspelt(own, ENABLED)) == []
    assert list(misspelt(own, ("our-company",))) == []


def test_a_misspelt_variable_is_a_warning_of_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` and the server print it with the name that was meant, and not with its value."""
    monkeypatch.delenv("SOCIAL_AUTH_FACEBOOK_SECRET", raising=False)
    monkeypatch.setenv("SOCIAL_AUTH_FACEBOK_SECRET", "5ecret")
    with override_settings(SOCIAL_PROVIDERS=["facebook"]):
        (found,) = (message for message in run_checks() if message.id == "config.W012")
    assert str(found.hint) == "Did you mean SOCIAL_AUTH_FACEBOOK_SECRET?"
    assert "SOCIAL_AUTH_FACEBOK_SECRET" in str(found.msg)
    assert "5ecret" not in f"{found.msg} {found.hint}"
