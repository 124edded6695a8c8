"""Breaking changes between two OpenAPI documents: `openapi_compatibility.py OLD.yaml NEW.yaml`.

Prints a line for each breaking change and exits with 1 if there is one. A client of the old document must be able to
read every answer (nothing is removed) and to send the same requests (nothing more is required). Additions to an answer
and optional additions to a request are compatible: a client ignores what it does not know. So is a value that is added
to an `x-extensible-enum` or removed from it, as a client accepts any. Descriptions, examples, tags and order are not
compared.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
RENAMED = {"Error": "ErrorEnvelope"}
"""Components with another name than in the last release, which is seen in the source of a newly generated client only
(docs/decisions/0035-generated-clients.md)."""
NARROWER = {  # bounds of requests: a larger (1) or smaller (-1) value accepts fewer of them
    "minLength": 1,
    "minimum": 1,
    "minItems": 1,
    "maxLength": -1,
    "maximum": -1,
    "maxItems": -1,
}
WIDER = ("format", "integer", None, "int64")
"""An integer that now has 64 bits in all languages: the keyword, the type, the old and the new value."""


class Document:
    """An OpenAPI document."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    def follow(self, node: Any) -> Any:
        """Return the target of a reference, or the node itself."""
        while isinstance(node, dict) and "$ref" in node:
            target: Any = self.content
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node or {}

    def operations(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the operations by path and method."""
        found = {}
        for path, item in self.content.get("paths", {}).items():
            for method in METHODS:
                if method in item:
                    found[path, method] = {
                        **item[method],
                        "parameters": [*item.get("parameters", []), *item[method].get("parameters", [])],
                    }
        return found


class Comparison:
    """The comparison of an old document with a new one."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self.old, self.new = Document(old), Document(new)
        self._underway: set[tuple[str, str, bool]] = set()

    def breaks(self) -> Iterator[str]:
        """Yield a line for each breaking change."""
        before, after = self._urls(self.old), self._urls(self.new)
        # A generated client uses the first one unless it is told another.
        if after[:1] != before[:1] or not {*before} <= {*after}:
            yield "servers: changed"
        after = self.new.operations()
        for (path, method), operation in self.old.operations().items():
            place = f"{method.upper()} {path}"
            if (path, method) not in after:
                yield f"{place}: removed"
                continue
            yield from (f"{place}: {what}" for what in self._operation(operation, after[path, method]))

    @staticmethod
    def _urls(document: Document) -> list[str]:
        return [server["url"] for server in document.content.get("servers", [])]

    def _operation(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"operationId {old.get('operationId')} is now {new.get('operationId')}"
        yield from self._security(old, new)
        yield from self._parameters(old["parameters"], new["parameters"])
        yield from self._request(old.get("requestBody"), new.get("requestBody"))
        yield from self._responses(old.get("responses", {}), new.get("responses", {}))

    def _security(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
        before = old.get("security", self.old.content.get("security", [])) or [{}]
        after = new.get("security", self.new.content.get("security", [])) or [{}]
        for requirement in before:
            if requirement not in after:
                yield f"credentials {' and '.join(requirement) or 'none'} are no longer accepted"

    def _parameters(self, old: list[Any], new: list[Any]) -> Iterator[str]:
        before, after = self._by_name(self.old, old), self._by_name(self.new, new)
        for name, parameter in before.items():
            if name in after:
                now = after[name]
                yield from self._required(name, required=now.get("required"), was=parameter.get("required"))
                yield from self._schema(name, parameter.get("schema"), now.get("schema"), sent=True)
            else:
                yield f"{name}: removed"
        for name, parameter in after.items():
            if name not in before:
                yield from self._required(name, required=parameter.get("required"), was=False)

    @staticmethod
    def _by_name(document: Document, parameters: list[Any]) -> dict[str, Any]:
        followed = [document.follow(parameter) for parameter in parameters]
        return {f"{parameter['in']} parameter {parameter['name']}": parameter for parameter in followed}

    @staticmethod
    def _required(place: str, *, required: Any, was: Any) -> Iterator[str]:
        if required and not was:
            yield f"{place}: now required"

    def _request(self, old: Any, new: Any) -> Iterator[str]:
        before, after = self.old.follow(old), self.new.follow(new)
        yield from self._required("request", required=after.get("required"), was=before.get("required"))
        yield from self._content("request", before, after, sent=True)

    def _responses(self, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
        for status, response in old.items():
            if status not in new:
                yield f"{status}: removed"
                continue
            before, after = self.old.follow(response), self.new.follow(new[status])
            for name in before.get("headers", {}):
                if name not in after.get("headers", {}):
                    yield f"{status} header {name}: removed"
            yield from self._content(status, before, after, sent=False)

    def _content(self, place: str, old: dict[str, Any], new: dict[str, Any], *, sent: bool) -> Iterator[str]:
        for media_type, content in old.get("content", {}).items():
            if media_type in new.get("content", {}):
                now = new["content"][media_type]
                yield from self._schema(place, content.get("schema"), now.get("schema"), sent=sent)
            else:
                yield f"{place} {media_type}: removed"

    def _schema(self, place: str, old: Any, new: Any, *, sent: bool) -> Iterator[str]:
        """Compare two schemas of what a client sends or reads."""
        if isinstance(old, dict) and isinstance(new, dict) and "$ref" in old and "$ref" in new:
            pair = old["$ref"], new["$ref"], sent
            if pair not in self._underway:  # a component may contain itself
                self._underway.add(pair)
                yield from self._name(place, *pair[:2])
                yield from self._schema(place, self.old.follow(old), self.new.follow(new), sent=sent)
                self._underway.remove(pair)
            return
        before, after = self.old.follow(old), self.new.follow(new)
        yield from self._keywords(place, before, after, sent=sent)
        if bool(before.get("nullable")) != bool(after.get("nullable")) and bool(after.get("nullable")) != sent:
            yield f"{place}: {'no longer' if sent else 'now'} nullable"
        yield from self._enum(place, before.get("enum"), after.get("enum"), sent=sent)
        if sent:
            yield from self._bounds(place, before, after)
        yield from self._fields(place, before, after, sent=sent)
        for part in ("items", "additionalProperties"):
            if isinstance(before.get(part), dict) and isinstance(after.get(part), dict):
                yield from self._schema(f"{place}[]", before[part], after[part], sent=sent)
            elif bool(before.get(part, True)) and after.get(part, True) is False:
                yield f"{place}: {part} no longer allowed"

    @staticmethod
    def _keywords(place: str, old: dict[str, Any], new: dict[str, Any], *, sent: bool) -> Iterator[str]:
        for keyword in ("type", "format", "pattern", "allOf", "oneOf", "anyOf", "not"):
            before, after = old.get(keyword), new.get(keyword)
            if (keyword, old.get("type"), before, after) == WIDER:
                continue
            # Without the keyword the new document accepts any value that is sent.
            if before != after and not (sent and keyword not in new):
                yield f"{place}: {keyword} {before} is now {after}"

    @staticmethod
    def _name(place: str, old: str, new: str) -> Iterator[str]:
        before, after = old.rpartition("/")[2], new.rpartition("/")[2]
        if RENAMED.get(before, before) != after:
            yield f"{place}: component {before} is now {after}"

    @staticmethod
    def _enum(place: str, old: Any, new: Any, *, sent: bool) -> Iterator[str]:
        if old == new:
            return
        if old is None or new is None:
            if (new is None) != sent:
                yield f"{place}: enum {'removed' if new is None else 'added'}"
            return
        gone = [value for value in old if value not in new] if sent else [value for value in new if value not in old]
        # A client that knows a closed list cannot read a value outside it.
        for value in gone:
            yield f"{place}: enum value {value!r} {'removed' if sent else 'added'}"

    @staticmethod
    def _bounds(place: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
        for keyword, sign in NARROWER.items():
            before, after = old.get(keyword), new.get(keyword)
            if after is not None and (before is None or (after - before) * sign > 0):
                if before is None and keyword in {"minLength", "minItems"} and after == 0:
                    continue
                yield f"{place}: {keyword} {before} is now {after}"

    def _fields(self, place: str, old: dict[str, Any], new: dict[str, Any], *, sent: bool) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        required, now_required = old.get("required", []), new.get("required", [])
        for name, field in before.items():
            if name not in after:
                yield f"{place}.{name}: removed"
                continue
            if sent:
                yield from self._required(f"{place}.{name}", required=name in now_required, was=name in required)
            elif name in required and name not in now_required:
                yield f"{place}.{name}: no longer required"
            yield from self._schema(f"{place}.{name}", field, after[name], sent=sent)
        for name in after:
            if sent and name not in before:
                yield from self._required(f"{place}.{name}", required=name in now_required, was=False)


def main(arguments: list[str]) -> int:
    """Compare two files, print the changes and return the exit status."""
    if len(arguments) != 2:
        print("openapi_compatibility.py OLD.yaml NEW.yaml", file=sys.stderr)
        return 2
    old, new = (yaml.safe_load(Path(name).read_text(encoding="utf-8")) for name in arguments)
    # A change of a component is found once for each operation that uses it.
    found = list(dict.fromkeys(Comparison(old, new).breaks()))
    for line in found:
        print(line)
    print(f"{arguments[1]} against {arguments[0]}: {len(found)} breaking changes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
