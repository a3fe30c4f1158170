"""Properties of HorizontalPodAutoscalers (invariants 100, 101)."""

from __future__ import annotations

from ..control_plane.controllers.horizontal_pod_autoscaler import MOST_TURNS
from ..kinds import DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StateProperty, TemporalProperty, violated
from ..language.query import ONLY, Query
from ..objects.horizontal_pod_autoscaler import HorizontalPodAutoscaler
from ..objects.workloads import Deployment


def _of_deployment(autoscaler: HorizontalPodAutoscaler | None) -> HorizontalPodAutoscaler | None:
    if autoscaler is None or autoscaler.spec.scale_target_ref.kind != DEPLOYMENT:
        return None
    return autoscaler


def _target(autoscaler: HorizontalPodAutoscaler, deployment: Deployment | None) -> int | None:
    if deployment is None or deployment.metadata.name != autoscaler.spec.scale_target_ref.name:
        return None
    return deployment.spec.replicas


REPLICAS = Query(DEPLOYMENT, ("object",), _target, ONLY)


def _within(autoscaler: HorizontalPodAutoscaler, replicas: int | None) -> Finding:
    if not replicas:
        return IDLE
    least, most = autoscaler.spec.min_replicas, autoscaler.spec.max_replicas
    if least <= replicas <= most:
        return HOLDS
    return violated(f"the target of {autoscaler.metadata.name} asks for {replicas} replicas, not {least} to {most}")


WITHIN_BOUNDS = TemporalProperty(
    name="hpa-within-bounds",
    statement="a target that is not scaled to zero ends up with minReplicas to maxReplicas, and keeps to them",
    key=Key(HORIZONTAL_POD_AUTOSCALER, ("object",), _of_deployment),
    queries={"replicas": REPLICAS},
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
