"""Pipeline steps and a signal receiver that raise exceptions with the token in the message."""

from typing import Any

from django.contrib.auth import get_user_model
from django.dispatch import receiver
from social_core.exceptions import AuthPolicyError, AuthResponseError

from social import signals
from social.models import User

_last = [""]


def fail(backend: Any, credential: Any, strategy: Any, user: User, **kwargs: Any) -> Any:
    """Fail in the way that the token selects."""
    token = credential.code or credential.access_token or ""
    _last[0] = token
    if "step-bug" in token:
        try:
            vars(strategy)[token]
        except KeyError as error:
            error.add_note(token)
            raise ExceptionGroup(token, [RuntimeError(token), ValueError(vars(backend), repr(credential))]) from error
    if "step-refuses" in token:
        raise AuthPolicyError(backend, token)
    if "step-blames" in token:
        raise AuthResponseError(backend, token, code="malformed_response", stage="pipeline")
    if "step-redirects" in token:
        return strategy.redirect(f"https://example.com/?token={token}")
    if "step-database-bug" in token:
        get_user_model()._default_manager.create(pk=user.pk, username=token, email=token)
    if "step-statement-bug" in token:
        get_user_model()._default_manager.raw("SELECT * FROM nowhere WHERE token = %s", [token])[0]
    return None


@receiver([signals.signed_up, signals.signed_in])
def fail_in_receiver(**kwargs: Any) -> None:
    """Fail after the commit."""
    if "listener" in _last[0]:
        raise RuntimeError(_last[0])
