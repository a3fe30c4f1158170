"""Properties: what must hold, when it is required, and how it is judged (design §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import attrs

from .component import Key
from .query import Query


class Judgement(Enum):
    """What one look at a property says."""

    HOLDS = "holds"
    IDLE = "idle"
    """The property says nothing here: its antecedent is false."""
    SUSPENDED = "suspended"
    """The assumptions under which Kubernetes promises the property are broken here."""
    VIOLATED = "violated"


@attrs.frozen(cache_hash=True)
class Finding:
    """A judgement and the sentence that explains it to a Kubernetes user."""

    judgement: Judgement
    text: str = ""


HOLDS = Finding(Judgement.HOLDS)
IDLE = Finding(Judgement.IDLE)


def violated(text: str) -> Finding:
    """The finding that a property is violated, and how."""
    return Finding(Judgement.VIOLATED, text)


def suspended(text: str) -> Finding:
    """The finding that a property is not required here, because of ``text``."""
    return Finding(Judgement.SUSPENDED, text)


class When(Enum):
    """Which states a state property speaks of."""

    ALWAYS = "in every state"
    QUIESCENT = "in every quiescent state"


@attrs.frozen(eq=False)
class StateProperty:
    """Something that must hold of every object of the key's kind, in every state or in every quiescent state.

    ``judge(key, **answers)`` is a pure function, as a rule's ``decide`` is. It reads the store itself, not a cache.
    """

    name: str
    statement: str
    key: Key
    judge: Callable[..., Finding]
    queries: Mapping[str, Query] = attrs.field(factory=dict)
    when: When = When.ALWAYS
    assumes: str = ""
    reference: str = ""
    advice: str = ""


@attrs.frozen(eq=False)
class StepProperty:
    """Something that must hold of every change of one object: ``judge(component, rule, before, after, answers)``.

    ``before`` and ``after`` are tuples of the values of ``fields``; ``answers`` is what the rule that made the change
    had been told by its queries: the world as the component saw it.
    """

    name: str
    statement: str
    kind: str
    fields: tuple[str, ...]
    judge: Callable[[str, str, tuple[Any, ...], tuple[Any, ...], Mapping[str, Any]], Finding]
    assumes: str = ""
    reference: str = ""
    advice: str = ""


Property = StateProperty | StepProperty
