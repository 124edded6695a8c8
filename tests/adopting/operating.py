"""Tests of the migration's commands and admin page in the shop; a part of `story.py`."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client

from tests.adopting.acting import run
from tests.adopting.shop.models import Customer
from tests.contract.conftest import HOST


@pytest.mark.usefixtures("walked")
@pytest.mark.parametrize(
    ("command", "code", "expected"),
    [
        ("migration_status", 2, "Not known: no calls are recorded yet."),
        ("prune_ledger", 0, "counts of a day: 0 removed"),
        ("check_parity --old api/v1 --new api/v2 --url http://127.0.0.1:9", 2, "http://127.0.0.1:9"),
    ],
)
def test_rollout_commands_need_no_settings(command: str, code: int, expected: str) -> None:
    """The commands use the defaults of settings that the shop does not have."""
    _, ended, output = run(command)
    assert (ended, expected in output) == (code, True), output


def test_the_deployment_checks_report_what_the_shop_lacks() -> None:
    """They report our settings only; the shop's own view, which has no schema, is not described."""
    found = {str(message.id) for message in run_checks(include_deployment_checks=True)}
    assert {one for one in found if not one.startswith("security.")} == {"social.W011", "social.W012"}


@pytest.mark.usefixtures("walked")
def test_the_migration_page_is_in_the_admin() -> None:
    """The page is at the URL in docs/adopters.md, for staff only."""
    staff: Any = Customer.objects.create_user("apone@example.com", is_staff=True)
    client = Client(SERVER_NAME=HOST)
    assert client.get("/admin/migration/").status_code == 302
    client.force_login(staff)
    assert "Can v1 be switched off?" in client.get("/admin/migration/").content.decode()
    staff.delete()
