"""What the picture of the architecture says of each component, found out from the model itself.

What a component watches follows from its declared keys and queries. What it asks of others is seen: while a model is
explored, every plan that a rule comes up with is noted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import attrs

from ..spec.language.component import Component, Rule
from ..spec.language.model import Model
from ..spec.language.plan import (
    KEY,
    Alternative,
    Call,
    Chosen,
    Marked,
    Named,
    New,
    RuntimeCall,
    Step,
    Sweep,
    Target,
    Write,
)
from ..spec.language.query import Read
from .architecture import ComponentFacts

_STORED = "object"

Fact = tuple[str, str, str, str]
"""Component, what it does, and to what: a resource and a verb, a call and "", or a kind and a field (``_REACHES``: one
that it calls the container runtime for; ``_REMEMBERS``: one of its own memory; ``_CHANGES``: any other)."""

_ASKS, _CALLS, _REACHES, _REMEMBERS, _CHANGES = "asks", "calls", "reaches", "remembers", "changes"


def noting(model: Model, seen: set[Fact]) -> Model:
    """The same model; what its rules do wherever it is explored is added to ``seen``.

    What is noted once a model is explored completely is all that its components can do, in whatever order it comes.
    """
    return attrs.evolve(model, components=tuple(_noting(model, component, seen) for component in model.components))


def _noting(model: Model, component: Component, seen: set[Fact]) -> Component:
    memory = {
        (kind.name, field.name)
        for kind in model.kinds
        for field in kind.fields
        if component.process and field.memory_of == component.process
    }

    def overheard(rule: Rule) -> Callable[..., tuple[Alternative, ...]]:
        def decide(key: Any, **answers: Any) -> tuple[Alternative, ...]:
            found = tuple(rule.decide(key, **answers))
            for alternative in found:
                for what, first, second in _noted(rule, alternative):
                    kept = _REMEMBERS if (first, second) in memory else _CHANGES
                    seen.add((component.name, what or kept, first, second))
            return found

        return decide

    return attrs.evolve(component, rules=tuple(attrs.evolve(rule, decide=overheard(rule)) for rule in component.rules))


def architecture_facts(
    components: Iterable[Component], seen: Collection[Fact], *, bookkeeping: Collection[str] = ()
) -> tuple[ComponentFacts, ...]:
    """The facts about every component, in their order.

    ``seen``: what was noted while models of them were explored. ``bookkeeping``: kinds that stand for no part of a
    cluster (budgets of faults, lists of things to do).
    """
    told = sorted(seen)
    return tuple(_facts(component, told, bookkeeping) for component in components)


def _noted(rule: Rule, alternative: Alternative) -> Iterator[tuple[str, str, str]]:
    """What one plan does, and to what; "" is a write to a field, whoever's it is."""
    for step in _steps(alternative.plan):
        if isinstance(step, Call):
            request = step.request
            resource = f"{request.kind}/{request.subresource}" if request.subresource else request.kind
            yield _ASKS, resource, request.verb.value
            yield from (("", request.kind, field) for field, _ in step.memory)
        elif isinstance(step, RuntimeCall):
            yield _CALLS, step.call, ""
            yield _REACHES, _kind(step.target, rule), step.field
        elif isinstance(step, Write):
            kind = _kind(step.target, rule)
            if kind:
                yield "", kind, step.field
        elif isinstance(step, Sweep):
            yield from (("", step.kind, field) for field in step.fields)


def _steps(plan: tuple[Step, ...]) -> Iterator[Step]:
    """All steps of a plan, whatever is answered."""
    for step in plan:
        yield step
        if isinstance(step, Call):
            for _, follow in step.on:
                yield from _steps(follow)


def _kind(target: Target, rule: Rule) -> str:
    """The kind that a step is about; "" where it is that of the request before, whose fields are noted with it."""
    if isinstance(target, Named | New | Marked):
        return target.kind
    if isinstance(target, Chosen):
        stages = (rule.queries, *rule.stages)
        return next((stage[target.query].kind for stage in stages if target.query in stage), "")
    return rule.key.kind if target == KEY else ""


def _facts(component: Component, seen: Iterable[Fact], bookkeeping: Collection[str]) -> ComponentFacts:
    watched, read = _reads(component)
    did: dict[str, list[tuple[str, str]]] = {what: [] for what in (_ASKS, _CALLS, _REACHES, _REMEMBERS, _CHANGES)}
    for name, what, first, second in seen:
        if name == component.name and not (what in (_REMEMBERS, _CHANGES) and first in bookkeeping):
            did[what].append((first, second))
    reached = set(did[_REACHES])
    return ComponentFacts(
        name=component.name,
        place=component.place,  # type: ignore[arg-type]
        process=component.process,
        # Users and faults look at everything and are clients of nothing.
        watches=() if component.environment else tuple(watched),
        reads=() if component.environment else tuple(read),
        writes=_together(did[_ASKS]),
        calls=tuple(call for call, _ in did[_CALLS]),
        remembers=_together([each for each in did[_REMEMBERS] if each not in reached]),
        changes=_together([each for each in did[_CHANGES] if each not in reached]),
    )


def _together(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """``Pod (bind, delete)`` and so on, for each first part."""
    found: dict[str, list[str]] = {}
    for first, second in pairs:
        found.setdefault(first, []).append(second)
    return tuple(f"{first} ({', '.join(seconds)})" for first, seconds in found.items())


def _reads(component: Component) -> tuple[list[str], list[str]]:
    """The kinds that a component's caches hold, and those that it reads past its cache."""
    watched: dict[str, None] = {}
    read: dict[str, None] = {}
    guards = component.guards
    for rule in component.rules:
        if _STORED in rule.key.fields:
            watched[rule.key.kind] = None
        queries = [*guards, *rule.guards, *rule.queries.values(), *(q for stage in rule.stages for q in stage.values())]
        for query in queries:
            if _STORED in query.fields:
                (read if query.read is Read.QUORUM else watched)[query.kind] = None
    return sorted(watched), sorted(read)
