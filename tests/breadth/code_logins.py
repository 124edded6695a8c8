"""One login by authorization code for each OAuth 2 backend: the provider's answers and the expected identity."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import responses
from social_core.utils import setting_name

from social.engine import backends
from social.engine.strategy import StatelessStrategy
from social.providers import registry
from social.providers.catalogue import CATALOGUE
from tests.breadth import provider_answers, social_core_logins

CODE = "a-code-of-ripley"
VERIFIER = "a-verifier-of-the-app-with-forty-three-characters"
REDIRECT_URI = "https://app.example.com/callback"


@dataclass(frozen=True)
class CodeLogin:
    """A login by code through our API."""

    name: str
    settings: Mapping[str, Any]
    answers: tuple[responses.BaseResponse, ...]
    """The answers to the calls after the exchange; those from social-core's tests have the exchange too."""
    exchange: str | None
    """The answer of the token endpoint, if it is not in `answers`."""
    uid: str
    suggested: str
    token: str
    """The access token in the answer of the token endpoint; some of social-core's are the person's name."""

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the sign-up."""
        return {"provider": self.name, "code": CODE, "code_verifier": VERIFIER, "redirect_uri": REDIRECT_URI}

    def answers_with(self, exchange: str | None = None, status: int = 200) -> list[responses.BaseResponse]:
        """Return the answers with another one of the token endpoint; the operator's settings must be those of ours."""
        body = self.exchange if exchange is None else exchange
        if body is None:
            return list(self.answers)
        policy = registry.policy_for(self.name)
        assert policy is not None
        backend: Any = backends.backend_class(policy, for_code=True)(StatelessStrategy())
        url = backend.access_token_url()
        return [responses.Response(backend.ACCESS_TOKEN_METHOD, url, body=body, status=status), *self.answers]


@cache
def code_login_of(name: str) -> CodeLogin:
    """Return the login by code for a provider.

    :raises UnavailableError: if the login is in social-core's tests and these cannot be fetched.
    """
    entry = CATALOGUE[name]
    own = provider_answers.LOGINS.get(name)
    login = own or social_core_logins.login_of_backend(entry.backend)
    assert login is not None, f"no login for {name}: tests/breadth/provider_answers.py"
    settings = {
        setting_name(name, "KEY"): provider_answers.KEY,
        setting_name(name, "SECRET"): provider_answers.SECRET,
        setting_name(name, "REDIRECT_URIS"): REDIRECT_URI,
        **{setting_name(name, needed): f"our-{needed.lower()}" for needed in (*entry.settings, *entry.code_settings)},
        **provider_answers.SETTINGS.get(name, {}),
        **login.settings,
        "SOCIAL_PROVIDERS": [name],
    }
    token = json.dumps({"access_token": login.token, "token_type": "bearer", "expires_in": 3600})
    exchange = provider_answers.EXCHANGES.get(name) or (token if own else None)
    return CodeLogin(name, settings, login.answers, exchange, login.uid, login.suggested, str(login.token))
