"""Pipeline steps that an operator may add to SOCIAL_AUTH_PIPELINE."""

from typing import Any

from django.http import HttpResponseRedirect
from social_core.exceptions import AuthAssociationError, AuthPolicyError
from social_core.pipeline.partial import partial
from social_django.models import UserSocialAuth

recorded: list[dict[str, Any]] = []


def remember(**kwargs: Any) -> dict[str, Any]:
    """Record the arguments and return a further value."""
    recorded.append(kwargs)
    return {"remembered": True}


def fail(**kwargs: Any) -> None:
    """Raise an exception after all rows have been written."""
    raise ZeroDivisionError("canary")


def refuse(backend: Any, **kwargs: Any) -> None:
    """Refuse the sign-in."""
    raise AuthPolicyError(backend)


def create_another(strategy: Any, user: Any = None, **kwargs: Any) -> dict[str, Any]:
    """Create a user with a name that may be taken; if it is, with another name."""
    if user:
        return {"is_new": False}
    try:
        return {"is_new": True, "user": strategy.create_user(username="taken")}
    except AuthAssociationError:
        return {"is_new": True, "user": strategy.create_user(username="another")}


@partial
def ask(strategy: Any, **kwargs: Any) -> HttpResponseRedirect:
    """Redirect the browser; an API client has none."""
    return HttpResponseRedirect("/ask")


def remove_user(**kwargs: Any) -> dict[str, Any]:
    """Remove the user."""
    return {"user": None}


def find_nobody(backend: Any, uid: Any, user: Any = None, **kwargs: Any) -> dict[str, Any]:
    """Replace social-core's `social_user`: no identity is known yet."""
    return {"social": None, "user": user, "is_new": user is None, "new_association": True}


def find_owner(backend: Any, uid: Any, **kwargs: Any) -> dict[str, Any]:
    """Replace social-core's `social_user`: sign in as the identity's user, whoever is calling."""
    row = UserSocialAuth.objects.get(provider=backend.name, uid=uid)
    return {"social": row, "user": row.user, "is_new": False, "new_association": False}
