"""Run the tests that depend on Django's private parts with each version in TESTED_DJANGO.

python -m scripts.django_versions [PYTHON [PYTEST ARGUMENT ...]]   PYTHON makes the environments, which are in .cache/;
Django 6 needs Python 3.12 or newer. All packages but Django have the locked versions.
"""

import subprocess
import sys
from pathlib import Path

from social.compiled_lookup import TESTED_DJANGO

TESTS = ("tests/social/test_compiled.py", "tests/contract/test_sign_up.py", "tests/contract/test_authorization.py")
LOCKS = ("requirements/dev.txt", *sorted(map(str, Path().glob("*/requirements.txt"))))


def main() -> int:
    """Return 1 if the tests fail with a version, or if its environment cannot be made."""
    python, *arguments = sys.argv[1:] or [sys.executable]
    return max(_run(python, f"{major}.{minor}", arguments or TESTS) for major, minor in TESTED_DJANGO)


def _run(python: str, version: str, arguments: list[str] | tuple[str, ...]) -> int:
    folder = Path(".cache", f"django-{version}")
    own = str(folder / "bin" / "python")
    install = [own, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
    commands = [
        [python, "-m", "venv", str(folder)],
        [*install, "--require-hashes", "-r", LOCKS[0]],
        # With the locked setuptools, as scripts/bootstrap.py does.
        *([*install, "--require-hashes", "--no-build-isolation", "-r", lock] for lock in LOCKS[1:]),
        [*install, f"Django~={version}.0"],
        [own, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
    ]
    print(f"Django {version}", flush=True)
    return int(any(subprocess.run(command, check=False).returncode for command in commands))


if __name__ == "__main__":
    sys.exit(main())
