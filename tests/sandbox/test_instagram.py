from sandbox.registrations import THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import Grant


def test_returns_the_requested_fields(sandbox: str, grant: Grant) -> None:
    """Without `fields` the profile is the id."""
    granted = grant("instagram")

    assert calls.instagram(sandbox, granted).json() == {"id": "17841400000030011", "username": "ripley"}
    alone = calls.get(f"{sandbox}/instagram/me", params={"access_token": granted["access_token"]})
    assert alone.json() == {"id": "17841400000030011"}


def test_exchanges_a_short_lived_token(sandbox: str, grant: Grant) -> None:
    """The new token reads the same profile and cannot be exchanged again."""
    exchanged = calls.instagram_exchange(sandbox, grant("instagram"))

    assert exchanged.status_code == 200
    assert exchanged.json()["token_type"] == "bearer"
    assert calls.instagram(sandbox, exchanged.json()).json()["username"] == "ripley"
    again = calls.instagram_exchange(sandbox, exchanged.json())
    assert (again.status_code, again.json()["error"]["code"]) == (400, 452)


def test_exchanges_only_with_the_secret_of_the_tokens_app(sandbox: str, grant: Grant) -> None:
    """Another app's secret, or a wrong one, is refused."""
    foreign = grant("instagram", "foreign")

    refused = calls.instagram_exchange(sandbox, foreign)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 1)
    assert calls.instagram_exchange(sandbox, foreign, secret=THEIRS["instagram"].secret).status_code == 200
    assert calls.instagram_exchange(sandbox, grant("instagram"), secret="wrong").status_code == 400


def test_invalid_tokens_are_refused(sandbox: str, grant: Grant) -> None:
    """Both calls have the same errors; only the exchange refuses a deleted app."""
    for persona in ("expired", "revoked"):
        for call in (calls.instagram, calls.instagram_exchange):
            answer = call(sandbox, grant("instagram", persona))
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, 190)
    unregistered = grant("instagram", "unregistered")
    assert calls.instagram(sandbox, unregistered).status_code == 200
    assert calls.instagram_exchange(sandbox, unregistered).json()["error"]["code"] == 101
