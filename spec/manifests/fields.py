"""Where a value stands in a document: paths of fields, and the lines they were written on."""

from __future__ import annotations

from dataclasses import dataclass, field

FieldPath = tuple[str | int, ...]
"""Steps from the root of a document: a key of a mapping or an index (from 0) of a list."""

LineTree = dict[str | int, "tuple[int, LineTree]"]
"""For each key or index of one collection: the line (from 1) of the entry, and the tree below it."""


def format_path(path: FieldPath) -> str:
    """``path`` as Kubernetes writes it: ``spec.containers[0].image``, ``metadata.labels[app.kubernetes.io/name]``."""
    text = ""
    for step in path:
        if isinstance(step, int) or not step or any(letter in step for letter in ".[]"):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of every field of one document.

    ``root``: line on which the document begins. ``tree``: lines of its entries. An entry's line is that of its key,
    or where the value begins for an item of a list; what an alias stands for keeps the lines of its anchor.
    """

    root: int
    tree: LineTree = field(default_factory=dict)

    def line_of(self, path: FieldPath) -> int:
        """Line of the field at ``path``, or of the nearest enclosing one that the document does have."""
        line, tree = self.root, self.tree
        for step in path:
            if step not in tree:
                break
            line, tree = tree[step]
        return line

    def below(self, path: FieldPath) -> Lines:
        """The lines of the value at ``path``, for a document taken out of another (an item of a ``List``)."""
        line, tree = self.root, self.tree
        for step in path:
            line, tree = tree[step]
        return Lines(line, tree)

    def find(self, text: str) -> FieldPath | None:
        """The path that ``format_path`` writes as ``text``; None if the document has no such field."""
        path: FieldPath = ()
        tree = self.tree
        written = ""
        while written != text:
            for step, (_, below) in tree.items():
                candidate = format_path((*path, step))
                if text == candidate or text.startswith((candidate + ".", candidate + "[")):
                    path, tree, written = (*path, step), below, candidate
                    break
            else:
                return None
        return path
