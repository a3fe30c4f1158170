"""A place in a document under validation: its value, its path, and where to report what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import InputError, quote
from .fields import FieldPath
from .loading import Document


@dataclass(frozen=True, slots=True)
class Cursor:
    """The field at ``path``. Null and absent are the same, as they are to Kubernetes: ``value`` is None.

    Never raises: a value of another type than asked for reads as absent, since the schema has reported it already.
    """

    document: Document
    findings: list[InputError] = field(repr=False)
    value: Any
    path: FieldPath = ()

    def __getitem__(self, key: str) -> Cursor:
        """The field ``key`` of a mapping."""
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return Cursor(self.document, self.findings, value, (*self.path, key))

    def __bool__(self) -> bool:
        """Whether the field is present."""
        return self.value is not None

    def items(self) -> Iterator[Cursor]:
        """The items of a list."""
        for position, value in enumerate(self.value if isinstance(self.value, list) else ()):
            yield Cursor(self.document, self.findings, value, (*self.path, position))

    def entries(self) -> Iterator[tuple[str, Cursor]]:
        """The entries of a mapping that are not null."""
        for key, value in (self.value if isinstance(self.value, dict) else {}).items():
            if value is not None:
                yield key, Cursor(self.document, self.findings, value, (*self.path, key))

    @property
    def text(self) -> str:
        """The value if it is a string, else the empty string."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def integer(self) -> int | None:
        """The value if it is an integer."""
        return self.value if isinstance(self.value, int) and not isinstance(self.value, bool) else None

    @property
    def mapping(self) -> dict[str, Any]:
        """The value if it is a mapping, else an empty one."""
        return self.value if isinstance(self.value, dict) else {}

    def reject(self, problem: str, expected: str = "") -> None:
        """Report what is wrong with this field."""
        self.findings.append(self.document.error(problem, self.path, expected))

    def require(self, expected: str) -> bool:
        """Whether the field is present and not empty; if not, say so."""
        if self.value is None or self.value in ("", [], {}):
            self.reject("missing" if self.value is None else "empty", expected)
            return False
        return True

    def check_text(self, problem: str | None, expected: str) -> None:
        """Report ``problem`` of a string, if there is one."""
        if problem is not None:
            self.reject(f"{quote(self.value)} {problem}", expected)

    def check_range(self, least: int, most: int | None = None) -> None:
        """An integer, if present, must lie between ``least`` and ``most``."""
        number = self.integer
        if number is not None and (number < least or (most is not None and number > most)):
            bounds = f"at least {least}" if most is None else f"{least} to {most}"
            self.reject(f"{number} is out of range", bounds)

    def check_choice(self, *choices: str) -> None:
        """A string, if present, must be one of ``choices``."""
        if isinstance(self.value, str) and self.value not in choices:
            self.reject(f"{quote(self.value)} is not allowed", " or ".join(choice or '""' for choice in choices))


def check_unique(cursors: Iterator[Cursor] | list[Cursor], what: str) -> None:
    """Report every field whose value another one before it has."""
    seen: dict[Any, Cursor] = {}
    for cursor in cursors:
        if isinstance(cursor.value, (str, int)):
            first = seen.setdefault(cursor.value, cursor)
            if first is not cursor:
                line = cursor.document.lines.line_of(first.path)
                cursor.reject(
                    f"{what} {quote(str(cursor.value))} stands twice, first in line {line}", f"a unique {what}"
                )
