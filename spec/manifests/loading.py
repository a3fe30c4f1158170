"""Files, folders and standard input to documents: one plain mapping for each Kubernetes object, with its lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from .errors import InputError, quote
from .fields import FieldPath, Lines
from .yaml_text import Allowance, parse_documents

MOST_BYTES_OF_A_FILE = 10 * 2**20
MOST_BYTES_IN_ALL = 64 * 2**20
MOST_FILES = 10_000
MOST_NODES = 1_000_000
DEEPEST_NESTING = 100

STDIN = "<stdin>"
_ENDINGS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Document:
    """One Kubernetes object as it was written.

    ``data``: str, int, float, bool, None, list and dict only; never to be changed, since aliases share values.
    ``source``: the file as given on the command line, or ``<stdin>``. ``lines``: where each field stands.
    """

    data: dict[str, Any]
    source: str
    lines: Lines

    @property
    def api_version(self) -> str:
        """Such as ``apps/v1``."""
        return str(self.data["apiVersion"])

    @property
    def group(self) -> str:
        """API group, such as ``apps``; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def kind(self) -> str:
        """Such as ``Deployment``."""
        return str(self.data["kind"])

    @property
    def name(self) -> str:
        """``metadata.name``."""
        return str(self.data["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """``metadata.namespace``, or ``default``; says nothing for kinds that have no namespace."""
        return str(self.data["metadata"].get("namespace") or "default")

    def line_of(self, field: str | FieldPath) -> int | None:
        """Line (from 1) of ``field``. A path that is absent: line of what encloses it; a text that is absent: None."""
        path = self.lines.find(field) if isinstance(field, str) else field
        return None if path is None else self.lines.line_of(path)

    def error(self, problem: str, path: FieldPath = (), expected: str = "") -> InputError:
        """An ``InputError`` that points at ``path`` in this document."""
        return InputError(problem, source=self.source, line=self.lines.line_of(path), field=path, expected=expected)


def load(paths: Sequence[str], stdin: TextIO | None = None) -> tuple[Document, ...]:
    """The documents of ``paths`` in order: files, folders (``*.yaml, *.yml, *.json`` below, sorted), ``-`` for stdin.

    Lists are expanded; empty documents between others are skipped. The constants above bound what is read. Raises
    ``InputError`` at the first input that is missing, empty, too big, not UTF-8 text, not YAML, or not an object with
    apiVersion, kind and metadata.name.
    """
    allowance = Allowance(depth=DEEPEST_NESTING, nodes=MOST_NODES)
    bytes_left = MOST_BYTES_IN_ALL
    documents: list[Document] = []
    for source in _sources(paths):
        content = _read_stdin(stdin) if source == STDIN else _read_file(source)
        bytes_left -= len(content)
        if bytes_left < 0:
            raise InputError(f"the input is larger than {MOST_BYTES_IN_ALL} bytes in all", source=source)
        found = list(_documents(_decode(content, source), source, allowance))
        documents += found
    return tuple(documents)


def _sources(paths: Sequence[str]) -> Iterator[str]:
    count = 0
    for path in paths:
        for source in _sources_of(path):
            count += 1
            if count > MOST_FILES:
                raise InputError(f"more than {MOST_FILES} files", source=path)
            yield source
    if paths.count("-") > 1:
        raise InputError("standard input is named twice", source=STDIN, expected="- once")


def _sources_of(path: str) -> Iterator[str]:
    if path == "-":
        yield STDIN
        return
    if "\0" in path or not os.path.exists(path):
        raise InputError("no such file or folder", source=path or '""', expected="a manifest, a folder of them, or -")
    if not os.path.isdir(path):
        yield path
        return
    empty = True
    for folder, subfolders, names in os.walk(path):
        subfolders.sort()
        for name in sorted(names):
            if name.endswith(_ENDINGS):
                empty = False
                yield os.path.join(folder, name)
    if empty:
        raise InputError("the folder holds no manifest", source=path, expected="files *.yaml, *.yml or *.json")


def _read_file(source: str) -> bytes:
    """At most one byte more than allowed is read, whatever size the file claims (it may be a pipe or a device)."""
    try:
        with open(source, "rb") as file:
            content = file.read(MOST_BYTES_OF_A_FILE + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", source=source) from None
    return _bounded(content, source)


def _read_stdin(stdin: TextIO | None) -> bytes:
    if stdin is None:
        raise InputError("there is no standard input to read", source=STDIN)
    try:
        binary = getattr(stdin, "buffer", None)
        if binary is not None:
            return _bounded(bytes(binary.read(MOST_BYTES_OF_A_FILE + 1)), STDIN)
        return _bounded(stdin.read(MOST_BYTES_OF_A_FILE + 1).encode("utf-8", "surrogatepass"), STDIN)
    except (OSError, UnicodeError) as error:
        raise InputError(f"cannot be read: {error}", source=STDIN) from None


def _bounded(content: bytes, source: str) -> bytes:
    if len(content) > MOST_BYTES_OF_A_FILE:
        raise InputError(f"larger than {MOST_BYTES_OF_A_FILE} bytes", source=source, expected="a smaller file")
    return content


def _decode(content: bytes, source: str) -> str:
    text_only = "YAML or JSON in UTF-8"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        kind = "a binary file" if b"\0" in content else "not UTF-8 text"
        raise InputError(kind, source=source, line=line, expected=text_only) from None
    if "\0" in text:
        raise InputError(
            "a binary file", source=source, line=text.count("\n", 0, text.index("\0")) + 1, expected=text_only
        )
    return text


def _documents(text: str, source: str, allowance: Allowance) -> Iterator[Document]:
    empty = True
    for value, lines in parse_documents(text, source, allowance):
        empty = False
        yield from _expanded(value, source, lines)
    if empty:
        raise InputError("empty: no document in it", source=source, expected="at least one Kubernetes object")


def _expanded(value: Any, source: str, lines: Lines) -> Iterator[Document]:
    """``value`` as a document, or the items of a ``List``; items of a typed list (``PodList``) may omit their kind."""
    if not isinstance(value, dict):
        found = "a list" if isinstance(value, list) else quote(value)
        raise InputError(f"the document is {found}", source=source, line=lines.root, expected="a mapping")
    document = Document(value, source, lines)
    for key in ("apiVersion", "kind"):
        if not isinstance(value.get(key), str) or not value[key]:
            given = "missing" if value.get(key) is None else "empty" if value[key] == "" else "not a string"
            raise document.error(given, (key,), "such as " + {"apiVersion": "apps/v1", "kind": "Deployment"}[key])
    kind = document.kind
    items = value.get("items")
    if kind.endswith("List") and (isinstance(items, list) or (items is None and "metadata" not in value)):
        for position, item in enumerate(items or ()):
            path = ("items", position)
            if isinstance(item, dict) and kind != "List":
                item = {"apiVersion": value["apiVersion"], "kind": kind.removesuffix("List"), **item}
            yield from _expanded(item, source, lines.below(path))
        return
    _check_name(document)
    yield document


def _check_name(document: Document) -> None:
    metadata = document.data.get("metadata")
    kustomize = "; build the kustomization first (kubectl kustomize)" if document.kind == "Kustomization" else ""
    if not isinstance(metadata, dict):
        problem = "missing" if metadata is None else "not a mapping"
        raise document.error(problem, ("metadata",), f"a mapping with a name{kustomize}")
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        problem = "missing" if name in (None, "") else f"{quote(name)} is not a string"
        raise document.error(problem, ("metadata", "name"), f"the name of the object{kustomize}")
    if metadata.get("namespace") is not None and not isinstance(metadata["namespace"], str):
        raise document.error(f"{quote(metadata['namespace'])} is not a string", ("metadata", "namespace"), "a string")
