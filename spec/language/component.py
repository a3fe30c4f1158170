"""Components and their rules (design §3.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

import attrs

from .plan import Alternative
from .query import Query

DECISION = Callable[..., Iterable[Alternative]]


class Fairness(Enum):
    """What is taken for granted of a rule in a run that goes on for ever, for each object that it is keyed by.

    Lamport, The temporal logic of actions, 1994.
    """

    NONE = "none"
    """Nothing: it may never act."""
    WEAK = "weak"
    """If it can act all the time from some moment on, it acts some time."""
    STRONG = "strong"
    """If it can act again and again, it acts again and again."""


@attrs.frozen(eq=False)
class Key:
    """What a rule is keyed by: one object, as a work queue is.

    ``view(*values)`` gets the values of ``fields`` and returns what the rule may know of its key, or None where the
    rule does not apply. On interchangeable objects a rule is instantiated once per distinct view.
    """

    kind: str
    fields: tuple[str, ...]
    view: Callable[..., Any]


def _differs(before: Any, after: Any) -> bool:
    return bool(before != after)


@attrs.frozen(eq=False)
class Countdown:
    """How a timer counts its seconds, which prompt time asks; the other modes know no seconds.

    It begins when its rule becomes enabled for an object and is over ``duration`` later, if the rule is enabled all the
    while; a process that restarts, or that cannot act for a while, begins it anew.

    ``since(view)``: what of the key's view it counts from: it begins anew when ``anew(before, after)`` says so of two
    such values, by default when they differ. ``stored``: the moment from which it counts stands in the store, so that
    it goes on while its component cannot act. ``periodic``: the component looks every ``duration`` seconds, at which is
    not known, so that it acts at some moment within that time. ``shared``: timers of one object with the same word
    here count from the same moment: one that takes over from another does not begin anew.
    """

    since: Callable[[Any], Any] | None = None
    anew: Callable[[Any, Any], bool] = _differs
    stored: bool = False
    periodic: bool = False
    shared: str = ""


FROM_THEN_ON = Countdown()
"""Counts from when the rule became enabled, in the memory of the process."""


@attrs.frozen(eq=False)
class Rule:
    """One reaction of a component.

    ``decide(key, **answers)`` is a pure function of the key's view and of the answers of ``queries`` (and of
    ``stages``, whose queries' parameters also get the answers so far) and returns alternatives; none means that the
    rule is not enabled. ``duration`` is how long the rule waits once it is enabled, in seconds: 0 for a step.
    ``countdown``: how those seconds count. ``several_requests`` declares that its plans may hold more than one request.
    ``slow_as``: what a scenario calls it that declares this rule alone slow. ``fairness``: its component's, unless
    given.
    """

    name: str
    key: Key
    decide: DECISION
    queries: Mapping[str, Query] = attrs.field(factory=dict)
    stages: tuple[Mapping[str, Query], ...] = ()
    guards: tuple[Query, ...] = ()
    duration: float = 0.0
    countdown: Countdown = FROM_THEN_ON
    several_requests: bool = False
    slow_as: str = ""
    fairness: Fairness | None = None
    reference: str = ""
    meaning: str = ""


@attrs.frozen(eq=False)
class Handler:
    """What a client's memory about an object does when the client sees the object change.

    ``react(value, before, after)`` maps the memory in ``field`` (of the same object) on a watch event.
    """

    kind: str
    field: str
    react: Callable[[Any, Any, Any], Any]


@attrs.frozen(eq=False)
class Component:
    """A box of the architecture: its process, what it watches, its rules in the order of its life.

    ``guards``: queries that must all answer true for any of its rules to act (its process runs, its node is up).
    ``serial``: one worker for all keys: no rule starts while a plan of the component is unfinished, for whatever key.
    Otherwise there is one worker for each key. ``environment``: not Kubernetes; its steps are never needed for
    quiescence, never wait for timers, and are owed to nobody: no fairness. ``fairness``: of its rules and of the plans
    that they began. ``heard``: queries that must all answer true for a request of it that is on its way to be applied,
    whatever has become of the component.
    """

    name: str
    rules: tuple[Rule, ...]
    process: str = ""
    place: str = "control plane"
    guards: tuple[Query, ...] = ()
    handlers: tuple[Handler, ...] = ()
    serial: bool = False
    environment: bool = False
    heard: tuple[Query, ...] = ()
    fairness: Fairness = Fairness.WEAK
    duty: str = ""
    reference: str = ""
