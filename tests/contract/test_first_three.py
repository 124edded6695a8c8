"""X, Instagram and Facebook as they are in 2026: docs/decisions/0022-the-first-three-providers.md."""

import base64
from typing import Any
from urllib.parse import parse_qs

import pytest
from pytest_django import Settings
from social_core.backends import facebook
from social_django.models import UserSocialAuth

from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, all_rows
from tests.providers import JSON, Providers, json_answer

pytestmark = pytest.mark.django_db

FIELD_ERROR = {
    "title": "Field Authorization Error",
    "detail": "Sorry, you are not authorized to access 'confirmed_email' on the User.",
    "type": "https://api.x.com/2/problems/not-authorized-for-field",
}


def twitter(providers: Providers, **changed: Any) -> dict[str, Any]:
    return providers.knows("twitter", "t", **{**PROFILES["twitter"], **changed})


@pytest.mark.parametrize("former", ["1.1", 1.1], ids=repr)
def test_both_versions_of_x_give_the_same_user(
    api: ApiClient, providers: Providers, settings: Settings, former: object
) -> None:
    """v1.1 has the id as an integer, v2 as a string; the uid is the same text, so rows of the former are found."""
    fields = twitter(providers, email="ripley@example.com")
    settings.SOCIAL_AUTH_TWITTER_API = former
    first = api.sign_up(fields).json()
    settings.SOCIAL_AUTH_TWITTER_API = "2"
    second = api.sign_up(fields).json()

    assert [(one["outcome"], one["id"], one["username"], one["email"]) for one in (first, second)] == [
        ("created", first["id"], "ripley", "ripley@example.com"),
        ("signed_in", first["id"], "ripley", "ripley@example.com"),
    ]
    assert [account.uid for account in UserSocialAuth.objects.all()] == ["10012"]
    assert ["/1.1/" in str(call.request.url) for call in providers.calls] == [True, False]


def test_x_is_asked_for_the_confirmed_address(api: ApiClient, providers: Providers, settings: Settings) -> None:
    """The call requests it by its name in v2, and it satisfies an allow list; a person without one is refused by it."""
    settings.SOCIAL_AUTH_WHITELISTED_DOMAINS = ["example.com"]
    assert api.sign_up(twitter(providers, email="ripley@example.com")).json()["email"] == "ripley@example.com"
    assert providers.calls[0].request.url == "https://api.twitter.com/2/users/me?user.fields=confirmed_email"
    assert_error(api.sign_up(twitter(providers, id=10013)), "sign_up_not_allowed")


def test_an_error_beside_the_user_is_none(api: ApiClient, providers: Providers) -> None:
    """X lists the errors of single fields beside the user; only the id is vital."""
    user = {"id": "10012", "name": "Ellen Ripley", "username": "ripley"}
    providers.answers("twitter", json_answer(200, {"data": user, "errors": [FIELD_ERROR]}))
    answer = api.sign_up(twitter(providers)).json()
    assert (answer["outcome"], answer["username"], answer["email"]) == ("created", "ripley", "")


def test_an_unknown_reason_is_not_logged(
    one_api: ApiClient, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    """A code that no policy lists, in a form in which it may be the token, is withheld; the status is not."""
    providers.answers("twitter", json_answer(403, {"title": "Forbidden", "reason": "canary-reason"}))
    assert_error(one_api.sign_up(twitter(providers)), "provider_misconfigured")
    assert " provider_status=403 provider_code=withheld " in caplog.text
    assert "canary" not in caplog.text


def test_instagrams_answers_may_be_in_a_list(api: ApiClient, providers: Providers) -> None:
    """Meta's documentation shows the token and the profile in a list `data`; the uid is `id` all the same."""
    providers.answers("instagram-exchange", json_answer(200, {"data": [{"access_token": "long-t"}]}))
    profile = {"id": "10013", "user_id": "17841400000000000", "username": "ripley"}
    providers.answers("instagram", json_answer(200, {"data": [profile]}))
    fields = providers.knows("instagram", "t", **PROFILES["instagram"])
    assert api.sign_up(fields).json()["outcome"] == "created"
    assert [account.uid for account in UserSocialAuth.objects.all()] == ["10013"]


@pytest.mark.parametrize("listed", [[], [{"id": "1"}, {"id": "2"}], ["1"], [None]])
def test_other_lists_of_instagram_are_nonsense(one_api: ApiClient, providers: Providers, listed: list[Any]) -> None:
    """Two people are nobody."""
    fields = providers.knows("instagram", "t", **PROFILES["instagram"])
    providers.answers("instagram", json_answer(200, {"data": listed}))
    before = all_rows()
    assert_error(one_api.sign_up(fields), "provider_bad_response")
    assert all_rows() == before


def test_the_graph_version_is_the_documented_one(one_api: ApiClient, providers: Providers) -> None:
    """docs/decisions/0022 and docs/providers.md say until when Meta serves the version that social-core calls."""
    assert facebook.API_VERSION == 24.0
    one_api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"]))
    assert str(providers.calls[0].request.url).startswith("https://graph.facebook.com/v24.0/me?")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_status_outweighs_the_code_of_a_token(one_api: ApiClient, providers: Providers, status: int) -> None:
    """An outage with the code of an invalid token is an outage."""
    body = '{"error":{"message":"?","type":"OAuthException","code":190}}'
    providers.answers("facebook", (status, JSON, body))
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    assert_error(one_api.sign_up(fields), "provider_unavailable")


HERE = "https://app.example.com/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.fixture
def by_code(settings: Settings) -> None:
    """Enable the three providers by code."""
    for provider in ("FACEBOOK", "INSTAGRAM", "TWITTER"):
        setattr(settings, f"SOCIAL_AUTH_{provider}_REDIRECT_URIS", HERE)
    settings.SOCIAL_AUTH_TWITTER_OAUTH2_KEY = "our-oauth2-key"
    settings.SOCIAL_AUTH_TWITTER_OAUTH2_SECRET = "our-oauth2-secret"


@pytest.mark.usefixtures("by_code")
@pytest.mark.parametrize("provider", ["twitter", "instagram", "facebook"])
def test_a_code_is_the_same_user(api: ApiClient, providers: Providers, provider: str) -> None:
    """A person who came with a token in 2015 and with a code tomorrow is the same user, in either order."""
    fields = providers.knows(provider, "t", **{**PROFILES[provider], "email": "ripley@example.com"})
    code = {"provider": provider, "code": "t", "redirect_uri": HERE, "code_verifier": VERIFIER}
    answers = [api.sign_up(one).json() for one in (fields, code, fields)]
    assert [one["outcome"] for one in answers] == ["created", "signed_in", "signed_in"]
    assert len({one["id"] for one in answers}) == 1
    [account] = UserSocialAuth.objects.all()
    assert (account.provider, account.uid) == (provider, str(PROFILES[provider]["id"]))
    UserSocialAuth.objects.all().delete()
    # The details are those of a token, too.
    created = api.sign_up(code).json()
    assert (created["outcome"], created["email"]) == ("created", answers[0]["email"])
    assert created["username"].startswith(answers[0]["username"])


@pytest.mark.usefixtures("by_code")
def test_the_scopes_of_a_code_raise_no_alarm(
    one_api: ApiClient, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    """The app chooses them: the profile call of a code that lacks one is refused as for an app that lacks access."""
    providers.knows("twitter", "t", **PROFILES["twitter"])
    providers.answers("twitter", json_answer(403, {"title": "Forbidden", "type": "about:blank", "status": 403}))
    fields = {"provider": "twitter", "code": "t", "redirect_uri": HERE, "code_verifier": VERIFIER}
    assert_error(one_api.sign_up(fields), "token_rejected")
    assert " fault=either " in caplog.text


def test_the_token_of_a_page_is_no_persons(one_api: ApiClient, providers: Providers) -> None:
    """Facebook's error for the fields of a person is that of any invalid parameter."""
    message = "(#100) Tried accessing nonexisting field (first_name) on node type (Page)"
    providers.answers("facebook", json_answer(400, {"error": {"message": message, "code": 100}}))
    assert_error(one_api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"])), "token_rejected")


@pytest.mark.usefixtures("by_code")
def test_x_gets_the_oauth2_client(one_api: ApiClient, providers: Providers) -> None:
    """The exchange is authenticated as the OAuth 2 client, not as the consumer of token pairs, and has the verifier."""
    providers.knows("twitter", "t", **PROFILES["twitter"])
    one_api.sign_up({"provider": "twitter", "code": "t", "redirect_uri": HERE, "code_verifier": VERIFIER})
    exchange, profile = (call.request for call in providers.calls)
    basic = base64.b64encode(b"our-oauth2-key:our-oauth2-secret").decode()
    assert exchange.headers["Authorization"] == f"Basic {basic}"
    assert parse_qs(str(exchange.body)) == {
        "grant_type": ["authorization_code"],
        "code": ["t"],
        "redirect_uri": [HERE],
        "code_verifier": [VERIFIER],
    }
    assert profile.headers["Authorization"] == "Bearer t"


@pytest.mark.usefixtures("by_code")
def test_instagrams_exchange_may_be_in_a_list(one_api: ApiClient, providers: Providers) -> None:
    """The documentation shows the token in a list `data`."""
    token = {"access_token": "long-t", "user_id": "10013", "permissions": "instagram_business_basic"}
    providers.answers("instagram-code", json_answer(200, {"data": [token]}))
    providers.knows("instagram", "t", **PROFILES["instagram"])
    answer = one_api.sign_up({"provider": "instagram", "code": "t", "redirect_uri": HERE})
    assert (answer.status_code, answer.json()["outcome"]) == (201, "created")
    assert UserSocialAuth.objects.get().uid == "10013"
