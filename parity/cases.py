"""What is sent to both versions: a case knows its request to each, and what it takes from the answer."""

from abc import ABC, abstractmethod

from parity.people import People
from parity.requests import Request
from shared.contract.differences import Answer


class Case(ABC):
    """One request of a run, made for each version by itself.

    Attributes:
        number: Its number in the run, from 1.
        source: Where it comes from: `contract, lists` or `traffic.har, entry 12`.
        obstacle: Why it cannot be sent to any deployment; empty for most.
    """

    number: int = 0
    source: str
    obstacle: str = ""

    @property
    @abstractmethod
    def shown(self) -> str:
        """The method and the path as they may be printed: without what could be a secret."""

    @abstractmethod
    def alone(self, token: str | None) -> Request | str:
        """Give the request for a deployment without a sandbox, the same for both versions; or why it is not sent.

        :param token: a credential that the operator gives for reading.
        """

    @abstractmethod
    def prepare(self, people: People) -> None:
        """Make whoever must be there before it is sent.

        :raises UnansweredError: they could not be made.
        """

    @abstractmethod
    def request(self, people: People, side: int) -> Request:
        """Give the request to one version (0: the older one), from that version's people."""

    @abstractmethod
    def learn(self, answers: tuple[Answer, Answer]) -> None:
        """Take from the answers what later cases need."""
