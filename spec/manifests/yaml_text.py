"""YAML (and so JSON) text to plain data with lines, for text that nobody vouches for.

libyaml's parser yields events; values are built from them here rather than by the library's constructor, because only
so depth, size and aliases are bounded while reading, keys are checked for duplicates and every field has its line.
PyYAML's C parser read 20 times as much a second as ruamel.yaml's on real manifests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from .errors import InputError, quote
from .fields import FieldPath, Lines, LineTree
from .scalars import Scalar, key_text, resolve, resolve_tagged

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_COLLECTION_TAGS = {yaml.MappingStartEvent: "tag:yaml.org,2002:map", yaml.SequenceStartEvent: "tag:yaml.org,2002:seq"}


@dataclass(slots=True)
class Allowance:
    """What one reading may still take. ``depth``: nested collections; ``nodes``: values, aliases counted in full."""

    depth: int
    nodes: int


@dataclass(slots=True)
class _Node:
    """A finished value: its size in nodes with aliases counted in full, and the lines below it."""

    value: Any
    line: int
    size: int = 1
    lines: LineTree = field(default_factory=dict)
    merge_key: bool = False


@dataclass(slots=True)
class _Open:
    """A collection under construction. ``key``: of the value that is due in a mapping. ``merged``: values of ``<<``."""

    node: _Node
    anchor: str | None
    path: FieldPath
    key: _Node | None = None
    merged: list[_Node] = field(default_factory=list)


def parse_documents(text: str, source: str, allowance: Allowance) -> Iterator[tuple[Any, Lines]]:
    """The value and lines of each document of ``text`` that is not empty, in order; ``allowance`` is used up.

    Raises ``InputError``: syntax, duplicate key, tag that asks for more than plain data, alias without anchor or to
    itself, and whatever exceeds ``allowance`` (an alias bomb).
    """
    if text.lstrip()[:1] in ("{", "["):  # JSON writes what is beyond U+FFFF as two escapes, which YAML does not know
        text = _SURROGATES.sub(_join_surrogates, text)
    builder = _Builder(source, allowance)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentEndEvent):
                root = builder.finish()
                if root.value is not None:
                    yield root.value, Lines(root.line, root.lines)
            else:
                builder.feed(event)
    except yaml.YAMLError as error:
        raise _syntax_error(error, source) from None


def _join_surrogates(match: re.Match[str]) -> str:
    high, low = int(match[2], 16), int(match[3], 16)
    return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _syntax_error(error: yaml.YAMLError, source: str) -> InputError:
    line = None
    problem = " ".join(str(error).split())
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        problem = ", ".join(part for part in (error.context, error.problem) if part)
    elif isinstance(error, yaml.reader.ReaderError):
        problem = str(error.reason)
    return InputError(f"not valid YAML: {problem}", source=source, line=line, expected="well-formed YAML or JSON")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class _Builder:
    """Builds the value of one document at a time from parser events, without recursion."""

    def __init__(self, source: str, allowance: Allowance) -> None:
        self._source = source
        self._allowance = allowance
        self._start()

    def _start(self) -> None:
        self._open: list[_Open] = []
        self._anchors: dict[str, _Node | None] = {}
        self._root: _Node | None = None

    def finish(self) -> _Node:
        """The document's value; the builder is ready for the next one."""
        root = self._root or _Node(None, 1)
        self._start()
        return root

    def feed(self, event: yaml.Event) -> None:
        """Take the next event of a document."""
        if isinstance(event, yaml.ScalarEvent):
            self._place(self._scalar(event), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._place(self._aliased(event), None)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._begin(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end()

    def _error(self, problem: str, line: int, path: FieldPath = (), expected: str = "") -> InputError:
        return InputError(problem, source=self._source, line=line, field=path, expected=expected)

    def _path(self) -> FieldPath:
        """The path of the value that is due next."""
        if not self._open:
            return ()
        parent = self._open[-1]
        if isinstance(parent.node.value, list):
            return (*parent.path, len(parent.node.value))
        return (*parent.path, parent.key.value) if parent.key is not None else parent.path

    def _spend(self, nodes: int, line: int) -> None:
        self._allowance.nodes -= nodes
        if self._allowance.nodes < 0:
            raise self._error("the input has too many values (aliases count in full)", line, expected="a smaller input")

    def _scalar(self, event: yaml.ScalarEvent) -> _Node:
        line = _line(event)
        self._spend(1, line)
        plain = not event.style  # quoted and block scalars have one
        try:
            if event.tag in (None, "!"):
                value: Scalar = resolve(event.value) if plain and event.tag is None else event.value
            else:
                value = resolve_tagged(event.tag, event.value)
        except ValueError as error:
            raise self._error(str(error), line, self._path(), "a string, number, boolean or null") from None
        return _Node(value, line, merge_key=plain and event.tag is None and event.value == "<<")

    def _aliased(self, event: yaml.AliasEvent) -> _Node:
        line = _line(event)
        if event.anchor not in self._anchors:
            raise self._error(f"the alias *{event.anchor} has no anchor before it", line, self._path())
        target = self._anchors[event.anchor]
        if target is None:
            raise self._error(f"the alias *{event.anchor} stands inside its own anchor", line, self._path())
        self._spend(target.size, line)
        return _Node(target.value, line, target.size, target.lines)

    def _begin(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        line = _line(event)
        path = self._path()
        if len(self._open) >= self._allowance.depth:
            raise self._error(f"nested deeper than {self._allowance.depth} levels", line)
        self._spend(1, line)
        if event.tag not in (None, "!", _COLLECTION_TAGS[type(event)]):
            problem = f"the tag {quote(event.tag)} is not allowed: only plain data is read"
            raise self._error(problem, line, path, "a plain mapping or list")
        mapping = isinstance(event, yaml.MappingStartEvent)
        if self._awaits_key():
            raise self._error("a mapping or list is used as a key", line, path, "a string")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(_Node({} if mapping else [], line), event.anchor, path))

    def _end(self) -> None:
        closed = self._open.pop()
        for merged in closed.merged:
            self._merge(closed, merged)
        self._place(closed.node, closed.anchor)

    def _awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].node.value, dict) and self._open[-1].key is None

    def _place(self, node: _Node, anchor: str | None) -> None:
        """Put a finished value where it is due: the root, an item, a key or a value."""
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self._root = node
            return
        parent = self._open[-1]
        parent.node.size += node.size
        if isinstance(parent.node.value, list):
            parent.node.lines[len(parent.node.value)] = (node.line, node.lines)
            parent.node.value.append(node.value)
        elif parent.key is None:
            parent.key = self._key(parent, node)
        elif parent.key.merge_key:
            parent.merged.append(node)
            parent.key = None
        else:
            parent.node.value[parent.key.value] = node.value
            parent.node.lines[parent.key.value] = (parent.key.line, node.lines)
            parent.key = None

    def _key(self, parent: _Open, node: _Node) -> _Node:
        if node.merge_key:
            return node
        if isinstance(node.value, (dict, list)):
            raise self._error("a mapping or list is used as a key", node.line, parent.path, "a string")
        try:
            text = key_text(node.value)
        except ValueError as error:
            raise self._error(str(error), node.line, parent.path, "a string") from None
        if text in parent.node.value:
            first = parent.node.lines[text][0]
            problem = f"the key {quote(text)} stands twice, first in line {first}"
            raise self._error(problem, node.line, (*parent.path, text), "each key once")
        return _Node(text, node.line)

    def _merge(self, into: _Open, merged: _Node) -> None:
        """Apply ``<<: *anchor``: entries that the mapping does not have itself (YAML 1.1 merge key)."""
        sources = merged.value if isinstance(merged.value, list) else [merged.value]
        for position, mapping in enumerate(sources):
            if not isinstance(mapping, dict):
                raise self._error("a merge key needs a mapping or a list of them", merged.line, into.path)
            lines = merged.lines[position][1] if isinstance(merged.value, list) else merged.lines
            for key, value in mapping.items():
                if key not in into.node.value:
                    into.node.value[key] = value
                    into.node.lines[key] = lines[key]
