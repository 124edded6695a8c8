"""Steps that an operator might add to SOCIAL_AUTH_PIPELINE."""

from typing import Any

from django.http import HttpResponseRedirect
from social_core.exceptions import AuthPolicyError
from social_core.pipeline.partial import partial

ran: list[dict[str, Any]] = []


def remember(**kwargs: Any) -> dict[str, Any]:
    """Note what a step is given, and hand something on."""
    ran.append(kwargs)
    return {"remembered": True}


def fail(**kwargs: Any) -> None:
    """Break at the very end, when all rows have been written."""
    raise ZeroDivisionError("canary")


def refuse(backend: Any, **kwargs: Any) -> None:
    """Say that this person may not come in."""
    raise AuthPolicyError(backend)


@partial
def ask(strategy: Any, **kwargs: Any) -> HttpResponseRedirect:
    """Want the person's browser, which is not there."""
    return HttpResponseRedirect("/ask")


def nobody(**kwargs: Any) -> dict[str, Any]:
    """Drop the user again."""
    return {"user": None}
