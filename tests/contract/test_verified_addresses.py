"""docs/contract.md, section 7: which addresses are verified, which are stored, and which satisfy an allow list."""

import base64
import time
from typing import Any

import jwt
import pytest
import responses
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.contrib.auth.models import User
from django.test import override_settings
from social_core.utils import setting_name

from tests.contract.answers import Response, assert_error
from tests.contract.checkers import CHECKERS, OURS
from tests.contract.conftest import ApiClient
from tests.contract.signers import OURS as AUDIENCE
from tests.contract.signers import SIGNERS, private
from tests.contract.users import PROFILES, all_rows, link, person
from tests.providers import Providers

pytestmark = pytest.mark.django_db

ADDRESS = "ceo@corp.example"
LISTS: dict[str, dict[str, list[str]]] = {
    "domain": {"SOCIAL_AUTH_WHITELISTED_DOMAINS": ["corp.example"]},
    "address": {"SOCIAL_AUTH_WHITELISTED_EMAILS": [ADDRESS]},
}
ABSENT = ...
FLAGS = [
    ("apple-id", "email_verified"),
    ("auth0", "email_verified"),
    ("azuread-b2c-oauth2", "email_verified"),
    ("azuread-oauth2", "xms_edov"),
    ("azuread-v2-tenant-oauth2", "xms_edov"),
    ("discord", "verified"),
    ("gitlab", "confirmed_at"),
    ("kakao", "is_email_valid"),
    ("kakao", "is_email_verified"),
    ("keycloak", "email_verified"),
    ("oidc", "email_verified"),
]
EACH_FLAG = pytest.mark.parametrize(("provider", "flag"), FLAGS, ids=lambda part: part)
NOT_AFFIRMED = [False, "false", "False", "no", "0", 0, None, [], {}, "", "True", "yes", "1", 1, [True], 1.0]
"""Only `true` and `"true"` affirm a flag."""


def affirmed(provider: str) -> dict[str, Any]:
    """Return a provider's flags as it sends them for a verified address."""
    true: dict[str, Any] = {"gitlab": "2026-01-01T00:00:00.000Z"}
    return {flag: true.get(provider, True) for name, flag in FLAGS if name == provider}


def sign_up(api: ApiClient, provider: str, **fields: Any) -> Response:
    """Sign up with a profile or id_token that has these fields and the address; the flags are those of `fields`."""
    kept = {name: value for name, value in {"email": ADDRESS, **fields}.items() if value is not ABSENT}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        if provider in SIGNERS:
            return _with_id_token(api, provider, mock, kept)
        if provider == "keycloak":
            return _with_keycloak_token(api, kept)
        return _with_profile(api, provider, mock, kept)


def _with_id_token(api: ApiClient, provider: str, mock: responses.RequestsMock, claims: dict[str, Any]) -> Response:
    signer = SIGNERS[provider]
    signer.register(mock)
    now = int(time.time())
    content = {"iss": signer.issuer, "aud": AUDIENCE, "sub": "10031", "iat": now, "exp": now + 300, **signer.claims}
    if provider == "azuread-v2-tenant-oauth2":
        content["preferred_username"] = claims.get("email")
    token = jwt.encode({**content, **claims}, private("theirs"), algorithm="RS256", headers={"kid": "k1"})
    with signer.enabled(provider):
        return api.sign_up({"provider": provider, "id_token": token})


def _with_keycloak_token(api: ApiClient, claims: dict[str, Any]) -> Response:
    public = private("theirs").public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    settings = {"KEY": OURS, "PUBLIC_KEY": base64.b64encode(public).decode()}
    content = {"aud": OURS, "azp": OURS, "typ": "Bearer", "sub": "6f1c", "exp": int(time.time()) + 300, **claims}
    token = jwt.encode(content, private("theirs"), algorithm="RS256")
    with enabled("keycloak", settings):
        return api.sign_up({"provider": "keycloak", "access_token": token})


def _with_profile(api: ApiClient, provider: str, mock: responses.RequestsMock, fields: dict[str, Any]) -> Response:
    checker = CHECKERS[provider]
    profile = {"kakao": {"id": 10024, "kakao_account": fields}, "twitch": {"data": [{"id": "10023", **fields}]}}
    bare = {"id": checker.profile["id"]} if provider not in profile else {}
    mock.get(checker.check_url, json=checker.claims)
    mock.get(checker.profile_url, json=profile.get(provider, {**bare, **fields}))
    with enabled(provider, checker.settings or {"KEY": OURS, "SECRET": "s"}):
        return api.sign_up({"provider": provider, "access_token": "t"})


def enabled(provider: str, settings: Any) -> override_settings:
    named = {setting_name(provider, name): value for name, value in settings.items()}
    return override_settings(SOCIAL_PROVIDERS=[provider], **named)


def stored(answer: Response) -> str:
    """Return the address of the new user, which the answer and the database must agree on."""
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created"), answer.content
    user = User.objects.get()
    assert answer.json()["email"] == user.email
    assert user.username.lower() != ADDRESS
    user.delete()
    return str(user.email)


def refused_by_each_list(api: ApiClient, provider: str, **fields: Any) -> None:
    """Check that neither list lets the address in, and that nothing is written."""
    before = all_rows()
    for settings in LISTS.values():
        with override_settings(**settings):
            assert_error(sign_up(api, provider, **fields), "sign_up_not_allowed")
    assert all_rows() == before


def let_in_by_each_list(api: ApiClient, provider: str, **fields: Any) -> None:
    """Check that both lists let the address in."""
    for settings in LISTS.values():
        with override_settings(**settings):
            assert stored(sign_up(api, provider, **fields)) == ADDRESS


@pytest.mark.threat(38, 39)
@EACH_FLAG
@pytest.mark.parametrize("value", NOT_AFFIRMED, ids=repr)
def test_a_flag_that_does_not_vouch(one_api: ApiClient, provider: str, flag: str, value: Any) -> None:
    """The address is not stored and satisfies no allow list, whatever else the flag is than true."""
    fields = {**affirmed(provider), flag: value}
    assert stored(sign_up(one_api, provider, **fields)) == ""
    refused_by_each_list(one_api, provider, **fields)


@EACH_FLAG
@pytest.mark.parametrize("true", [True, "true"], ids=repr)
def test_a_flag_that_vouches(one_api: ApiClient, provider: str, flag: str, true: Any) -> None:
    """The address is stored and satisfies an allow list. GitLab's flag is the time of the confirmation."""
    fields = {**affirmed(provider), **({} if provider == "gitlab" else {flag: true})}
    assert stored(sign_up(one_api, provider, **fields)) == ADDRESS
    let_in_by_each_list(one_api, provider, **fields)


@pytest.mark.threat(38)
@EACH_FLAG
def test_an_absent_flag(one_api: ApiClient, provider: str, flag: str) -> None:
    """Without the flag the address is stored, and satisfies no allow list."""
    fields = {**affirmed(provider), flag: ABSENT}
    assert stored(sign_up(one_api, provider, **fields)) == ADDRESS
    refused_by_each_list(one_api, provider, **fields)


@pytest.mark.threat(38)
@pytest.mark.parametrize(
    ("provider", "claims"),
    [
        ("azuread-oauth2", {"email": ABSENT, "upn": ADDRESS, "xms_edov": True}),
        ("azuread-oauth2", {"email": ABSENT, "upn": ADDRESS}),
        ("azuread-v2-tenant-oauth2", {"preferred_username": ADDRESS, "email": "x@evil.example", "xms_edov": True}),
        ("azuread-v2-tenant-oauth2", {"preferred_username": ADDRESS, "email": ABSENT, "xms_edov": True}),
        ("azuread-b2c-oauth2", {"email": ABSENT, "emails": [ADDRESS], "email_verified": True}),
        ("azuread-oauth2", {"email_verified": True}),
    ],
    ids=str,
)
def test_a_flag_of_another_field(one_api: ApiClient, provider: str, claims: dict[str, Any]) -> None:
    """A flag vouches for the field that it is about, not for another one that the backend takes for the address."""
    assert stored(sign_up(one_api, provider, **claims)) == ADDRESS
    refused_by_each_list(one_api, provider, **claims)


@pytest.mark.threat(38, 39)
@pytest.mark.parametrize("name", ["upn", "email"])
def test_an_entra_address_of_a_domain_that_is_not_verified(one_api: ApiClient, name: str) -> None:
    """`xms_edov` false keeps each of Entra's addresses out."""
    claims = {"email": ABSENT, name: ADDRESS, "xms_edov": False}
    assert stored(sign_up(one_api, "azuread-oauth2", **claims)) == ""
    refused_by_each_list(one_api, "azuread-oauth2", **claims)


@pytest.mark.threat(38)
def test_the_operators_claim_for_the_address(one_api: ApiClient) -> None:
    """`email_verified` says nothing about the claim that `_EMAIL_KEY` names."""
    claims = {"mail": ADDRESS, "email": "x@evil.example", "email_verified": True}
    with override_settings(SOCIAL_AUTH_OIDC_EMAIL_KEY="mail"):
        assert stored(sign_up(one_api, "oidc", **claims)) == ADDRESS
        refused_by_each_list(one_api, "oidc", **claims)


@pytest.mark.threat(38)
def test_an_installation_of_gitlab(one_api: ApiClient) -> None:
    """An installation without e-mail confirmation has a time of confirmation, too: it satisfies no allow list."""
    checker = CHECKERS["gitlab"]
    for settings in LISTS.values():
        with responses.RequestsMock() as mock, override_settings(**settings):
            for url, body in ((checker.check_url, checker.claims), (checker.profile_url, dict(checker.profile))):
                mock.get(url.replace("gitlab.com", "git.example.com"), json={**body, "email": ADDRESS})
            with enabled("gitlab", {"KEY": OURS, "SECRET": "s", "API_URL": "https://git.example.com"}):
                answer = one_api.sign_up({"provider": "gitlab", "access_token": "t"})
        assert_error(answer, "sign_up_not_allowed")


def test_a_promised_address(one_api: ApiClient, providers: Providers) -> None:
    """X and Twitch document that they return verified addresses only; X's `verified` is a paid badge."""
    let_in_by_each_list(one_api, "twitch")
    fields = providers.knows("twitter", "t", **PROFILES["twitter"], email=ADDRESS, verified=False)
    for settings in LISTS.values():
        with override_settings(**settings):
            assert stored(one_api.sign_up(fields)) == ADDRESS


@pytest.mark.threat(38)
@pytest.mark.parametrize("provider", ["facebook", "github"])
def test_an_address_without_a_flag_or_a_promise(one_api: ApiClient, providers: Providers, provider: str) -> None:
    """It is stored, and satisfies no allow list, whatever its other fields say."""
    fields = providers.knows(provider, "t", **{**PROFILES[provider], "email": ADDRESS}, verified=True)
    assert stored(one_api.sign_up(fields)) == ADDRESS
    for settings in LISTS.values():
        with override_settings(**settings):
            assert_error(one_api.sign_up(fields), "sign_up_not_allowed")


@pytest.mark.threat(38, 39)
@pytest.mark.parametrize("provider", ["facebook", "facebook-limited-login"])
def test_a_claim_that_facebook_does_not_document(one_api: ApiClient, provider: str) -> None:
    """`email_verified` can only harm: false keeps the address out, true proves nothing."""
    assert stored(sign_up(one_api, provider, email_verified=False)) == ""
    assert stored(sign_up(one_api, provider, email_verified=True)) == ADDRESS
    refused_by_each_list(one_api, provider, email_verified=True)


def unverified_provider(api: ApiClient, provider: str, answers: dict[str, Any], **settings: Any) -> Response:
    """Sign up at a provider that needs `_ACCEPT_UNVERIFIED`."""
    with responses.RequestsMock() as mock:
        for url, answer in answers.items():
            mock.get(url, json=answer)
        with enabled(provider, {"KEY": "k", "SECRET": "s", "ACCEPT_UNVERIFIED": "1", **settings}):
            return api.sign_up({"provider": provider, "access_token": "t"})


DIGITALOCEAN = "https://api.digitalocean.com/v2/account"
ENTERPRISE = "https://git.example.com/api/v3"


@pytest.mark.threat(38, 39)
@pytest.mark.parametrize(("flag", "kept"), [(False, ""), ("no", ""), (True, ADDRESS), (ABSENT, ADDRESS)])
def test_a_nested_flag_of_any_other_provider(one_api: ApiClient, flag: Any, kept: str) -> None:
    """Such a flag can keep an address out; it never satisfies an allow list, because the token may be anyone's."""
    account = {"uuid": "b6fr89dbf6d9156cace5f3c78dc9851d", "email": ADDRESS, "email_verified": flag}
    answers = {DIGITALOCEAN: {"account": {name: value for name, value in account.items() if value is not ABSENT}}}
    assert stored(unverified_provider(one_api, "digitalocean", answers, ID_KEY="uuid")) == kept
    for settings in LISTS.values():
        with override_settings(**settings):
            answer = unverified_provider(one_api, "digitalocean", answers, ID_KEY="uuid")
            assert_error(answer, "sign_up_not_allowed")


@pytest.mark.threat(39)
@pytest.mark.parametrize(("flag", "kept"), [(False, ""), (True, ADDRESS)])
def test_a_flag_in_a_list_of_addresses(one_api: ApiClient, flag: bool, kept: str) -> None:
    """social-core takes the primary address, verified or not; another address's flag does not matter."""
    emails = [
        {"email": ADDRESS, "primary": True, "verified": flag},
        {"email": "x@example.com", "primary": False, "verified": False},
    ]
    answers = {f"{ENTERPRISE}/user": {"id": 5, "login": "ripley"}, f"{ENTERPRISE}/user/emails": emails}
    urls = {"API_URL": ENTERPRISE, "URL": "https://git.example.com"}
    assert stored(unverified_provider(one_api, "github-enterprise", answers, **urls)) == kept


@pytest.mark.threat(13, 39)
def test_a_known_users_address(api: ApiClient) -> None:
    """A sign-in writes no address, verified or not, and does not remove the stored one."""
    ripley = person("ripley", email="own@example.com")
    link(ripley.user, "discord", "10021", id_key="id")
    for verified in (True, False):
        assert sign_up(api, "discord", verified=verified).json()["email"] == "own@example.com"


@pytest.mark.threat(38)
@pytest.mark.parametrize(
    "email", ["\u212aevin@corp.example", "kevin@corp.example\u200b", '"x@corp.example"@evil.example']
)
def test_an_address_that_resembles_a_listed_one(one_api: ApiClient, email: str) -> None:
    """A verified address of someone else is not on the list: the Kelvin sign in lower case is a `k`."""
    lists = {
        "SOCIAL_AUTH_WHITELISTED_EMAILS": ["kevin@corp.example"],
        "SOCIAL_AUTH_WHITELISTED_DOMAINS": ["korp.example", "corp.example"],
    }
    for name, listed in lists.items():
        with override_settings(**{name: listed}):
            assert_error(sign_up(one_api, "oidc", email=email, email_verified=True), "sign_up_not_allowed")
