"""Simulated provider calls in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

import responses
from requests import PreparedRequest
from responses.registries import FirstMatchRegistry


class FirstMatch(FirstMatchRegistry):
    """A registry that always returns the first matching answer; the default one moves on to the next."""

    def find(self, request: PreparedRequest) -> tuple[responses.BaseResponse | None, list[str]]:
        """Return the first answer that matches a call."""
        return next((answer for answer in self.registered if answer.matches(request)[0]), None), []


@contextmanager
def simulated(*answers: responses.BaseResponse) -> Iterator[responses.RequestsMock]:
    """Answer calls to providers; a call without an answer fails as if the host did not exist."""
    with responses.RequestsMock(assert_all_requests_are_fired=False, registry=FirstMatch) as mock:
        for answer in answers:
            mock.add(answer)
        yield mock
