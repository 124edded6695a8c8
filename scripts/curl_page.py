"""docs/curl.md, from the declared resources and their examples.

python -m scripts.curl_page           writes the page
python -m scripts.curl_page --check   fails if it is not up to date
"""

import json
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from scripts.collection import API, BASE_URL, SANDBOX_URL
from scripts.pages import write_or_check
from shared.contract import curl
from shared.contract.declarations import SIGN_UP, registry
from shared.contract.resources import Example, Operation
from shared.contract.sign_up import SAMPLES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "curl.md"


def page() -> str:
    """Return the page of curl commands."""
    return "\n".join([*_head(), *_sign_ups(), *_others()]) + "\n"


def _head() -> Iterator[str]:
    yield "# Every call with curl"
    yield ""
    yield "<!-- Written by scripts/curl_page.py from the declared resources. -->"
    yield ""
    yield "The same calls as a [collection](collection/README.md) for Postman, Bruno, Insomnia and Hoppscotch. Set the"
    yield "address first; with `make demo` running it is"
    yield ""
    yield f"    BASE={BASE_URL}"
    yield ""
    yield "`make demo` has tokens of providers, too: the answer to this has the `access_token` for a sign-up."
    yield ""
    yield f'    curl -d \'{{"persona": "ripley"}}\' {SANDBOX_URL}/facebook/token'
    yield ""
    yield "Keep the `token` of a sign-up's answer in a variable. Never put it into a URL."
    yield ""
    yield "    TOKEN=…"
    yield ""
    yield "An app sends `X-Client: ShopApp/2.1` with each call: the name and version of its build, by which the"
    yield "operator tells who still calls v1."
    yield ""


def _sign_ups() -> Iterator[str]:
    (operation,) = SIGN_UP.operations
    example = operation.example or Example()
    yield f"## {operation.summary}"
    for title, body in SAMPLES.items():
        yield ""
        yield f"{title}:"
        yield ""
        yield from _block(curl.command(operation, f"$BASE/{SIGN_UP.uri('')}", body))
    yield ""
    yield "With the header `Authorization: Bearer $TOKEN`, each of them links the account to the signed-in user."
    yield ""
    yield from _answer(operation, example)


def _others() -> Iterator[str]:
    for exchange in registry.exchanges():
        if exchange.operation not in SIGN_UP.operations:
            yield ""
            yield f"## {exchange.operation.summary}"
            yield ""
            yield from _block(curl.command(exchange.operation, f"$BASE/{exchange.path}", exchange.example.request))
            yield ""
            yield from _answer(exchange.operation, exchange.example)


def _answer(operation: Operation, example: Example) -> Iterator[str]:
    headers = "".join(f"{name}: {value}\n" for name, value in example.headers_below(API).items())
    text = f"{operation.status} {HTTPStatus(operation.status).phrase}\n{headers}"
    body = json.dumps(example.body_below(API), indent=2, ensure_ascii=False)
    yield "The answer:"
    yield ""
    yield from _block(f"{text}\n{body}" if operation.returns else text)


def _block(text: str) -> Iterator[str]:
    """Yield the text as an indented block of Markdown."""
    yield from (f"    {line}".rstrip() for line in text.rstrip().splitlines())


if __name__ == "__main__":
    sys.exit(write_or_check(PAGE, page, "make openapi", sys.argv[1:]))
