"""social-core's strategy without a session and a request, and the replacement of pipeline steps.

Nothing in a query string, a Host header or a cookie reaches a backend, because the strategy has no request. Its
`authenticate` returns a `Pending` instead of running the pipeline, so that all provider calls end before the first
statement; `run` runs the pipeline later, in a transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from social_core.backends.base import BaseAuth
from social_core.utils import SETTING_PREFIX, module_member, setting_name
from social_django.strategy import DjangoStrategy

from social.engine.pipeline import has_field

REPLACED_STEPS: Mapping[str, str] = {
    # A clean name, unique without regard to case, never an address, an id or a token.
    "social_core.pipeline.user.get_username": "social.engine.pipeline.get_username",
    # social-core's step overwrites a known user's names at every sign-in.
    "social_core.pipeline.user.user_details": "social.engine.pipeline.user_details",
    # Without a savepoint. An operator's own step still gets one from the strategy and can continue after an error.
    "social_core.pipeline.user.create_user": "social.engine.pipeline.create_user",
    # social-core's step fails on old rows, and adopts an association by an unverified address.
    "social_core.pipeline.social_auth.social_user": "social.engine.association_lookup.social_user",
}
"""Steps of `SOCIAL_AUTH_PIPELINE`, and the steps that replace them to keep the contract or to cost less."""

ASSOCIATING_STEPS = (
    "social_core.pipeline.social_auth.associate_user",
    "social_core.pipeline.social_auth.load_extra_data",
)
"""Two steps that are replaced by one, with one INSERT, if the second follows the first, as in the default pipeline."""
ASSOCIATE = "social.engine.pipeline.associate_user"

FINDS_BY_EMAIL = "social_core.pipeline.social_auth.associate_by_email"
DEFAULT_STORAGE = "social_django.models.DjangoStorage"


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in after its provider calls: the arguments with which the backend called `authenticate`."""

    backend: BaseAuth[Any]
    arguments: Mapping[str, Any]

    @property
    def profile(self) -> dict[str, Any]:
        """The provider's profile of the person."""
        response: dict[str, Any] = self.arguments["response"]
        return response


class StatelessStrategy(DjangoStrategy):
    """The strategy of one sign-up; its "session" ends with the sign-up."""

    def __init__(self) -> None:
        """Set the storage: SOCIAL_AUTH_STORAGE, or social_django's."""
        super().__init__(None, request=None)
        self._storage = module_member(self.setting("STORAGE", DEFAULT_STORAGE))
        self._session_values: dict[str, Any] = {}

    def session_get(self, name: str, default: Any = None) -> Any:
        """Return a value that was set during this sign-up."""
        return self._session_values.get(name, default)

    def session_set(self, name: str, value: Any) -> None:
        """Set a value for this sign-up."""
        self._session_values[name] = value

    def session_pop(self, name: str) -> Any:
        """Remove and return a value."""
        return self._session_values.pop(name, None)

    def session_setdefault(self, name: str, value: Any) -> Any:
        """Return a value, and set it if there is none."""
        return self._session_values.setdefault(name, value)

    def setting(self, name: str, default: Any = None, backend: BaseAuth[Any] | None = None) -> Any:
        """Return a setting; only names that begin with SOCIAL_AUTH are read.

        social-core also tries the name without the prefix, but in a host project `PIPELINE`, `SCOPE` or `KEY` may be
        the setting of another package. The value is cached, because a sign-in reads dozens of settings.
        """
        key = ("" if backend is None else backend.name, name)
        try:
            value = _cached_settings[key]
        except KeyError:
            value = _cached_settings[key] = self._first_setting(_names_of(name, backend))
        return default if value is _NOT_SET else value

    def _first_setting(self, names: list[str]) -> Any:
        for name in names:
            try:
                return self.get_setting(name)
            except AttributeError:
                continue
        return _NOT_SET

    def get_setting(self, name: str) -> Any:
        """Return a setting; by default, USER_FIELDS has the model's name fields, so that one INSERT writes them."""
        try:
            return super().get_setting(name)  # type: ignore[no-untyped-call]  # typed in part only
        except AttributeError:
            if name == "SOCIAL_AUTH_USER_FIELDS":
                fields = (get_user_model().get_email_field_name(), "first_name", "last_name")
                return ["username", *(field for field in fields if has_field(get_user_model(), field))]
            raise

    def get_pipeline(self, backend: BaseAuth[Any] | None = None) -> list[str]:
        """Return the operator's pipeline or social-core's, with steps replaced (`REPLACED_STEPS`, `ASSOCIATING_STEPS`).

        :raises ImproperlyConfigured: a step finds users by e-mail address; a system check reports it at start-up.
        """
        steps = super().get_pipeline(backend)
        if FINDS_BY_EMAIL in steps:
            raise ImproperlyConfigured(f"The pipeline has {FINDS_BY_EMAIL}.")
        return list(_replace_steps(tuple(steps)))

    def authenticate(self, *args: Any, **kwargs: Any) -> Any:
        """Return the backend's arguments as a `Pending`."""
        backend = kwargs.pop("backend", None) or args[0]
        return Pending(backend, kwargs)

    def run(self, pending: Pending, **kwargs: Any) -> Any:
        """Run the pipeline, in the transaction that the caller has begun."""
        arguments = {
            **pending.arguments,
            **kwargs,
            "strategy": self,
            "storage": self.storage,
            "backend": pending.backend,
        }
        # Steps change their arguments; a second run must begin with the same.
        arguments["response"] = dict(pending.profile)
        return pending.backend.run_authentication(**arguments)

    def clean_authenticate_args(self, *args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments unchanged; they contain no request."""
        return args, kwargs


def _names_of(name: str, backend: BaseAuth[Any] | None) -> list[str]:
    own = [setting_name(backend.name, name)] if backend else []
    # An operator's own pipeline step may name a setting in full.
    full = [name] if name.startswith(SETTING_PREFIX + "_") else []
    return [*own, setting_name(name), *full]


_NOT_SET = object()
_cached_settings: dict[tuple[str, str], Any] = {}
# Django's settings change only in tests, which send this signal.
setting_changed.connect(lambda **changed: _cached_settings.clear(), weak=False)


@cache
def _replace_steps(steps: tuple[str, ...]) -> tuple[str, ...]:
    first, second = ASSOCIATING_STEPS
    if first in steps and steps[steps.index(first) + 1 :][:1] == (second,):
        index = steps.index(first)
        steps = (*steps[:index], ASSOCIATE, *steps[index + 2 :])
    return tuple(REPLACED_STEPS.get(step, step) for step in steps)
