from sandbox.registrations import THEIRS
from tests.sandbox import calls
from tests.sandbox.calls import Grant


def test_gives_the_fields_asked_for(sandbox: str, grant: Grant) -> None:
    """The profile is an id and a name, and the id alone by default."""
    granted = grant("instagram")

    assert calls.instagram(sandbox, granted).json() == {"id": "17841400000030011", "username": "ripley"}
    alone = calls.get(f"{sandbox}/instagram/me", params={"access_token": granted["access_token"]})
    assert alone.json() == {"id": "17841400000030011"}


def test_exchanges_a_token_for_one_that_lives_longer(sandbox: str, grant: Grant) -> None:
    """The new token opens the same profile and cannot be exchanged again."""
    exchanged = calls.instagram_exchange(sandbox, grant("instagram"))

    assert exchanged.status_code == 200
    assert exchanged.json()["token_type"] == "bearer"
    assert calls.instagram(sandbox, exchanged.json()).json()["username"] == "ripley"
    again = calls.instagram_exchange(sandbox, exchanged.json())
    assert (again.status_code, again.json()["error"]["code"]) == (400, 452)


def test_exchanges_only_for_the_app_of_the_token(sandbox: str, grant: Grant) -> None:
    """The secret must be that of the app which the token was issued to."""
    foreign = grant("instagram", "foreign")

    refused = calls.instagram_exchange(sandbox, foreign)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 1)
    assert calls.instagram_exchange(sandbox, foreign, secret=THEIRS["instagram"].secret).status_code == 200
    assert calls.instagram_exchange(sandbox, grant("instagram"), secret="wrong").status_code == 400


def test_refuses_tokens_that_are_no_good(sandbox: str, grant: Grant) -> None:
    """Both calls refuse alike, and a deleted app shows only where its secret is sent."""
    for persona in ("expired", "revoked"):
        for call in (calls.instagram, calls.instagram_exchange):
            answer = call(sandbox, grant("instagram", persona))
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, 190)
    unregistered = grant("instagram", "unregistered")
    assert calls.instagram(sandbox, unregistered).status_code == 200
    assert calls.instagram_exchange(sandbox, unregistered).json()["error"]["code"] == 101
