"""Each system check reports its id for a fault, and none reports an id for valid settings."""

from collections.abc import Sequence
from typing import Any

import django
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings
from social_core.pipeline import DEFAULT_AUTH_PIPELINE

from social import checks, compiled_lookup, versions


def ids(**settings: Any) -> list[str | None]:
    """Run the service's checks with these settings and return the ids."""
    with override_settings(**settings):
        found: Sequence[CheckMessage] = run_checks(tags=["social"])
        assert all(message.hint for message in found), "each says what to do"
        return [message.id for message in found]


def test_the_settings_of_the_tests_have_no_fault() -> None:
    """The settings of the tests are valid."""
    assert ids() == []


def test_an_untested_django(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning names the version, because everything else still works."""
    monkeypatch.setattr(compiled_lookup, "TESTED_DJANGO", ())
    (message,) = run_checks(tags=["social"])
    assert message.id == "social.W006"
    assert f"Django {django.get_version()} was never tested" in message.msg


@pytest.mark.parametrize("package", [package for package in versions.TESTED if package != "Django"])
def test_an_untested_package(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """The warning names the package, its version and the tested ones; pre-releases belong to their series."""
    monkeypatch.setattr(checks, "TESTED", {**versions.TESTED, package: ("0.9", "1.0")})
    (message,) = run_checks(tags=["social"])
    assert message.id == "social.W009"
    assert message.msg == f"{package} {versions.installed(package)} was never tested with Tandem."
    assert "The tested versions are 0.9, 1.0." in str(message.hint)
    assert [versions.series(one) for one in ("6.1rc1", "6.1", "3.15.2", "7.10.0")] == ["6.1", "6.1", "3.15", "7.10"]


def test_redis_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host needs the package redis only if it sets REDIS_URL; the error names the package."""
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    assert ids() == []
    assert ids(REDIS_URL="redis://cache:6379/0") == ["social.E019"]


OIDC = "https://login.example.com"
SANDBOX: dict[str, Any] = {"SANDBOX": True, "ALLOWED_HOSTS": ["localhost"]}


def _enabled(*names: str) -> dict[str, Any]:
    return {"SOCIAL_PROVIDERS": list(names)}


def _registered(name: str, **more: Any) -> dict[str, Any]:
    return {f"SOCIAL_AUTH_{name}_{setting}": value for setting, value in {"KEY": "k", "SECRET": "s", **more}.items()}


HTTPS = "https://app.example.com/callback"


def test_apples_secret_is_a_key_for_es256() -> None:
    """social-core signs client secrets with it; another key would fail at each exchange."""
    keys = (ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048))
    right, wrong = (key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() for key in keys)
    apple = _enabled("apple-id") | _registered("APPLE_ID", CLIENT="c", TEAM="t", REDIRECT_URIS=HTTPS)
    assert ids(**{**apple, "SOCIAL_AUTH_APPLE_ID_SECRET": right}) == []
    assert ids(**_enabled("apple-id"), **_registered("APPLE_ID", CLIENT="c")) == [], "id_tokens need no secret"
    assert ids(**{**apple, "SOCIAL_AUTH_APPLE_ID_SECRET": wrong}) == ["social.E010"]
    assert ids(**{**apple, "SOCIAL_AUTH_APPLE_ID_SECRET": right.replace("\n", "\\n")}) == ["social.E010"]


@pytest.mark.threat(2)
@pytest.mark.parametrize(
    ("expected", "settings"),
    [
        ("social.E001", _enabled("facebook", "myspace")),
        ("social.E001", _enabled("email")),
        ("social.E001", _enabled("Facebook")),
        ("social.E001", _enabled("saml")),
        ("social.E001", _enabled("steam")),
        ("social.E001", _enabled("spotify") | _registered("SPOTIFY")),
        ("social.E001", _enabled("tumblr") | _registered("TUMBLR")),
        ("social.E001", _enabled("spotify") | _registered("SPOTIFY", ACCEPT_UNVERIFIED="yes")),
        ("social.W002", _enabled("spotify") | _registered("SPOTIFY", ACCEPT_UNVERIFIED=1)),
        ("social.W002", _enabled("tumblr") | _registered("TUMBLR", ACCEPT_UNVERIFIED="1")),
        ("social.E001", _enabled("spotify") | _registered("SPOTIFY", ACCEPT_UNVERIFIED="true")),
        ("social.E001", _enabled("spotify") | _registered("SPOTIFY", ACCEPT_UNVERIFIED=[1])),
        ("social.W002", _enabled("spotify") | _registered("SPOTIFY", ACCEPT_UNVERIFIED=True)),
        ("social.E002", _enabled("keycloak") | _registered("KEYCLOAK", PUBLIC_KEY="k", REDIRECT_URIS=HTTPS)),
        ("social.E010", _enabled("apple-id") | _registered("APPLE_ID", CLIENT="c", TEAM="t", REDIRECT_URIS=HTTPS)),
        ("social.E010", _enabled("keycloak") | _registered("KEYCLOAK", PUBLIC_KEY="k", ACCESS_TOKEN_URL="http://a.b/")),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": "/callback"}),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": "http://app.example.com/"}),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": f"{HTTPS},{HTTPS}#fragment"}),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": "https:///callback"}),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": "https://user@app.example.com/"}),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": "https://app.example.com:port/"}),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": ["https://app.example.com/a b"]}),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": "javascript:alert(1)"}),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": "myapp://callback"}),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": "https://*.example.com/callback"}),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": HTTPS + "x" * 2048}),
        ("social.E016", {"SOCIAL_AUTH_GITHUB_REDIRECT_URIS": {"ios": HTTPS}}),
        (
            "social.E017",
            _enabled("facebook-limited-login") | _registered("FACEBOOK_LIMITED_LOGIN", REDIRECT_URIS=HTTPS),
        ),
        ("social.E018", {"SOCIAL_AUTH_GITHUB_NATIVE_CLIENT_ID": "another-client"}),
        ("social.E008", {"SOCIAL_AUTH_FACEBOOK_ACCEPT_UNVERIFIED": 1}),
        (
            "social.W007",
            _enabled("gitlab") | _registered("GITLAB", API_URL=OIDC, WHITELISTED_DOMAINS=["example.com"]),
        ),
        ("social.W007", _enabled("facebook") | {"SOCIAL_AUTH_WHITELISTED_DOMAINS": ["example.com"]}),
        ("social.W007", _enabled("github") | {"SOCIAL_AUTH_GITHUB_WHITELISTED_EMAILS": ["ripley@example.com"]}),
        (
            "social.W007",
            _enabled("line", "discord")
            | _registered("LINE", WHITELISTED_DOMAINS=["example.com"])
            | _registered("DISCORD"),
        ),
        ("social.E002", _enabled("oidc") | _registered("OIDC")),
        ("social.E002", _enabled("kakao") | _registered("KAKAO", APP_ID=" , ")),
        ("social.E009", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT=OIDC, ID_KEY="email")),
        ("social.E009", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT=OIDC, ID_KEY="iss")),
        ("social.E009", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT=OIDC, ID_KEY="family_name")),
        ("social.E009", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT=OIDC, ID_KEY=["sub"])),
        ("social.E009", {"SOCIAL_AUTH_TWITTER_ID_KEY": "screen_name"}),
        ("social.E009", _enabled("github") | {"SOCIAL_AUTH_ID_KEY": "email"}),
        ("social.E009", _enabled("github") | {"ID_KEY": "email"}),
        ("social.E011", {"SOCIAL_AUTH_PIPELINE": "social_core.pipeline.user.create_user"}),
        ("social.E011", {"SOCIAL_AUTH_FACEBOOK_EXTRA_DATA": "email"}),
        ("social.E011", {"SOCIAL_AUTH_WHITELISTED_DOMAINS": "example.com"}),
        ("social.E011", {"SOCIAL_AUTH_PIPELINE": None}),
        ("social.E011", {"SOCIAL_AUTH_USER_FIELDS": None}),
        ("social.E011", {"SOCIAL_AUTH_USER_FIELDS": {"username": "login"}}),
        ("social.E011", {"SOCIAL_AUTH_WHITELISTED_DOMAINS": {}}),
        ("social.E011", {"SOCIAL_AUTH_WHITELISTED_DOMAINS": 0}),
        ("social.E011", {"SOCIAL_AUTH_GITHUB_WHITELISTED_EMAILS": None}),
        ("social.E011", {"SOCIAL_AUTH_USER_FIELD_MAPPING": ["fullname"]}),
        ("social.E011", {"SOCIAL_AUTH_PROXIES": "http://proxy.example.com"}),
        ("social.E015", {"SOCIAL_AUTH_USER_FIELDS": ["username", "is_superuser"]}),
        ("social.E015", {"SOCIAL_AUTH_GITHUB_USER_FIELDS": ["username", "password"]}),
        ("social.E015", {"SOCIAL_AUTH_USER_FIELD_MAPPING": {"role": "is_staff"}}),
        ("social.E015", {"USER_FIELDS": ("username", "groups")}),
        (
            "social.W008",
            _enabled("google-oauth2")
            | {"SOCIAL_AUTH_PIPELINE": [], "SOCIAL_AUTH_WHITELISTED_DOMAINS": ["example.com"]},
        ),
        (
            "social.W008",
            _enabled("google-oauth2", "github")
            | {
                "SOCIAL_AUTH_GOOGLE_OAUTH2_PIPELINE": [],
                "SOCIAL_AUTH_GOOGLE_OAUTH2_WHITELISTED_EMAILS": ["a@example.com"],
            },
        ),
        ("social.E012", {"SOCIAL_AUTH_VERIFY_SSL": False}),
        ("social.E012", {"SOCIAL_AUTH_FACEBOOK_VERIFY_SSL": 0}),
        ("social.E012", {"SOCIAL_AUTH_VERIFY_SSL": "False"}),
        ("social.E012", {"SOCIAL_AUTH_VERIFY_SSL": ""}),
        ("social.E012", {"SOCIAL_AUTH_VERIFY_SSL": None}),
        ("social.E012", {"SOCIAL_AUTH_VERIFY_SSL": 1}),
        ("social.E012", {"SOCIAL_AUTH_VERIFY_SSL": []}),
        ("social.E012", {"SOCIAL_AUTH_FACEBOOK_VERIFY_SSL": "/nowhere.pem"}),
        ("social.E012", {"VERIFY_SSL": False}),
        ("social.E012", {"SOCIAL_AUTH_VERIFY_SSL": 0, "SANDBOX": True, "ALLOWED_HOSTS": ["localhost"]}),
        ("social.E010", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT=OIDC, ID_TOKEN_ISSUER=["a", "b"])),
        ("social.E010", _enabled("auth0") | _registered("AUTH0", DOMAIN="Tandem.auth0.com")),
        ("social.E010", _enabled("auth0") | _registered("AUTH0", DOMAIN="tandem.auth0.com/")),
        (
            "social.W004",
            {**_registered("OIDC", OIDC_ENDPOINT=OIDC, LEGACY_ID_KEYS=["nickname"]), "ADOPT_LEGACY_UIDS": ["oidc"]}
            | _enabled("oidc"),
        ),
        ("social.E009", _enabled("auth0") | _registered("AUTH0", DOMAIN="a.b", ID_KEY="nickname")),
        (
            "social.W004",
            _enabled("github") | {"SOCIAL_AUTH_LEGACY_ID_KEYS": ["login"], "ADOPT_LEGACY_UIDS": ["github"]},
        ),
        (
            "social.E010",
            _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT=OIDC) | {"SOCIAL_AUTH_ID_TOKEN_ISSUER": "a,b"},
        ),
        ("social.E010", _enabled("twitter") | {"SOCIAL_AUTH_TWITTER_API": 3}),
        ("social.E010", _enabled("twitter") | {"SOCIAL_AUTH_TWITTER_API": "1.10"}),
        ("social.E010", _enabled("twitter") | {"SOCIAL_AUTH_TWITTER_API": ""}),
        ("social.E010", _enabled("gitlab") | _registered("GITLAB") | {"SOCIAL_AUTH_API_URL": "http://git.example.com"}),
        ("social.E010", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT="http://a.example.com")),
        ("social.E010", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT="https://us@a.example.com")),
        ("social.E010", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT="login.example.com")),
        ("social.E010", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT="https://login.exämple.com")),
        ("social.E010", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT="https://a.example.com:port")),
        ("social.E010", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT=OIDC, JWKS_URI="http://a.example.com")),
        ("social.E010", _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT=OIDC, JWT_ALGORITHMS=["HS256"])),
        ("social.E010", _enabled("azuread-oauth2") | _registered("AZUREAD_OAUTH2", TENANTS="common")),
        ("social.E010", _enabled("gitlab") | _registered("GITLAB", API_URL="http://git.example.com")),
        ("social.E010", _enabled("auth0") | _registered("AUTH0", DOMAIN="https://")),
        ("social.E010", _enabled("azuread-oauth2") | _registered("AZUREAD_OAUTH2")),
        ("social.E010", _enabled("azuread-tenant-oauth2") | _registered("AZUREAD_TENANT_OAUTH2", TENANT_ID="common")),
        (
            "social.E010",
            _enabled("azuread-b2c-oauth2") | _registered("AZUREAD_B2C_OAUTH2", TENANT_NAME="x", POLICY="signin"),
        ),
        ("social.W003", _enabled("facebook", "facebook-limited-login") | _registered("FACEBOOK_LIMITED_LOGIN")),
        ("social.W003", _enabled("google-oauth2", "google-openidconnect") | _registered("GOOGLE_OPENIDCONNECT")),
        ("social.E002", {"SOCIAL_AUTH_FACEBOOK_KEY": ""}),
        ("social.E002", {"SOCIAL_AUTH_FACEBOOK_SECRET": " \t"}),
        ("social.E002", {"SOCIAL_AUTH_FACEBOOK_SECRET": ""}),
        ("social.E002", {"SOCIAL_AUTH_FACEBOOK_SECRET": None}),
        ("social.E002", {"SOCIAL_AUTH_GOOGLE_OAUTH2_KEY": None}),
        ("social.E002", {"SOCIAL_AUTH_TWITTER_SECRET": 7}),
        ("social.E003", {"SOCIAL_AUTH_PIPELINE": ["social_core.pipeline.social_auth.associate_by_email"]}),
        ("social.E004", {"SOCIAL_AUTH_PIPELINE": ["social_core.pipeline.nowhere"]}),
        ("social.E004", {"SOCIAL_AUTH_PIPELINE": ["nonsense"]}),
        ("social.E005", {"PROVIDER_TOKEN_KEYS": ["not a key"]}),
        ("social.E005", {"PROVIDER_TOKEN_KEYS": ["A" * 43 + "="]}),
        ("social.E006", {"PROVIDER_HOSTS": {"https://graph.facebook.com": "http://127.0.0.1:1"}}),
        ("social.E007", {"SANDBOX": True, "ALLOWED_HOSTS": ["api.example.com"]}),
        ("social.E007", {"SANDBOX": True, "ALLOWED_HOSTS": ["localhost", "*"]}),
        ("social.E007", {"SANDBOX": True, "ALLOWED_HOSTS": [".localhost"]}),
        ("social.E007", {"SANDBOX": True, "ALLOWED_HOSTS": ["0.0.0.0"]}),  # noqa: S104 - which is what is refused
        ("social.E013", SANDBOX | {"BIND": "0.0.0.0"}),  # noqa: S104 - which is what is refused
        ("social.E013", SANDBOX | {"BIND": "::"}),
        ("social.E013", SANDBOX | {"BIND": "127.0.0.1, 192.0.2.1"}),
        ("social.E013", SANDBOX | {"BIND": "example.com"}),
        ("social.E013", SANDBOX | {"BIND": "unix:/run/tandem.sock"}),
        ("social.E013", SANDBOX | {"BIND": ""}),
        ("social.E014", SANDBOX | {"TRUSTED_PROXIES": 1}),
        ("social.E014", SANDBOX | {"SECURE_HSTS_SECONDS": 60}),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(f"{name}={text!r}" for name, text in value.items()),
)
def test_each_fault_has_its_id(expected: str, settings: dict[str, Any]) -> None:
    """Each fault has one message with a hint."""
    assert ids(**settings) == [expected]


@pytest.mark.threat(6)
def test_a_pipeline_of_one_provider_is_checked() -> None:
    """A step that finds users by address is an error also in the pipeline of a single provider."""
    steps = ["social_core.pipeline.social_auth.associate_by_email"]
    assert ids(SOCIAL_AUTH_FACEBOOK_PIPELINE=steps) == ["social.E003"]


def test_several_faults_are_all_reported() -> None:
    """All faults are reported at once."""
    found = ids(
        SOCIAL_PROVIDERS=["facebook", "myspace"], SOCIAL_AUTH_FACEBOOK_KEY="", PROVIDER_TOKEN_KEYS=["one", "two"]
    )
    assert sorted(map(str, found)) == ["social.E001", "social.E002", "social.E005", "social.E005"]


@pytest.mark.parametrize(
    "settings",
    [
        _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT=OIDC),
        _enabled("gitlab") | _registered("GITLAB", API_URL="https://git.example.com:8443/gitlab/"),
        _enabled("auth0") | _registered("AUTH0", DOMAIN="tandem.auth0.com"),
        _enabled("oidc") | _registered("OIDC", OIDC_ENDPOINT=OIDC, ID_KEY="oid", JWT_ALGORITHMS=["ES256", "HS256"]),
        _enabled("kakao") | _registered("KAKAO", APP_ID="1,2"),
        _enabled("facebook") | {"SOCIAL_AUTH_VERIFY_SSL": True, "SOCIAL_AUTH_FACEBOOK_VERIFY_SSL": __file__},
        {"SOCIAL_AUTH_VERIFY_SSL": False, "SANDBOX": True, "ALLOWED_HOSTS": ["localhost"]},
        {"SOCIAL_AUTH_USER_FIELDS": ["username", "email"], "SOCIAL_AUTH_USER_FIELD_MAPPING": {"fullname": "nickname"}},
        {"SOCIAL_AUTH_PROXIES": {"https": "http://proxy.example.com"}, "SOCIAL_AUTH_WHITELISTED_DOMAINS": []},
        {"SOCIAL_AUTH_PIPELINE": [], "SOCIAL_AUTH_WHITELISTED_DOMAINS": []},
        _enabled("google-oauth2")
        | {"SOCIAL_AUTH_PIPELINE": DEFAULT_AUTH_PIPELINE, "SOCIAL_AUTH_WHITELISTED_DOMAINS": ["example.com"]},
        SANDBOX | {"ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"], "BIND": "127.0.0.1,[::1],localhost"},
        SANDBOX | {"BIND": "::1", "TRUSTED_PROXIES": 0, "SECURE_HSTS_SECONDS": 0},
        {"BIND": "0.0.0.0", "TRUSTED_PROXIES": 1, "SECURE_HSTS_SECONDS": 60},  # noqa: S104 - no sandbox
        _enabled("azuread-oauth2") | _registered("AZUREAD_OAUTH2", TENANTS=["a"]),
        _enabled("azuread-tenant-oauth2") | _registered("AZUREAD_TENANT_OAUTH2", TENANT_ID="contoso.com"),
        _enabled("discord", "gitlab") | _registered("DISCORD") | _registered("GITLAB"),
        _enabled("google-oauth2", "twitter", "discord", "twitch", "oidc")
        | {"SOCIAL_AUTH_WHITELISTED_DOMAINS": ["example.com"]}
        | _registered("OIDC", OIDC_ENDPOINT=OIDC)
        | _registered("DISCORD")
        | _registered("TWITCH"),
        _enabled("gitlab") | _registered("GITLAB", WHITELISTED_DOMAINS=["example.com"]),
        _enabled("google-oauth2", "facebook")
        | {"SOCIAL_AUTH_WHITELISTED_DOMAINS": ["example.com"], "SOCIAL_AUTH_FACEBOOK_WHITELISTED_DOMAINS": []},
        # The provider's own setting overrides the general one.
        _enabled("github") | {"SOCIAL_AUTH_GITHUB_ID_KEY": "node_id", "SOCIAL_AUTH_ID_KEY": "email"},
    ],
    ids=lambda settings: " ".join(f"{name}={text}" for name, text in settings.items()),
)
def test_valid_settings_have_no_fault(settings: dict[str, Any]) -> None:
    """Valid settings are not reported."""
    assert ids(**settings) == []


def test_random_token_keys_have_no_fault() -> None:
    """No key that Fernet makes is taken for one that is not random."""
    assert ids(PROVIDER_TOKEN_KEYS=[Fernet.generate_key().decode() for _ in range(50)]) == []


def test_one_class_at_two_sites_is_no_duplicate() -> None:
    """A company's own installation has other users than the public site."""
    found = ids(
        **_enabled("github", "github-enterprise"), **_registered("GITHUB_ENTERPRISE", ACCEPT_UNVERIFIED=1, API_URL=OIDC)
    )
    assert found == ["social.W002"]
