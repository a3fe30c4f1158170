"""The scheduler."""

from __future__ import annotations

from collections.abc import Mapping

from frozendict import frozendict

from ..control_plane.scheduler import component as scheduler
from ..control_plane.scheduler.component import PREEMPTION_IN_ONE_GO, Scoring, Setup
from ..control_plane.scheduler.queue import MACHINE
from ..control_plane.scheduler.snapshot import Alike
from ..control_plane.scheduler.views import BUDGETS, DEFAULT_SCHEDULER
from ..language.component import Component
from ..language.model import Assumption
from ..language.scenario import Scenario
from ..objects.disruption import PodDisruptionBudget
from ..objects.namespace import Namespace
from ..objects.pod import Pod, PodSpec
from ..objects.priority import PriorityClass
from ..objects.selectors import LabelSelector
from ..objects.service import Service
from ..objects.storage import Storage
from . import claims, persistent_volumes
from .claims import storage
from .over_time import templates, versions
from .part import Part, given, names


def _scoring(scenario: Scenario) -> Scoring:
    return Scoring(scenario.switches.get("scoring", Scoring.ANY_FEASIBLE.value))


def _profiles(scenario: Scenario) -> Mapping[str, Scoring]:
    """The profiles that the scheduler serves: those given, or the default one, which scores as the switch says."""
    given_ones = {name: Scoring(scoring) for name, scoring in sorted(scenario.profiles.items())}
    return frozendict(given_ones or {DEFAULT_SCHEDULER: _scoring(scenario)})


def _unserved(scenario: Scenario) -> list[str]:
    specs = (*(it.spec for it in templates(scenario)), *(pod.spec for pod in versions(scenario, Pod)))
    return sorted({spec.scheduler_name for spec in specs} - set(_profiles(scenario)))


def _priority(spec: PodSpec) -> tuple[str, int]:
    return spec.priority_class_name, spec.priority or 0


def several_priorities(scenario: Scenario) -> bool:
    """Whether some pod may be more urgent than another: only then can one make another go."""
    specs = (*(it.spec for it in templates(scenario)), *(pod.spec for pod in versions(scenario, Pod)))
    named = {item.metadata.name: item.value for item in given(scenario, PriorityClass)}
    default = next((item.value for item in given(scenario, PriorityClass) if item.global_default), 0)
    found = {named.get(name, priority) if name else priority or default for name, priority in map(_priority, specs)}
    return len(found) > 1


def _setup(scenario: Scenario) -> Setup:
    profiles = _profiles(scenario)
    services = (
        Alike(it.metadata.namespace, LabelSelector(it.spec.selector))
        for it in given(scenario, Service)
        if Scoring.DEFAULT_PROFILE in profiles.values()
    )
    preempts = several_priorities(scenario)
    budgets = BUDGETS if preempts and names(scenario, PodDisruptionBudget) else None
    moving = persistent_volumes.needed(scenario)
    return Setup(
        profiles,
        preempts,
        tuple(services),
        given(scenario, Namespace),
        budgets,
        Storage(classes=persistent_volumes.classes(scenario)) if moving else storage(scenario),
        moving,
    )


def _components(scenario: Scenario) -> tuple[Component, ...]:
    return (scheduler.component(_setup(scenario)),)


def _assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    found = [PREEMPTION_IN_ONE_GO] if several_priorities(scenario) else []
    if not persistent_volumes.needed(scenario):
        found += claims.assumptions(scenario)
    unserved = _unserved(scenario)
    if unserved:
        found.append(
            Assumption(
                "schedulers",
                f"nobody schedules pods for {', '.join(unserved)}: there is one scheduler, which serves"
                f" {', '.join(_profiles(scenario))}",
                "kube-scheduler §1",
            )
        )
    if Scoring.ANY_FEASIBLE in _profiles(scenario).values():
        found.append(Assumption("any-feasible-node", "the scheduler may choose any feasible node, whatever its score"))
    return tuple(found)


SCHEDULING = Part(
    "scheduling",
    components=_components,
    machines=(MACHINE,),
    assumptions=_assumptions,
)
