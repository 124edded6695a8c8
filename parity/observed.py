"""The host project's own resources, compared by replaying recorded requests.

Each request is sent twice to each version. What differs between two answers of the same version is noise (the idea of
Twitter's Diffy) and is left out of the comparison.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from parity import redaction
from parity.deployment import Deployment, UnansweredError
from parity.json_text import Place, differences, is_within, layout
from parity.recordings import RecordedRequest
from parity.requests import OVERRIDES, SAFE_METHODS, Headers, Request, is_override
from parity.resource_report import ResourceReport, Sample
from shared.contract.differences import LIFE_CYCLE_HEADERS, Answer
from shared.contract.resources import ID
from shared.http.resource_names import own_match, paired_path, resource_name

NEEDS_AUTHORIZATION = "it needs a credential (--old-authorization and --new-authorization, or --token)"
LEAVES_RESOURCE = "its path has dots, by which a proxy may choose another resource"
HOLDS_SECRET = "its path, query or body may hold a credential"  # noqa: S105 - a sentence
RATE_LIMITED = "a rate limit refused it"
UNSTABLE = "two calls of the same version had different statuses"
_UNCOMPARED_HEADERS = frozenset(
    {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "x-request-id"}
)
"""Headers of the connection, or new on every answer. The length of a body follows from the body."""
_ID = re.compile(ID)
_IN_URL = frozenset({"api_key", "username"})
"""The query parameters in which the old framework accepts a credential."""


class Pairs:
    """The names of the host project's resources: the older version's, and the newer version's for each."""

    def __init__(self, names: Mapping[str, str], routes: tuple[str, str], prefixes: tuple[str, str]) -> None:
        """Set the names, and of both versions the route (`api/v1/`) and the prefix of paths in answers (`/api/v1/`).

        Where the command runs in the host project, its URLs say what is which resource; else the paths do.
        """
        (self._old_route, new_route), (old, new) = routes, prefixes
        self.names = dict(sorted(names.items(), key=lambda one: -len(one[0])))  # the longest matches first
        self._paths = {name: paired_path(name, other, new_route) for name, other in self.names.items()}
        self._uris = {old: new, **{old + name: new + path for name, path in self._paths.items()}}
        ends = "|".join(f"{re.escape(name)}(?=[/?#\"'\\s\\\\]|\\Z)" for name in self.names)
        # JSON may escape a slash.
        self._uri = re.compile(f"{re.escape(old)}(?:{ends})?".replace("/", r"\\?/").encode())

    def resource(self, path: str) -> str:
        """Return the name of a path's resource: of a pair, by the host's URLs, or the first part of the path."""
        paired = next((name for name in self.names if path == name or path.startswith(f"{name}/")), None)
        if paired is not None:
            return paired
        match = own_match(f"/{self._old_route}{path}")
        return (match and resource_name(match)) or redaction.shown_target(path.partition("/")[0])

    def is_paired(self, path: str) -> bool:
        """Return True if a path belongs to a pair."""
        return self.resource(path) in self.names

    def counterpart(self, target: str) -> str:
        """Return the newer version's path and query for those of the older version."""
        name = self.resource(target.partition("?")[0])
        return self._paths[name] + target[len(name) :] if name in self._paths else target

    def renamed(self, text: bytes) -> bytes:
        """Return a text in which paths of the older version are those of the newer one."""

        def new_uri(match: re.Match[bytes]) -> bytes:
            new = self._uris[match[0].replace(b"\\/", b"/").decode()].encode()
            return new.replace(b"/", b"\\/") if b"\\/" in match[0] else new

        return self._uri.sub(new_uri, text)


@dataclass
class ObservedRequest:
    """A recorded request to a resource of the host project; `target` is below the older version's prefix."""

    source: str
    recorded: RecordedRequest
    target: str
    resource: str
    number: int = 0

    @property
    def shown(self) -> str:
        """Method and path without secrets."""
        return f"{self.recorded.method} {redaction.shown_target(self.target)}"

    @property
    def has_credential(self) -> bool:
        """Whether the client presented a credential, in a header or in the URL."""
        names = dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))
        return self.recorded.header("Authorization") is not None or "api_key" in names

    def request(self, authorization: str | None, writes: frozenset[str]) -> Request | str:
        """Return the request to the older version; or why it is not sent."""
        method, (path, mark, query) = self.recorded.method, self.target.partition("?")
        if "api_key" in dict(parse_qsl(query, keep_blank_values=True)):
            query = "&".join(one for one in query.split("&") if one.partition("=")[0] not in _IN_URL)
            mark = mark if query else ""
        is_read = method in SAFE_METHODS
        body = None if is_read else self.recorded.body
        if is_override(self.recorded.headers):
            return OVERRIDES
        if {".", ".."}.intersection(unquote(path).split("/")):
            return LEAVES_RESOURCE
        if not is_read and self.resource not in writes:
            return f"{method} changes something (--writes)"
        if self.has_credential and authorization is None:
            return NEEDS_AUTHORIZATION
        if any(map(redaction.may_hold_secret, (path, query, (body or b"").decode("latin-1")))):
            return HOLDS_SECRET
        headers: Headers = redaction.safe_headers(self.recorded.headers)
        if self.has_credential and authorization is not None:
            headers = (*headers, ("Authorization", authorization))
        return self.recorded.incomplete or Request(method, path + mark + query, headers, body)


class Observation:
    """A run: sends the requests, and keeps a report for each resource."""

    def __init__(
        self,
        deployment: Deployment,
        pairs: Pairs,
        authorizations: tuple[str | None, str | None],
        *,
        writes: frozenset[str],
        ignored: frozenset[str],
    ) -> None:
        """Set what to send.

        :param authorizations: the header for requests that had a credential, for each version.
        :param writes: names of resources that requests may change.
        :param ignored: names of response headers, in lower case, that a proxy adds.
        """
        self._deployment = deployment
        self._pairs = pairs
        self._authorizations = authorizations
        self._writes = writes
        self._ignored = _UNCOMPARED_HEADERS | ignored
        self.reports: dict[str, ResourceReport] = {}

    def run(self, requests: Iterable[ObservedRequest]) -> Iterator[None]:
        """Compare the requests in their order; yield after each."""
        for request in requests:
            self._compare(request)
            yield

    def _compare(self, observed: ObservedRequest) -> None:
        name = observed.resource
        report = self.reports.setdefault(name, ResourceReport(name, self._pairs.names.get(name, name)))
        old, new = (observed.request(one, self._writes) for one in self._authorizations)
        if isinstance(old, str) or isinstance(new, str):
            report.not_compared[old if isinstance(old, str) else str(new)] += 1
            return
        body = None if new.body is None else self._pairs.renamed(new.body)
        new = Request(new.method, self._pairs.counterpart(new.target), new.headers, body)
        try:
            answers = self._answers(old, new)
        except UnansweredError as error:
            report.not_compared[str(error)] += 1
            report.failed += 1
            return
        statuses = [one.status for one in answers]
        again = statuses[:1:-1]
        if any(one.status == 410 and b'"version_retired"' in one.body for one in answers):
            report.not_compared[f"{self._deployment.versions[0]} was off"] += 1
        elif 429 in statuses:
            report.not_compared[RATE_LIMITED] += 1
            report.failed += 1
        elif again and again != statuses[:2]:
            report.not_compared[UNSTABLE] += 1
            report.failed += 1
        else:
            self._report(observed, report, answers)

    def _answers(self, old: Request, new: Request) -> list[Answer]:
        """Return the answers to both versions: the older one's, the newer one's, and each again in reverse.

        Whatever changes by itself between the first two answers has then changed between the first and the last,
        which are of the same version. A request that changes something is sent once to each version.
        """
        before, after = self._deployment.versions
        order = [(before, old), (after, new)]
        if old.method in SAFE_METHODS:
            order += [(after, new), (before, old)]
        return [self._deployment.send(version, request) for version, request in order]

    def _report(self, observed: ObservedRequest, report: ResourceReport, answers: list[Answer]) -> None:
        old, new, *again = answers
        renamed = self._renamed(old)
        noise: set[Place] = set()
        if again:
            noise = {*self._differences(new, again[0]), *self._differences(renamed, self._renamed(again[1]))}
        found = {
            place: values for place, values in self._differences(renamed, new).items() if not is_within(place, noise)
        }
        report.noise.update(sorted(noise))
        left_out = noise | set(found)
        is_laid_out_alike = renamed.body == new.body or layout(renamed.body, left_out) == layout(new.body, left_out)
        report.compared.append((frozenset(found), is_laid_out_alike))
        for place, values in found.items():
            before, after = (redaction.shown_value(value, place[1].rpartition(".")[2]) for value in values)
            report.samples.setdefault(place, Sample(observed.number, observed.source, observed.shown, before, after))
        path, _, query = observed.target.partition("?")
        shape = "/".join("{id}" if _ID.fullmatch(part) else part for part in path.split("/"))
        report.paths[redaction.shown_target(shape)] += 1
        names = {redaction.shown_key(name) for name, _ in parse_qsl(query, keep_blank_values=True)}
        report.parameters.update(sorted(names - {"api_key"}))
        report.methods[observed.recorded.method] += 1
        report.statuses[old.status] += 1
        recorded = observed.recorded.answer
        report.otherwise += recorded is not None and recorded.status != old.status

    def _renamed(self, answer: Answer) -> Answer:
        rename = self._pairs.renamed
        headers = ((name, rename(value.encode("latin-1")).decode("latin-1")) for name, value in answer.headers)
        return Answer(answer.prefix, answer.status, tuple(headers), rename(answer.body))

    def _differences(self, one: Answer, other: Answer) -> dict[Place, tuple[Any, Any]]:
        """Return the places in which two answers differ, and their values."""
        if one.status != other.status:
            return {("status", ""): (one.status, other.status)}
        found: dict[Place, tuple[Any, Any]] = {}
        before, after = _by_name(one), _by_name(other)
        for name in sorted({*before, *after} - self._ignored):
            is_life_cycle = name in LIFE_CYCLE_HEADERS and name not in after
            if before.get(name) != after.get(name) and not is_life_cycle:
                found["header", name] = before.get(name, redaction.ABSENT), after.get(name, redaction.ABSENT)
        return found | differences(one.body, other.body)


def _by_name(answer: Answer) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name, value in answer.headers:
        found.setdefault(name.lower(), []).append(value)
    return {name: ", ".join(values) for name, values in found.items()}
