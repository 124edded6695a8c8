"""Every request to a version is counted, whatever came of it."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from rollout.calls import Call, answered, call_of
from rollout.ledger.process import ledger
from shared.http.redaction import kind

logger = logging.getLogger("tandem.ledger")


class LedgerMiddleware:
    """Count a call and tell those who listen, on the way out; the answer is as it would be without.

    Place it right after the contract's own middleware: what is refused for its Host, or because a version is switched
    off, is a call as well.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        began = time.monotonic()
        response = self.get_response(request)
        try:
            call = call_of(request, response, time.monotonic() - began)
            if call is not None:
                ledger().count(call)
                answered.send(Call, call=call)
        except Exception as error:  # noqa: BLE001 - who is counted must not notice
            logger.error("a call was not counted or not told: %s", kind(error))  # noqa: TRY400 - one line, without frames
        return response
