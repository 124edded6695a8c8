"""What has to be true before the first case is sent."""

from urllib.parse import urlsplit

from parity.deployment import Deployment, UnansweredError, json_of
from parity.guests import Guests
from parity.people import People
from parity.requests import OLD, VERSIONS, Request

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class MisuseError(Exception):
    """The command was told something that does not fit; the message says what."""


def see_both(deployment: Deployment) -> None:
    """See that there are two versions to compare.

    :raises MisuseError: there are not.
    :raises UnansweredError: nobody answers.
    """
    for version in VERSIONS:
        try:
            answer = deployment.send(version, Request("GET", ""))
        except UnansweredError as error:
            raise UnansweredError(f"{deployment.url}: {error}.") from error
        said = json_of(answer)
        if version == OLD and answer.status == 410:
            raise MisuseError(f"{version} is switched off at {deployment.url}: it answers 410 to everything.")
        if answer.status != 200 or not isinstance(said, dict) or "social_sign_up" not in said:
            code = said.get("code", "") if isinstance(said, dict) else ""
            raise MisuseError(
                f"There is no {version} at {deployment.url}: its root answers {answer.status} {code}".rstrip() + "."
            )


def see_that_both_are_here(url: str, sandbox: str) -> None:
    """See that a deployment to change something on, and its sandbox, are on this machine.

    A deployment takes the sandbox's tokens only while all hosts that it allows are this machine's, so that is where
    it must be: anything else is a slip that would send sign-ups to a service for real people.

    :raises MisuseError: one of the two is elsewhere.
    """
    for name, address in (("--url", url), ("--sandbox", sandbox)):
        try:
            parts = urlsplit(address)
            here = parts.scheme in {"http", "https"} and parts.hostname in _LOOPBACK and "@" not in parts.netloc
        except ValueError:
            here = False
        if not here:
            raise MisuseError(f"With --sandbox, {name} is on this machine: http://127.0.0.1:… or http://localhost:…")


def people_of(deployment: Deployment, sandbox: str, *, timeout: float) -> People:
    """Give who signs guests of the sandbox up, having done it once.

    :raises UnansweredError: they do not play together.
    """
    people = People(deployment, VERSIONS, Guests(sandbox, timeout=timeout))
    people.open()
    people.twins()
    return people
