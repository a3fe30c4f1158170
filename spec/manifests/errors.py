"""What is said of input that cannot be used: one line with file, line, field, problem and what was expected."""

from __future__ import annotations

from .fields import FieldPath, format_path

COMMAND_LINE = "<command line>"
"""The source of what was not read from a file."""

TYPE_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
"""The types of JSON schemas in the words of YAML, for what was expected."""

_LONGEST_QUOTE = 80


def quote(value: object) -> str:
    """``value`` in quotes on one line: cut after 80 characters, control characters escaped (input is untrusted)."""
    text = value if isinstance(value, str) else repr(value)
    cut = text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
    return f'"{one_line(cut)}"'


def one_line(text: str) -> str:
    """``text`` with every character that is not printable replaced by its escape, so that it stays on one line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class InputError(Exception):
    """Input that Kubernetes, or this program, cannot accept.

    ``source``: file as given, or ``<stdin>``. ``line``: from 1, or None where no line is to blame (a missing file).
    ``field``: such as ``spec.template.spec.containers[0].image``, or None. ``problem``: what is wrong.
    ``expected``: what would be accepted, or empty.
    """

    def __init__(
        self,
        problem: str,
        *,
        source: str,
        line: int | None = None,
        field: str | FieldPath | None = None,
        expected: str = "",
    ) -> None:
        """A ``field`` given as a path is written as Kubernetes writes it."""
        self.source = source
        self.line = line
        self.field = (format_path(field) if isinstance(field, tuple) else field) or None
        self.problem = problem
        self.expected = expected
        super().__init__(problem)

    def __str__(self) -> str:
        """One line ``file:line: field: problem; expected …``, leaving out what is not known."""
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        field = f"{self.field}: " if self.field else ""
        expected = f"; expected {self.expected}" if self.expected else ""
        return one_line(f"{place}: {field}{self.problem}{expected}")

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by the keyword arguments, so that errors cross process borders."""
        return _rebuild, (self.problem, self.source, self.line, self.field, self.expected)


def _rebuild(problem: str, source: str, line: int | None, field: str | None, expected: str) -> InputError:
    return InputError(problem, source=source, line=line, field=field, expected=expected)
