"""A reference to a page, heading, section or row that does not exist is named."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from scripts.links import anchors, faults

# In parts, so that the check of this file finds no missing reference.
DOCS = "docs"
CONTRACT, THREATS, DECISION, OLD = (
    f"{DOCS}/contract.md, section",
    f"{DOCS}/threats.md, row",
    "decision",
    "CONTRACT section",
)
PAGES = {
    f"{DOCS}/contract.md": "# The contract\n\n## 0. Sameness\n\n## 1. Wire format\n\n## Not yet\n",
    f"{DOCS}/threats.toml": '[[group]]\ntitle = "One"\n[[group.threat]]\nnumber = 1\n[[group.threat]]\nnumber = 2\n',
    f"{DOCS}/threats.md": "# Threats\n",
    f"{DOCS}/decisions/0001-first.md": "# 1. First\n",
}


def found(folder: Path, name: str, text: str, others: Mapping[str, str] = PAGES) -> list[str]:
    for path, content in {**others, name: text}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    return list(faults(folder, [name]))


@pytest.mark.parametrize(
    "text",
    [
        f"{CONTRACT} {1}",
        f"{CONTRACT}s {0} and {1}",
        f"    # as {CONTRACT.replace(' ', chr(10) + '    # ')} {1} says",
        f"{THREATS}s {1}-{2}",
        f"{DECISION} {1}",
        "docs/threats.md",
        f"elsewhere/{DOCS}/none.md",
    ],
)
def test_existing_targets(tmp_path: Path, text: str) -> None:
    """A reference to an existing target is no fault, also over two lines of a comment."""
    assert found(tmp_path, "module.py", text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"{CONTRACT} {2}", "there is no section 2 of docs/contract.md"),
        (f"{CONTRACT}s {0}, {1} and {7}", "there is no section 7 of docs/contract.md"),
        (f"{THREATS} {3}", "there is no row 3 of docs/threats.toml"),
        (f"{THREATS}s {1}-{3}", "there is no row 3 of docs/threats.toml"),
        (f"{DECISION} {2}", "there is no decision 2"),
        (f"{DOCS}/none.md", f"there is no {DOCS}/none.md"),
        (f"{OLD} {1}", f'"{OLD} 1" names no page: write "{CONTRACT} …" or "{THREATS} …"'),
    ],
)
def test_missing_targets(tmp_path: Path, text: str, fault: str) -> None:
    """A reference to a missing target is reported with its file."""
    assert found(tmp_path, "module.py", text) == [f"module.py: {fault}"]


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("contract.md", ""),
        ("contract.md#1-wire-format", ""),
        ("#here", ""),
        ("decisions/", ""),
        ("https://example.com/none", ""),
        ("none.md", "there is no none.md"),
        ("contract.md#2-none", "there is no heading for contract.md#2-none"),
        ("#there", "there is no heading for #there"),
        ("../../outside.md", "there is no ../../outside.md"),
    ],
)
def test_links_of_pages(tmp_path: Path, link: str, fault: str) -> None:
    """A relative link leads to a file of the project, its anchor to a heading."""
    page = f"# Here\n\n[a page]({link})\n\n`[code](none.md)`\n\n```\n[code](none.md)\n# There\n```\n"
    assert found(tmp_path, f"{DOCS}/page.md", page) == ([f"{DOCS}/page.md: {fault}"] if fault else [])


def test_files_that_are_not_text_are_left_out(tmp_path: Path) -> None:
    """An image refers to nothing."""
    (tmp_path / "image.png").write_bytes(b"\x89PNG")
    assert list(faults(tmp_path, ["image.png", "deleted.py"])) == []


def test_anchors_are_those_of_github() -> None:
    """Without punctuation and marks, and numbered where a heading is repeated."""
    page = "# `SIGTERM`: one, *two*\n\n## [A page](page.md)\n\n### A page\n"
    assert anchors(page) == {"sigterm-one-two", "a-page", "a-page-1"}
