"""The committed `openapi.yaml`, and functions that iterate over its parts."""

import copy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

COMMITTED = Path(__file__).resolve().parent.parent.parent / "openapi.yaml"


def committed() -> dict[str, Any]:
    """Return a copy of the document."""
    return copy.deepcopy(_read())


@cache
def _read() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(COMMITTED.read_text(encoding="utf-8"))
    return content


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every operation by its id."""
    return {operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()}


def nodes(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object in a document with its place, except inside examples."""
    if isinstance(node, dict):
        yield place, node
        for name, value in node.items():
            if name not in {"example", "examples"}:
                yield from nodes(value, f"{place}/{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from nodes(value, f"{place}/{index}")


def follow(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return the component that a reference names, or the node itself."""
    for part in node["$ref"].removeprefix("#/").split("/") if "$ref" in node else ():
        document = document[part]
    return document if "$ref" in node else node


def responses(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every response: the operation, the status, the Response Object."""
    for name, operation in operations(document).items():
        for status, response in operation["responses"].items():
            yield name, status, follow(document, response)


def examples(document: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield every example of a response: the operation, the status, the body."""
    for name, status, response in responses(document):
        for content in response.get("content", {}).values():
            for example in content.get("examples", {}).values():
                yield name, status, example["value"]
