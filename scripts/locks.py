"""The locked requirements: what is installed is known by name, version and the hash of each of its files.

python -m scripts.locks   says which line of which lock could bring in anything else
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
    """Give the locks of what runs in production."""
    return [ROOT / "requirements" / "run.txt", *_of_apps()]


def every() -> list[Path]:
    """Give all locks."""
    return [*sorted((ROOT / "requirements").glob("*.txt")), *_of_apps(), *sorted(ROOT.glob("benchmarks/peers/*.txt"))]


def _of_apps() -> list[Path]:
    return sorted(ROOT.glob("*/requirements.txt"))


def packages(lock: str) -> dict[str, str]:
    """Give the versions by name, of the lines of a lock that pin one."""
    found = (PINNED.fullmatch(line) for line in _lines(lock))
    return {match["name"].lower(): match["version"] for match in found if match}


def faults(lock: str) -> list[str]:
    """Give the lines that are no pinned package with hashes: names alone, URLs, options, other places to look."""
    return [line for line in _lines(lock) if not PINNED.fullmatch(line)]


def _lines(lock: str) -> Iterator[str]:
    """Give the lines without comments, continued ones as one."""
    text = re.sub(r"(?m)(?:^|\s)#.*$", "", lock)
    for line in text.replace("\\\n", " ").splitlines():
        if words := line.split():
            yield " ".join(words)


def main() -> int:
    """Name every fault."""
    found = [(lock, line) for lock in every() for line in faults(lock.read_text(encoding="utf-8"))]
    found += [(lock, "nothing is pinned") for lock in every() if not packages(lock.read_text(encoding="utf-8"))]
    for lock, line in found:
        print(f"{lock.relative_to(ROOT)}: {line}: pin it with hashes: make lock", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
