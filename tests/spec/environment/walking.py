"""Walks through the model of a scenario step by step: what is enabled, and what one step changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
from kubemodel.engine.executor import settle
from kubemodel.engine.pools import State
from kubemodel.engine.successors import Transition, transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec import cluster
from kubemodel.spec.language.scenario import Scenario

from ..exploration import values


@attrs.frozen
class Walk:
    """A state of a system."""

    system: TransitionSystem
    state: State

    def see(self, kind: str, field: str = "object") -> tuple[Any, ...]:
        """The values of a field of all objects of a kind."""
        return values(self.system, self.state, kind, field)

    def steps(self, component: str, rule: str = "") -> list[Transition]:
        """The enabled steps of a component, or of one of its rules."""
        return [
            step
            for step in transitions(self.system, self.state)
            if step.group.component.name == component and rule in ("", step.group.rule.name)
        ]

    def after(self, component: str, rule: str = "") -> list[Walk]:
        """What each enabled step of a component, or of one of its rules, leads to."""
        return [Walk(self.system, step.successor) for step in self.steps(component, rule) if step.successor]

    def one(self, component: str, rule: str = "") -> Walk:
        """What the only enabled step of a component, or of one of its rules, leads to."""
        (found,) = self.after(component, rule)
        return found

    def settled(self) -> Walk:
        """Where Kubernetes alone brings the cluster to rest."""
        return Walk(self.system, settle(self.system, self.state))


def begin(wanted: Scenario) -> Walk:
    """The first state of a scenario."""
    system = TransitionSystem(cluster.build(wanted))
    return Walk(system, system.initial_state())


def reachable(walk: Walk) -> Iterator[Walk]:
    """All states that can be reached, nearest first."""
    seen = {walk.state}
    queue = [walk]
    for here in queue:
        yield here
        for step in transitions(here.system, here.state):
            if step.successor is not None and step.successor not in seen:
                seen.add(step.successor)
                queue.append(Walk(here.system, step.successor))


def until(walk: Walk, holds: Callable[[Walk], bool]) -> Walk:
    """The nearest reachable state in which something holds."""
    return next(here for here in reachable(walk) if holds(here))
