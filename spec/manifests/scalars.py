"""What a YAML scalar means to kubectl: the rules of YAML 1.1 as Go's yaml library applies them.

kubectl turns YAML into JSON with ``sigs.k8s.io/yaml``, which differs from PyYAML: ``y`` and ``n`` are booleans,
``1e3`` is a number, ``12:30`` and dates are strings, keys of mappings that are no strings become strings.
"""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None

_BOOLEANS = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGERS = (
    (re.compile(r"[-+]?(0|[1-9][0-9]*)"), 10, ""),
    (re.compile(r"[-+]?0[xX][0-9a-fA-F]+"), 16, "xX"),
    (re.compile(r"[-+]?0[oO]?[0-7]+"), 8, "oO"),
    (re.compile(r"[-+]?0[bB][01]+"), 2, "bB"),
)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 400
_MOST, _LEAST = 2**64 - 1, -(2**63)
_PLAIN_NOTATION = 1e21  # Go's JSON encoder writes floats below this without an exponent, so 3.0 becomes 3


def resolve(text: str) -> Scalar:
    """The value of the unquoted scalar ``text``. Raises ``ValueError`` for infinity and NaN, unknown to JSON."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if not (text[0].isdigit() or text[0] in "+-.") or len(text) > _LONGEST_NUMBER:
        return text
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is a number that JSON does not know")
    digits = text.replace("_", "")
    integer = _integer(digits)
    if integer is not None:
        return integer
    if text.isascii() and _FLOAT.fullmatch(digits):
        return _float(digits)
    return text


def resolve_tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with explicit ``tag`` (``tag:yaml.org,2002:int``); ``ValueError`` if it does not fit."""
    kind = tag.removeprefix("tag:yaml.org,2002:")
    if kind == "str":
        return text
    value = resolve(text)
    fits: dict[str, type | tuple[type, ...]] = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}
    if kind not in fits:
        raise ValueError(f"the tag {tag!r} is not allowed: only plain data is read")
    if not isinstance(value, fits[kind]) or (isinstance(value, bool) and kind != "bool"):
        raise ValueError(f"the value does not fit its tag !!{kind}")
    return value


def key_text(key: Scalar) -> str:
    """A key of a mapping as kubectl reads it: numbers and booleans become text. ``ValueError`` for null."""
    if key is None:
        raise ValueError("a key is null")
    if isinstance(key, bool):
        return "true" if key else "false"
    return str(key)


def _integer(digits: str) -> int | None:
    for pattern, base, marks in _INTEGERS:
        if pattern.fullmatch(digits) and digits.isascii():
            value = int(digits.translate(str.maketrans("", "", marks)) if marks else digits, base)
            return value if _LEAST <= value <= _MOST else None
    return None


def _float(digits: str) -> int | float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:20]} is a number too large for JSON")
    return int(value) if value.is_integer() and abs(value) < _PLAIN_NOTATION else value
