"""A provider, played in this process."""

from collections.abc import Iterator
from contextlib import contextmanager

import responses
from requests import PreparedRequest
from responses.registries import FirstMatchRegistry


class First(FirstMatchRegistry):
    """Of the answers that fit a call the first, however often; the usual registry goes on to the next."""

    def find(self, request: PreparedRequest) -> tuple[responses.BaseResponse | None, list[str]]:
        """Find the answer to a call."""
        return next((answer for answer in self.registered if answer.matches(request)[0]), None), []


@contextmanager
def playing(*answers: responses.BaseResponse) -> Iterator[responses.RequestsMock]:
    """Answer the calls of this process; one that no answer fits fails as if there were no such host."""
    with responses.RequestsMock(assert_all_requests_are_fired=False, registry=First) as mock:
        for answer in answers:
            mock.add(answer)
        yield mock
