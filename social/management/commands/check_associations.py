"""`manage.py check_associations`: what will become of each association when its person signs in."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from social.legacy_rows import obstacles, report
from social.legacy_rows.classification import Class
from social.legacy_rows.survey import ids, planned, survey

LOCKED_OUT = 1
NOT_MIGRATED = 2


class Command(BaseCommand):
    """Exit code 0: nobody would be locked out. 1: somebody would. 2: the tables are not migrated yet."""

    help = (
        "Counts the associations by what will become of them when their people sign in, and writes nothing. "
        "Exit code 0: nobody would be locked out; 1: somebody would; 2: the tables are not migrated yet, and what "
        "would stop `migrate` is told. With --verbosity 2, the ids of all that are not simply found follow."
    )

    requires_system_checks = []  # it is for a project that is not ready yet

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the options."""
        parser.add_argument("--json", action="store_true", help="one JSON object on one line; ids one more line each")

    def handle(self, *args: Any, json: bool, verbosity: int, **options: Any) -> None:
        """Look, tell, and end with the exit code."""
        state = obstacles.state()
        if state.exists and not state.migrated:
            self._tell_obstacles(state, as_json=json)
            raise SystemExit(NOT_MIGRATED)
        if not state.exists:
            self._tell({"format": report.FORMAT, "migrated": False, "obstacles": []}, ["No associations yet."], json)
            return
        with planned():
            found = survey()
            self._tell(report.as_json(found), report.lines(found), json)
            if verbosity >= 2:
                for findings in found.providers:
                    self._list(findings.name, as_json=json)
        if found.locked_out:
            raise SystemExit(LOCKED_OUT)

    def _tell_obstacles(self, state: obstacles.State, *, as_json: bool) -> None:
        told = [{"message": one.message, "hint": one.hint} for one in state.obstacles]
        lines = ["The tables are not migrated yet."]
        for one in state.obstacles:
            lines += ["", one.message, f"  {one.hint}"]
        lines += ["", "Then `manage.py migrate`, and run this again."]
        self._tell({"format": report.FORMAT, "migrated": False, "obstacles": told}, lines, as_json)

    def _tell(self, answer: dict[str, Any], lines: Any, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(answer))
            return
        for line in lines:
            self.stdout.write(line)

    def _list(self, name: str, *, as_json: bool) -> None:
        for pk, kind in ids(name):
            one = {"association": pk, "provider": name, "class": Class(kind)}
            self.stdout.write(json.dumps(one) if as_json else f"{name} {kind} {pk}")
