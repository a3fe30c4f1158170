"""Models of a lamp, small enough to count in one's head."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.component import Component, Fairness, Key, Rule
from kubemodel.spec.language.machine import Arrow, Machine, State
from kubemodel.spec.language.model import Field, Kind, Model, TimeMode
from kubemodel.spec.language.plan import KEY, Alternative, New, Set, Step, Sweep, Write
from kubemodel.spec.language.property import Finding, Property, StateProperty, StepProperty, When

LAMP, MOTH = "Lamp", "Moth"


def rule(name: str, before: int, after: int, duration: float = 0.0, fairness: Fairness | None = None) -> Rule:
    """The level of the lamp goes from ``before`` to ``after``."""
    return attrs.evolve(act(name, before, (Write(KEY, "level", Set(after)),), duration), fairness=fairness)


def act(name: str, level: int, plan: tuple[Step, ...], duration: float = 0.0) -> Rule:
    """Something happens at one level of the lamp."""
    key = Key(LAMP, ("level",), lambda given: given if given == level else None)
    return Rule(name, key, lambda _: [Alternative(plan)], duration=duration)


def lights(*rules: Rule, properties: tuple[Property, ...] = (), **changes: Any) -> TransitionSystem:
    """A lamp, a controller with these rules, and a pool of one moth."""
    return built((Component("controller", rules),), properties, **changes)


def built(components: tuple[Component, ...], properties: tuple[Property, ...] = (), **changes: Any) -> TransitionSystem:
    """A lamp with these components."""
    model = Model(
        "lamp",
        (Kind(LAMP, (Field("level", 0),), names=("lamp",)), Kind(MOTH, (Field("wing", 0),), slots=1)),
        components,
        {},
        properties=properties,
    )
    return TransitionSystem(attrs.evolve(model, **changes))


def always(judge: Callable[[int], Finding], when: When = When.ALWAYS, name: str = "level") -> StateProperty:
    """A property of the lamp's level."""
    return StateProperty(name, "", Key(LAMP, ("level",), lambda level: (level,)), lambda key: judge(key[0]), {}, when)


def step(judge: Callable[[int, int], Finding], kind: str = LAMP, field: str = "level") -> StepProperty:
    """A property of the changes of one field."""
    return StepProperty("step", "", kind, (field,), lambda _c, _r, before, after, _a: judge(before[0], after[0]))


def moth() -> Step:
    """A moth comes."""
    return Write(New(MOTH), "wing", Set(1))


def flutter(by: int) -> Sweep:
    """All moths beat their wings."""
    return Sweep(MOTH, ("wing",), lambda parameter, wing: (wing + parameter,), by)


def switch(*arrows: tuple[str, str]) -> Machine:
    """The lamp is dark, or lit; these changes are declared."""
    states = (State("dark", lambda level: level == 0), State("lit", lambda level: level in (1, 2)))
    declared = tuple(Arrow("switch", source, dest, "controller") for source, dest in arrows)
    return Machine("switch", LAMP, ("level",), states, "dark", declared)


__all__ = ["TimeMode", "act", "always", "built", "flutter", "lights", "moth", "rule", "step", "switch"]
