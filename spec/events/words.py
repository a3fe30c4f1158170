"""What an event says of one object: the parts of an observation that its reason and message give."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from ..language.observation import Deed, Known, Subject, Values, Why, always
from .recording import Event


@attrs.frozen(eq=False)
class Saying:
    """What an event of some reason says; the fields are those of an ``Observation``."""

    subject: Subject
    may_be: Callable[[Values, Known], bool]
    instead: Callable[[Values], str]
    component: str
    rules: frozenset[str]
    at: Callable[[Deed], bool] | None = None
    during: Callable[[Values], bool] | None = None
    possible: Callable[[Values], bool] = always
    why: Why | None = None


Reader = Callable[[Event], Saying | None]
"""What an event says; None where its message tells something else."""

Readers = Mapping[tuple[str, str], Reader]
"""Readers by component, as events name it, and reason."""
