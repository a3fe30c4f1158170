"""The HorizontalPodAutoscaler's decisions against the tables of Kubernetes' own unit tests.

An adapter decodes a case, calls the functions that the autoscaler's rule calls too, and encodes the answer. Instants
are as they stand in a case; the rule passes representatives of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..spec.control_plane.controllers import autoscaling_limits as limits
from ..spec.control_plane.controllers import autoscaling_metrics as metrics
from ..spec.objects.decoding_autoscaler import decode_autoscaler, decode_behavior, decode_metric
from ..spec.objects.decoding_pod import decode_pod
from ..spec.objects.plain_data import seconds
from ..spec.objects.pod import Pod
from ..spec.objects.pod_resources import pod_requests
from ..spec.objects.quantities import milli_value
from .question import Answer, Given, Question, Questions


def _standing(given: Given, data: Given, samples: Mapping[str, metrics.Sample], resource: str) -> str:
    pod = decode_pod(data)
    return metrics.standing(
        metrics.observed(pod),
        samples.get(pod.metadata.name),
        resource,
        seconds(given["now"]),
        given["cpuInitializationPeriodSeconds"],
        given["initialReadinessDelaySeconds"],
    )


def _readings(given: Given, samples: Mapping[str, metrics.Sample], resource: str) -> list[metrics.Reading]:
    found = []
    for data in given["pods"]:
        pod: Pod = decode_pod(data)
        sample = samples.get(pod.metadata.name)
        found.append(
            metrics.Reading(
                _standing(given, data, samples, resource),
                sample.value if sample is not None else 0,
                pod_requests(pod).get(resource, 0),
            )
        )
    return found


def _tolerance(given: Given) -> metrics.Tolerance:
    return metrics.Tolerance(given["tolerance"], given["tolerance"])


def _from_cpu(given: Given) -> Answer:
    samples = {
        entry["metadata"]["name"]: metrics.Sample(
            sum(milli_value(container["usage"]["cpu"]) for container in entry["containers"]),
            seconds(entry["timestamp"]),
            float(entry["window"].removesuffix("s")),
        )
        for entry in given["podMetrics"]
    }
    metric = decode_metric(given["metric"])
    readings = _readings(given, samples, metric.name)
    try:
        found = metrics.from_resource(readings, given["currentReplicas"], metric.target, _tolerance(given))
    except metrics.MetricError:
        return {"error": "no metrics returned matched known pods"}
    return {"replicas": found.replicas, "utilization": found.utilization, "averageValueMilli": found.average}


def _from_pods(given: Given) -> Answer:
    samples = {name: metrics.Sample(milli_value(value)) for name, value in given["podMetricValues"].items()}
    metric = decode_metric(given["metric"])
    readings = _readings(given, samples, "")
    found = metrics.from_average(readings, given["currentReplicas"], metric.target, _tolerance(given))
    return {"replicas": found.replicas, "usageMilli": found.average}


def _from_object(given: Given) -> Answer:
    ready = sum(metrics.runs_ready(decode_pod(data)) for data in given["pods"])
    value, target = milli_value(given["metricValue"]), decode_metric(given["metric"]).target
    found = metrics.from_value(value, given["currentReplicas"], ready, target, _tolerance(given))
    return {"replicas": found.replicas, "usageMilli": found.average}


def _per_pod(given: Given) -> Answer:
    value = sum(map(milli_value, given.get("metricValues") or [given["metricValue"]]))
    target = decode_metric(given["metric"]).target
    found = metrics.from_value_per_pod(value, given["currentReplicas"], target, _tolerance(given))
    return {"replicas": found.replicas, "usageMilli": found.average}


def _grouped(given: Given) -> Answer:
    now = seconds(given["now"])
    samples = {
        name: metrics.Sample(
            entry["value"], seconds(entry.get("timestamp", now)), float(entry.get("windowSeconds", 60))
        )
        for name, entry in given["metrics"].items()
    }
    names: dict[str, list[str]] = {kind: [] for kind in ("ready", "unready", "missing", "ignored")}
    for data in given["pods"]:
        names[_standing(given, data, samples, given["resource"])].append(data["metadata"]["name"])
    return {
        "readyPods": len(names["ready"]),
        "ignoredPods": names["unready"] + names["ignored"],
        "missingPods": names["missing"],
    }


def _timed(given: Given, key: str, number: str = "replicas") -> list[limits.Timed]:
    return [limits.Timed(it[number], seconds(given["now"]) - seconds(it["time"])) for it in given[key]]


def _stabilized(given: Given) -> Answer:
    higher = limits.within(_timed(given, "recommendations"), given["downscaleStabilizationSeconds"])
    return {"replicas": limits.stabilized(given["desiredReplicas"], higher)}


def _stabilized_both_ways(given: Given) -> Answer:
    behavior = decode_behavior(given["behavior"])
    timed = _timed(given, "recommendations")
    lower, higher = (limits.within(timed, window(behavior)) for window in (limits.up_window, limits.down_window))
    return {"replicas": limits.stabilized_both_ways(given["desiredReplicas"], given["currentReplicas"], lower, higher)}


def _limited(given: Given) -> Answer:
    spec = decode_autoscaler({"spec": given["spec"]}).spec
    added, removed = (_timed(given, key, "replicaChange") for key in ("scaleUpEvents", "scaleDownEvents"))
    behavior = spec.behavior
    assert behavior is not None
    up, down = (
        [
            limits.Changes(
                limits.change_within(added, policy.period_seconds), limits.change_within(removed, policy.period_seconds)
            )
            for policy in rules.policies
        ]
        for rules in (behavior.scale_up, behavior.scale_down)
    )
    replicas, reason = limits.limited(given["desiredReplicas"], given["currentReplicas"], spec, up, down)
    return {"replicas": replicas, "reason": reason}


def _changed(given: Given) -> Answer:
    events = _timed(given, "events", "replicaChange")
    return {"replicaChange": limits.change_within(events, given["periodSeconds"])}


QUESTIONS: Questions = {
    "replica count proposed from CPU utilization": Question(_from_cpu),
    "replica count proposed from a Pods metric": Question(_from_pods),
    "replica count proposed from a Object metric": Question(_from_object),
    "replica count proposed from a Object metric averaged over pods": Question(_per_pod),
    "replica count proposed from a External metric averaged over pods": Question(_per_pod),
    "which pods count as ready, ignored or missing for the metric (as sets)": Question(
        _grouped, sets=frozenset({"ignoredPods", "missingPods"})
    ),
    "replica count after down-scale stabilization": Question(_stabilized),
    "replica count after stabilization with separate up and down windows": Question(_stabilized_both_ways),
    "replica count after applying scaling-policy rates and the replica bounds, and the limiting reason": Question(
        _limited
    ),
    "total replica change recorded within the last period": Question(_changed),
}
