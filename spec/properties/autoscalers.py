"""Properties of HorizontalPodAutoscalers (invariants 100, 101)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..control_plane.controllers.horizontal_pod_autoscaler import MOST_TURNS
from ..kinds import DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Property, Shape, StateProperty, TemporalProperty, violated
from ..language.query import ONLY, Query
from ..language.scenario import Scenario
from ..objects.horizontal_pod_autoscaler import HorizontalPodAutoscaler
from .happenings import autoscaled


def _there(autoscaler: HorizontalPodAutoscaler | None) -> HorizontalPodAutoscaler | None:
    return autoscaler


def _replicas(kind: str) -> Query:
    """The count that an autoscaler's target asks for, if it is of this kind."""

    def target(autoscaler: HorizontalPodAutoscaler, stored: Any) -> int | None:
        reference = autoscaler.spec.scale_target_ref
        if stored is None or (kind, stored.metadata.name) != (reference.kind, reference.name):
            return None
        return int(stored.spec.replicas)

    return Query(kind, ("object",), target, ONLY)


def _within(autoscaler: HorizontalPodAutoscaler, **targets: int | None) -> Finding:
    replicas = next((count for count in targets.values() if count), None)
    if not replicas:
        return IDLE
    least, most = autoscaler.spec.min_replicas, autoscaler.spec.max_replicas
    if least <= replicas <= most:
        return HOLDS
    return violated(f"the target of {autoscaler.metadata.name} asks for {replicas} replicas, not {least} to {most}")


def within_bounds(kinds: Iterable[str] = (DEPLOYMENT,)) -> TemporalProperty:
    """invariants 100, for targets of these kinds."""
    return TemporalProperty(
        name="hpa-within-bounds",
        statement="a target that is not scaled to zero ends up with minReplicas to maxReplicas, and keeps to them",
        key=Key(HORIZONTAL_POD_AUTOSCALER, ("object",), _there),
        queries={f"replicas of {kind}": _replicas(kind) for kind in kinds},
        judge=_within,
        shape=Shape.EVENTUALLY_ALWAYS,
        reference="invariants 100",
        advice="look for somebody else who writes spec.replicas",
    )


def _turning(turns: tuple[int, int]) -> int:
    return turns[1]


def _steady(turns: int) -> Finding:
    if turns < MOST_TURNS:
        return HOLDS
    return violated("under a load that stays as it is the replica count goes up and down, and up and down again")


NO_OSCILLATION = StateProperty(
    name="hpa-no-oscillation",
    statement="under a load that no longer changes, an autoscaler does not turn its target's replica count round again"
    " and again",
    key=Key(HORIZONTAL_POD_AUTOSCALER, ("turns",), _turning),
    judge=_steady,
    reference="invariants 101",
    advice="a longer stabilization window, a larger tolerance, a metric that falls as pods are added",
)


def _straight(turns: int) -> Finding:
    if turns == 0:
        return HOLDS
    return violated("the demand stays as it is, yet the replica count goes up and comes down again, or the reverse")


NO_TURN = StateProperty(
    name="hpa-no-turn",
    statement="an autoscaler that has changed its target's replica count does not take that back: to be asked where the"
    " demand stays as it is",
    key=Key(HORIZONTAL_POD_AUTOSCALER, ("turns",), _turning),
    judge=_straight,
    reference="controllers-cluster §10.2, invariants 101",
    advice="let scaling up wait for longer than pods are busy with starting"
    " (behavior.scaleUp.stabilizationWindowSeconds), or scale by a metric of the demand",
)

TAILORED: Mapping[str, Callable[[Scenario], Property]] = {
    "hpa-within-bounds": lambda scenario: within_bounds(sorted({item.kind for _, item in autoscaled(scenario)})),
}
"""Properties that read what the scenario's autoscalers scale, by name."""
