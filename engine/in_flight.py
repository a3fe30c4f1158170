"""Requests on their way to the API server, and replies on their way back: what ``--rpc message`` adds (design §3.1).

A request is sent, applied and answered in three steps, between which everybody else may act. It is on its way whatever
becomes of its sender: a process that ends takes neither its requests back nor does it get their replies. While a plan
waits for a reply it does nothing else; its process works on other objects.
"""

from __future__ import annotations

from typing import Any

import attrs

from ..spec.language.component import Component, Key, Rule
from ..spec.language.model import Kind
from ..spec.language.plan import Alternative, Call, Step, Write
from ..spec.language.request import Outcome


class Vain:
    """Marks the steps in which a request is sent although, as things stand, nothing would come of its whole plan.

    Something may, if it is applied late. Nobody owes such a step: a client whose requests are all refused is at rest.
    """


VAIN = Vain()


@attrs.frozen
class Awaited:
    """Stands for the reply of a request that was sent and not answered yet."""


AWAITED = Awaited()


def sent_field(component: str) -> str:
    """Name of the field that holds the requests of ``component`` that are on their way, in the order of sending."""
    return f"sent@{component}"


@attrs.frozen(cache_hash=True)
class Sent:
    """A request on its way: that of a plan which ``rule`` made, told ``answers``.

    ``call``: the request, with the writes that are no memory of its sender. ``writes``: what the API server stores
    beside it. ``old``: what its sender had seen was an old version already. ``orphan``: nobody waits for the reply.
    """

    rule: str
    call: Call
    writes: tuple[Write, ...] = ()
    old: bool = False
    orphan: bool = False
    answers: tuple[tuple[str, Any], ...] = ()


@attrs.frozen(cache_hash=True)
class Apply:
    """The step in which the API server gets to a request."""

    sent: Sent


@attrs.frozen(cache_hash=True)
class Answered:
    """The step in which the reply to ``call`` reaches its sender."""

    call: Call
    outcome: Outcome


def orphaned(sent: tuple[Sent, ...]) -> tuple[Sent, ...]:
    """The requests on their way once their sender has ended."""
    return tuple(attrs.evolve(one, orphan=True) for one in sent)


def is_memory(kind: Kind, field: str) -> bool:
    """Whether a field is the memory of a process: others are part of what the API server, or a node, holds."""
    return any(one.name == field and one.memory_of for one in kind.fields)


def stored_beside(kind_of: Any, rest: tuple[Step, ...]) -> tuple[tuple[Write, ...], tuple[Step, ...]]:
    """The writes right behind a request that are part of what it stores, and the steps without them.

    ``kind_of(target)``: the kind of the object that a target means.
    """
    beside: list[Write] = []
    others: list[Step] = []
    for place, step in enumerate(rest):
        if not isinstance(step, Write):
            return tuple(beside), (*others, *rest[place:])
        (others if is_memory(kind_of(step.target), step.field) else beside).append(step)
    return tuple(beside), tuple(others)


def serving(component: Component, rule: Rule) -> tuple[Component, Rule]:
    """By whom and how the requests of ``rule`` are applied: in the name of its component, whether that runs or not."""

    def view(sent: tuple[Sent, ...]) -> tuple[Sent, ...] | None:
        return tuple(dict.fromkeys(one for one in sent if one.rule == rule.name)) or None

    def decide(sent: tuple[Sent, ...]) -> list[Alternative]:
        return [Alternative((Apply(one),), "the API server gets to the request") for one in sent]  # type: ignore[arg-type]

    served = Rule(
        name=rule.name,
        key=Key(rule.key.kind, (sent_field(component.name),), view),
        decide=decide,
        fairness=rule.fairness,
        reference=rule.reference,
        meaning=rule.meaning,
    )
    return attrs.evolve(component, rules=(served,), guards=component.heard, serial=False), served
