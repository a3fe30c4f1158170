"""Queries: what a rule declares that it reads (design §3.1).

A query projects every object of a kind to a class, or to nothing, and aggregates the classes. A rule sees answers
only, so what it does not declare it cannot read, and two states that answer alike are one to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any

import attrs


def _ordered(values: Iterable[Any]) -> tuple[Any, ...]:
    # Classes are arbitrary values; their texts are the one order that does not depend on hash seeds.
    return tuple(sorted(values, key=repr))


def _multiset(classes: Sequence[Any]) -> tuple[tuple[Any, int], ...]:
    counts = Counter(classes)
    return tuple((value, counts[value]) for value in _ordered(counts))


def _sum_by(classes: Sequence[Any]) -> tuple[tuple[Any, Any], ...]:
    totals: dict[Any, Any] = {}
    for group, amount in classes:
        totals[group] = totals[group] + amount if group in totals else amount
    return tuple((group, totals[group]) for group in _ordered(totals))


def _minimum(classes: Sequence[Any]) -> Any:
    return min(classes, default=None)


def _only(classes: Sequence[Any]) -> Any:
    if len(classes) > 1:
        raise ValueError(f"a query for one object found {len(classes)}: {classes!r}")
    return classes[0] if classes else None


@attrs.frozen
class Aggregate:
    """How the classes that a query found become its answer. ``of`` must not depend on their order.

    ``repeats``: whether it matters how many objects have a class; ``distinguishes``: whether it matters which class.
    """

    name: str
    of: Callable[[Sequence[Any]], Any]
    repeats: bool = True
    distinguishes: bool = True


MULTISET = Aggregate("multiset", _multiset)
"""Each class with the number of objects in it, in a fixed order: ``((class, count), ...)``."""

DISTINCT = Aggregate("distinct", lambda classes: _ordered(set(classes)), repeats=False)
"""The classes that occur, in a fixed order."""

COUNT = Aggregate("count", len, distinguishes=False)
"""The number of objects that have a class at all."""

SUM = Aggregate("sum", lambda classes: sum(classes))
"""The sum of the classes, which are numbers."""

SUM_BY = Aggregate("sum by", _sum_by)
"""Classes are ``(group, amount)``; the answer holds each group with the sum of its amounts."""

MINIMUM = Aggregate("minimum", _minimum, repeats=False)
"""The least class, None if there is none."""

ANY = Aggregate("any", lambda classes: bool(classes), repeats=False, distinguishes=False)
"""Whether some object has a class."""

NONE = Aggregate("none", lambda classes: not classes, repeats=False, distinguishes=False)
"""Whether no object has a class."""

ONLY = Aggregate("only", _only)
"""The class of the one object that has one, None if none has; more than one is an error of the specification."""


class Read(Enum):
    """Which version of an object a query reads (reference 00-index §3)."""

    CACHED = "cached"
    QUORUM = "quorum"


def whole_key(key: Any) -> Any:
    """The default parameter of a query: all of the key's view."""
    return key


def no_parameter(_key: Any, **_answers: Any) -> None:
    """The parameter of a query whose classes do not depend on the key: always None."""
    return


@attrs.frozen(eq=False)
class Query:
    """A declared read of all objects of a kind.

    ``classify(parameter, *values)`` gets what ``parameter`` made of the rule's key and the values of ``fields``, in
    order, and returns a class or None (the object does not count). ``excluding_key`` leaves the rule's own key out.
    In a later stage ``parameter`` also gets the answers so far, by name. The field ``object`` is the object as the
    rule's client sees it unless ``read`` is QUORUM.
    """

    kind: str
    fields: tuple[str, ...]
    classify: Callable[..., Any]
    aggregate: Aggregate = MULTISET
    parameter: Callable[..., Any] = whole_key
    excluding_key: bool = False
    read: Read = Read.CACHED
