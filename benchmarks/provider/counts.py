"""What the provider has seen since it was last asked to forget."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class Counts:
    """Calls are answered or hanging; connections are those of callers, not of whoever reads this."""

    calls: int = 0
    connections: int = 0
    handshakes: int = 0

    def taken(self) -> dict[str, int]:
        """Give them as a JSON object."""
        return asdict(self)

    def reset(self) -> None:
        """Forget."""
        self.calls = self.connections = self.handshakes = 0


@dataclass(slots=True)
class Behaviour:
    """How the provider answers for now."""

    app_id: str
    latency: float = 0.0
    """Seconds before each answer."""
    hangs: bool = False
    """It takes calls and does not answer."""
    unanswered: list[Callable[[], None]] = field(default_factory=list)
    """What it owes those whom it has left hanging."""

    def hang(self, *, on: bool) -> None:
        """Leave callers hanging from now on, or no more: then those who still wait get their answers."""
        self.hangs = on
        if not on:
            owed, self.unanswered = self.unanswered, []
            for pay in owed:
                pay()
