"""Pipeline steps as an operator might add them to SOCIAL_AUTH_PIPELINE."""

from typing import Any

from django.http import HttpResponseRedirect
from social_core.exceptions import AuthAssociationError, AuthPolicyError
from social_core.pipeline.partial import partial

ran: list[dict[str, Any]] = []


def remember(**kwargs: Any) -> dict[str, Any]:
    """Record the arguments, and pass a value on."""
    ran.append(kwargs)
    return {"remembered": True}


def fail(**kwargs: Any) -> None:
    """Raise at the end, when all rows have been written."""
    raise ZeroDivisionError("canary")


def refuse(backend: Any, **kwargs: Any) -> None:
    """Refuse the sign-in."""
    raise AuthPolicyError(backend)


def create_another(strategy: Any, user: Any = None, **kwargs: Any) -> dict[str, Any]:
    """Create a user with a name that may be taken, or with another name if it is."""
    if user:
        return {"is_new": False}
    try:
        return {"is_new": True, "user": strategy.create_user(username="taken")}
    except AuthAssociationError:
        return {"is_new": True, "user": strategy.create_user(username="another")}


@partial
def ask(strategy: Any, **kwargs: Any) -> HttpResponseRedirect:
    """Redirect the browser, which an API client does not have."""
    return HttpResponseRedirect("/ask")


def nobody(**kwargs: Any) -> dict[str, Any]:
    """Remove the user."""
    return {"user": None}
