"""`manage.py check_parity`: compare the answers of both versions of a running deployment."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from parity import report
from parity.comparison import Limits, Outcome, run
from parity.deployment import Deployment, UnansweredError, UsageError, check_addresses, host_resources, is_local
from parity.observed import Observation, Pairs
from parity.recordings import UnreadableError
from parity.sources import Sources
from parity.synthetic_users import SyntheticUsers

DIFFERENT = 1
NOTHING_COMPARED = 2


class Command(BaseCommand):
    """Exit code 0: all requests were answered alike. 1: some were not. 2: nothing was compared."""

    help = (
        "Sends requests to both versions of a running deployment and prints what differs: for Tandem's own resources "
        "beyond the closed list of docs/differences.md, for the host project's beyond noise. Without --sandbox only "
        "requests that change nothing are sent. "
        "Exit code 0: alike; 1: differences, or requests without an answer; 2: misuse, or nothing was compared."
    )

    requires_system_checks = []  # it checks another process, not this one's settings

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--url", required=True, help="the deployment: http://127.0.0.1:8000")
        parser.add_argument("--old", metavar="PREFIX", help="the older version: api/v1/ (the last but one of APIS)")
        parser.add_argument("--new", metavar="PREFIX", help="the newer version: api/v2/ (the last of APIS)")
        parser.add_argument("--sandbox", help="its sandbox: sign-ups and changes are sent too, by synthetic users")
        parser.add_argument("--contract", action="store_true", help="the contract's own cases (default without files)")
        parser.add_argument("--har", action="append", default=[], type=Path, metavar="FILE", help="an HTTP archive")
        parser.add_argument("--log", action="append", default=[], type=Path, metavar="FILE", help="JSON lines")
        parser.add_argument("--token", help="a credential for reading, without a sandbox; @FILE reads it from a file")
        parser.add_argument(
            "--pair", action="append", default=[], metavar="OLD=NEW", help="one of the host's resources"
        )
        parser.add_argument("--old-authorization", metavar="HEADER", help="for the host's resources; @FILE reads it")
        parser.add_argument("--new-authorization", metavar="HEADER", help="the same for the newer version")
        parser.add_argument(
            "--writes", action="append", default=[], metavar="NAME", help="DANGER: change this resource of the host"
        )
        parser.add_argument("--only", metavar="PATTERN", help="a regular expression for 'METHOD path (source)'")
        parser.add_argument("--limit", type=int, metavar="N", help="the first N requests")
        parser.add_argument("--timeout", type=float, default=30, help="seconds for an answer (30)")
        parser.add_argument(
            "--ignore-header", action="append", default=[], metavar="NAME", help="one that a proxy adds"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on one line")
        parser.add_argument("--report", type=Path, metavar="FILE", help="write an HTML page")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, report, and exit with the code."""
        try:
            outcome, about = self._compare(options)
        except (UsageError, UnreadableError, UnansweredError) as error:
            raise CommandError(str(error), returncode=NOTHING_COMPARED) from None
        if options["report"]:
            try:
                options["report"].write_text(report.page(outcome, about), encoding="utf-8")
            except OSError as error:
                message = f"{options['report']} cannot be written: {error.strerror}."
                raise CommandError(message, returncode=NOTHING_COMPARED) from None
        if options["json"]:
            self.stdout.write(report.as_json(outcome, about))
        else:
            self.stdout.write("\n".join(report.lines(outcome, about)))
        if not outcome.compared and not any(one.compared for one in outcome.resources):
            raise CommandError("Nothing was compared.", returncode=NOTHING_COMPARED)
        if not outcome.is_alike:
            raise SystemExit(DIFFERENT)

    def _compare(self, options: dict[str, Any]) -> tuple[Outcome, report.About]:
        _check(options)
        url, sandbox, timeout = options["url"], options["sandbox"], options["timeout"]
        old, new = _versions(options["old"], options["new"])
        try:
            deployment = Deployment(url, (old, new), timeout=timeout)
        except ValueError as error:
            raise UsageError(f"--url: {error}") from None
        pairs = Pairs(_pairs(options["pair"]), (old, new), (deployment.prefix(old), deployment.prefix(new)))
        sources = Sources(
            contract=options["contract"] or not (options["har"] or options["log"]),
            archives=options["har"],
            logs=options["log"],
            only=_pattern(options["only"]),
            limit=options["limit"],
            old=old,
            pairs=pairs,
        )
        token = _secret("--token", options["token"])
        by_token = token and f"Bearer {token}"
        sides = (
            ("--old-authorization", options["old_authorization"]),
            ("--new-authorization", options["new_authorization"]),
        )
        authorizations = tuple(_secret(*side) or by_token for side in sides)
        writes = frozenset(name.strip("/") for name in options["writes"])
        ignored = frozenset(name.lower() for name in options["ignore_header"])
        # All files first: a file that cannot be read is reported before any request is sent.
        recorded = sources.read()
        hosts: frozenset[str] = frozenset()
        if sources.contract or recorded.own:
            hosts = host_resources(deployment)
        users = SyntheticUsers.connect(deployment, sandbox, timeout=timeout) if sandbox else None
        chosen = sources.choose(recorded, users)
        total = len(chosen.cases) + len(chosen.observed)
        outcome = Outcome()
        observation = Observation(
            deployment, pairs, (authorizations[0], authorizations[1]), writes=writes, ignored=ignored
        )
        # disable=None: no progress bar unless standard error is a terminal.
        with tqdm(total=total, unit=" requests", disable=None, leave=False) as progress:
            for result in run(chosen.cases, deployment, users, Limits(hosts, writes, token, ignored)):
                outcome.add(result)
                progress.update()
            for _ in observation.run(chosen.observed):
                progress.update()
        outcome.resources = list(observation.reports.values())
        return outcome, report.About(deployment.url, deployment.versions, sandbox, total, chosen.notes)


def _check(options: dict[str, Any]) -> None:
    if options["limit"] is not None and options["limit"] < 1:
        raise UsageError("--limit is 1 or more.")
    if not 0 < options["timeout"] <= 3600:
        raise UsageError("--timeout is more than 0 and at most 3600 seconds.")
    if options["sandbox"] and options["token"]:
        raise UsageError("--token is for a deployment without --sandbox: synthetic users have tokens of their own.")
    if options["writes"] and not is_local(options["url"]):
        raise UsageError("With --writes, --url is on this machine: the requests change the host project's data.")
    if options["sandbox"]:
        check_addresses(options["url"], options["sandbox"])


def _pattern(text: str | None) -> re.Pattern[str]:
    try:
        return re.compile(text or "")
    except re.error as error:
        raise UsageError(f"--only is no regular expression: {error}.") from None


def _versions(old: str | None, new: str | None) -> tuple[str, str]:
    """Return the prefixes of the options, or else those of the last two APIs; a retired API is not compared."""
    mounted = list(getattr(settings, "APIS", {}).values())[-2:]
    defaults = mounted if len(mounted) > 1 else (None, None)
    found = [str(given or default or "").strip("/") for given, default in zip((old, new), defaults, strict=True)]
    if not all(found) or found[0] == found[1]:
        raise UsageError("settings.APIS has no two versions: give two prefixes, --old and --new.")
    return f"{found[0]}/", f"{found[1]}/"


def _pairs(options: list[str]) -> dict[str, str]:
    found = dict(getattr(settings, "PAIRED_RESOURCES", {}))
    for option in options:
        old, _, new = option.partition("=")
        if not old.strip("/") or not new.strip("/"):
            raise UsageError("--pair is a name of the older version and one of the newer version: downloads/os=os.")
        found[old] = new
    return {old.strip("/"): new.strip("/") for old, new in found.items()}


def _secret(option: str, text: str | None) -> str | None:
    if text is None or not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{option}: the file cannot be read.") from None
