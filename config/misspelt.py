"""Environment variables that look like ours and are not read, with the name that was probably meant."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from social_core.utils import to_setting_name

from config.variables import PATTERN, SOCIAL_AUTH, VARIABLES
from social.providers.catalogue import CATALOGUE
from social.providers.registry import POLICIES

NAMES = frozenset(variable.name for variable in VARIABLES)
OPTIONS = frozenset(variable.option for variable in VARIABLES if variable.option)
"""The parts of names after a provider's name, such as `KEY`."""
SHORTEST = 7
"""Names with fewer letters, such as `PORT` and `KEY`, are close to names of other programs."""
CLOSE = 0.83
"""`difflib`'s ratio. `TRUSTED_PROXY` has 0.86, Heroku's `REDIS_TLS_URL` 0.82, Rails' `SECRET_KEY_BASE` 0.8."""
_FRAMEWORK = "DJANGO_"


def misspelt(environ: Mapping[str, str], enabled: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the name of each misspelt variable with the name that was probably meant.

    A name is not reported if the variable that it resembles is set, too: it then belongs to another program.

    :param enabled: names of the enabled providers.
    """
    own = {to_setting_name(name) for name in enabled}
    for name in sorted(environ):
        meant = _meant(name, own)
        if meant and meant not in environ:
            yield name, meant


def _meant(name: str, enabled: set[str]) -> str | None:
    if name in NAMES:
        return None
    if name.startswith(SOCIAL_AUTH):
        return _of_social_auth(name.removeprefix(SOCIAL_AUTH), enabled)
    if name.startswith("SOCIAL"):
        of_providers = (f"{SOCIAL_AUTH}{provider}_{option}" for provider in enabled for option in OPTIONS)
        return _closest(name, (*of_providers, *NAMES))
    without_prefix = name.upper().removeprefix(_FRAMEWORK)
    if len(without_prefix) < SHORTEST:
        return None
    if without_prefix in NAMES:
        return without_prefix
    return _closest(name.upper(), (one for one in NAMES if len(one) >= SHORTEST and PATTERN not in one))


def _of_social_auth(rest: str, enabled: set[str]) -> str | None:
    """Return the name that was meant by `SOCIAL_AUTH_<rest>`, or None if it may be a setting of social-core."""
    known = enabled | {to_setting_name(name) for name in (*CATALOGUE, *POLICIES)}
    provider = max((one for one in known if rest.startswith(f"{one}_")), key=len, default="")
    if provider:
        return _of_provider(provider, rest.removeprefix(f"{provider}_"))
    general = {name.removeprefix(SOCIAL_AUTH) for name in NAMES if name.startswith(SOCIAL_AUTH)}
    option = max((one for one in OPTIONS if rest.endswith(f"_{one}")), key=len, default="")
    prefix = rest.removesuffix(f"_{option}")
    if option and (found := _provider_meant(prefix, known, enabled)):
        return f"{SOCIAL_AUTH}{found}_{option}"
    found = _closest(rest, (one for one in general if len(one) >= SHORTEST))
    return f"{SOCIAL_AUTH}{found}" if found else None


def _of_provider(provider: str, option: str) -> str | None:
    own = f"{SOCIAL_AUTH}{provider}_"
    options = OPTIONS | {name.removeprefix(own) for name in NAMES if name.startswith(own)}
    if option in options:
        return None
    found = _closest(option, (one for one in options if len(one) >= SHORTEST - 1))
    return f"{own}{found}" if found else None


def _provider_meant(name: str, known: set[str], enabled: set[str]) -> str | None:
    """Return the provider whose name is close, or the enabled one that begins with it (`GOOGLE`, `GOOGLE_OAUTH2`)."""
    longer = sorted(one for one in enabled if one.startswith(f"{name}_"))
    return longer[0] if longer else _closest(name, enabled) or _closest(name, known)


def _closest(name: str, among: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name, sorted(among), n=1, cutoff=CLOSE)), None)
