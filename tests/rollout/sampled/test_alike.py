"""Nothing is seen where there is nothing: no request, fine or hostile, makes the check speak."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import clear_script_prefix, set_script_prefix
from hypothesis import given
from pytest_django import Settings
from social_django.models import UserSocialAuth

from shared.contract.exchanges import EXCHANGES, Exchange
from social.models import AccessToken
from social.tokens import digest_of
from tests.contract.conftest import ApiClient
from tests.contract.people import PROFILES, link, person
from tests.differential import hostile, people
from tests.differential.budget import budget
from tests.differential.messages import Message
from tests.providers import Providers
from tests.rollout.sampled.conftest import Checks, sampling_service

pytestmark = pytest.mark.django_db

TOKEN = "a-key-that-was-imported"
THEN = datetime(2026, 11, 23, 20, tzinfo=UTC)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda one: one.operation)
def test_every_sample_exchange(
    api: ApiClient, checks: Checks, providers: Providers, settings: Settings, exchange: Exchange
) -> None:
    """Each exchange of the contract is compared, and found to be the same on all versions."""
    settings.SOCIAL_PROVIDERS = ["facebook", "twitter"]
    ripley = User.objects.create(id=7, username="ripley", password="!")
    UserSocialAuth.objects.create(id=3, user=ripley, provider="facebook", uid="1", id_key="id")
    UserSocialAuth.objects.create(id=4, user=ripley, provider="twitter", uid="1", id_key="id")
    AccessToken.objects.create(id=5, user=ripley, digest=digest_of(TOKEN), created=THEN, last_used=THEN, imported=True)
    providers.knows("facebook", "EAAGm0PX4ZCpsBAKZCk", **PROFILES["facebook"])
    if exchange.request is None:
        response = api.call(exchange.method, exchange.path, token=TOKEN)
    else:
        response = api.sign_up(dict(exchange.request))
    assert response.status_code == exchange.status
    assert (checks.made, checks.seen) == (1, [])


def test_the_story_of_a_person(api: ApiClient, checks: Checks, providers: Providers) -> None:
    """Created, signed in, linked, listed in parts, in use elsewhere, disconnected, locked in, signed out."""
    facebook, github = (providers.knows(name, "t", **PROFILES[name]) for name in ("facebook", "github"))
    token = api.sign_up(facebook).json()["token"]
    other = api.sign_up(providers.knows("twitter", "t", **PROFILES["twitter"])).json()["token"]
    answers = [
        api.sign_up(facebook),
        api.sign_up(github, token=token),
        api.sign_up(github, token=other),
        api.get("social_account/?limit=1", token=token),
        api.get("social_account/?limit=1&offset=1", token=token),
        api.get("token/?limit=0", token=token),
        api.get("token/?limit=101", token=token),
        *(api.delete(f"social_account/{row.pk}/", token=token) for row in UserSocialAuth.objects.all()),
        api.delete("token/current/", token=token),
        api.get("user/", token=token),
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [201, 201, 400, 200, 200, 200, 400, 204, 404, 409, 204, 401]
    assert (checks.made, checks.seen) == (14, [])


@pytest.mark.usefixtures("saved")
def test_the_plan_is_read_once(api: ApiClient, checks: Checks) -> None:
    """A process looks at it every two seconds, perhaps just then: for the client's answer, not for the other one."""
    ripley = person()
    AccessToken.objects.create(user=ripley.user, digest="d", created=THEN, last_used=THEN, imported=True)
    assert api.get("token/", token=ripley.token).json()["meta"]["total_count"] == 2
    assert (checks.made, checks.seen) == (1, [])


def test_spent_budgets(api: ApiClient, checks: Checks, settings: Settings) -> None:
    """429, by address and by user, for what is counted once."""
    settings.THROTTLE_ANONYMOUS = settings.THROTTLE_USER = "1/hour"
    # Nobody else's: what other tests have counted stands.
    number = 1 + list(settings.APIS).index(api.app)
    ripley, address = person(pk=990_000 + number), f"192.0.2.{number}"
    by_address = [api.post("social_sign_up/", b"{", REMOTE_ADDR=address).status_code for _ in range(2)]
    by_user = [api.get("user/", token=ripley.token).status_code for _ in range(2)]
    assert (by_address, by_user) == ([400, 429], [200, 429])
    assert (checks.made, checks.seen) == (4, [])


class Broken:
    """A body that ends in the middle of itself."""

    def __init__(self) -> None:
        self._parts = [b'{"provider":']

    def read(self, *args: int) -> bytes:
        if self._parts:
            return self._parts.pop()
        raise ConnectionResetError

    readline = read


@pytest.mark.parametrize(
    ("status", "environ"),
    [
        (413, {"wsgi.input": Broken, "CONTENT_LENGTH": "65537"}),
        (400, {"wsgi.input": Broken, "CONTENT_LENGTH": "100"}),
        (400, {"wsgi.input": Broken, "CONTENT_LENGTH": "", "wsgi.input_terminated": True}),
        (415, {"wsgi.input": Broken, "CONTENT_LENGTH": "100", "CONTENT_TYPE": "text/plain"}),
    ],
)
def test_bodies_that_are_not_read_to_their_end(
    api: ApiClient, checks: Checks, status: int, environ: dict[str, Any]
) -> None:
    """Announced as too large, cut off, cut off while it comes in chunks, of another type."""
    made: dict[str, Any] = {name: value() if callable(value) else value for name, value in environ.items()}
    assert api.call("POST", "social_sign_up/", **made).status_code == status
    assert (checks.made, checks.seen) == (1, [])


def test_too_large_while_reading(api: ApiClient, checks: Checks) -> None:
    """No more of a chunked body is kept than the contract reads."""
    assert api.post_chunked("social_sign_up/", b" " * (64 * 1024 + 1)).status_code == 413
    assert (checks.made, checks.seen) == (1, [])


@pytest.mark.parametrize("path", ["docs/", "openapi.yaml"])
def test_documentation_is_no_answer_of_an_api(api: ApiClient, checks: Checks, path: str) -> None:
    """That one version alone has pages for people is no difference."""
    api.get(path)
    assert (checks.made, checks.seen) == (1, [])


def test_other_paths_are_not_sampled(api: ApiClient, checks: Checks) -> None:
    """Health and the front page are no business of the check's."""
    for path in ("/", "/livez", "/nowhere"):
        api._client.get(path)
    assert checks.made == 0


def test_below_a_script_name(api: ApiClient, checks: Checks) -> None:
    """A service that is mounted below a path writes it into its links on all versions."""
    ripley = person()
    link(ripley.user)
    set_script_prefix("/é/")  # as the server's handler does, and the test client's does not
    try:
        answer = api.get("social_account/", token=ripley.token, SCRIPT_NAME="/Ã©")
    finally:
        clear_script_prefix()
    assert answer.json()["objects"][0]["resource_uri"].startswith("/é/api/")
    assert (checks.made, checks.seen) == (1, [])


@budget(150)
@given(message=hostile.messages(people.known_fields()))
def test_any_request_at_all(checks: Checks, providers: Providers, message: Message) -> None:
    """What is compared is what the service has come to, so the state does not matter, nor that it moves on."""
    if not User.objects.exists():
        people.introduce(providers)
        people.settle()
    for prefix in settings.APIS.values():
        before = checks.made
        answer = sampling_service().send("/" + prefix, message)
        assert checks.seen == [], message
        assert checks.made == before + (answer.status != 400 or "x-frame-options" in dict(_lowered(answer.headers)))


def _lowered(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in headers]
