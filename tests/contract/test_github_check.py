"""GitHub's answers to the check of a token: docs/contract.md, section 7."""

from typing import Any

import pytest
import responses

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import all_rows

CHECK_URL = "https://api.github.com/applications/our-github-key/token"
APPLICATION = {"client_id": "our-github-key"}
USER = {"id": 10005, "login": "ripley"}
ERROR = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}


@pytest.mark.django_db
@pytest.mark.threat(1, 3)
@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"app": APPLICATION, "user": None}, "provider_bad_response"),
        ({"app": {"client_id": 7}, "user": USER}, "provider_bad_response"),
        ({"app": {"client_id": ""}, "user": USER}, "provider_bad_response"),
        ({"app": None, "user": USER}, "provider_bad_response"),
        ({"app": {"client_id": "theirs"}, "user": USER}, "token_audience_mismatch"),
        (ERROR, "token_rejected"),
    ],
    ids=repr,
)
def test_answers_without_a_proof(api: ApiClient, claims: Any, code: str) -> None:
    """An answer that names no application or no user signs nobody in; an error object is about the token."""
    with responses.RequestsMock() as mock:
        mock.post(CHECK_URL, json=claims)
        assert_error(api.sign_up({"provider": "github", "access_token": "t"}), code)
    assert not any(all_rows()["auth.User"] + all_rows()["social_django.UserSocialAuth"])
