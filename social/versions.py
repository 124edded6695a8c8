"""The versions of Python and of packages that the tests are run with, and the check that names others.

`make matrix` reads this table, and its tests fail with a version that is not in it.
"""

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

from django.core import checks

TESTED: Mapping[str, tuple[str, ...]] = {
    "Python": ("3.11", "3.12", "3.13"),
    "Django": ("5.2", "6.0", "6.1"),
    "djangorestframework": ("3.15", "3.16", "3.17", "3.18"),
    "social-auth-core": ("7.0",),
    "social-auth-app-django": ("8.0",),
}
"""The first two numbers of each tested version, oldest first."""

VERSIONS_HINT = "It may work: run your own tests, above all of sign-ups."


def installed(package: str) -> str | None:
    """Return the version of a package or of Python; None if the package is not installed."""
    try:
        return platform.python_version() if package == "Python" else version(package)
    except PackageNotFoundError:
        return None


def series(of: str) -> str:
    """Return the first two numbers of a version; `6.1` of `6.1rc1`."""
    major, _, rest = of.partition(".")
    minor = rest.partition(".")[0]
    return f"{major}.{minor[: len(minor) - len(minor.lstrip('0123456789'))]}"


def untested(tested: Mapping[str, tuple[str, ...]], check: str) -> Iterator[checks.CheckMessage]:
    """Yield a warning for each installed version that is not in the table.

    :param check: the id of the warnings.
    """
    for package, tested_series in tested.items():
        found = installed(package)
        if found is not None and series(found) not in tested_series:
            yield checks.Warning(
                f"{package} {found} was never tested with Tandem.",
                hint=f"The tested versions are {', '.join(tested_series)}. {VERSIONS_HINT}",
                id=check,
            )
