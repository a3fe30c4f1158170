"""The HorizontalPodAutoscaler controller: as many replicas as bring the metrics to their targets.

Duty (controllers-cluster §10): every 15 s, from the metrics of the target's pods, propose a replica count for each
metric, take the largest, stabilise it over the windows, limit it to rates and bounds, and write it to the target's
scale subresource.

Life of a key: one sync writes the recommendation to memory, the count to /scale if it changed, then the status. What
is remembered is the memory of kube-controller-manager: after a restart the current count is the first recommendation,
so that nothing is taken away for a whole window. The target's scale and what is made of it are one step: another
writer in between would make the update conflict, and the sync come again 15 s later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from ...environment.load import (
    Loads,
    load_name,
)
from ...kinds import FAULT, HORIZONTAL_POD_AUTOSCALER, KUBE_CONTROLLER_MANAGER, LOAD, POD, process_runs
from ...language.component import Component, Countdown, Handler, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Call, Named, Set, Step, Write
from ...language.query import MULTISET, ONLY, Query, Read
from ...language.request import ApiCall, Verb
from ...objects.conditions import Condition, condition_is_true, find_condition
from ...objects.horizontal_pod_autoscaler import (
    SCALING_ACTIVE,
    SCALING_LIMITED,
    HorizontalPodAutoscaler,
    HorizontalPodAutoscalerStatus,
)
from ...objects.pod import Pod
from .autoscaling_limits import (
    WITHIN_RANGE,
    down_window,
    limited,
    stabilized,
    stabilized_both_ways,
    up_window,
)
from .autoscaling_memory import (
    SYNC_PERIOD,
    Recent,
    Recommendations,
    changed,
    forgotten,
    long_periods,
    noted,
    within_period,
)
from .autoscaling_proposals import Metered, Scale, metered, proposed

NAME = "horizontal-pod-autoscaler-controller"

SCALING_DISABLED, NO_METRIC, VALID_METRIC = "ScalingDisabled", "FailedGetMetric", "ValidMetricFound"
"""Reasons of the condition ScalingActive."""


@attrs.frozen(cache_hash=True)
class SetReplicas:
    """The edit of /scale that asks for so many replicas."""

    replicas: int

    def __call__(self, stored: Any, /) -> Any:
        """The target with the new count."""
        return attrs.evolve(stored, spec=attrs.evolve(stored.spec, replicas=self.replicas))


RESCALED = "an autoscaler's change of replicas"
"""Name under which it is remembered that an autoscaler changed a replica count."""

MOST_TURNS = 3


@attrs.frozen(cache_hash=True)
class Turn:
    """The count of turns after a change up (1) or down (-1)."""

    way: int

    def __call__(self, turns: tuple[int, int], /) -> tuple[int, int]:
        """The last way, and the turns so far."""
        last, count = turns
        return self.way, min(count + (last == -self.way), MOST_TURNS)


@attrs.frozen(cache_hash=True)
class Keyed:
    """An autoscaler, and what its controller remembers of it."""

    autoscaler: HorizontalPodAutoscaler
    recommendations: Recommendations | None
    changes: tuple[Recent, ...]


@attrs.frozen(cache_hash=True)
class Decision:
    """What one sync comes to: the count, what limited it, whether there were metrics; the memory afterwards."""

    replicas: int
    active: str
    limit: str
    recommendations: Recommendations | None
    changes: tuple[Recent, ...]


def decide(key: Keyed, scale: Scale, metric_replicas: int | None) -> Decision:
    """One sync (controllers-cluster §10); ``metric_replicas``: what the metrics propose, None if nothing."""
    spec, current = key.autoscaler.spec, scale.replicas
    memory = key.recommendations
    if memory is None:
        memory = noted(Recommendations(), current, spec)
    if current == 0 and spec.min_replicas != 0:
        return Decision(0, SCALING_DISABLED, WITHIN_RANGE, memory, key.changes)
    if not spec.min_replicas <= current <= spec.max_replicas:
        replicas = max(spec.min_replicas, min(current, spec.max_replicas))
        return _scaled(key, current, replicas, VALID_METRIC, WITHIN_RANGE, memory)
    if metric_replicas is None:
        return Decision(current, NO_METRIC, WITHIN_RANGE, memory, key.changes)
    desired = metric_replicas
    if spec.behavior is None:
        desired = stabilized(desired, memory.higher)
    else:
        desired = stabilized_both_ways(desired, current, memory.lower, memory.higher)
    rules = (spec.behavior.scale_up, spec.behavior.scale_down) if spec.behavior is not None else ()
    rates = tuple(
        tuple(within_period(key.changes, policy.period_seconds) for policy in each.policies) for each in rules
    )
    replicas, limit = limited(desired, current, spec, *rates)
    return _scaled(key, current, replicas, VALID_METRIC, limit, noted(memory, metric_replicas, spec))


def _scaled(key: Keyed, current: int, replicas: int, active: str, limit: str, memory: Recommendations) -> Decision:
    change = replicas - current
    changes = changed(key.changes, key.autoscaler.spec, change) if change else key.changes
    return Decision(replicas, active, limit, memory, changes)


@attrs.frozen(cache_hash=True)
class WriteStatus:
    """The edit of the status after a sync."""

    current: int
    decision: Decision

    def __call__(self, stored: HorizontalPodAutoscaler, /) -> HorizontalPodAutoscaler:
        """The autoscaler with the new status."""
        return attrs.evolve(stored, status=status_of(self.current, self.decision))


def status_of(current: int, decision: Decision) -> HorizontalPodAutoscalerStatus:
    """The status after a sync that found ``current`` replicas."""
    limited_ = decision.limit != WITHIN_RANGE
    return HorizontalPodAutoscalerStatus(
        current,
        decision.replicas,
        (
            Condition(SCALING_ACTIVE, "True" if decision.active == VALID_METRIC else "False", decision.active),
            Condition(SCALING_LIMITED, "True" if limited_ else "False", decision.limit),
        ),
    )


def plan_of(key: Keyed, scale: Scale, decision: Decision, kind: str) -> tuple[Step, ...]:
    """The requests of a sync, and its writes to memory; empty if all stands as it shall."""
    autoscaler = key.autoscaler
    target = autoscaler.spec.scale_target_ref.name
    plan: list[Step] = []
    if decision.recommendations != key.recommendations:
        plan.append(Write(KEY, "recommendations", Set(decision.recommendations)))
    if decision.replicas != scale.replicas:
        plan.append(Call(Named(kind, target), ApiCall(Verb.UPDATE, kind, SetReplicas(decision.replicas), "scale")))
        plan.append(Write(Named(FAULT, RESCALED), "used", Set(True)))
        plan.append(Write(KEY, "turns", Turn(1 if decision.replicas > scale.replicas else -1)))
        if decision.changes != key.changes:
            plan.append(Write(KEY, "changes", Set(decision.changes)))
    if status_of(scale.replicas, decision) != autoscaler.status:
        status = WriteStatus(scale.replicas, attrs.evolve(decision, recommendations=None, changes=()))
        plan.append(Call(KEY, ApiCall(Verb.UPDATE, HORIZONTAL_POD_AUTOSCALER, status, "status")))
    return tuple(plan)


def _target(key: Keyed, stored: Any) -> Scale | None:
    if stored is None or stored.metadata.name != key.autoscaler.spec.scale_target_ref.name:
        return None
    return Scale(stored.spec.replicas, stored.status.replicas, stored.spec.selector)


def _meant(key: Keyed, scale: Scale | None) -> tuple[HorizontalPodAutoscaler, Scale] | None:
    return None if scale is None else (key.autoscaler, scale)


def _loads_of(key: Keyed, **_answers: Any) -> frozenset[str]:
    autoscaler = key.autoscaler
    return frozenset(load_name(autoscaler.metadata.name, metric.name) for metric in autoscaler.spec.metrics)


def _progress(names: frozenset[str], name: str, at: int) -> tuple[str, int] | None:
    return (name, at) if name in names else None


def sync(kind: str, loads: Loads) -> Rule:
    """The rule by which the autoscalers of targets of ``kind`` are looked at."""

    def view(autoscaler: HorizontalPodAutoscaler | None, recommendations: Any, changes: Any) -> Keyed | None:
        if autoscaler is None or autoscaler.spec.scale_target_ref.kind != kind:
            return None
        return Keyed(autoscaler, recommendations, changes)

    def classify(meant: Any, pod: Pod | None, stage: str, age: int, readied: bool) -> Metered | None:
        return None if pod is None else metered(meant, loads, pod, stage, age, readied)

    def rule_decide(
        key: Keyed,
        scale: Scale | None,
        pods: tuple[tuple[Metered, int], ...] = (),
        load: tuple[tuple[tuple[str, int], int], ...] = (),
    ) -> Iterable[Alternative]:
        if scale is None:
            return
        each = tuple(pod for pod, count in pods for _ in range(count))
        at = dict(entry for entry, _ in load)
        found = decide(key, scale, proposed(key.autoscaler, scale, each, loads, at))
        plan = plan_of(key, scale, found, kind)
        if plan:
            name = key.autoscaler.metadata.name
            yield Alternative(plan, f"{name} wants {found.replicas} replicas ({found.active}, {found.limit})")

    further = {
        "pods": Query(POD, ("object", "metrics", "age", "readied"), classify, MULTISET, _meant),
        "load": Query(LOAD, ("name", "at"), _progress, MULTISET, _loads_of),
    }
    return Rule(
        name=f"sync {kind}",
        key=Key(HORIZONTAL_POD_AUTOSCALER, ("object", "recommendations", "changes"), view),
        queries={"scale": Query(kind, ("object",), _target, ONLY, read=Read.QUORUM)},
        stages=(further,) if loads else (),
        decide=rule_decide,
        duration=float(SYNC_PERIOD),
        countdown=Countdown(periodic=True),
        several_requests=True,
        reference="controllers-cluster §10",
        meaning="brings the metrics of the target's pods to where they shall be, by more replicas or fewer",
    )


def _window_rule(seconds: int) -> Rule:
    """The rule by which recommendations leave a window of so many seconds."""

    def view(autoscaler: HorizontalPodAutoscaler | None, memory: Recommendations | None) -> Any:
        if autoscaler is None or memory is None:
            return None
        behavior = autoscaler.spec.behavior
        higher = memory.higher[1:] if down_window(behavior) == seconds and len(memory.higher) > 1 else memory.higher
        lower = memory.lower[1:] if up_window(behavior) == seconds and len(memory.lower) > 1 else memory.lower
        return (memory, higher, lower) if (higher, lower) != (memory.higher, memory.lower) else None

    def rule_decide(key: tuple[Recommendations, tuple[int, ...], tuple[int, ...]]) -> Iterable[Alternative]:
        memory, higher, lower = key
        # The two windows run on their own: of entries that leave at once, either may be seen to leave first.
        for after in {Recommendations(higher, memory.lower), Recommendations(memory.higher, lower)} - {memory}:
            yield Alternative((Write(KEY, "recommendations", Set(after)),), f"a recommendation is {seconds} s old")

    return Rule(
        name=f"recommendation leaves window of {seconds} s",
        key=Key(HORIZONTAL_POD_AUTOSCALER, ("object", "recommendations"), view),
        decide=rule_decide,
        duration=float(seconds),
        reference="controllers-cluster §10.3",
        meaning="a recommendation counts no more; the newest one stays, for every sync makes it anew",
    )


def _period_rule(seconds: int) -> Rule:
    """The rule by which changes leave a policy's period of so many seconds."""

    def view(changes: tuple[Recent, ...]) -> tuple[Recent, ...] | None:
        return changes if any(recent.period == seconds and recent.changes for recent in changes) else None

    return Rule(
        name=f"change leaves period of {seconds} s",
        key=Key(HORIZONTAL_POD_AUTOSCALER, ("changes",), view),
        decide=lambda changes: [
            Alternative(
                (Write(KEY, "changes", Set(forgotten(changes, seconds))),),
                f"the count was changed {seconds} s ago",
            )
        ],
        duration=float(seconds),
        reference="controllers-cluster §10.3",
        meaning="a change of the replica count no longer uses up what a scaling policy allows",
    )


def _gone_resets(value: Any, _before: Pod | None, after: Pod | None) -> Any:
    return value if after is not None else type(value)()


def _readied(readied: bool, _before: Pod | None, after: Pod | None) -> bool:
    return after is not None and (readied or condition_is_true(after.status.conditions, "Ready"))


def component(autoscalers: Sequence[HorizontalPodAutoscaler], loads: Loads) -> Component:
    """The controller, for these autoscalers, under these loads."""
    kinds = sorted({item.spec.scale_target_ref.kind for item in autoscalers})
    windows = {int(window(item.spec.behavior)) for item in autoscalers for window in (down_window, up_window)} - {0}
    periods = {period for item in autoscalers for period in long_periods(item.spec.behavior)}
    return Component(
        name=NAME,
        rules=(
            *(sync(kind, loads) for kind in kinds),
            *map(_window_rule, sorted(windows)),
            *map(_period_rule, sorted(periods)),
        ),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        handlers=(
            Handler(HORIZONTAL_POD_AUTOSCALER, "recommendations", lambda kept, _before, after: after and kept),
            Handler(HORIZONTAL_POD_AUTOSCALER, "changes", lambda kept, _before, after: kept if after else ()),
            Handler(POD, "metrics", _gone_resets),
            Handler(POD, "age", _gone_resets),
            Handler(POD, "readied", _readied),
        ),
        duty="brings metrics of pods to their targets, by more replicas or fewer",
        reference="controllers-cluster §10",
    )


def _stands(autoscaler: HorizontalPodAutoscaler | None) -> str:
    if autoscaler is None:
        return "Absent"
    status = autoscaler.status
    active = find_condition(status.conditions, SCALING_ACTIVE)
    if active is None:
        return "New"
    if active.status != "True":
        return "Disabled" if active.reason == SCALING_DISABLED else "Blind"
    if status.desired_replicas != status.current_replicas:
        return "Scaling"
    return "Settled"


_STATES = {
    "Absent": "no such autoscaler",
    "New": "nothing has been decided yet",
    "Disabled": "the target was scaled to zero by hand",
    "Blind": "no metric tells anything",
    "Scaling": "asks for another count than the target had",
    "Settled": "the target has the count that metrics ask for, as far as bounds and rates allow it",
}
_DECIDED = ("Disabled", "Blind", "Scaling", "Settled")

MACHINE = Machine(
    name="horizontal pod autoscaler",
    kind=HORIZONTAL_POD_AUTOSCALER,
    fields=("object",),
    states=states_by(_stands, _STATES),
    initial="Absent",
    arrows=(
        *(
            Arrow(f"find {dest.lower()}", source, dest, NAME, "controllers-cluster §10")
            for source in ("New", *_DECIDED)
            for dest in _DECIDED
            if source != dest
        ),
        *(
            Arrow("delete", source, "Absent", "namespace-controller", "controllers-cluster §5")
            for source in ("New", *_DECIDED)
        ),
    ),
    meaning="how an autoscaler stands, as its status tells",
    reference="controllers-cluster §10",
)
