"""Each documented answer of docs/provider_answers.toml: the client's answer, the log, the metric, and no row."""

import logging
from collections import Counter

import pytest
from pytest_django import Settings

from scripts import provider_answers_page
from scripts.provider_answers_page import ERROR, WARNING, Answer, Call, calls
from shared.contract.errors import ProviderMisconfigured, TokenRejected
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, all_rows
from tests.providers import JSON, Providers
from tests.rollout.metrics.conftest import Scrape, scrape
from tests.rollout.metrics.scraping import value

__all__ = ("scrape",)
pytestmark = pytest.mark.django_db

CALLS = calls()
ROWS = [
    pytest.param(call, answer, id=f"{call.step}-{answer.status}-{answer.code}-{number}")
    for call in CALLS
    for number, answer in enumerate(call.answers)
]
HERE = "https://app.example.com/callback"
CODE = {"code": "canary-code", "redirect_uri": HERE, "code_verifier": "canary-verifier".ljust(43, "x")}
SETTINGS = {
    "twitter-1.1": {"SOCIAL_AUTH_TWITTER_API": "1.1"},
    "twitter-code": {
        "SOCIAL_AUTH_TWITTER_REDIRECT_URIS": HERE,
        "SOCIAL_AUTH_TWITTER_OAUTH2_KEY": "our-oauth2-key",
        "SOCIAL_AUTH_TWITTER_OAUTH2_SECRET": "canary-secret",
    },
    "facebook-code": {"SOCIAL_AUTH_FACEBOOK_REDIRECT_URIS": HERE},
    "instagram-code": {"SOCIAL_AUTH_INSTAGRAM_REDIRECT_URIS": HERE},
}
"""The settings with which a call is made, besides those of all tests."""
LEVELS = {ERROR: [("tandem.access", logging.ERROR)], WARNING: [("tandem.access", logging.WARNING)]}
COUNTED = "tandem_provider_misconfigured_total"


@pytest.mark.threat(48)
@pytest.mark.parametrize(("call", "answer"), ROWS)
def test_each_answer_is_told_as_the_table_says(
    api: ApiClient,
    providers: Providers,
    scrape: Scrape,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    call: Call,
    answer: Answer,
) -> None:
    """For a fault that is not the client's the operator gets one record, with the provider's code and no token."""
    for name, setting in SETTINGS.get(call.step, {}).items():
        setattr(settings, name, setting)
    fields = providers.knows(call.provider, "canary-token", **PROFILES[call.provider])
    if call.step.endswith("-code"):
        fields = {"provider": call.provider, **CODE}
    providers.answers(call.step, (answer.status, JSON, answer.body))
    before = all_rows()

    assert_error(api.sign_up(fields), answer.client)

    assert all_rows() == before
    records = [one for one in caplog.records if "fault=" in one.getMessage()]
    assert [(record.name, record.levelno) for record in records] == LEVELS.get(answer.operator, [])
    assert all(f" {answer.record} " in record.getMessage() for record in records)
    assert all(f" provider={call.provider} " in record.getMessage() for record in records)
    assert "canary" not in caplog.text
    assert value(scrape(), COUNTED, provider=call.provider) == (1 if answer.operator == ERROR else 0)


def test_no_fault_of_the_operator_is_the_clients() -> None:
    """The table counts at least forty answers, and an error is logged for `provider_misconfigured` alone."""
    told = Counter((answer.client, answer.operator) for call in CALLS for answer in call.answers)
    assert told.total() >= 40
    assert {client for client, operator in told if operator == ERROR} == {ProviderMisconfigured.code}
    assert {operator for client, operator in told if client == ProviderMisconfigured.code} == {ERROR}
    assert {client for client, operator in told if operator == WARNING} == {TokenRejected.code}


def test_the_page_is_up_to_date() -> None:
    """`make check` checks it too; here it is found by whoever changes a row."""
    assert provider_answers_page.PAGE.read_text(encoding="utf-8") == provider_answers_page.page()
