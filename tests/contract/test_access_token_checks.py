"""Access tokens are checked with the provider: docs/contract.md, section 7."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses
from django.test import override_settings
from responses import matchers
from social_core.utils import setting_name
from social_django.models import UserSocialAuth

from tests.contract.answers import assert_error
from tests.contract.checkers import CHECKERS, OURS, THEIRS, Checker
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, all_rows
from tests.providers import Providers, json_answer

pytestmark = [pytest.mark.django_db, pytest.mark.threat(1, 3, 4)]

TOKEN = "t0ken"
MISMATCH = "token_audience_mismatch"


AT_ONCE = "discord with SCOPE"
"""Discord with the email scope in its settings: the check and the profile are requested at the same time."""


EACH = [*CHECKERS, AT_ONCE]
NAMES_A_USER = [*(name for name, one in CHECKERS.items() if one.whose), AT_ONCE]
NOBODY: tuple[Any, ...] = (..., None, "", True, False, [], {}, ["10024"], 1.5)


@pytest.fixture(params=EACH)
def provider(request: pytest.FixtureRequest) -> Iterator[str]:
    """Enable each provider in turn."""
    name, _, scope = request.param.partition(" with ")
    with enabled(name, **({scope: ["email"]} if scope else {})):
        yield name


def enabled(provider: str, **more: Any) -> override_settings:
    ours = CHECKERS[provider].settings or {"KEY": OURS, "SECRET": "our-secret"}
    named = {setting_name(provider, name): value for name, value in {**ours, **more}.items()}
    return override_settings(SOCIAL_PROVIDERS=[provider], **named)


def sign_up(api: ApiClient, provider: str, mock: responses.RequestsMock, **changed: Any) -> Any:
    """Sign up with the provider's answers; `check` and `profile` replace them."""
    checker = CHECKERS[provider]
    for url, answer in (
        (checker.check_url, changed.get("check", {"json": checker.claims})),
        (checker.profile_url, changed.get("profile", {"json": checker.profile})),
    ):
        mock.get(url, **answer)
    return api.sign_up({"provider": provider, "access_token": TOKEN})


def refused(answer: Any, code: str) -> None:
    assert_error(answer, code)
    assert not any(all_rows()["auth.User"] + all_rows()["social_django.UserSocialAuth"])


def test_a_token_issued_to_us_signs_up_and_in(api: ApiClient, provider: str, mock: responses.RequestsMock) -> None:
    """Sign up, then in, with a token issued to our application."""
    checker = CHECKERS[provider]
    answer = sign_up(api, provider, mock)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["outcome"], answer.json()["provider"]) == ("created", provider)
    assert answer.json()["username"] == checker.name or not checker.name
    assert checker.uid not in answer.json()["username"]
    assert UserSocialAuth.objects.get().uid == checker.uid
    assert sign_up(api, provider, mock).json()["outcome"] == "signed_in"


def test_a_token_issued_to_another_application_is_refused(
    one_api: ApiClient, provider: str, mock: responses.RequestsMock
) -> None:
    """The answer is `token_audience_mismatch`."""
    checker = CHECKERS[provider]
    claims = checker.with_claim(checker.of, checker.theirs)
    refused(sign_up(one_api, provider, mock, check={"json": claims}), "token_audience_mismatch")


def test_any_of_our_client_ids_is_accepted(one_api: ApiClient, provider: str, mock: responses.RequestsMock) -> None:
    """An operator may have one application for each client."""
    checker = CHECKERS[provider]
    claims = checker.with_claim(checker.of, checker.theirs)
    several = {"APP_ID": f"{OURS}, {THEIRS}"} if provider == "kakao" else {"CLIENT_IDS": f" {THEIRS} ,9"}
    with enabled(provider, **several):
        assert sign_up(one_api, provider, mock, check={"json": claims}).status_code == 201


@pytest.mark.parametrize(
    ("provider", "named"),
    [
        # The check of a string is shared by all providers; Kakao compares numbers.
        *((name, named) for name in ("gitlab", "kakao") for named in (None, "", [OURS], {"id": OURS}, True, 1.5, 0.0)),
        *((name, None) for name in EACH if name not in {"gitlab", "kakao"}),
    ],
    ids=repr,
    indirect=["provider"],
)
def test_a_check_without_an_application_is_refused(
    one_api: ApiClient, provider: str, mock: responses.RequestsMock, named: Any
) -> None:
    """A check that names no application proves nothing."""
    checker = CHECKERS[provider]
    claims = checker.with_claim(checker.of, named)
    refused(sign_up(one_api, provider, mock, check={"json": claims}), "provider_bad_response")


UNREADABLE: tuple[Any, ...] = ({}, [], {"application": [], "app_id": None})


@pytest.mark.parametrize(
    ("provider", "claims"),
    [
        *(("gitlab", claims) for claims in (None, "x", 7)),
        *((name, claims) for name in EACH for claims in UNREADABLE),
    ],
    ids=repr,
    indirect=["provider"],
)
def test_a_malformed_check_is_refused(
    one_api: ApiClient, provider: str, mock: responses.RequestsMock, claims: Any
) -> None:
    """A check that cannot be read proves nothing."""
    refused(sign_up(one_api, provider, mock, check={"json": claims}), "provider_bad_response")


@pytest.mark.parametrize("provider", NAMES_A_USER, indirect=True)
@pytest.mark.parametrize("who", ["666", 666], ids=repr)
def test_check_and_profile_must_name_the_same_user(
    one_api: ApiClient, provider: str, mock: responses.RequestsMock, who: Any
) -> None:
    """A profile of another user than the check's is refused."""
    checker = CHECKERS[provider]
    refused(sign_up(one_api, provider, mock, check={"json": checker.with_claim(checker.whose, who)}), "token_rejected")


@pytest.mark.parametrize("provider", ["gitlab"], indirect=True)
@pytest.mark.parametrize("which", ["check", "profile"])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"status": 400, "json": {"error": "invalid_request"}}, "token_rejected"),
        ({"status": 401, "json": {"message": "401: Unauthorized", "code": 0}}, "token_rejected"),
        ({"status": 403, "body": "no"}, "token_rejected"),
        ({"status": 429, "json": {}}, "provider_unavailable"),
        ({"status": 503, "body": "<html>"}, "provider_unavailable"),
        ({"status": 302, "headers": {"Location": "https://discord.com/"}}, "provider_bad_response"),
        ({"body": "<html>"}, "provider_bad_response"),
        ({"body": requests.ConnectionError("refused")}, "provider_unavailable"),
        ({"body": requests.ReadTimeout("slow")}, "provider_timeout"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(str(part) for part in value.values())[:24],
)
def test_check_and_profile_call_are_both_required(
    api: ApiClient, provider: str, mock: responses.RequestsMock, which: str, answer: dict[str, Any], code: str
) -> None:
    """A failure of either call fails the sign-up."""
    refused(sign_up(api, provider, mock, **{which: answer}), code)


@pytest.mark.parametrize("which", ["check", "profile"])
@pytest.mark.parametrize(("status", "code"), [(401, "token_rejected"), (503, "provider_unavailable")])
def test_check_and_profile_call_are_both_required_at_each_provider(
    one_api: ApiClient, provider: str, mock: responses.RequestsMock, which: str, status: int, code: str
) -> None:
    """Providers differ in the calls that they need, not in how a failure is read."""
    refused(sign_up(one_api, provider, mock, **{which: {"status": status, "body": "no"}}), code)


@pytest.mark.parametrize("provider", NAMES_A_USER, indirect=True)
@pytest.mark.parametrize("who", NOBODY, ids=repr)
def test_a_check_without_a_user_is_refused(
    one_api: ApiClient, provider: str, mock: responses.RequestsMock, who: Any
) -> None:
    """A check that has to name a user and does not is no proof, and no fault of the client."""
    checker = CHECKERS[provider]
    claims = without(checker) if who is ... else checker.with_claim(checker.whose, who)
    refused(sign_up(one_api, provider, mock, check={"json": claims}), "provider_bad_response")


@pytest.mark.parametrize("provider", ["discord", AT_ONCE], indirect=True)
@pytest.mark.parametrize("user", [..., None, [], "10021"], ids=repr)
def test_discords_check_without_the_user_is_refused(
    one_api: ApiClient, provider: str, mock: responses.RequestsMock, user: Any
) -> None:
    """The profile call requires the scope with which the check has the user."""
    claims = {**CHECKERS[provider].claims, "user": user}
    check = {name: value for name, value in claims.items() if value is not ...}
    refused(sign_up(one_api, provider, mock, check={"json": check}), "provider_bad_response")


@pytest.mark.parametrize("provider", NAMES_A_USER, indirect=True)
@pytest.mark.parametrize("check", ["with a user", "without a user"])
def test_a_profile_without_a_user_is_refused(
    one_api: ApiClient, provider: str, mock: responses.RequestsMock, check: str
) -> None:
    """Neither the check's user nor its absence stands in for the id of the profile, nor does the id `None`."""
    checker = CHECKERS[provider]
    claims = without(checker) if check == "without a user" else checker.claims
    for uid in ({}, {"id": None}, {"id": ""}, {"id": "None"}):
        nobody = {**uid, "login": "ripley", "username": "ripley"}
        profile = {"data": [nobody]} if provider == "twitch" else nobody
        answer = sign_up(one_api, provider, mock, check={"json": claims}, profile={"json": profile})
        expected = uid == {"id": "None"} and check == "with a user"
        refused(answer, "token_rejected" if expected else "provider_bad_response")
        mock.reset()


def without(checker: Checker) -> dict[str, Any]:
    """Return the claims of a check without the user."""
    first, _, rest = str(checker.whose).partition(".")
    claims = {name: value for name, value in checker.claims.items() if name != first}
    return {**claims, first: {}} if rest else claims


@pytest.mark.parametrize("claims", [{"sub": None}, {"sub": ""}, {"sub": False}, {"sub": []}], ids=str)
def test_googles_check_with_a_malformed_user_is_refused(
    one_api: ApiClient, providers: Providers, claims: dict[str, Any]
) -> None:
    """`tokeninfo` need not name the user; a malformed name is no proof."""
    fields = providers.knows("google-oauth2", "t", **PROFILES["google-oauth2"])
    named = {"aud": "our-google_oauth2-key", **claims}
    providers.answers("google-tokeninfo", json_answer(200, named))
    refused(one_api.sign_up(fields), "provider_bad_response")


@pytest.mark.parametrize("provider", ["line"], indirect=True)
@pytest.mark.parametrize(
    ("remaining", "code"),
    [
        (0, "token_rejected"),
        (-1, "token_rejected"),
        (-(2**70), "token_rejected"),
        *((value, "provider_bad_response") for value in (*NOBODY, "2591659", 0.0, [1])),
    ],
    ids=repr,
)
def test_a_token_of_line_must_have_time_left(
    one_api: ApiClient, provider: str, mock: responses.RequestsMock, remaining: Any, code: str
) -> None:
    """`expires_in` has to be a positive integer, as LINE's page requires the application to check."""
    claims = {**CHECKERS[provider].claims, "expires_in": remaining}
    check = {name: value for name, value in claims.items() if value is not ...}
    refused(sign_up(one_api, provider, mock, check={"json": check}), code)


@pytest.mark.parametrize("provider", ["line"], indirect=True)
def test_a_token_of_line_may_end_in_a_second(api: ApiClient, provider: str, mock: responses.RequestsMock) -> None:
    """The least positive value is accepted."""
    check = CHECKERS[provider].with_claim("expires_in", 1)
    assert sign_up(api, provider, mock, check={"json": check}).status_code == 201


def test_the_checks_failure_comes_first(one_api: ApiClient, provider: str, mock: responses.RequestsMock) -> None:
    """If both calls fail, the answer is about the check."""
    checker = CHECKERS[provider]
    answer = sign_up(
        one_api,
        provider,
        mock,
        check={"json": checker.with_claim(checker.of, checker.theirs)},
        profile={"status": 500, "body": "down"},
    )
    refused(answer, "token_audience_mismatch")


def test_discords_check_is_the_profile_without_the_email_scope(api: ApiClient, mock: responses.RequestsMock) -> None:
    """A token without the email scope costs one call."""
    checker: Checker = CHECKERS["discord"]
    with enabled("discord"):
        answer = sign_up(api, "discord", mock, check={"json": checker.with_claim("scopes", ["identify"])})
    assert answer.json()["username"] == "ripley"
    assert [call.request.url for call in mock.calls] == [checker.check_url]


@pytest.mark.parametrize("scope", [None, ["guilds"], "identify"])
def test_discords_profile_is_requested_after_the_check(
    one_api: ApiClient, mock: responses.RequestsMock, scope: Any
) -> None:
    """Without the email scope in the settings, the check decides whether to request the profile."""
    checker = CHECKERS["discord"]
    with enabled("discord", SCOPE=scope):
        refused(sign_up(one_api, "discord", mock, check={"json": checker.with_claim(checker.of, THEIRS)}), MISMATCH)
        assert [call.request.url for call in mock.calls] == [checker.check_url]
        mock.reset()
        assert sign_up(one_api, "discord", mock).json()["email"] == "ripley@example.com"
    assert [call.request.url for call in mock.calls] == [checker.check_url, checker.profile_url]


@pytest.mark.parametrize("scope", [["email"], ["identify", "email"], "email,guilds"], ids=str)
@pytest.mark.parametrize("scopes", [["identify", "email"], ["identify"]], ids=str)
def test_discords_check_and_profile_are_requested_at_once_with_the_email_scope(
    one_api: ApiClient, mock: responses.RequestsMock, scope: Any, scopes: list[str]
) -> None:
    """The profile of a token that is not ours is not used."""
    checker = CHECKERS["discord"]
    with enabled("discord", SCOPE=scope):
        theirs = checker.with_claim(checker.of, THEIRS)
        refused(sign_up(one_api, "discord", mock, check={"json": {**theirs, "scopes": scopes}}), MISMATCH)
        assert {call.request.url for call in mock.calls} == {checker.check_url, checker.profile_url}
        mock.reset()
        answer = sign_up(one_api, "discord", mock, check={"json": checker.with_claim("scopes", scopes)})
    assert (answer.status_code, answer.json()["email"]) == (201, "ripley@example.com")
    assert len(mock.calls) == 2


@pytest.mark.parametrize("provider", ["discord", AT_ONCE], indirect=True)
@pytest.mark.parametrize("user", [CHECKERS["discord"].claims["user"], None], ids=["named", "not named"])
@pytest.mark.parametrize("profile", [None, [], "x", 7, {}, {"id": None}, {"id": True}, [["id", "10021"]]], ids=repr)
def test_a_malformed_profile_of_discord_is_refused(
    one_api: ApiClient, provider: str, mock: responses.RequestsMock, profile: Any, user: Any
) -> None:
    """The check's user does not replace a malformed profile."""
    check = CHECKERS[provider].with_claim("user", user)
    refused(sign_up(one_api, provider, mock, check={"json": check}, profile={"json": profile}), "provider_bad_response")


def test_a_gitlab_installation_is_called(api: ApiClient, mock: responses.RequestsMock) -> None:
    """Check and profile are requested from the installation in `_API_URL`."""
    checker = CHECKERS["gitlab"]
    for url, body in ((checker.check_url, checker.claims), (checker.profile_url, checker.profile)):
        mock.get(url.replace("gitlab.com", "git.example.com"), json=body)
    with enabled("gitlab", API_URL="https://git.example.com/"):
        assert api.sign_up({"provider": "gitlab", "access_token": TOKEN}).status_code == 201


def test_twitchs_profile_call_names_the_tokens_client_id(api: ApiClient, mock: responses.RequestsMock) -> None:
    """The profile call names the application that the check named."""
    checker = CHECKERS["twitch"]
    mock.get(checker.check_url, json=checker.with_claim("client_id", THEIRS))
    mock.get(checker.profile_url, json=checker.profile, match=[matchers.header_matcher({"Client-Id": THEIRS})])
    with enabled("twitch", CLIENT_IDS=[THEIRS]):
        assert api.sign_up({"provider": "twitch", "access_token": TOKEN}).status_code == 201
