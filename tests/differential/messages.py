"""A request as bytes, and the answer to it, whichever way it goes."""

from dataclasses import dataclass, field, replace

Header = tuple[str, bytes]


@dataclass(frozen=True)
class Message:
    """A request below an API's prefix. What is hostile about it is in its bytes, not in how it is sent.

    `target` is the rest of the path, as it stands in the request line, with the query; `headers` may repeat.
    """

    method: str
    target: str
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    chunked: bool = False

    def having(self, *headers: Header) -> "Message":
        """Return a copy with further headers."""
        return replace(self, headers=(*self.headers, *headers))


@dataclass
class Seen:
    """What a run has come to, for a summary at its end."""

    examples: int = 0
    statuses: dict[int, int] = field(default_factory=dict)

    def count(self, status: int) -> None:
        """Count an answer."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
