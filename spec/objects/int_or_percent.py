"""Numbers that the API lets a user give as a count or as a percentage."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from ..language.arithmetic import ceil_div, floor_div

Count = TypeVar("Count")
"""An ``int``, or a number that may be symbolic."""

IntOrPercent = int | str
"""A count, or a percentage as text such as "25%"."""

_PERCENT = re.compile(r"([+-]?[0-9]+)%")


def percentage(value: IntOrPercent) -> int | None:
    """The whole number of percent, None if the value is a count. Raises ValueError for text that is neither."""
    if isinstance(value, int):
        return None
    match = _PERCENT.fullmatch(value)
    if match is None:
        raise ValueError(f"neither a count nor a percentage: {value!r}")
    return int(match[1])


def scaled_value(value: IntOrPercent, total: Count, round_up: bool) -> Count:
    """The count that the value comes to, out of ``total`` (``intstr.GetScaledValueFromIntOrPercent``).

    Percentages are rounded up or down as told, counts are taken as they are. Raises ValueError as ``percentage`` does.
    """
    percent = percentage(value)
    whole: Any = total
    if percent is None:
        whole = int(value)
    elif round_up:
        whole = ceil_div(whole * percent, 100)
    else:
        whole = floor_div(whole * percent, 100)
    return whole  # type: ignore[no-any-return]
