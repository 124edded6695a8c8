"""Reading the project's settings."""

from typing import Any

from django.conf import settings
from django.core.signals import setting_changed

_UNSET = object()
_values: dict[str, Any] = {}


def setting(name: str, default: Any = None) -> Any:
    """Return a setting, or the default if there is none of that name.

    The values are kept: Django raises an exception for each that is not set, as most of ours, and a sign-in reads ten.
    Settings change only in tests, where Django sends a signal.
    """
    try:
        value = _values[name]
    except KeyError:
        value = _values[name] = getattr(settings, name, _UNSET)
    return default if value is _UNSET else value


def _forget(setting: str, **kwargs: Any) -> None:
    _values.pop(setting, None)


setting_changed.connect(_forget)
