"""A simulated GitLab that refreshes tokens, and associations whose refresh token it has issued.

GitLab's access tokens expire after two hours, and each refresh token works once
(https://docs.gitlab.com/api/oauth2/#authorization-code-flow).
"""

from typing import Any
from urllib.parse import parse_qsl

import responses
from django.db import transaction
from django.test import override_settings
from requests import PreparedRequest
from social_django.models import UserSocialAuth

from social.provider_token_storage import EXPIRES_AT, StoredTokens, protect_extra_data
from tests.providers import Answer, json_answer
from tests.social.rows import linked

TOKEN_URL = "https://gitlab.com/oauth/token"
ENABLED = override_settings(
    SOCIAL_PROVIDERS=["gitlab"], SOCIAL_AUTH_GITLAB_KEY="our-gitlab-key", SOCIAL_AUTH_GITLAB_SECRET="our-gitlab-secret"
)
EXPIRED = 1_000_000_000
"""A time in 2001."""


class GitLab:
    """The token endpoint: each refresh token works once, and gives the next pair of tokens."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.requests: list[dict[str, str]] = []
        self.valid = {"refresh-0"}
        self.lifetime: Any = 7200
        self.rotates = True
        self.during: Any = None
        """Called before an answer."""
        self.answers: Answer | Exception | None = None
        """The answer in place of the usual one."""
        mock.add_callback("POST", TOKEN_URL, callback=self._answer)

    def _answer(self, request: PreparedRequest) -> Any:
        sent = dict(parse_qsl(str(request.body)))
        self.requests.append(sent)
        if self.during is not None:
            self.during()
        if self.answers is not None:
            return self.answers
        if sent["refresh_token"] not in self.valid:
            return json_answer(400, {"error": "invalid_grant", "error_description": "canary-description"})
        number = len(self.requests)
        tokens = {"access_token": f"access-{number}", "expires_in": self.lifetime, "token_type": "Bearer"}
        if self.rotates:
            self.valid = {f"refresh-{number}"}
            tokens["refresh_token"] = f"refresh-{number}"
        return json_answer(200, tokens)


def granted(*, expires_at: int | None = EXPIRED, **answer: Any) -> UserSocialAuth:
    """Create an association as a sign-up by code stores it.

    :param answer: changes the token endpoint's answer to the code.
    """
    answer = {"access_token": "access-0", "refresh_token": "refresh-0", "expires_in": 7200, **answer}
    kept = protect_extra_data({"id": 1}, token=answer["access_token"], exchange=answer)
    return linked("1", provider="gitlab", kept={**kept, EXPIRES_AT: expires_at})


def signs_in(row: UserSocialAuth, token: str | None, exchange: dict[str, Any] | None = None) -> None:
    """Store what a later sign-in stores, as social-core's `set_extra_data` does."""
    with transaction.atomic():
        locked = UserSocialAuth.objects.select_for_update().get(pk=row.pk)
        locked.set_extra_data(protect_extra_data({"id": 1}, token=token, exchange=exchange))
        locked.save()


def stored(row: UserSocialAuth) -> StoredTokens:
    return StoredTokens(UserSocialAuth.objects.get(pk=row.pk).extra_data)
