"""`check_associations` tells what `test_sign_in` shows, of every row, and changes nothing."""

import io
import json
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.management import call_command
from social_django.models import UserSocialAuth

from social.legacy_rows.classification import Class
from social.legacy_rows.survey import survey
from tests.contract.users import all_rows
from tests.legacy_rows.conftest import EACH
from tests.legacy_rows.people import CASES, GOOGLE

ROWS = [row for case in CASES for row in case.rows]
ON_BOTH = pytest.mark.parametrize(
    "place",
    [EACH[0], next(one for one in EACH if str(one.id).startswith("2019-jsonb-postgresql"))],
    indirect=True,
    scope="module",
)
"""Migrated, the eras are alike; two are enough."""
LOST = {Class.OLD, Class.CONFLICT, Class.UNUSABLE, Class.UNKNOWN, Class.OFF, Class.IMPOSSIBLE}


@pytest.fixture(autouse=True)
def _enabled(settings: Any) -> None:
    settings.SOCIAL_PROVIDERS = ["apple-id", "facebook", "github", GOOGLE, "instagram", "twitter"]
    settings.SOCIAL_AUTH_APPLE_ID_CLIENT = "our-app"


def run(*options: str) -> tuple[int, str]:
    """Give the exit code and what was printed."""
    output, code = io.StringIO(), 0
    try:
        call_command("check_associations", *options, stdout=output)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, output.getvalue()


def told() -> dict[str, Any]:
    code, printed = run("--json")
    answer: dict[str, Any] = json.loads(printed)
    assert code == (1 if answer["locked_out"] else 0)
    return answer


def counted(answer: dict[str, Any]) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (name, kind): tally["associations"]
            for name, findings in answer["providers"].items()
            for kind, tally in findings["classes"].items()
        }
    )


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_every_row_is_counted_once_as_what_it_is() -> None:
    """And listed, where it is not simply found."""
    before = all_rows()
    code, printed = run("--json", "--verbosity=2")
    answer, *listed = map(json.loads, printed.splitlines())
    assert code == 1
    assert counted(answer) == Counter((row.provider, row.kind) for row in ROWS)
    uids = {row.pk: (row.provider, row.uid) for row in UserSocialAuth.objects.all()}
    assert {uids[one["association"]]: one["class"] for one in listed} == {
        (row.provider, row.uid): row.kind for row in ROWS if row.kind is not Class.FOUND
    }
    assert answer["locked_out"] == sum(row.active and row.kind in LOST for row in ROWS)
    assert answer["providers"][GOOGLE]["addresses_with_capitals"] == 3
    assert all_rows() == before


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_while_the_rows_are_adopted(settings: Any) -> None:
    """What stays is what no setting helps."""
    settings.ADOPT_LEGACY_UIDS = [GOOGLE]
    answer = told()
    assert answer["providers"][GOOGLE]["adopted"]
    assert answer["locked_out"] == sum(row.active and row.kind in LOST - {Class.OLD} for row in ROWS)


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_no_address_no_id_and_no_token_is_told() -> None:
    """What is printed may be pasted anywhere."""
    for options in ((), ("--json",)):
        printed = run(*options, "--verbosity=2")[1]
        assert "@" not in printed
        assert "ya29" not in printed
        assert not any(row.uid in printed for row in ROWS if len(row.uid) > 3)


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_tokens_in_clear() -> None:
    """Counted, with the command that encrypts them; what nobody can read may be one."""
    in_clear = sum("access_token" in row.kept or row.kept in {"[1]", "7"} for row in ROWS)
    assert told()["tokens_in_clear"] == in_clear
    assert f"{in_clear} associations hold a provider's token in clear" in run()[1]


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_names_alike() -> None:
    """Users whose names differ in case alone."""
    for name in ("Ripley", "RIPLEY", "Hicks"):
        User.objects.create(username=name)
    assert told()["user_names_alike"] == {"names": 2, "users": 5}


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_an_orphan() -> None:
    """Counted apart: nobody is locked out of it, and nobody gets past it."""
    # Undone before either database looks at the foreign key.
    UserSocialAuth.objects.create(user_id=10**6, provider="github", uid="4711", id_key="id")
    assert told()["providers"]["github"]["classes"]["orphan"]["locked_out"] == 1


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_another_way_in() -> None:
    """A provider that is off locks nobody out who has another; one who is inactive is out in any case."""
    before = told()["locked_out"]
    user = get_user_model().objects.get(username="of-google")
    row = UserSocialAuth.objects.create(user=user, provider="github", uid="4712", id_key="id")
    assert told()["locked_out"] == before - 1
    row.delete()
    get_user_model().objects.filter(username="of-google").update(is_active=False)
    assert told()["locked_out"] == before - 1


@pytest.mark.django_db
def test_nothing_to_tell() -> None:
    """Exit code 0."""
    assert run() == (0, "Nobody would be locked out.\n")


@pytest.mark.django_db
def test_all_is_well() -> None:
    """Exit code 0, whoever has whatever else."""
    user = User.objects.create(username="ripley")
    for provider, key in (("github", "id"), (GOOGLE, "sub"), ("facebook", "")):
        UserSocialAuth.objects.create(user=user, provider=provider, uid="4711", id_key=key)
    code, printed = run()
    assert code == 0
    assert printed.count("  found\n") == 3


@pytest.mark.django_db
@pytest.mark.parametrize("provider", ["deezer", "trello"])
def test_names_that_anybody_may_take(settings: Any, provider: str) -> None:
    """ADOPT_LEGACY_UIDS is no help, and the command says so."""
    settings.SOCIAL_PROVIDERS = [provider]
    settings.ADOPT_LEGACY_UIDS = [provider]
    setattr(settings, f"SOCIAL_AUTH_{provider.upper()}_ACCEPT_UNVERIFIED", "1")
    user = User.objects.create(username="ripley")
    UserSocialAuth.objects.create(user=user, provider=provider, uid="ripley", id_key="name")
    assert counted(told()) == {(provider, Class.UNPROVABLE): 1}
    assert told()["locked_out"] == 1


@pytest.mark.django_db
def test_a_statement_a_class_and_no_more(django_assert_max_num_queries: Any) -> None:
    """The database counts: a thousand rows cost what one costs, but for the tokens, which are read in batches."""
    user = User.objects.create(username="ripley")
    UserSocialAuth.objects.bulk_create(
        UserSocialAuth(user=user, provider=GOOGLE, uid=f"ripley{number}@example.com", id_key="email")
        for number in range(1000)
    )
    with django_assert_max_num_queries(10):
        assert survey().locked_out == 1000
