"""Steps that an operator might add to SOCIAL_AUTH_PIPELINE."""

from typing import Any

from django.http import HttpResponseRedirect
from social_core.exceptions import AuthAssociationError, AuthPolicyError
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


def create_another(strategy: Any, user: Any = None, **kwargs: Any) -> dict[str, Any]:
    """Create a user of a name that may be taken, and of another where it is."""
    if user:
        return {"is_new": False}
    try:
        return {"is_new": True, "user": strategy.create_user(username="taken")}
    except AuthAssociationError:
        return {"is_new": True, "user": strategy.create_user(username="another")}


@partial
def ask(strategy: Any, **kwargs: Any) -> HttpResponseRedirect:
    """Want the person's browser, which is not there."""
    return HttpResponseRedirect("/ask")


def nobody(**kwargs: Any) -> dict[str, Any]:
    """Drop the user again."""
    return {"user": None}
