"""The pages of docs/ that the service serves (`config.documentation`), as Django templates.

python -m scripts.served_pages           writes the templates
python -m scripts.served_pages --check   fails if one of them is not up to date
"""

import re
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from html import escape
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from config.documentation import PAGES, address
from scripts.links import anchor_of
from scripts.pages import write_or_check

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
TEMPLATES = ROOT / "config" / "templates" / "config" / "documents"

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_PREFIX = "(the prefix of the API)"
_ADDRESSES = {"../openapi.yaml": f"{_PREFIX}openapi.yaml"} | {f"{name}.md": address(name) for name in PAGES}
"""The addresses of the files that the service serves."""
_SCROLLABLE = {
    # A keyboard scrolls only what has the focus.
    "<pre>": '<pre tabindex="0">',
    "<table>": '<div class="table" tabindex="0" role="group" aria-label="Table">\n<table>',
    "</table>": "</table>\n</div>",
}


def _breakable(html: str) -> str:
    """Return HTML without tags in which a line may end after the punctuation of a long name."""
    return html if len(html) < 20 else re.sub(r"(?<=[a-z)])([._(/:]+)(?=[A-Za-z])", r"\1<wbr>", html)


def _code(renderer: object, tokens: Sequence[Token], place: int, *_: object) -> str:
    return f"<code>{_breakable(escape(tokens[place].content))}</code>"


_MARKDOWN.add_render_rule("code_inline", _code)


class PageError(Exception):
    """A page has something that cannot be served."""


def template(name: str) -> str:
    """Return the template of a page.

    :raises PageError: the page has HTML, an aligned column, for which there would be an inline style, or two headings
        with one anchor.
    """
    tokens = list(_kept(_MARKDOWN.parse((DOCS / f"{name}.md").read_text(encoding="utf-8"))))
    headings = _anchored(tokens)
    _label_cells(tokens)
    for token in tokens:
        token.children = list(_linked(token.children or []))
    text = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    if " style=" in text:
        raise PageError(f"{name}: an inline style, which the Content-Security-Policy refuses")
    for tag, scrollable in _SCROLLABLE.items():
        text = text.replace(tag, scrollable)
    contents = "\n".join(
        f'<li><a href="#{anchor}">{_breakable(escape(title))}</a></li>' for anchor, title in headings[1:]
    )
    return f"""{{% extends "config/document.html" %}}
{{# Written by scripts/served_pages.py from docs/{name}.md. #}}
{{% block title %}}{_literal(escape(headings[0][1]))}{{% endblock %}}
{{% block contents %}}
{_literal(contents)}
{{% endblock %}}
{{% block text %}}
{_literal(text.rstrip())}
{{% endblock %}}
"""


def _kept(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens of a page without comments."""
    for token in tokens:
        inside = [child.content for child in token.children or [] if child.type == "html_inline"]
        if inside or (token.type == "html_block" and not token.content.startswith("<!--")):
            raise PageError(f"HTML in a page: {inside or token.content}")
        if token.type != "html_block":
            yield token


def _anchored(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    """Add the anchors to the headings; return the anchor and the text of the first two levels."""
    found: dict[str, str] = {}
    for opening, content in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        anchor = anchor_of(content.content)
        if opening.attrs.setdefault("id", anchor) in found:
            raise PageError(f"two headings with the anchor {anchor}")
        found[anchor] = _text(content) if opening.tag in {"h1", "h2"} else ""
    return [(anchor, text) for anchor, text in found.items() if text]


def _label_cells(tokens: Sequence[Token]) -> None:
    """Add the heading of its column to each cell of a table, for screens on which rows are shown as lists."""
    labels: list[str] = []
    column = 0
    for opening, content in pairwise(tokens):
        if opening.type == "thead_open":
            labels = []
        elif opening.type == "tr_open":
            column = 0
        elif opening.type == "th_open":
            labels.append(_text(content))
        elif opening.type == "td_open":
            opening.attrs["data-of"] = labels[column]
            column += 1


def _text(content: Token) -> str:
    return "".join(child.content for child in content.children or [])


def _linked(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens of a line with links to what the service serves; of others only the text and the file's name."""
    unserved = ""
    for token in tokens:
        href = str(token.attrs.get("href", ""))
        path, hash_sign, anchor = href.partition("#")
        if token.type == "link_open" and path and ":" not in path:
            if path not in _ADDRESSES:
                unserved = path
                continue
            token.attrs["href"] = f"{_ADDRESSES[path]}{hash_sign}{anchor}"
        if token.type == "link_close" and unserved:
            yield Token("text", "", 0, content=f" ({_in_repository(unserved)})")
            unserved = ""
            continue
        yield token


def _in_repository(path: str) -> str:
    return (DOCS / path).resolve().relative_to(ROOT).as_posix()


def _literal(html: str) -> str:
    """Return HTML as the text of a template: a brace in it begins no tag."""
    return html.replace("{", "&#123;").replace(_PREFIX, "{{ api }}")


def main(arguments: Sequence[str]) -> int:
    """Write or check each template; return the exit status."""
    statuses = [
        write_or_check(TEMPLATES / f"{name}.html", partial(template, name), "make documents", arguments)
        for name in PAGES
    ]
    return max(statuses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
