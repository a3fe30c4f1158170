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

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from ...environment.load import (
    EARLY,
    NO_SAMPLE,
    SETTLED,
    Loads,
    load_name,
    own_usage,
    shared_usage,
)
from ...kinds import FAULT, HORIZONTAL_POD_AUTOSCALER, KUBE_CONTROLLER_MANAGER, LOAD, POD, process_runs
from ...language.component import Component, Countdown, Handler, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Call, Named, Set, Step, Write
from ...language.query import MULTISET, ONLY, Query, Read
from ...language.request import ApiCall, Verb
from ...objects.conditions import Condition, condition_is_true, find_condition
from ...objects.horizontal_pod_autoscaler import (
    AVERAGE_VALUE,
    CONTAINER_RESOURCE,
    RESOURCE,
    SCALING_ACTIVE,
    SCALING_LIMITED,
    UTILIZATION,
    HorizontalPodAutoscaler,
    HorizontalPodAutoscalerStatus,
    MetricSpec,
)
from ...objects.horizontal_pod_autoscaler import PODS as PODS_METRIC
from ...objects.pod import Pod, PodSpec
from ...objects.pod_resources import container_requests, spec_requests
from ...objects.selectors import LabelSelector, selects
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
from .autoscaling_metrics import (
    CPU_INITIALIZATION_PERIOD,
    INITIAL_READINESS_DELAY,
    MetricError,
    Observed,
    Proposal,
    Reading,
    Sample,
    Tolerance,
    from_average,
    from_resource,
    from_value,
    from_value_per_pod,
    largest,
    runs_ready,
    standing,
)

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
class Metered:
    """A pod of the target. ``readings``: how it counts for each metric, with what it uses of its own.

    ``most``: for each metric what it can use at most, None for no limit. ``serves``: it gets its share of the load.
    """

    readings: tuple[Reading, ...]
    most: tuple[int | None, ...]
    serves: bool
    ready: bool


@attrs.frozen(cache_hash=True)
class Scale:
    """What /scale says of the target: the replicas asked for and those reported, and which pods they are."""

    replicas: int
    reported: int
    selector: LabelSelector | None


NOW = 1000.0
"""The instant of every sync; those of a pod stand for how long ago they were."""


def representative(pod: Pod, metrics: str, readied: bool) -> tuple[Observed, Sample | None]:
    """A pod and its sample with instants that stand for what is known of them."""
    ready = condition_is_true(pod.status.conditions, "Ready")
    started = NOW - CPU_INITIALIZATION_PERIOD - INITIAL_READINESS_DELAY if metrics == SETTLED else NOW - 1.0
    since = started + INITIAL_READINESS_DELAY if readied and metrics == SETTLED else started
    sample = None
    if metrics != NO_SAMPLE:
        sample = Sample(0, since if metrics == EARLY else since + Sample(0).window)
    observed = Observed(pod.status.phase, pod.metadata.terminating, "True" if ready else "False", since, started)
    return observed, sample


def _bounds(metric: MetricSpec, spec: PodSpec) -> tuple[int, int | None]:
    """Request and limit of a pod of a metric, in thousandths; 0 and None where it has none."""
    if metric.type not in (RESOURCE, CONTAINER_RESOURCE):
        return 0, None
    scale = 1 if metric.name == "cpu" else 1000
    containers = [it for it in spec.containers if metric.container in ("", it.name)]
    requests = spec_requests(spec) if not metric.container else container_requests(containers[0])
    limits = [container.resources.limits.get(metric.name) for container in containers]
    most = None if None in limits else scale * sum(limit for limit in limits if limit is not None)
    return scale * requests.get(metric.name, 0), most


def metered(
    meant: tuple[HorizontalPodAutoscaler, Scale] | None, loads: Loads, pod: Pod, stage: str, age: int, readied: bool
) -> Metered | None:
    """What the metrics of a pod will be; None if it is none of the target's."""
    if meant is None or not selects(meant[1].selector, pod.metadata.labels):
        return None
    autoscaler = meant[0]
    observed, sample = representative(pod, stage, readied)
    readings, most = [], []
    for metric in autoscaler.spec.metrics:
        resource = metric.name if metric.type in (RESOURCE, CONTAINER_RESOURCE) else ""
        request, limit = _bounds(metric, pod.spec)
        load = loads.get((autoscaler.metadata.name, metric.name))
        own = own_usage(load, age) if load is not None and sample is not None else 0
        readings.append(Reading(standing(observed, sample, resource, NOW), own, request))
        most.append(limit)
    ready = runs_ready(pod)
    return Metered(tuple(readings), tuple(most), ready and not pod.metadata.terminating, ready)


def proposed(
    autoscaler: HorizontalPodAutoscaler, scale: Scale, pods: tuple[Metered, ...], loads: Loads, at: Mapping[str, int]
) -> int | None:
    """What the metrics propose together, None if nothing; ``at``: how far each load has changed, by its name."""
    found = [_proposal(autoscaler, number, scale, pods, loads, at) for number in range(len(autoscaler.spec.metrics))]
    return largest(found, scale.replicas)


def _proposal(
    autoscaler: HorizontalPodAutoscaler,
    number: int,
    scale: Scale,
    pods: tuple[Metered, ...],
    loads: Loads,
    at: Mapping[str, int],
) -> Proposal | None:
    metric = autoscaler.spec.metrics[number]
    load = loads.get((autoscaler.metadata.name, metric.name))
    if load is None:
        return None
    tolerance = _tolerance(autoscaler)
    step = at[load_name(autoscaler.metadata.name, metric.name)]
    if metric.type in (RESOURCE, CONTAINER_RESOURCE, PODS_METRIC):
        share = shared_usage(load, step, sum(pod.serves for pod in pods))
        readings = [_used(pod, number, share) for pod in pods]
        propose = from_resource if metric.target_type == UTILIZATION else from_average
        try:
            return propose(readings, scale.replicas, metric.target, tolerance)
        except MetricError:
            return None
    value = load.total[step]
    if metric.target_type == AVERAGE_VALUE:
        return from_value_per_pod(value, scale.reported, metric.target, tolerance)
    return from_value(value, scale.replicas, sum(pod.ready for pod in pods), metric.target, tolerance)


def _used(pod: Metered, number: int, share: int) -> Reading:
    reading, most = pod.readings[number], pod.most[number]
    taken = share if pod.serves else 0
    # What pods are measured to use of their own may be a little above their limits, as throttling is by periods; of
    # what all share a pod takes no more than its limit leaves it.
    more = taken if most is None else min(taken, max(most - reading.value, 0))
    return attrs.evolve(reading, value=reading.value + more)


def _tolerance(autoscaler: HorizontalPodAutoscaler) -> Tolerance:
    behavior = autoscaler.spec.behavior
    default = Tolerance()
    if behavior is None:
        return default
    down, up = behavior.scale_down.tolerance, behavior.scale_up.tolerance
    return Tolerance(default.down if down is None else down, default.up if up is None else up)


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
