r"""A log of JSON lines: one request a line, as a proxy or a middleware of the operator's can write it.

{"method": "POST", "path": "/api/v1/social_sign_up/", "headers": {"Content-Type": "application/json"},
 "body": "{\"provider\": …}", "status": 201, "answer": "{\"id\": 7, …}"}

`method` and `path` (with the query) are required. `headers` is an object, or a list of [name, value] where one
repeats; `body` and `answer` are text, or `body_base64` and `answer_base64`. Other keys are ignored.
"""

import base64
import binascii
import json
from pathlib import Path
from typing import Any

from parity.har import Wanted
from parity.recorded_request import Headers, RecordedAnswer, RecordedRequest, UnreadableError, as_latin_1, check


def read(path: Path, wanted: Wanted = lambda url: True) -> list[RecordedRequest]:
    """Read the requests of a log, in their order; empty lines are passed over.

    :param wanted: says by its path whether a line is kept; all are read.
    :raises UnreadableError: for a line that is none, naming it.
    """
    found = []
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    request = request_of(line, f"line {number}")
                    if wanted(request.url):
                        found.append(request)
    except OSError as error:
        raise UnreadableError(f"{path} cannot be read: {error.strerror}.") from None
    except UnreadableError as error:
        raise UnreadableError(f"{path}, {error}") from None
    return found


def request_of(line: bytes, place: str) -> RecordedRequest:
    """Read one line.

    :raises UnreadableError: naming the place.
    """
    try:
        said = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UnreadableError(f"{place}: it is no UTF-8.") from None
    except json.JSONDecodeError as error:
        raise UnreadableError(f"{place}: {error.msg}, column {error.colno}.") from None
    except RecursionError:
        raise UnreadableError(f"{place}: its JSON is nested too deeply.") from None
    except ValueError:
        raise UnreadableError(f"{place}: a number in its JSON is too long.") from None
    if not isinstance(said, dict):
        raise UnreadableError(f"{place}: it is no JSON object.")
    for name in ("method", "path"):
        if not isinstance(said.get(name), str):
            raise UnreadableError(f"{place}: {name} is missing, or no string.")
    headers = _headers(place, said.get("headers", {}))
    check(place, said["method"], said["path"], headers)
    if not said["path"].startswith("/"):
        raise UnreadableError(f"{place}: path does not begin with a slash.")
    return RecordedRequest(
        place, said["method"], said["path"], headers, _bytes(place, said, "body"), _answer(place, said)
    )


def _headers(place: str, said: Any) -> Headers:
    pairs = list(said.items()) if isinstance(said, dict) else said
    if not isinstance(pairs, list):
        raise UnreadableError(f"{place}: headers is neither an object nor a list.")
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(one, str) for one in pair):
            raise UnreadableError(f"{place}: a header is not a name and a value.")
    return tuple((name, as_latin_1(value)) for name, value in pairs)


def _bytes(place: str, said: dict[str, Any], name: str) -> bytes | None:
    text, encoded = said.get(name), said.get(f"{name}_base64")
    if text is not None and encoded is not None:
        raise UnreadableError(f"{place}: {name} and {name}_base64 are both given.")
    if isinstance(text, str):
        return text.encode("utf-8", "surrogatepass")
    if text is not None or not isinstance(encoded, str | None):
        raise UnreadableError(f"{place}: {name} is text, and {name}_base64 too.")
    if encoded is None:
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableError(f"{place}: {name}_base64 is no base64.") from None


def _answer(place: str, said: dict[str, Any]) -> RecordedAnswer | None:
    status = said.get("status")
    if status is None:
        return None
    if type(status) is not int or not 100 <= status <= 599:
        raise UnreadableError(f"{place}: status is no status of HTTP.")
    return RecordedAnswer(status, _bytes(place, said, "answer"))
