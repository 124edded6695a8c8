"""id_tokens are verified for every kind of provider: docs/contract.md, section 7."""

from typing import Any

import jwt
import pytest
import responses
from social_django.models import UserSocialAuth

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.signers import OTHER_TENANT, OURS, SIGNERS, Signer, refused
from tests.contract.users import PROFILES
from tests.providers import Providers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_cached_keys"), pytest.mark.threat(5)]

HOUR = 3600


def test_a_token_issued_to_us_signs_up_and_in(
    api: ApiClient, provider: str, signer: Signer, mock: responses.RequestsMock
) -> None:
    """The keys are fetched once, for any number of sign-ins."""
    first = api.sign_up({"provider": provider, "id_token": signer.token()})
    assert first.status_code == 201, first.content
    assert (first.json()["outcome"], first.json()["email"]) == ("created", "ripley@example.com")
    asked = len(mock.calls)
    again = api.sign_up({"provider": provider, "id_token": signer.token()})
    assert (again.json()["outcome"], again.json()["id"]) == ("signed_in", first.json()["id"])
    assert len(mock.calls) == asked <= 2
    assert UserSocialAuth.objects.get().uid == "10031"


REJECTED, MISMATCH = "token_rejected", "token_audience_mismatch"
ONE_OF_EACH_KIND = pytest.mark.parametrize("provider", ["google-oauth2", "oidc", "azuread-oauth2"], indirect=True)
"""One provider for each kind of issuer: a constant one, a discovered one, one of many tenants."""


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "their-client-id"}, MISMATCH),
        ({"azp": "their-client-id"}, MISMATCH),
        ({"iss": "https://issuer.example.org"}, REJECTED),
    ],
    ids=str,
)
def test_audience_and_issuer_must_match(
    one_api: ApiClient, provider: str, signer: Signer, claims: dict[str, Any], code: str
) -> None:
    """The token must be issued to our application, by the provider."""
    refused(one_api.sign_up({"provider": provider, "id_token": signer.token(**claims)}), code)


@ONE_OF_EACH_KIND
@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": ["their-client-id"]}, MISMATCH),
        ({"iss": None}, REJECTED),
        ({"aud": None}, REJECTED),
        ({"sub": None}, REJECTED),
        ({"sub": ""}, REJECTED),
        ({"exp": 1}, REJECTED),
        ({"exp": None}, REJECTED),
        ({"iat": None}, REJECTED),
        ({"iat": 99999999999}, REJECTED),
        ({"nbf": 99999999999}, REJECTED),
    ],
    ids=str,
)
def test_each_invalid_claim_is_refused(
    one_api: ApiClient, provider: str, signer: Signer, claims: dict[str, Any], code: str
) -> None:
    """A single invalid claim is enough to refuse the token."""
    refused(one_api.sign_up({"provider": provider, "id_token": signer.token(**claims)}), code)


@ONE_OF_EACH_KIND
@pytest.mark.parametrize(
    "sign", [{"by": "another issuer"}, {"by": "another issuer", "kid": "k2"}, {"kid": "k2"}], ids=str
)
def test_an_unpublished_key_is_refused(one_api: ApiClient, provider: str, signer: Signer, sign: dict[str, Any]) -> None:
    """Only keys that the provider publishes verify a signature."""
    refused(one_api.sign_up({"provider": provider, "id_token": signer.token(**sign)}), REJECTED)


@ONE_OF_EACH_KIND
@pytest.mark.parametrize("bent", ["none", "HS256", "cut", "text"])
def test_a_malformed_token_is_refused(one_api: ApiClient, provider: str, signer: Signer, bent: str) -> None:
    """The token does not choose its algorithm, and must be complete."""
    head, body, signature = signer.token().split(".")
    other = jwt.encode({}, "s" * 32, algorithm="HS256", headers={"kid": "k1"}).split(".")
    token = {
        "none": jwt.encode({}, "", algorithm="none", headers={"kid": "k1"}).split(".")[0] + f".{body}.",
        "HS256": f"{other[0]}.{body}.{other[2]}",
        "cut": f"{head}.{body}",
        "text": "not-a-token",
    }[bent]
    refused(one_api.sign_up({"provider": provider, "id_token": token}), REJECTED)
    assert signature


@ONE_OF_EACH_KIND
def test_a_deeply_nested_claim_is_refused(one_api: ApiClient, provider: str, signer: Signer) -> None:
    """The pipeline would exceed the recursion limit."""
    deep: Any = "leaf"
    for _ in range(500):
        deep = [deep]
    refused(one_api.sign_up({"provider": provider, "id_token": signer.token(id_token=deep)}), "provider_bad_response")


@ONE_OF_EACH_KIND
@pytest.mark.parametrize("claimed", [None, "another"])
def test_the_nonce_of_the_request_must_be_in_the_token(
    one_api: ApiClient, provider: str, signer: Signer, claimed: str | None
) -> None:
    """A token with the nonce of another request is refused."""
    fields = {"provider": provider, "id_token": signer.token(nonce=claimed), "nonce": "n0nce"}
    refused(one_api.sign_up(fields), REJECTED)


def test_the_nonce_of_the_token_must_be_in_the_request(one_api: ApiClient, provider: str, signer: Signer) -> None:
    """A token with a nonce is refused if the request has none."""
    answer = one_api.sign_up({"provider": provider, "id_token": signer.token(nonce="n0nce")})
    if provider == "google-oauth2":
        # Apple's iOS SDK adds a nonce that the app cannot read.
        assert answer.status_code == 201
    else:
        refused(answer, REJECTED)


@pytest.mark.parametrize("provider", ["apple-id"], indirect=True)
def test_apples_key_id_is_no_client_id(api: ApiClient, provider: str, signer: Signer) -> None:
    """`_KEY` is the id of a signing key; `_CLIENT` and `_AUDIENCE` are the audience."""
    refused(api.sign_up({"provider": provider, "id_token": signer.token(aud=signer.settings["KEY"])}), MISMATCH)


@pytest.mark.parametrize("provider", ["google-oauth2", "google-openidconnect"], indirect=True)
@pytest.mark.parametrize("verified", [False, None, "true", 1], ids=repr)
def test_an_unverified_google_address_is_refused(
    one_api: ApiClient, provider: str, signer: Signer, verified: Any
) -> None:
    """A sign-up with an unverified address is refused."""
    token = signer.token(email_verified=verified)
    refused(one_api.sign_up({"provider": provider, "id_token": token}), "sign_up_not_allowed")


@pytest.mark.parametrize(("provider", "key"), [("google-oauth2", "sub"), ("facebook", "id")])
def test_access_token_and_id_token_find_the_same_user(
    api: ApiClient, providers: Providers, provider: str, key: str
) -> None:
    """If a request has both tokens, the id_token decides."""
    signer = SIGNERS[provider]
    fields = providers.knows(provider, "t", **{**PROFILES[provider], key: "10031", "aud": OURS})
    with signer.enabled(provider):
        signer.register(providers.mock)
        first = api.sign_up(fields).json()
        other = {"provider": provider, "id_token": signer.token()}
        assert api.sign_up(other).json()["id"] == first["id"]
        someone_else = {**fields, "id_token": signer.token(sub="10032")}
        assert api.sign_up(someone_else).json()["outcome"] == "created"


class TestMicrosoft:
    """Tenants and user flows of Microsoft."""

    COMMON = "azuread-oauth2"
    NAMED = "azuread-v2-tenant-oauth2"
    B2C = "azuread-b2c-oauth2"

    def sign_up(self, api: ApiClient, name: str, mock: responses.RequestsMock, **claims: Any) -> Any:
        with SIGNERS[name].enabled(name):
            SIGNERS[name].register(mock)
            return api.sign_up({"provider": name, "id_token": SIGNERS[name].token(**claims)})

    @pytest.mark.parametrize("name", [COMMON, NAMED])
    def test_a_tenant_that_is_not_named_is_refused(
        self, api: ApiClient, mock: responses.RequestsMock, name: str
    ) -> None:
        """A token of an unlisted tenant is refused: anyone can open one."""
        issuer = SIGNERS[name].issuer.replace(SIGNERS[name].claims["tid"], OTHER_TENANT)
        refused(self.sign_up(api, name, mock, iss=issuer, tid=OTHER_TENANT), REJECTED)

    def test_the_issuer_must_be_the_tokens_tenant(self, api: ApiClient, mock: responses.RequestsMock) -> None:
        """The issuer must name the tenant of the token."""
        refused(self.sign_up(api, self.COMMON, mock, tid=OTHER_TENANT), REJECTED)

    def test_a_key_of_another_tenant_is_refused(self, api: ApiClient, mock: responses.RequestsMock) -> None:
        """A key of another tenant does not sign for ours."""
        signer = SIGNERS[self.COMMON]
        with signer.enabled(self.COMMON):
            signer.register(mock, issuer=f"https://sts.windows.net/{OTHER_TENANT}/")
            refused(api.sign_up({"provider": self.COMMON, "id_token": signer.token()}), REJECTED)

    @pytest.mark.parametrize("flow", ["b2c_1_other", None, 7])
    def test_another_user_flow_is_refused(self, api: ApiClient, mock: responses.RequestsMock, flow: Any) -> None:
        """Another user flow is refused: it may require less of a user than ours."""
        refused(self.sign_up(api, self.B2C, mock, tfp=flow), REJECTED)

    def test_a_subject_shared_by_all_users_is_refused(self, api: ApiClient, mock: responses.RequestsMock) -> None:
        """A subject that a user flow sends for every user is refused."""
        refused(self.sign_up(api, self.B2C, mock, sub="Not supported currently. Use oid claim."), REJECTED)


@pytest.mark.parametrize("provider", ["oidc", "azuread-v2-tenant-oauth2", "auth0"], indirect=True)
def test_an_access_token_is_not_accepted(api: ApiClient, provider: str) -> None:
    """Providers of id_tokens refuse access tokens: userinfo answers for any application's token."""
    answer = api.sign_up({"provider": provider, "access_token": "t"})
    assert_error(answer, "invalid_request", fields={"id_token": "This field is required."})
