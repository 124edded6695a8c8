"""docs/contract.md, section 8: the signals that a Django project receives, after commit."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.dispatch import Signal
from pytest_django import DjangoCaptureOnCommitCallbacks

from social import signals
from tests.contract.answers import assert_error
from tests.contract.conftest import ApiClient
from tests.contract.users import PROFILES, link, person
from tests.providers import Providers

pytestmark = pytest.mark.django_db

ALL: dict[str, Signal] = {
    "signed_up": signals.signed_up,
    "signed_in": signals.signed_in,
    "linked": signals.linked,
    "disconnected": signals.disconnected,
}
SentSignals = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def sent_signals() -> Iterator[SentSignals]:
    """Return the signals that were sent, in order, with their arguments."""
    found: SentSignals = []
    receivers = []
    for name, signal in ALL.items():

        def receive(sender: object, _name: str = name, **kwargs: Any) -> None:
            del kwargs["signal"]
            found.append((_name, kwargs))

        signal.connect(receive)
        receivers.append((signal, receive))
    yield found
    for signal, receive in receivers:
        signal.disconnect(receive)


def test_each_outcome_sends_its_signal(
    api: ApiClient,
    providers: Providers,
    sent_signals: SentSignals,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """Each signal has the user, the provider, the uid and the API version of the call."""
    facebook = providers.knows("facebook", "t", **PROFILES["facebook"])
    github = providers.knows("github", "t", **PROFILES["github"])
    with django_capture_on_commit_callbacks(execute=True):
        body = api.sign_up(facebook).json()
    with django_capture_on_commit_callbacks(execute=True):
        api.sign_up(facebook)
    with django_capture_on_commit_callbacks(execute=True):
        api.sign_up(github, token=body["token"])
    account = api.get("social_account/", token=body["token"]).json()["objects"][0]
    with django_capture_on_commit_callbacks(execute=True):
        assert api.delete(account["resource_uri"].removeprefix(api.prefix), token=body["token"]).status_code == 204
    assert [name for name, _ in sent_signals] == ["signed_up", "signed_in", "linked", "disconnected"]
    assert [(sent["provider"], sent["uid"]) for _, sent in sent_signals] == [
        ("facebook", "10011"),
        ("facebook", "10011"),
        ("github", "10015"),
        ("facebook", "10011"),
    ]
    for _, sent in sent_signals:
        assert set(sent) == {"user", "provider", "uid", "api_version"}
        assert (sent["user"].pk, sent["api_version"]) == (body["id"], api.prefix.split("/")[2])


def test_no_signal_is_sent_before_commit(api: ApiClient, providers: Providers, sent_signals: SentSignals) -> None:
    """Signals are sent only after the transaction is committed."""
    api.sign_up(providers.knows("facebook", "t", **PROFILES["facebook"]))
    assert connection.in_atomic_block
    assert sent_signals == []


def test_a_refusal_sends_no_signal(
    api: ApiClient,
    providers: Providers,
    sent_signals: SentSignals,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """An inactive user, another user's identity and the last login method send no signal."""
    parker, ripley = person("parker", is_active=False), person()
    link(parker.user)
    account = link(ripley.user, "github", "10015")
    fields = providers.knows("facebook", "t", **PROFILES["facebook"])
    with django_capture_on_commit_callbacks(execute=True):
        assert_error(api.sign_up(fields), "account_inactive")
        assert_error(api.sign_up(fields, token=ripley.token), "account_in_use")
        assert_error(api.delete(f"social_account/{account.pk}/", token=ripley.token), "last_login_method")
    assert sent_signals == []


@pytest.mark.parametrize("name", ALL)
def test_a_receiver_that_fails_does_not_change_the_answer(
    api: ApiClient,
    providers: Providers,
    name: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    """The sign-in succeeds even if a receiver raises an exception."""

    def fails(**kwargs: Any) -> None:
        raise RuntimeError("a receiver's bug")

    ALL[name].connect(fails)
    try:
        ripley = person()
        account = link(ripley.user, "github", "10015")
        fields = providers.knows("facebook", "t", **PROFILES["facebook"])
        with django_capture_on_commit_callbacks(execute=True):
            token = ripley.token if name == "linked" else None
            assert api.sign_up(fields, token=token).status_code == 201
        with django_capture_on_commit_callbacks(execute=True):
            assert api.sign_up(fields, token=token).status_code == 201
            link(ripley.user, "facebook", "2")
            assert api.delete(f"social_account/{account.pk}/", token=ripley.token).status_code == 204
    finally:
        ALL[name].disconnect(fails)
