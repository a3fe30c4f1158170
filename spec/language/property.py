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


class Shape(Enum):
    """What a temporal property says of its predicate, along every run that goes on for ever."""

    EVENTUALLY = "eventually"
    """It is so at least once, from the moment on at which the key is there."""
    LEADS_TO = "leads to"
    """Whenever it is asked for, it is so then or later."""
    EVENTUALLY_ALWAYS = "eventually always"
    """From some moment on it is so for ever."""
    INFINITELY_OFTEN = "infinitely often"
    """However long one waits, it is so again."""


@attrs.frozen(eq=False)
class TemporalProperty:
    """Something that must come about, of every object of the key's kind, or of the whole cluster (``key`` None).

    ``judge(key, **answers)`` is the predicate, as in a ``StateProperty``: HOLDS where it is so; VIOLATED where it is
    not so yet, with the sentence that is said if it stays like that; IDLE where nothing is asked, so nothing is owed
    any longer; SUSPENDED where the assumptions are broken. For the whole cluster the key is ``()``.
    ``asks(key, **answers)`` is what leads to it. Where the key has no view, nothing is owed.

    It speaks of runs that go on for ever: the environment has ceased (every fault that will come has come, the users
    are done), what is at rest stays at rest, and the components are as fair as they are declared. In a run that
    suspends it again and again it is not required. ``restless``, where it is not empty, asks for rest besides: while
    anything goes on the predicate is not so, in these words.

    After Lamport, The temporal logic of actions, 1994; Manna, Pnueli, The temporal logic of reactive systems, 1992.
    """

    name: str
    statement: str
    key: Key | None
    judge: Callable[..., Finding]
    shape: Shape
    queries: Mapping[str, Query] = attrs.field(factory=dict)
    asks: Callable[..., bool] | None = None
    restless: str = ""
    assumes: str = ""
    reference: str = ""
    advice: str = ""

    def __attrs_post_init__(self) -> None:
        """Raises ``ValueError`` where ``asks`` is missing or idle, or rest is asked for once and not for ever."""
        if (self.shape is Shape.LEADS_TO) is (self.asks is None):
            raise ValueError(f"{self.name}: a property that leads to something, and no other, says what asks for it")
        if self.restless and self.shape is not Shape.EVENTUALLY_ALWAYS:
            raise ValueError(f"{self.name}: rest is for ever, so it can only be asked for eventually always")


Property = StateProperty | StepProperty | TemporalProperty
