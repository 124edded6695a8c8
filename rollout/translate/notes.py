"""What a client team should know of a request that it moves: rules of the contract that this very request meets."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from rollout.recorded.request import RecordedRequest
from shared.contract import wire
from shared.contract.endpoints import SIGN_UP, endpoint_at
from shared.contract.errors import InvalidJson, UnsupportedMediaType

Query = Mapping[str, list[str]]
Rule = Callable[[RecordedRequest, str, Query], bool]


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence, the heading of docs/differences.md that it is about, and when it is said."""

    subject: str
    text: str
    applies: Rule


def _says(name: str) -> Rule:
    return lambda request, path, query: bool(request.header(name))


def _scheme(scheme: str) -> Rule:
    return lambda request, path, query: (request.header("Authorization") or "").lower().startswith(f"{scheme} ")


def _is_another_format_wanted(request: RecordedRequest, path: str, query: Query) -> bool:
    accept = (request.header("Accept") or "").lower()
    return bool(accept) and "json" not in accept and "*/*" not in accept


def _is_media_type_refused(request: RecordedRequest, path: str, query: Query) -> bool:
    if endpoint_at(path) is not SIGN_UP or request.method != "POST":
        return False
    try:
        wire.check_media_type(request.header("Content-Type") or "", request.header("Content-Encoding") or "")
    except UnsupportedMediaType:
        return True
    return False


def _is_body_refused(request: RecordedRequest, path: str, query: Query) -> bool:
    if endpoint_at(path) is not SIGN_UP or request.method != "POST" or _is_media_type_refused(request, path, query):
        return False
    try:
        wire.decode(request.body or b"")
    except InvalidJson:
        return True
    return False


def _is_scheme_refused(request: RecordedRequest, path: str, query: Query) -> bool:
    scheme = (request.header("Authorization") or "bearer").partition(" ")[0].lower()
    return scheme not in {"bearer", "token", "apikey"}


def _is_method_refused(request: RecordedRequest, path: str, query: Query) -> bool:
    endpoint = endpoint_at(path)
    return endpoint is not None and request.method not in endpoint.methods


def _is_paging_refused(request: RecordedRequest, path: str, query: Query) -> bool:
    return any(
        len(query.get(name, ())) > 1
        or any(not (value.isascii() and value.isdecimal() and len(value) <= 9) for value in query.get(name, ()))
        or (name == "limit" and any(value.isdecimal() and int(value) > 100 for value in query.get(name, ())[:1]))
        for name in ("limit", "offset")
    )


NOTES = (
    Note(
        "The forms of a credential",
        "`ApiKey` works on v2 as it does on v1, with the same key; `Authorization: Bearer <key>` is the new form, and "
        "needs no user name.",
        _scheme("apikey"),
    ),
    Note(
        "A key in the URL",
        "A key in the URL is refused by both versions (401 `credentials_in_url`), since it ends up in logs: it was "
        "moved to `Authorization`. If it was ever sent so, end it with DELETE token/current/ and sign in anew.",
        lambda request, path, query: "api_key" in query and request.header("Authorization") is None,
    ),
    Note(
        "A key in the URL",
        "`api_key` in the URL is refused by both versions (401 `credentials_in_url`), whatever else is sent.",
        lambda request, path, query: "api_key" in query and request.header("Authorization") is not None,
    ),
    Note(
        "An Authorization that cannot be used",
        "This kind of Authorization is 401 `invalid_credentials` on both versions.",
        _is_scheme_refused,
    ),
    Note("Cookies", "Cookies are ignored by both versions: they were left out.", _says("Cookie")),
    Note(
        "X-HTTP-Method-Override",
        "X-HTTP-Method-Override is ignored by both versions.",
        _says("X-HTTP-Method-Override"),
    ),
    Note("Accept", "Accept is ignored: the answer is JSON.", _is_another_format_wanted),
    Note(
        "?format= and ?callback=",
        "`format` and `callback` are ignored: the answer is JSON.",
        lambda request, path, query: bool({"format", "callback"} & query.keys()),
    ),
    Note(
        "The media type of a body",
        "This body is refused by both versions (415): send JSON, with Content-Type: application/json and no "
        "Content-Encoding. curl's -d sends a form unless it is told otherwise.",
        _is_media_type_refused,
    ),
    Note(
        "A body without a Content-Type",
        "A body without a Content-Type is taken for JSON; say application/json where you can.",
        lambda request, path, query: bool(request.body) and not request.header("Content-Type"),
    ),
    Note(
        "JSON that is no object",
        "This body is refused by both versions (400 `invalid_json`): it is not one JSON object.",
        _is_body_refused,
    ),
    Note(
        "A path that does not exist",
        "There is no such path: both versions answer 404. (`schema/` and `set/` of old do not exist.)",
        lambda request, path, query: endpoint_at(path) is None,
    ),
    Note("Allow", "The path lacks this method: both versions answer 405, with `Allow`.", _is_method_refused),
    Note(
        "A limit or offset that is no number",
        "`limit` is one whole number from 0 to 100, `offset` one from 0; anything else is 400 on both versions.",
        _is_paging_refused,
    ),
)


def notes_on(request: RecordedRequest, target: str) -> Iterator[str]:
    """Give what applies to a request.

    :param target: its path and query below the version's prefix.
    """
    path, _, text = target.partition("?")
    query = parse_qs(text, keep_blank_values=True)
    for note in NOTES:
        if note.applies(request, unquote(path), query):
            yield f"{note.text} ({note.subject})"
