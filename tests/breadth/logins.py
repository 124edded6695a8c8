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
    """One login through our API."""

    settings: Mapping[str, Any]
    fields: dict[str, str]
    """The fields of the sign-up."""
    answers: tuple[responses.BaseResponse, ...]
    hosts: frozenset[str]
    """All hosts that the sign-in calls."""
    uid: str
    suggested: str


@cache
def login_of(name: str) -> Login:
    """Return the login that the provider is tested with.

    :raises NotHadError: where she is in social-core's tests and these cannot be had.
    """
    entry = CATALOGUE[name]
    policy = registry.policy_for(name)
    assert policy is not None
    played = provider_answers.PLAYED.get(name) or social_core_logins.login_of_backend(entry.backend)
    assert played is not None, f"nobody plays {name}: tests/breadth/provider_answers.py"
    settings = {
        setting_name(name, "KEY"): provider_answers.KEY,
        setting_name(name, "SECRET"): provider_answers.SECRET,
        **({} if policy.verified else {setting_name(name, "ACCEPT_UNVERIFIED"): "1"}),
        **{setting_name(name, needed): f"our-{needed.lower()}" for needed in entry.settings},
        **provider_answers.SETTINGS.get(name, {}),
        **played.settings,
        "SOCIAL_PROVIDERS": [name],
    }
    hosts = hosts_of(entry, lambda setting: settings.get(setting_name(name, setting)))
    # Theirs is "foobar" mostly, as is the person; a user must not be named after a token.
    token = (
        provider_answers.TOKEN
        if played.token == "foobar" and name not in provider_answers.TOKEN_IN_URL
        else played.token
    )
    fields = {"provider": name, "access_token": token}
    if entry.credential is CredentialKind.TOKEN_PAIR:
        fields["access_token_secret"] = played.secret or "a-secret"
    return Login(
        settings=settings,
        fields=fields,
        answers=(*(one for one in played.answers if _host(one) in hosts), *_checks(name, played)),
        hosts=hosts,
        uid=played.uid,
        suggested=played.suggested,
    )


def _checks(name: str, played: SimulatedLogin) -> tuple[responses.BaseResponse, ...]:
    """Return the answers to the calls that check a token, which social-core does not send."""
    rows = [responses.Response(method, url, json=body) for method, url, body in provider_answers.CHECKS.get(name, ())]
    if name == "github":
        (user,) = (one for one in played.answers if one.url == "https://api.github.com/user")
        body = {"app": {"client_id": provider_answers.KEY}, "user": json.loads(str(user.body))}
        rows.append(
            responses.Response("POST", f"https://api.github.com/applications/{provider_answers.KEY}/token", json=body)
        )
    return tuple(rows)


def _host(answer: responses.BaseResponse) -> str:
    url = answer.url if isinstance(answer.url, str) else answer.url.pattern
    return url.partition("://")[2].partition("/")[0]
