"""Client ids and names of sign-ups by id_token: docs/contract.md, sections 4 and 7."""

from collections.abc import Iterator

import pytest
import responses
from django.test import override_settings

from social.oidc import signing_keys
from tests.contract.conftest import ApiClient
from tests.contract.signers import OURS, SIGNERS, Signer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    signing_keys.clear_cache()
    yield
    signing_keys.clear_cache()


@pytest.fixture
def signer(provider: str) -> Iterator[Signer]:
    """Enable the provider, and publish its keys."""
    found = SIGNERS[provider]
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock, found.enabled(provider):
        found.register(mock)
        yield found


@pytest.mark.threat(5)
@pytest.mark.parametrize("provider", ["apple-id"])
@pytest.mark.parametrize("audience", ["our-site", "our-other-site", OURS])
def test_apples_service_ids_are_ours(one_api: ApiClient, provider: str, signer: Signer, audience: str) -> None:
    """`_AUDIENCE` lists further client ids of Apple, beside `_CLIENT`."""
    with override_settings(SOCIAL_AUTH_APPLE_ID_AUDIENCE=["our-site", "our-other-site"]):
        answer = one_api.sign_up({"provider": provider, "id_token": signer.token(aud=audience)})
    assert answer.status_code == 201, answer.content


@pytest.mark.parametrize("provider", ["apple-id"])
def test_apples_names_come_from_the_app(api: ApiClient, provider: str, signer: Signer) -> None:
    """Apple sends the names to the app only, which sends them with the token."""
    fields = {"provider": provider, "id_token": signer.token(), "first_name": "Ellen", "last_name": "Ripley"}
    answer = api.sign_up(fields).json()
    assert (answer["first_name"], answer["last_name"]) == ("Ellen", "Ripley")


@pytest.mark.parametrize("provider", ["facebook"])
def test_names_of_limited_login(api: ApiClient, provider: str, signer: Signer) -> None:
    """The names are those of the claims."""
    token = signer.token(given_name="Ellen", family_name="Ripley", name="Ellen Louise Ripley")
    answer = api.sign_up({"provider": provider, "id_token": token}).json()
    assert (answer["first_name"], answer["last_name"]) == ("Ellen", "Ripley")
