"""What each metric of an autoscaler proposes, of what the pods of its target use (controllers-cluster §10).

Nothing is measured by a clock here: how long a pod has run and what of it has been sampled is a stage of its load, and
stands for instants that the functions of metrics can read.
"""

from __future__ import annotations

from collections.abc import Mapping

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
from ...objects.conditions import condition_is_true
from ...objects.horizontal_pod_autoscaler import (
    AVERAGE_VALUE,
    CONTAINER_RESOURCE,
    RESOURCE,
    UTILIZATION,
    HorizontalPodAutoscaler,
    MetricSpec,
)
from ...objects.horizontal_pod_autoscaler import PODS as PODS_METRIC
from ...objects.pod import Pod, PodSpec
from ...objects.pod_resources import container_requests, spec_requests
from ...objects.selectors import LabelSelector, selects
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
