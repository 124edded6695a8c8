"""`check_associations` reports for each row what `test_sign_in` shows, and writes nothing."""

import io
import json
import re
from collections import Counter
from typing import Any
from unicodedata import category

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.management import call_command
from social_django.models import UserSocialAuth

from social.legacy_rows.classification import UNUSABLE_UID, AssociationClass
from social.legacy_rows.survey import survey
from tests.contract.users import all_rows
from tests.legacy_rows.cases import CASES, GOOGLE
from tests.legacy_rows.conftest import COMBINATIONS

ROWS = [row for case in CASES for row in case.rows]
ON_BOTH = pytest.mark.parametrize(
    "combination",
    [COMBINATIONS[0], next(one for one in COMBINATIONS if str(one.id).startswith("2019-jsonb-postgresql"))],
    indirect=True,
    scope="module",
)
"""After `migrate` the eras are the same; two are enough."""
LOST = {
    AssociationClass.LEGACY,
    AssociationClass.CONFLICT,
    AssociationClass.UNUSABLE,
    AssociationClass.UNKNOWN,
    AssociationClass.DISABLED,
    AssociationClass.NO_CREDENTIAL,
}


@pytest.fixture(autouse=True)
def _enabled(settings: Any) -> None:
    settings.SOCIAL_PROVIDERS = ["apple-id", "facebook", "github", GOOGLE, "instagram", "twitter"]
    settings.SOCIAL_AUTH_APPLE_ID_CLIENT = "our-app"


def run(*options: str) -> tuple[int, str]:
    """Return the exit code and the output."""
    output, code = io.StringIO(), 0
    try:
        call_command("check_associations", *options, stdout=output)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, output.getvalue()


def report() -> dict[str, Any]:
    """Return the JSON of the command."""
    code, printed = run("--json")
    answer: dict[str, Any] = json.loads(printed)
    assert code == (1 if answer["locked_out"] else 0)
    return answer


def class_counts(answer: dict[str, Any]) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (name, row_class): counts["associations"]
            for name, provider in answer["providers"].items()
            for row_class, counts in provider["classes"].items()
        }
    )


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_each_row_is_counted_in_its_class() -> None:
    """Rows that are not simply found are also listed."""
    before = all_rows()
    code, printed = run("--json", "--verbosity=2")
    answer, *listed = map(json.loads, printed.splitlines())
    assert code == 1
    assert class_counts(answer) == Counter((row.provider, row.row_class) for row in ROWS)
    uids = {row.pk: (row.provider, row.uid) for row in UserSocialAuth.objects.all()}
    assert {uids[one["association"]]: one["class"] for one in listed} == {
        (row.provider, row.uid): row.row_class for row in ROWS if row.row_class is not AssociationClass.FOUND
    }
    assert answer["locked_out"] == sum(row.active and row.row_class in LOST for row in ROWS)
    assert answer["providers"][GOOGLE]["addresses_with_capitals"] == 3
    assert all_rows() == before


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_adopted_rows_lock_nobody_out(settings: Any) -> None:
    """The remaining ones are those that no setting helps."""
    settings.ADOPT_LEGACY_UIDS = [GOOGLE]
    answer = report()
    assert answer["providers"][GOOGLE]["adopted"]
    assert answer["locked_out"] == sum(row.active and row.row_class in LOST - {AssociationClass.LEGACY} for row in ROWS)


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_output_has_no_address_uid_or_token() -> None:
    """The output can be shared."""
    for options in ((), ("--json",)):
        printed = run(*options, "--verbosity=2")[1]
        assert "@" not in printed
        assert "ya29" not in printed
        assert not any(row.uid in printed for row in ROWS if len(row.uid) > 3)


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_tokens_in_clear() -> None:
    """Tokens in clear are counted; a value that cannot be read counts as one."""
    in_clear = sum("access_token" in row.extra_data or row.extra_data in {"[1]", "7"} for row in ROWS)
    assert report()["tokens_in_clear"] == in_clear
    assert f"{in_clear} associations contain a provider token in clear" in run()[1]


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_names_that_differ_in_case() -> None:
    """Names that differ only in case are counted, and their users."""
    for name in ("Ripley", "RIPLEY", "Hicks"):
        User.objects.create(username=name)
    assert report()["user_names_alike"] == {"names": 2, "users": 5}


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_an_orphan() -> None:
    """An association without a user is counted, and locks its person out."""
    # Rolled back before either database checks the foreign key.
    UserSocialAuth.objects.create(user_id=10**6, provider="github", uid="4711", id_key="id")
    assert report()["providers"]["github"]["classes"]["orphan"]["locked_out"] == 1


@ON_BOTH
@pytest.mark.usefixtures("users")
def test_users_who_can_sign_in_otherwise() -> None:
    """A disabled provider does not lock out users who have another, nor inactive ones."""
    before = report()["locked_out"]
    user = get_user_model().objects.get(username="of-google")
    row = UserSocialAuth.objects.create(user=user, provider="github", uid="4712", id_key="id")
    assert report()["locked_out"] == before - 1
    row.delete()
    get_user_model().objects.filter(username="of-google").update(is_active=False)
    assert report()["locked_out"] == before - 1


@pytest.mark.django_db
def test_no_associations() -> None:
    """Exit code 0."""
    assert run() == (0, "No user would be locked out.\n")


@pytest.mark.django_db
def test_all_found() -> None:
    """Exit code 0 for associations with current ids."""
    user = User.objects.create(username="ripley")
    for provider, key in (("github", "id"), (GOOGLE, "sub"), ("facebook", "")):
        UserSocialAuth.objects.create(user=user, provider=provider, uid="4711", id_key=key)
    code, printed = run()
    assert code == 0
    assert printed.count("  found\n") == 3


@pytest.mark.django_db
@pytest.mark.parametrize("provider", ["deezer", "trello"])
def test_reassignable_uids(settings: Any, provider: str) -> None:
    """ADOPT_LEGACY_UIDS does not help, and the command reports it."""
    settings.SOCIAL_PROVIDERS = [provider]
    settings.ADOPT_LEGACY_UIDS = [provider]
    setattr(settings, f"SOCIAL_AUTH_{provider.upper()}_ACCEPT_UNVERIFIED", "1")
    user = User.objects.create(username="ripley")
    UserSocialAuth.objects.create(user=user, provider=provider, uid="ripley", id_key="name")
    assert class_counts(report()) == {(provider, AssociationClass.UNPROVABLE): 1}
    assert report()["locked_out"] == 1


@pytest.mark.django_db
def test_statements_do_not_grow_with_the_rows(django_assert_max_num_queries: Any) -> None:
    """The database counts the rows; only the tokens are read, in batches."""
    user = User.objects.create(username="ripley")
    UserSocialAuth.objects.bulk_create(
        UserSocialAuth(user=user, provider=GOOGLE, uid=f"ripley{number}@example.com", id_key="email")
        for number in range(1000)
    )
    with django_assert_max_num_queries(10):
        assert survey().locked_out == 1000


def test_unusable_uids_are_those_that_the_engine_refuses() -> None:
    """The pattern matches every character that is not printable, and no other."""
    # Unassigned ones differ between Python's releases.
    assigned = [chr(code) for code in range(1, 0x110000) if category(chr(code)) not in {"Cn", "Cs"}]
    refused = {character for character in assigned if not character.isprintable()}
    assert {one for one in assigned if re.search(UNUSABLE_UID, f"a{one}a")} == refused
