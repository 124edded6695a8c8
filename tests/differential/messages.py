"""A request as bytes, and a summary of the answers."""

from dataclasses import dataclass, field, replace

Header = tuple[str, bytes]


@dataclass(frozen=True)
class Message:
    """A request below the prefix of an API. Hostile parts are in its bytes, not in the way it is sent.

    `target` is the rest of the path, as it stands in the request line, with the query; `headers` may repeat.
    """

    method: str
    target: str
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    chunked: bool = False

    def with_headers(self, *headers: Header) -> "Message":
        """Return a copy with further headers."""
        return replace(self, headers=(*self.headers, *headers))


@dataclass
class Summary:
    """The number of examples and statuses of a run."""

    examples: int = 0
    statuses: dict[int, int] = field(default_factory=dict)

    def count(self, status: int) -> None:
        """Count an answer."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
