"""The templates of the pages that the service serves: links, comments, braces, and what is refused."""

from pathlib import Path

import pytest

from scripts import served_pages


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the page that is made into a template."""
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(served_pages, "ROOT", tmp_path)
    monkeypatch.setattr(served_pages, "DOCS", tmp_path / "docs")
    return tmp_path / "docs" / "page.md"


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("[Errors](errors.md#throttled)", '<a href="/docs/errors/#throttled">Errors</a>'),
        ("[here](#part)", '<a href="#part">here</a>'),
        ("[RFC](https://example.com/a)", '<a href="https://example.com/a">RFC</a>'),
        ("[document](../openapi.yaml)", '<a href="{{ api }}openapi.yaml">document</a>'),
        ("see [the contract](contract.md#3-errors).", "see the contract (docs/contract.md)."),
        ("[`code`](../sandbox/README.md)", "<code>code</code> (sandbox/README.md)"),
        ("`{{ secret }}` {% load %} {# x #}", "<code>&#123;&#123; secret }}</code> &#123;% load %} &#123;# x #}"),
        ("<!-- a comment -->", ""),
        ("## A `part`, *twice*", '<h2 id="a-part-twice">A <code>part</code>, <em>twice</em></h2>'),
        ("`token_audience_mismatch`", "<code>token_<wbr>audience_<wbr>mismatch</code>"),
        ("```\ntoken_audience_mismatch\n```", '<pre tabindex="0"><code>token_audience_mismatch\n</code></pre>'),
        ("```\n<b>\n```", '<pre tabindex="0"><code>&lt;b&gt;\n</code></pre>'),
    ],
)
def test_markdown_becomes_a_template(write: Path, markdown: str, html: str) -> None:
    """Only addresses that the service has are links, and only `{{ api }}` is a variable."""
    write.write_text(f"# Title\n\n{markdown}\n", encoding="utf-8")
    text = served_pages.template("page").partition('<h1 id="title">Title</h1>')[2].removesuffix("{% endblock %}\n")
    assert text.strip().removeprefix("<p>").removesuffix("</p>") == html


def test_a_table_fits_any_screen(write: Path) -> None:
    """A table is in an element that scrolls, with the keyboard too, and its cells name their column."""
    write.write_text("# Title\n\n| a | b |\n| --- | --- |\n| c | d |\n", encoding="utf-8")
    text = served_pages.template("page")
    assert '<div class="table" tabindex="0" role="group" aria-label="Table">\n<table>' in text
    assert "</table>\n</div>" in text
    assert '<td data-of="a">c</td>\n<td data-of="b">d</td>' in text


@pytest.mark.parametrize(
    "markdown",
    [
        "a <b>bold</b> word",
        "<script>alert(1)</script>",
        "| a |\n| ---: |\n| right |",
        "## Twice\n\n## Twice",
    ],
)
def test_what_cannot_be_served_is_refused(write: Path, markdown: str) -> None:
    """HTML, an aligned column, which needs an inline style, and two headings with one anchor."""
    write.write_text(f"# Title\n\n{markdown}\n", encoding="utf-8")
    with pytest.raises(served_pages.PageError):
        served_pages.template("page")
