"""`manage.py check_associations`: count the associations by what happens when their users sign in."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from social.legacy_rows import obstacles, report
from social.legacy_rows.survey import classified_ids, nested_loops_disabled, survey

LOCKED_OUT = 1
NOT_MIGRATED = 2


class Command(BaseCommand):
    """Exit code 0: no user would be locked out. 1: some would. 2: the tables are not migrated yet."""

    help = (
        "Counts the associations by what happens when their users sign in, and writes nothing. "
        "Exit code 0: no user would be locked out; 1: some would; 2: the tables are not migrated yet, and the output "
        "lists the obstacles to `migrate`. --verbosity 2 adds the ids of all associations that are not simply found."
    )

    requires_system_checks = []  # the command also serves projects whose settings are not complete

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--json", action="store_true", help="one JSON object on one line, and one for each id")

    def handle(self, *args: Any, json: bool, verbosity: int, **options: Any) -> None:
        """Print the survey or the obstacles, and exit with the code."""
        state = obstacles.state()
        if state.exists and not state.migrated:
            self._print_obstacles(state, as_json=json)
            raise SystemExit(NOT_MIGRATED)
        if not state.exists:
            self._print({"format": report.FORMAT, "migrated": False, "obstacles": []}, ["No associations yet."], json)
            return
        with nested_loops_disabled():
            found = survey()
            self._print(report.as_json(found), report.lines(found), json)
            if verbosity >= 2:
                for provider in found.providers:
                    self._print_ids(provider.name, as_json=json)
        if found.locked_out:
            raise SystemExit(LOCKED_OUT)

    def _print_obstacles(self, state: obstacles.State, *, as_json: bool) -> None:
        listed = [{"message": one.message, "hint": one.hint} for one in state.obstacles]
        lines = ["The tables are not migrated yet."]
        for one in state.obstacles:
            lines += ["", one.message, f"  {one.hint}"]
        lines += ["", "Then `manage.py migrate`, and run this again."]
        self._print({"format": report.FORMAT, "migrated": False, "obstacles": listed}, lines, as_json)

    def _print(self, result: dict[str, Any], lines: Any, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(result))
            return
        for line in lines:
            self.stdout.write(line)

    def _print_ids(self, name: str, *, as_json: bool) -> None:
        for pk, row_class in classified_ids(name):
            one = {"association": pk, "provider": name, "class": row_class}
            self.stdout.write(json.dumps(one) if as_json else f"{name} {row_class} {pk}")
