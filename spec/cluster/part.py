"""A part of a cluster: what one feature of Kubernetes brings into a model, and when.

Components that nothing in the scenario can trigger are left out (design §6): a part is asked only about a scenario that
``needed`` says yes to, so that what a scenario does not hold costs it nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs

from ..language.component import Component
from ..language.machine import Machine
from ..language.model import Assumption, Field, Kind
from ..language.scenario import Scenario

Bundles = Mapping[str, tuple[Mapping[str, Any], ...]]
"""For each kind, the bundles that stand at the start: mappings of field name to value."""

Item = TypeVar("Item")


def always(_scenario: Scenario) -> bool:
    """Needed by every scenario."""
    return True


def _none(_scenario: Scenario) -> tuple[Any, ...]:
    return ()


def _nothing(_scenario: Scenario) -> Bundles:
    return {}


def _no_pods(_scenario: Scenario) -> int:
    return 0


@attrs.frozen(eq=False)
class Part:
    """What one feature brings.

    ``components``, in the order in which their rules are tried. ``kinds``: what it can hold, beside pods.
    ``pod_fields``: what it keeps with each pod. ``pods``: how many pods it can want at once, terminating ones and
    successors counted, and ``pod_names`` the names of those that are called by a name of their own, which need no room.
    ``initial``: where its objects start. ``machines`` of its objects and processes.
    ``assumptions`` that its verdicts rest on. ``events``: what is remembered to have happened, beside faults.
    """

    name: str
    needed: Callable[[Scenario], bool] = always
    components: Callable[[Scenario], tuple[Component, ...]] = _none
    kinds: Callable[[Scenario], tuple[Kind, ...]] = _none
    pod_fields: tuple[Field, ...] = ()
    pods: Callable[[Scenario], int] = _no_pods
    pod_names: Callable[[Scenario], tuple[str, ...]] = _none
    initial: Callable[[Scenario], Bundles] = _nothing
    machines: tuple[Machine, ...] = ()
    events: tuple[str, ...] = ()
    assumptions: Callable[[Scenario], tuple[Assumption, ...]] = _none


def simplified(name: str, assumptions: Mapping[Assumption, Callable[[Scenario], bool]]) -> Part:
    """A part that brings nothing but assumptions, each with the scenarios to which it matters."""

    def said(scenario: Scenario) -> tuple[Assumption, ...]:
        return tuple(assumption for assumption, touched in assumptions.items() if touched(scenario))

    return Part(name, lambda scenario: bool(said(scenario)), assumptions=said)


def given(scenario: Scenario, kind: type[Item]) -> tuple[Item, ...]:
    """The objects of one kind that the scenario starts with, in their order."""
    return tuple(item for item in scenario.objects if isinstance(item, kind))


def names(scenario: Scenario, kind: type[Any]) -> tuple[str, ...]:
    """Their names, sorted."""
    return tuple(sorted(item.metadata.name for item in given(scenario, kind)))


def bundles(scenario: Scenario, kind: type[Any]) -> tuple[Mapping[str, Any], ...]:
    """Their bundles at the start, where each is just its object."""
    return tuple({"name": item.metadata.name, "object": item} for item in given(scenario, kind))
