"""What happens between the chapters: time passes, users call, and the page's dates are mapped to current ones."""

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from django.utils.http import http_date, parse_http_date

from legacy_api.tests.migration import old_database
from legacy_api.tests.migration.manual import MOMENT, Chapter, moved
from legacy_api.tests.migration.shell import Terminal
from tests import SECRET_KEY
from tests.e2e.databases import Database
from tests.e2e.servers import Sandbox, free_port, run_to_end

_UNIX = re.compile(r"@(\d{10})\b")
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
PORT, SANDBOX_PORT = 8000, 9100
"""The ports on the page."""
_DETOUR = 300_000
"""Days; rows are moved via this distance, so that no row collides with that of another day."""
_TIMES: Mapping[str, tuple[str, ...]] = {
    "rollout_dailycalls": ("day",),
    "rollout_lastcall": ("at",),
    "social_accesstoken": ("created", "last_used", "expires_at"),
}
_FILL_A_YEAR = (
    "from datetime import UTC, datetime; from tests.rollout.traffic import fill; fill('done', datetime.now(UTC))"
)


class Walk:
    """The state of the walk through the page: the current date, and the changes of the database between chapters."""

    def __init__(self, database: Database, sandbox: Sandbox, *, port: int) -> None:
        self.database, self.sandbox, self.port = database, sandbox, port
        self._rehearsal_port = free_port()
        self._shift = timedelta(0)
        self._moment: datetime | None = None
        self._events: dict[str, Callable[[], None]] = {
            "See who still calls": self._people_call,
            "Ask whether it can go": self._a_year_of_traffic,
        }

    def environment_file(self) -> str:
        """Return the operator's file of environment variables."""
        variables = {
            **self.sandbox.environment,
            "SECRET_KEY": SECRET_KEY,
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "DATABASE_URL": self.database.url,
            "PORT": str(self.port),
            "LEDGER_FLUSH_SECONDS": "0.2",
        }
        return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())

    def shell_environment(self, home: Path) -> Mapping[str, str]:
        """Return the environment of a new terminal."""
        return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}

    def turn_to(self, chapter: Chapter, terminal: Terminal) -> None:
        """Move the time to a chapter's date, and run the chapter's event."""
        if chapter.moment is None:
            raise ValueError(f"{chapter.title}: the chapter has no date")
        shift = datetime.now(UTC).replace(microsecond=0) - chapter.moment
        if self._moment is not None:
            # The server is stopped first, because it may hold counts that are not written yet.
            terminal.pause()
            for statement in self._older((chapter.moment - self._moment).days):
                self.database.execute(statement)
            terminal.age(shift - self._shift)
        self._moment, self._shift = chapter.moment, shift
        event = self._events.pop(chapter.title, None)
        if event is not None:
            terminal.resume()
            event()

    def unseen(self) -> list[str]:
        """Return the titles of events whose chapters have not come."""
        return list(self._events)

    def now(self, text: str) -> str:
        """Return a command of the page with current dates and this test's ports."""
        return self._ports(MOMENT.sub(lambda found: moved(found[0], self._shift), text), 1)

    def as_written(self, printed: str) -> str:
        """Return output with the page's dates and ports."""
        back = MOMENT.sub(lambda found: moved(found[0], -self._shift), printed)
        back = _UNIX.sub(lambda found: f"@{int(found[1]) - round(self._shift.total_seconds())}", back)
        back = _HTTP_DATE.sub(lambda found: http_date(parse_http_date(found[0]) - self._shift.total_seconds()), back)
        return self._ports(back, -1)

    def _ports(self, text: str, direction: int) -> str:
        for pair in ((PORT, self.port), (SANDBOX_PORT, self._rehearsal_port)):
            old, new = pair[::direction]
            text = re.sub(rf"(localhost:|--port ){old}\b", rf"\g<1>{new}", text)
        return text

    def _older(self, days: int) -> Iterator[str]:
        if not days:
            return
        for table, columns in _TIMES.items():
            if not self._has(table):
                continue
            for column in columns:
                for step in (-_DETOUR, _DETOUR - days):
                    yield f"UPDATE {table} SET {column} = {self._later(column, step)}"  # noqa: S608 - our names

    def _later(self, column: str, days: int) -> str:
        form = "%Y-%m-%d" if column == "day" else "%Y-%m-%d %H:%M:%f"
        return f"strftime('{form}', {column}, '{days} days')"

    def _has(self, table: str) -> bool:
        return bool(self.database.rows(f"SELECT 1 FROM sqlite_master WHERE name = '{table}'"))  # noqa: S608 - our names

    def _people_call(self) -> None:
        """Three users call with an old build, one of whom signs in with Google; one user signs in with a new build."""
        for name, key in old_database.KEYS.items():
            answer = self._call("GET", "v1/user/", "ShopApp/2.0 (iPhone)", {"Authorization": f"ApiKey {name}:{key}"})
            assert answer.status_code == 200, answer.text
        for version, client, provider, name in (
            ("v1", "ShopApp/2.0 (iPhone)", "google-oauth2", "ripley"),
            ("v2", "ShopApp/2.9", "facebook", "dallas"),
        ):
            fields = self.sandbox.token(provider, name)
            body = self._call("POST", f"{version}/social_sign_up/", client, {}, json=fields).json()
            assert (body["outcome"], body["username"]) == ("signed_in", name)

    def _call(self, method: str, path: str, client: str, headers: Mapping[str, str], **more: Any) -> requests.Response:
        url = f"http://localhost:{self.port}/api/{path}"
        return requests.request(method, url, headers={"User-Agent": client, **headers}, timeout=60, **more)

    def _a_year_of_traffic(self) -> None:
        """Write the counts of a year with many users."""
        environment = {
            "SECRET_KEY": SECRET_KEY,
            "DATABASE_URL": self.database.url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        ended = run_to_end("django", environment, "shell", "--no-imports", "-c", _FILL_A_YEAR)
        assert ended.returncode == 0, ended.stderr
