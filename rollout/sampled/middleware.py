"""A share of the requests, each answered by the other versions too, from what the service has said already.

Sign-in has side effects, so no request is run twice: what the service came to is recorded while the client's answer is
made (`social.tape`), and the other adapter makes its answer of the same outcomes. Whatever then differs is a bug.
"""

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass
from typing import Any, NoReturn

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.core.signals import request_finished
from django.db import close_old_connections, connections
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from rollout.sampled.description import Told, told_of, told_of_service
from rollout.sampled.rerun import KeptBody
from rollout.sampled.sightings import Sighting, sightings
from shared.contract.differences import VERSION, Answer, compare
from shared.contract.endpoints import endpoint_at
from shared.contract.replies import reply_of
from shared.http.failures import untold
from shared.http.urls import is_below, prefix_of, version_of
from social import tape

logger = logging.getLogger("tandem.parity")
GetResponse = Callable[[HttpRequest], HttpResponseBase]
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class SampledParityMiddleware:
    """Compare the versions on `PARITY_SAMPLE` of the requests, once the client has its answer.

    Place it last: what lies further in is run again.
    """

    def __init__(self, get_response: GetResponse) -> None:
        """Take the next layer."""
        self.share = float(getattr(settings, "PARITY_SAMPLE", 0))
        if not self.share or len(settings.APIS) < 2:
            raise MiddlewareNotUsed
        self.get_response = get_response
        request_finished.connect(check_what_is_due, dispatch_uid="rollout.sampled")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        app = next((app for app, prefix in settings.APIS.items() if is_below(prefix, request.path_info)), None)
        if app is None or random.random() >= self.share:  # noqa: S311 - a sample, not a secret
            return self.get_response(request)
        context, body, recording = copy_context(), KeptBody(request), tape.Recording(version_of(app))
        with tape.bound(recording):
            response = self.get_response(request)
        # As it is here: further out, a HEAD loses its body.
        answer = _answer_of(app, response)
        _due.set(Sample(app, request, body, recording, response, answer, self.get_response, context))
        return response


@dataclass(frozen=True, slots=True)
class Sample:
    """One request that was answered, with all that it takes to answer it again."""

    app: str
    request: HttpRequest
    body: KeptBody
    recording: tape.Recording
    response: HttpResponseBase
    answer: Answer | None
    get_response: GetResponse
    context: Context

    def check(self) -> None:
        """Compare the answer with that of every other version."""
        if self.answer is None:
            return
        for app in settings.APIS:
            if app != self.app:
                for sighting in self._sightings(app, self.answer):
                    sightings.add(sighting)

    def _sightings(self, app: str, answer: Answer) -> Iterator[Sighting]:
        rest = self.request.path_info[len("/" + settings.APIS[self.app].rstrip("/")) :]
        again = self.body.request_for(self.request, "/" + settings.APIS[app].rstrip("/") + rest)
        replay = tape.Replay(self.recording, version_of(app))
        with tape.bound(replay), untold() as failures, _without_database(replay):
            response = self.get_response(again)
        replay.end()
        endpoint, other = endpoint_at(rest.removeprefix("/")), _answer_of(app, response)
        if other is None or (endpoint is None and None in (reply_of(self.response), reply_of(response))):
            return  # documentation, which one version alone has
        if replay.strayed is None and other.status == 500 != answer.status:
            for failure in failures:
                logger.error("%s fails where %s does not.", version_of(app), version_of(self.app), exc_info=failure)
        method = self.request.method or ""
        for told in self._differences(app, replay, answer, other):
            yield Sighting(
                called=version_of(self.app),
                compared=version_of(app),
                method=method if method in METHODS else "(other)",
                path="(unknown)" if endpoint is None else endpoint.path,
                told=told,
            )

    def _differences(self, app: str, replay: tape.Replay, answer: Answer, other: Answer) -> Iterator[Told]:
        versions = list(settings.APIS)
        is_older = versions.index(self.app) < versions.index(app)
        if replay.strayed is not None:
            # Of answers to other questions, nothing can be said.
            yield told_of_service(replay.strayed, called_is_older=is_older)
            return
        for difference in compare(*((answer, other) if is_older else (other, answer))).differences:
            # Of the closed list the version alone: nothing is new here, tokens and times come from one outcome.
            if difference.reasons != (VERSION.reason,):
                yield told_of(difference)


def check_what_is_due(**kwargs: Any) -> None:
    """Check the request that this thread has just answered; whatever becomes of that, the log alone is told."""
    sample = _due.get()
    if sample is None:
        return
    _due.set(None)
    try:
        # With the request's id on the log lines.
        sample.context.run(sample.check)
    except Exception:  # the client has its answer; nothing may come of this but a line
        logger.exception("A sampled request could not be compared.")
    finally:
        sample.recording.erase()
        sample.body.let_go(sample.request)


_due: ContextVar[Sample | None] = ContextVar("due_sample", default=None)


def _answer_of(app: str, response: HttpResponseBase) -> Answer | None:
    """Give an answer as the adapter made it; None for one that is made while it is sent, which no API has."""
    if not isinstance(response, HttpResponse):
        return None
    return Answer(prefix_of(app), response.status_code, tuple(response.items()), response.content)


@contextmanager
def _without_database(replay: tape.Replay) -> Iterator[None]:
    """Refuse every statement: what a version needs of the database, the service gives it."""

    def refuse(*args: Any) -> NoReturn:
        raise replay.refuse("the database")

    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(refuse))
        yield
    if replay.strayed is not None:
        # To begin a transaction it may have taken a connection, which Django gives back no more for this request.
        close_old_connections()
