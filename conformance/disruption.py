"""The disruption controller against the tables of Kubernetes' own unit tests.

An adapter decodes a case, calls the function that the controller's rules call too, and encodes the answer. Custom
resources with a scale are kinds like others to the controller: what it finds is their replicas.
"""

from __future__ import annotations

from ..spec.control_plane.controllers.disruption_decisions import (
    NoLongerTarget,
    Scaled,
    budget_status,
    covered,
    is_stale_disruption,
    lookups,
)
from ..spec.objects.conditions import find_condition
from ..spec.objects.decoding import decode_pod_disruption_budget
from ..spec.objects.decoding_pod import decode_pod
from ..spec.objects.decoding_shared import decode_metadata, decode_owner_reference
from ..spec.objects.disruption import SYNC_FAILED
from ..spec.objects.plain_data import seconds
from ..spec.objects.selectors import selects
from .question import Answer, Given, Question, Questions


def _scaled(data: Given) -> Scaled:
    meta = decode_metadata(data["metadata"])
    return Scaled(data["kind"], meta.name, meta.uid, data["spec"]["replicas"], meta.controller_reference)


def _scales(given: Given) -> tuple[Scaled, ...]:
    return tuple(_scaled(data) for data in (*given["controllers"], *given.get("scales", ())))


def _status(given: Given) -> Answer:
    budget = decode_pod_disruption_budget(given["podDisruptionBudget"])
    pods = [pod for pod in map(decode_pod, given["pods"]) if selects(budget.spec.selector, pod.metadata.labels)]
    now = seconds(given["now"]) if "now" in given else 0.0
    selected = [(covered(pod, pod.metadata.name), 1) for pod in pods]
    found = budget_status(budget, selected, _scales(given), now)
    condition = find_condition(found.conditions, "DisruptionAllowed")
    assert condition is not None
    return {
        "disruptionsAllowed": found.disruptions_allowed,
        "currentHealthy": found.current_healthy,
        "desiredHealthy": found.desired_healthy,
        "expectedPods": found.expected_pods,
        "disruptedPods": dict(found.disrupted_pods),
        "disruptionAllowedCondition": condition.status,
        "syncFailedCondition": condition.reason == SYNC_FAILED,
        "event": "UnmanagedPods" if any(pod.metadata.controller_reference is None for pod in pods) else None,
    }


def _scale(given: Given) -> Answer:
    found = lookups(given["lookupFor"])(decode_owner_reference(given["ownerReference"]), _scales(given))
    return {"scale": found.replicas if found is not None else None}


def _stale(given: Given) -> Answer:
    pod = decode_pod(given["pod"])
    if is_stale_disruption(pod, seconds(given["now"])):
        pod = NoLongerTarget()(pod)
    return {"conditions": [{"type": item.type, "status": item.status} for item in pod.status.conditions]}


def _read(expected: Answer) -> Answer:
    times = expected.get("disruptedPods")
    return expected if times is None else {**expected, "disruptedPods": {k: seconds(v) for k, v in times.items()}}


_COMPLETE = frozenset({"disruptedPods"})

QUESTIONS: Questions = {
    "PodDisruptionBudget status": Question(_status, _read, complete=_COMPLETE),
    "number of disruptions allowed": Question(_status, _read, complete=_COMPLETE),
    "PodDisruptionBudget status, including which recent evictions still count": Question(
        _status, _read, complete=_COMPLETE
    ),
    "replica count found through the owner reference by the lookup for one kind (null = not found)": Question(_scale),
    "replica count of the Deployment found through a pod owner reference (null = not found)": Question(_scale),
    "DisruptionTarget condition of the pod after the check for stale disruptions": Question(_stale),
}
