"""What metrics propose: the replica count at which each would be on target (controllers-cluster §10.2).

Ratios are floating-point numbers, as in Kubernetes: its rounding is part of the behaviour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import attrs

from ...language.arithmetic import ceil_div
from ...objects.conditions import condition_is_true, find_condition
from ...objects.pod import Pod

TOLERANCE = 0.1
CPU_INITIALIZATION_PERIOD = 300.0
INITIAL_READINESS_DELAY = 30.0
"""Settings of the controller; periods in seconds."""

CPU = "cpu"


class MetricError(ValueError):
    """A metric from which nothing can be told: it proposes no count."""


@attrs.frozen(cache_hash=True)
class Tolerance:
    """How far a ratio may be from 1 before something is done about it."""

    down: float = TOLERANCE
    up: float = TOLERANCE

    def allows(self, ratio: float) -> bool:
        """Whether a ratio is near enough to 1."""
        return 1.0 - self.down <= ratio <= 1.0 + self.up


@attrs.frozen(cache_hash=True)
class Sample:
    """What the metrics API reports of one pod: ``value`` in thousandths, averaged over ``window`` seconds."""

    value: int
    timestamp: float = 0.0
    window: float = 60.0


@attrs.frozen(cache_hash=True)
class Observed:
    """A pod as the autoscaler reads it. Times in seconds; ``ready`` None: it has no condition Ready."""

    phase: str
    terminating: bool = False
    ready: str | None = None
    ready_since: float = 0.0
    started: float | None = None


def observed(pod: Pod) -> Observed:
    """What the autoscaler reads of a pod."""
    ready = find_condition(pod.status.conditions, "Ready")
    return Observed(
        pod.status.phase,
        pod.metadata.terminating,
        ready.status if ready is not None else None,
        (ready.last_transition_time if ready is not None else None) or 0.0,
        pod.status.start_time,
    )


def runs_ready(pod: Pod) -> bool:
    """Whether the pod counts where a metric is not its own: it runs and is ready."""
    return pod.status.phase == "Running" and condition_is_true(pod.status.conditions, "Ready")


READY, UNREADY, MISSING, IGNORED = "ready", "unready", "missing", "ignored"
"""How a pod counts for a metric."""


def standing(
    pod: Observed,
    sample: Sample | None,
    resource: str,
    now: float,
    initialization: float = CPU_INITIALIZATION_PERIOD,
    delay: float = INITIAL_READINESS_DELAY,
) -> str:
    """How a pod counts for a metric of ``resource``: READY, UNREADY, MISSING or IGNORED.

    Only a cpu sample can be unready, for what a program uses while it starts says nothing of the load.
    """
    if pod.terminating or pod.phase == "Failed":
        return IGNORED
    if pod.phase == "Pending":
        return UNREADY
    if sample is None:
        return MISSING
    if resource != CPU:
        return READY
    if pod.ready is None or pod.started is None:
        return UNREADY
    if pod.started + initialization > now:
        too_early = sample.timestamp < pod.ready_since + sample.window
        return UNREADY if pod.ready == "False" or too_early else READY
    never_ready = pod.ready == "False" and pod.started + delay > pod.ready_since
    return UNREADY if never_ready else READY


@attrs.frozen(cache_hash=True)
class Proposal:
    """A replica count, and the usage from which it comes: in percent of the request, in thousandths for each pod."""

    replicas: int
    utilization: int = 0
    average: int = 0


@attrs.frozen(cache_hash=True)
class Reading:
    """A pod beside its metric: how it counts, what it uses and its request, in thousandths."""

    standing: str
    value: int = 0
    request: int = 0


def from_resource(readings: Sequence[Reading], current: int, target: int, tolerance: Tolerance) -> Proposal:
    """The count at which the pods use ``target`` percent of their requests. Raises ``MetricError``."""

    def ratio(values: Sequence[tuple[int, int]]) -> tuple[float, int, int]:
        requests = sum(request for _, request in values)
        if not requests:
            raise MetricError("no metrics returned matched known pods")
        used = sum(value for value, _ in values)
        utilization = used * 100 // requests
        return utilization / target, utilization, used // len(values)

    fallback = max(100, target)
    return _proposed(readings, current, tolerance, ratio, lambda reading: reading.request * fallback // 100)


def from_average(readings: Sequence[Reading], current: int, target: int, tolerance: Tolerance) -> Proposal:
    """The count at which each pod has ``target`` of the metric, in thousandths. Raises ``MetricError``."""

    def ratio(values: Sequence[tuple[int, int]]) -> tuple[float, int, int]:
        average = sum(value for value, _ in values) // len(values)
        return average / target, 0, average

    return _proposed(readings, current, tolerance, ratio, lambda _reading: target)


def _proposed(
    readings: Sequence[Reading],
    current: int,
    tolerance: Tolerance,
    ratio_of: Callable[[Sequence[tuple[int, int]]], tuple[float, int, int]],
    assumed: Callable[[Reading], int],
) -> Proposal:
    ready = [(reading.value, reading.request) for reading in readings if reading.standing == READY]
    unready = [(0, reading.request) for reading in readings if reading.standing == UNREADY]
    missing = [reading for reading in readings if reading.standing == MISSING]
    if not ready:
        raise MetricError("did not receive metrics for targeted pods (pods might be unready)")
    ratio, utilization, average = ratio_of(ready)

    def proposal(replicas: int) -> Proposal:
        return Proposal(replicas, utilization, average)

    up_with_unready = bool(unready) and ratio > 1.0
    if not missing and not up_with_unready:
        return proposal(current if tolerance.allows(ratio) else math.ceil(ratio * len(ready)))
    counted = list(ready)
    if ratio != 1.0:
        # Pods of which nothing is known are taken to use all that they may on the way down, and nothing on the way up.
        counted += [(assumed(reading) if ratio < 1.0 else 0, reading.request) for reading in missing]
    if up_with_unready:
        counted += unready
    again, _, _ = ratio_of(counted)
    turned = (ratio < 1.0 < again) or (again < 1.0 < ratio)
    if turned or tolerance.allows(again):
        return proposal(current)
    replicas = math.ceil(again * len(counted))
    against = (again < 1.0 and replicas > current) or (again > 1.0 and replicas < current)
    return proposal(current if against else replicas)


def from_value(value: int, current: int, ready: int, target: int, tolerance: Tolerance) -> Proposal:
    """The count at which a metric of something else has the value ``target``, if it falls as pods are added.

    ``ready``: pods that run and are ready. Values in thousandths.
    """
    ratio = value / target
    if current == 0:
        return Proposal(math.ceil(ratio), average=value)
    return Proposal(current if tolerance.allows(ratio) else math.ceil(ratio * ready), average=value)


def from_value_per_pod(value: int, current: int, target: int, tolerance: Tolerance) -> Proposal:
    """The count at which each pod has ``target`` of a metric of something else; values in thousandths.

    ``current``: the pods that the target's status reports.
    """
    replicas = current
    ratio = value / (target * current) if current else math.inf
    if not tolerance.allows(ratio):
        replicas = ceil_div(value, target)
    return Proposal(replicas, average=ceil_div(value, current) if current else 0)


def largest(proposals: Sequence[Proposal | None], current: int) -> int | None:
    """What several metrics propose together; None in place of one that failed, and for no change at all.

    A failure could have asked for more: what the others propose counts only where it takes nothing away.
    """
    found = [proposal.replicas for proposal in proposals if proposal is not None]
    if not found:
        return None
    if len(found) < len(proposals) and max(found) < current:
        return None
    return max(found)
