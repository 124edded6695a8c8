"""docs/threats.md, row 8: an id is used unchanged, also if a backend reads it from the details."""

from collections.abc import Iterator

import pytest
import responses
from pytest_django import Settings

from tests.contract.answers import Response, assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import all_rows

pytestmark = [pytest.mark.django_db, pytest.mark.threat(8)]


@pytest.fixture
def mock(settings: Settings) -> Iterator[responses.RequestsMock]:
    """Enable Coursera, whose backend reads the id from the details."""
    settings.SOCIAL_PROVIDERS = ["coursera"]
    settings.SOCIAL_AUTH_COURSERA_KEY = settings.SOCIAL_AUTH_COURSERA_SECRET = "ours"
    settings.SOCIAL_AUTH_COURSERA_ACCEPT_UNVERIFIED = 1
    with responses.RequestsMock() as mock:
        yield mock


def sign_up(api: ApiClient, mock: responses.RequestsMock, identifier: str) -> Response:
    mock.upsert("GET", "https://api.coursera.org/api/externalBasicProfiles.v1", json={"elements": [{"id": identifier}]})
    return api.sign_up({"provider": "coursera", "access_token": "t"})


@pytest.mark.parametrize("odd", ["ripley\x00", "ri\u202epley", "ripley\n", "r" * 256, " "])
def test_a_malformed_id_in_the_details_is_refused(api: ApiClient, mock: responses.RequestsMock, odd: str) -> None:
    """A malformed id is refused: cleaned, it could be another user's."""
    before = all_rows()
    assert_error(sign_up(api, mock, odd), "provider_bad_response")
    assert all_rows() == before


def test_a_valid_id_in_the_details_signs_up(api: ApiClient, mock: responses.RequestsMock) -> None:
    """A valid id signs up, so the refusals above are about the id."""
    assert sign_up(api, mock, "ripley").status_code == 201
