"""social-core's strategy without a session and without a request.

Nothing in a query string, a Host header or a cookie can reach a backend: there is nowhere it could come
from. `authenticate` does not authenticate: it hands back what a backend would, so that the network is
done before the database is touched; `run` does the rest later, inside a transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from social_core.backends.base import BaseAuth
from social_core.utils import module_member
from social_django.strategy import DjangoStrategy

from social.engine.pipeline import has_field

REPLACED_STEPS: Mapping[str, str] = {
    # Ours: a clean name, unique whatever the case, never an address, an id or a token.
    "social_core.pipeline.user.get_username": "social.engine.pipeline.get_username",
    # social-core's writes the provider's names over a known user's at every sign-in.
    "social_core.pipeline.user.user_details": "social.engine.pipeline.user_details",
    # The same without a savepoint, which an operator's own step gets from the strategy: it may go on after a refusal.
    "social_core.pipeline.user.create_user": "social.engine.pipeline.create_user",
    # social-core's breaks on rows of years ago, and adopts one by an address that nobody has verified.
    "social_core.pipeline.social_auth.social_user": "social.legacy_rows.association_lookup.social_user",
}
"""Steps of an operator's `SOCIAL_AUTH_PIPELINE` that stand for a promise of the contract, or cost less."""

ASSOCIATING_STEPS = (
    "social_core.pipeline.social_auth.associate_user",
    "social_core.pipeline.social_auth.load_extra_data",
)
"""Where one follows the other, as they do by default, they are one step, and one INSERT."""
ASSOCIATE = "social.engine.pipeline.associate_user"

FINDS_BY_EMAIL = "social_core.pipeline.social_auth.associate_by_email"
DEFAULT_STORAGE = "social_django.models.DjangoStorage"


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in whose network part is done: the arguments a backend gave to `authenticate`."""

    backend: BaseAuth[Any]
    arguments: Mapping[str, Any]

    @property
    def profile(self) -> dict[str, Any]:
        """What the provider tells of the person."""
        response: dict[str, Any] = self.arguments["response"]
        return response


class StatelessStrategy(DjangoStrategy):
    """A strategy for one sign-up; what a backend puts "in the session" is gone with it."""

    def __init__(self) -> None:
        """Make it, with the operator's storage where there is one."""
        super().__init__(None, request=None)
        self._storage = module_member(self.setting("STORAGE", DEFAULT_STORAGE))
        self._kept: dict[str, Any] = {}

    def session_get(self, name: str, default: Any = None) -> Any:
        """Give what this very sign-up has put there."""
        return self._kept.get(name, default)

    def session_set(self, name: str, value: Any) -> None:
        """Keep it for this sign-up."""
        self._kept[name] = value

    def session_pop(self, name: str) -> Any:
        """Take it out."""
        return self._kept.pop(name, None)

    def session_setdefault(self, name: str, value: Any) -> Any:
        """Keep it unless there is one."""
        return self._kept.setdefault(name, value)

    def setting(self, name: str, default: Any = None, backend: BaseAuth[Any] | None = None) -> Any:
        """Give a setting; where it stands is looked for once, not at each of the dozens of times a sign-in asks."""
        key = (backend.name if backend else "", name)
        if key not in _settings_known:
            _settings_known[key] = super().setting(name, _NOT_SET, backend)
        value = _settings_known[key]
        return default if value is _NOT_SET else value

    def get_setting(self, name: str) -> Any:
        """Give a setting; a new user's names go into the same INSERT where the model has them."""
        try:
            return super().get_setting(name)  # type: ignore[no-untyped-call]  # typed in part only
        except AttributeError:
            if name == "SOCIAL_AUTH_USER_FIELDS":
                kept = (get_user_model().get_email_field_name(), "first_name", "last_name")
                return ["username", *(field for field in kept if has_field(get_user_model(), field))]
            raise

    def get_pipeline(self, backend: BaseAuth[Any] | None = None) -> list[str]:
        """Give the operator's steps or social-core's, with ours in place of those that break a promise.

        :raises ImproperlyConfigured: for a step that finds users by address; a system check says so at the start.
        """
        steps = super().get_pipeline(backend)
        if FINDS_BY_EMAIL in steps:
            raise ImproperlyConfigured(f"The pipeline has {FINDS_BY_EMAIL}.")
        return list(_with_ours(tuple(steps)))

    def authenticate(self, *args: Any, **kwargs: Any) -> Any:
        """Hand back what the backend has gathered."""
        backend = kwargs.pop("backend", None) or args[0]
        return Pending(backend, kwargs)

    def run(self, pending: Pending, **kwargs: Any) -> Any:
        """Run the pipeline; the caller has opened the transaction."""
        arguments = {
            **pending.arguments,
            **kwargs,
            "strategy": self,
            "storage": self.storage,
            "backend": pending.backend,
        }
        # Steps change what they are given; a second run after a race must start from the same.
        arguments["response"] = dict(pending.profile)
        return pending.backend.run_authentication(**arguments)

    def clean_authenticate_args(self, *args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Take the arguments as they are: there is no request among them."""
        return args, kwargs


_NOT_SET = object()
_settings_known: dict[tuple[str, str], Any] = {}
# Django's settings do not change while a process runs; where a test changes them, it is told.
setting_changed.connect(lambda **changed: _settings_known.clear(), weak=False)


@cache
def _with_ours(steps: tuple[str, ...]) -> tuple[str, ...]:
    first, second = ASSOCIATING_STEPS
    if first in steps and steps[steps.index(first) + 1 :][:1] == (second,):
        place = steps.index(first)
        steps = (*steps[:place], ASSOCIATE, *steps[place + 2 :])
    return tuple(REPLACED_STEPS.get(step, step) for step in steps)
