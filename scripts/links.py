"""References between files: links and anchors of Markdown pages, and the sections, rows and pages that any file names.

git ls-files | python -m scripts.links   prints every reference to something that does not exist
"""

import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A reference may be wrapped: white space, with the sign of a comment.
_GAP = r"[\s#]+"
_NUMBERS = rf"(\d+(?:(?:,{_GAP}|{_GAP}and{_GAP}|-)\d+)*)"
SECTIONS = re.compile(rf"contract\.md,{_GAP}sections?{_GAP}{_NUMBERS}")
ROWS = re.compile(rf"threats\.md,{_GAP}rows?{_GAP}{_NUMBERS}")
DECISIONS = re.compile(rf"\b[Dd]ecisions?{_GAP}{_NUMBERS}")
PAGES = re.compile(r"(?<![\w./-])docs/[\w./-]+\.(?:md|toml)\b")
OLD_FORM = re.compile(r"\b(?:CONTRACT sections?|THREATS,?(?: rows?)?) \d+")

_FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(<?([^)\s>]+)>?\)")
_ELSEWHERE = re.compile(r"[a-z]+:|/|#?$")


def faults(root: Path, names: Iterable[str]) -> Iterator[str]:
    """Yield a line for each reference in the named files to something that does not exist."""
    for name in names:
        try:
            text = (root / name).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        found = [*_references(root, text), *(_links(root, root / name, text) if name.endswith(".md") else ())]
        yield from (f"{name}: {fault}" for fault in found)


def anchors(markdown: str) -> set[str]:
    """Return the anchors that GitHub makes of the headings of a page."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", markdown)):
        count = 0
        anchor = first = anchor_of(heading)
        while anchor in found:
            count += 1
            anchor = f"{first}-{count}"
        found.add(anchor)
    return found


def anchor_of(heading: str) -> str:
    """Return the anchor that GitHub makes of the Markdown of a page's first heading of that text."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def _references(root: Path, text: str) -> Iterator[str]:
    known: tuple[tuple[re.Pattern[str], str, Callable[[Path], frozenset[int]]], ...] = (
        (SECTIONS, "section {} of docs/contract.md", _sections),
        (ROWS, "row {} of docs/threats.toml", _rows),
        (DECISIONS, "decision {}", _decisions),
    )
    for pattern, words, numbers in known:
        for match in pattern.finditer(text):
            for number in sorted(_expanded(match[1]) - numbers(root)):
                yield f"there is no {words.format(number)}"
    for match in PAGES.finditer(text):
        if not (root / match[0]).exists():
            yield f"there is no {match[0]}"
    for match in OLD_FORM.finditer(text):
        yield f'"{match[0]}" names no page: write "docs/contract.md, section …" or "docs/threats.md, row …"'


def _links(root: Path, page: Path, text: str) -> Iterator[str]:
    for target in _LINK.findall(_CODE.sub("", _FENCE.sub("", text))):
        if _ELSEWHERE.match(target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page.resolve()
        if not linked.exists() or not linked.is_relative_to(root.resolve()):
            yield f"there is no {target}"
        elif anchor and linked.suffix == ".md" and anchor not in _anchors_of(linked):
            yield f"there is no heading for {target}"


def _expanded(numbers: str) -> set[int]:
    """Return the numbers of "1-4, 8 and 16"."""
    found: set[int] = set()
    for part in re.findall(r"\d+(?:-\d+)?", numbers):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


@cache
def _anchors_of(page: Path) -> frozenset[str]:
    return frozenset(anchors(page.read_text(encoding="utf-8")))


@cache
def _sections(root: Path) -> frozenset[int]:
    text = (root / "docs" / "contract.md").read_text(encoding="utf-8")
    return frozenset(int(number) for number in re.findall(r"^## (\d+)\. ", text, re.MULTILINE))


@cache
def _rows(root: Path) -> frozenset[int]:
    data = tomllib.loads((root / "docs" / "threats.toml").read_text(encoding="utf-8"))
    return frozenset(threat["number"] for group in data["group"] for threat in group["threat"])


@cache
def _decisions(root: Path) -> frozenset[int]:
    return frozenset(int(page.name[:4]) for page in (root / "docs" / "decisions").glob("[0-9][0-9][0-9][0-9]-*.md"))


def main() -> int:
    """Print the faults in the files that standard input names; return 1 if there are any."""
    found = list(faults(ROOT, sys.stdin.read().split("\n")[:-1]))
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
