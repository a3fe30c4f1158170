"""What the picture of the architecture says of each component, found out from the model itself.

What a component watches follows from its declared keys and queries. What it asks of others is seen: a walk through the
model notes every plan that a rule comes up with, until nothing new has come for a while.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

import attrs

from ..engine.successors import Transition, transitions
from ..engine.transition_system import TransitionSystem
from ..spec.language.component import Component, Rule
from ..spec.language.model import Model, TimeMode
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

WALK = 150
"""Steps of a walk; then, or where nothing is left to do, another one begins."""

PATIENCE = 250
"""Steps without anything new after which a model is taken to have shown everything."""

_STORED = "object"
_ENVIRONMENT_SHARE = 0.15
"""How often users and faults get their turn while Kubernetes has something to do: too often, and nothing ever runs."""


_Fact = tuple[str, str, str, str]
"""Component, what it does, and to what: a resource and a verb, a call and "", or a kind and a field (``_REACHES``: one
that it calls the container runtime for)."""

_ASKS, _CALLS, _REACHES, _WRITES = "asks", "calls", "reaches", "writes"


def architecture_facts(
    models: Iterable[Model], *, bookkeeping: Collection[str] = (), seed: int = 0, patience: int = PATIENCE
) -> tuple[ComponentFacts, ...]:
    """The facts about every component of ``models``, in the order of the models.

    ``bookkeeping``: kinds that stand for no part of a cluster (budgets of faults, lists of things to do). The same
    models, ``seed`` and ``patience`` give the same facts.
    """
    found: dict[str, ComponentFacts] = {}
    models = tuple(models)
    seen: set[_Fact] = set()
    for model in models:
        _walk(model, seen, random.Random(seed), patience)
    for model in models:
        for component in model.components:
            if component.name not in found:
                found[component.name] = _facts(model, component, sorted(seen), bookkeeping)
    return tuple(found.values())


def _walk(model: Model, seen: set[_Fact], chance: random.Random, patience: int) -> None:
    """Adds to ``seen`` what components do along some walks through ``model``.

    Any timer may fire at any time, as that reaches more in fewer steps, and what was done least often is done next.
    """
    system = TransitionSystem(attrs.evolve(model, time=TimeMode.ASYNCHRONOUS))
    taken: Counter[tuple[str, str]] = Counter()
    start = state = system.initial_state()
    steps = idle = 0
    while idle < patience:
        enabled = [each for each in transitions(system, state) if each.successor is not None]
        if not enabled and state == start:
            return
        known = len(seen)
        for each in enabled:
            seen.update(_noted(each.group.component.name, each.group.rule, each.firing.alternative))
        idle = 0 if len(seen) > known else idle + 1
        steps += 1
        if not enabled or steps % WALK == 0:
            state = start
            continue
        chosen = _next(enabled, taken, chance)
        taken[_rule(chosen)] += 1
        assert chosen.successor is not None, "only what has a successor is enabled"
        state = chosen.successor


def _rule(transition: Transition) -> tuple[str, str]:
    return transition.group.component.name, transition.group.rule.name


def _next(enabled: list[Transition], taken: Counter[tuple[str, str]], chance: random.Random) -> Transition:
    outside = [each for each in enabled if each.group.environment]
    inside = [each for each in enabled if not each.group.environment]
    offered = outside if outside and (not inside or chance.random() < _ENVIRONMENT_SHARE) else inside
    return min(offered, key=lambda each: (taken[_rule(each)], chance.random()))


def _noted(component: str, rule: Rule, alternative: Alternative) -> Iterator[_Fact]:
    """What one plan does."""
    for step in _steps(alternative.plan):
        if isinstance(step, Call):
            request = step.request
            resource = f"{request.kind}/{request.subresource}" if request.subresource else request.kind
            yield component, _ASKS, resource, request.verb.value
            yield from ((component, _WRITES, request.kind, field) for field, _ in step.memory)
        elif isinstance(step, RuntimeCall):
            yield component, _CALLS, step.call, ""
            yield component, _REACHES, _kind(step.target, rule), step.field
        elif isinstance(step, Write):
            kind = _kind(step.target, rule)
            if kind:
                yield component, _WRITES, kind, step.field
        elif isinstance(step, Sweep):
            yield from ((component, _WRITES, step.kind, field) for field in step.fields)


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


def _facts(model: Model, component: Component, seen: Iterable[_Fact], bookkeeping: Collection[str]) -> ComponentFacts:
    watched, read = _reads(component)
    memory = {
        (kind.name, field.name)
        for kind in model.kinds
        for field in kind.fields
        if component.process and field.memory_of == component.process
    }
    did: dict[str, list[tuple[str, str]]] = {what: [] for what in (_ASKS, _CALLS, _REACHES, _WRITES)}
    for name, what, *of in seen:
        if name == component.name:
            did[what].append((of[0], of[1]))
    fields = [each for each in did[_WRITES] if each[0] not in bookkeeping and each not in did[_REACHES]]
    return ComponentFacts(
        name=component.name,
        place=component.place,  # type: ignore[arg-type]
        process=component.process,
        # Users and faults look at everything and are clients of nothing.
        watches=() if component.environment else tuple(watched),
        reads=() if component.environment else tuple(read),
        writes=_together(did[_ASKS]),
        calls=tuple(call for call, _ in did[_CALLS]),
        remembers=_together([each for each in fields if each in memory]),
        changes=_together([each for each in fields if each not in memory]),
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
