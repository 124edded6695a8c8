"""The locked requirements: every package has a version and the hashes of its files.

python -m scripts.locks   prints each line of a lock that could install anything else
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[\w.!+-]+)(?: ;[^\\]*?)?(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)"
)


def shipped() -> list[Path]:
    """Return the locks of what runs in production."""
    return [ROOT / "requirements" / "run.txt", *_of_apps()]


def every() -> list[Path]:
    """Return all locks."""
    return [*sorted((ROOT / "requirements").glob("*.txt")), *_of_apps(), *sorted(ROOT.glob("benchmarks/peers/*.txt"))]


def _of_apps() -> list[Path]:
    return sorted(ROOT.glob("*/requirements.txt"))


def packages(lock: str) -> dict[str, str]:
    """Return the pinned versions of a lock by package name."""
    found = (PINNED.fullmatch(line) for line in _lines(lock))
    return {match["name"].lower(): match["version"] for match in found if match}


def faults(lock: str) -> list[str]:
    """Return the lines that are not a pinned package with hashes: bare names, URLs, options, other indexes."""
    return [line for line in _lines(lock) if not PINNED.fullmatch(line)]


def _lines(lock: str) -> Iterator[str]:
    """Yield the lines without comments, continued lines joined."""
    text = re.sub(r"(?m)(?:^|\s)#.*$", "", lock)
    for line in text.replace("\\\n", " ").splitlines():
        if words := line.split():
            yield " ".join(words)


def main() -> int:
    """Print every fault and return the exit status."""
    found = [(lock, line) for lock in every() for line in faults(lock.read_text(encoding="utf-8"))]
    found += [(lock, "nothing is pinned") for lock in every() if not packages(lock.read_text(encoding="utf-8"))]
    for lock, line in found:
        print(f"{lock.relative_to(ROOT)}: {line}: pin it with hashes: make lock", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
