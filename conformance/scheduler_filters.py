"""The scheduler's filters and domain counts against the tables of Kubernetes' own unit tests.

The cases' wording of reasons is not Kubernetes'; ``REASONS`` maps it to the text that the filters report.
"""

from __future__ import annotations

from functools import partial

from ..spec.control_plane.scheduler.filtering import FILTERS, Filter
from ..spec.control_plane.scheduler.filters.node_affinity import node_affinity
from ..spec.control_plane.scheduler.filters.pod_topology_spread import DomainCounts, domain_counts
from ..spec.control_plane.scheduler.filters.scheduling_gates import scheduling_gates
from ..spec.control_plane.scheduler.filters.taint_toleration import taint_toleration
from ..spec.control_plane.scheduler.filters.verdict import Infeasible, Verdict
from ..spec.objects.decoding_pod import decode_affinity, decode_pod
from ..spec.objects.decoding_shared import decode_label_selector
from ..spec.objects.selectors import LabelSelector, Requirement
from .question import Answer, Given, Question, Questions
from .scheduler_snapshot import snapshot_of

REASONS = {
    "an existing pod's anti-affinity violated": "node(s) didn't satisfy existing pods anti-affinity rules",
    "pod anti-affinity violated": "node(s) didn't match pod anti-affinity rules",
    "pod affinity not satisfied": "node(s) didn't match pod affinity rules",
    "scheduler's added affinity not matched": "node(s) didn't match scheduler-enforced node affinity",
    "node selector or required node affinity not matched": "node(s) didn't match Pod's node affinity/selector",
    "host port taken": "node(s) didn't have free ports for the requested pod ports",
    "node unschedulable": "node(s) were unschedulable",
    "bound volume does not exist": "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
    "no volume to bind": "node(s) didn't find available persistent volumes to bind",
    "ReadWriteOncePod claim already in use": (
        "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod"
    ),
    "disk already used by another pod": "node(s) had no available disk",
    "claim has neither volume nor storage class": "PersistentVolumeClaim had no pv name and storageClass name",
    "storage class has no binding mode": "VolumeBindingMode not set for StorageClass",
    "storage class not found": "unable to find storage class",
    "volume in another zone or region": "node(s) had no available volume zone",
    "untolerated taint": "node(s) had untolerated taint(s)",
}


def _filter_of(case: Given) -> Filter:
    arguments, gates = case["other"].get("pluginArgs", {}), case["other"].get("featureGates", {})
    match case["plugin"]:
        case "NodeAffinity" if "addedAffinity" in arguments:
            added = decode_affinity({"nodeAffinity": arguments["addedAffinity"]}).node_affinity
            return partial(node_affinity, added_affinity=added)
        case "TaintToleration":
            return partial(
                taint_toleration, comparison_operators=gates.get("TaintTolerationComparisonOperators", False)
            )
        case plugin:
            return FILTERS[plugin]


def _encode(verdict: Verdict) -> Answer:
    if not isinstance(verdict, Infeasible):
        return {"feasible": True}
    return {"feasible": False, "code": verdict.code.value, "reason": "; ".join(verdict.reasons)}


def _filtered(case: Given) -> Answer:
    pod = decode_pod(case["pod"])
    if case["plugin"] == "SchedulingGates":
        return {"*": _encode(scheduling_gates(pod))}
    run, snapshot = _filter_of(case), snapshot_of(case)
    return {node.metadata.name: _encode(run(pod, node, snapshot)) for node in snapshot.nodes}


def _in_kubernetes_words(expected: Answer) -> Answer:
    return {
        node: {**answer, "reason": REASONS.get(answer["reason"], answer["reason"])} if "reason" in answer else answer
        for node, answer in expected.items()
    }


def _requirements(selector: LabelSelector | None) -> list[str] | None:
    if selector is None:
        return None
    pairs = (Requirement(key, "In", (value,)) for key, value in selector.match_labels.items())
    return sorted(map(str, {*pairs, *selector.match_expressions}))


def _encode_counts(domains: DomainCounts) -> Answer:
    constraint = domains.constraint
    return {
        "topologyKey": constraint.topology_key,
        "maxSkew": constraint.max_skew,
        "labelSelector": _requirements(constraint.label_selector),
        "counts": dict(domains.counts),
    }


def _domains(case: Given) -> Answer:
    gate = case["other"].get("featureGates", {}).get("MatchLabelKeysInPodTopologySpread", True)
    return {
        "constraints": [_encode_counts(it) for it in domain_counts(decode_pod(case["pod"]), snapshot_of(case), gate)]
    }


def _selectors_read(expected: Answer) -> Answer:
    return {
        "constraints": [
            {
                key: _requirements(decode_label_selector(value)) if key == "labelSelector" else value
                for key, value in constraint.items()
            }
            for constraint in expected["constraints"]
        ]
    }


def _filter(plugin: str) -> tuple[str, Question]:
    return f"{plugin}: filter", Question(_filtered, _in_kubernetes_words, complete=frozenset({""}))


# No case is about the limits of CSI drivers.
_ASKED = (*FILTERS.delete("NodeVolumeLimits"), "SchedulingGates")

QUESTIONS: Questions = {
    **dict(map(_filter, _ASKED)),
    "PodTopologySpread: domain-counts": Question(_domains, _selectors_read, complete=frozenset({"counts"})),
}
