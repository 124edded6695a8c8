"""One login for each provider: the fields sent to us, the provider's answers, and the expected identity."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import responses
from social_core.utils import setting_name

from social.providers import registry
from social.providers.catalogue import CATALOGUE, CredentialKind, hosts_of
from tests.breadth import provider_answers, social_core_logins
from tests.breadth.social_core_logins import SimulatedLogin


@dataclass(frozen=True)
class Login:
    """A login through our API."""

    settings: Mapping[str, Any]
    fields: dict[str, str]
    """The fields of the sign-up."""
    answers: tuple[responses.BaseResponse, ...]
    hosts: frozenset[str]
    """The hosts that the sign-in calls."""
    uid: str
    suggested: str


@cache
def login_of(name: str) -> Login:
    """Return the login for a provider.

    :raises UnavailableError: if the login is in social-core's tests and these cannot be fetched.
    """
    entry = CATALOGUE[name]
    policy = registry.policy_for(name)
    assert policy is not None
    simulated_login = provider_answers.LOGINS.get(name) or social_core_logins.login_of_backend(entry.backend)
    assert simulated_login is not None, f"no login for {name}: tests/breadth/provider_answers.py"
    settings = {
        setting_name(name, "KEY"): provider_answers.KEY,
        setting_name(name, "SECRET"): provider_answers.SECRET,
        **({} if policy.verified else {setting_name(name, "ACCEPT_UNVERIFIED"): "1"}),
        **{setting_name(name, needed): f"our-{needed.lower()}" for needed in entry.settings},
        **provider_answers.SETTINGS.get(name, {}),
        **simulated_login.settings,
        "SOCIAL_PROVIDERS": [name],
    }
    hosts = hosts_of(entry, lambda setting: settings.get(setting_name(name, setting)))
    # The token in social-core's tests is mostly "foobar", like the username, and a username must not equal the token.
    token = (
        provider_answers.TOKEN
        if simulated_login.token == "foobar" and name not in provider_answers.TOKEN_IN_URL
        else simulated_login.token
    )
    fields = {"provider": name, "access_token": token}
    if entry.credential is CredentialKind.TOKEN_PAIR:
        fields["access_token_secret"] = simulated_login.secret or "a-secret"
    return Login(
        settings=settings,
        fields=fields,
        answers=(*(one for one in simulated_login.answers if _host(one) in hosts), *_checks(name, simulated_login)),
        hosts=hosts,
        uid=simulated_login.uid,
        suggested=simulated_login.suggested,
    )


def _checks(name: str, simulated_login: SimulatedLogin) -> tuple[responses.BaseResponse, ...]:
    """Return the answers to the calls that check a token; social-core does not make them."""
    rows = [responses.Response(method, url, json=body) for method, url, body in provider_answers.CHECKS.get(name, ())]
    if name == "github":
        (user,) = (one for one in simulated_login.answers if one.url == "https://api.github.com/user")
        body = {"app": {"client_id": provider_answers.KEY}, "user": json.loads(str(user.body))}
        rows.append(
            responses.Response("POST", f"https://api.github.com/applications/{provider_answers.KEY}/token", json=body)
        )
    return tuple(rows)


def _host(answer: responses.BaseResponse) -> str:
    url = answer.url if isinstance(answer.url, str) else answer.url.pattern
    return url.partition("://")[2].partition("/")[0]
