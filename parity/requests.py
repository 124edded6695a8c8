"""A request as it is sent to a version, and the people and ids that stand in it as names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

OLD, NEW = "api/v1/", "api/v2/"
"""Prefixes of the two versions that are compared."""
VERSIONS = (OLD, NEW)

Headers = tuple[tuple[str, str], ...]

_NAME = re.compile(r"{(token|username|user|account|second_account|token_id|other_user|other_account|known)}")
_NAME_IN_BYTES = re.compile(_NAME.pattern.encode())


@dataclass(frozen=True, slots=True)
class SignUp:
    """The body of a sign-up, to be made when it is sent: provider tokens are somebody's.

    `who` is "self" (the user of the case), "other" (another user), "new" (nobody yet), or a persona of the sandbox.
    """

    provider: str
    who: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    by_id_token: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request below a version's prefix; `target` is the rest of the path, with the query."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes | None = None
    chunked: bool = False

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """Give the value of a header; None where there is none."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), None)

    def names(self) -> set[str]:
        """Say which names stand in it."""
        texts = [self.target, *(value for _, value in self.headers)]
        found = {name for text in texts for name in _NAME.findall(text)}
        return found | {name.decode() for name in _NAME_IN_BYTES.findall(self.body or b"")}

    def filled(self, values: Mapping[str, str]) -> "Request":
        """Give it with the names replaced by what they stand for."""

        def text(given: str) -> str:
            return _NAME.sub(lambda match: values[match[1]], given)

        body = self.body
        if body is not None:
            body = _NAME_IN_BYTES.sub(lambda match: values[match[1].decode()].encode(), body)
        headers = tuple((name, text(value)) for name, value in self.headers)
        return replace(self, target=text(self.target), headers=headers, body=body)
