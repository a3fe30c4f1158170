"""Binding: a pod gets its node, once (kube-apiserver §3, Binding; invariants A15, A33)."""

from __future__ import annotations

import attrs

from ...language.request import Binding, Outcome, Response
from ...objects.conditions import Condition, with_condition
from ...objects.pod import Pod, bound_to
from .pod_strategy import POD_SCHEDULED


def bind(pod: Pod, binding: Binding) -> Response:
    """Assigns ``pod`` to a node. Whether that node exists is not asked (kube-scheduler, edge case 2).

    The write does not pass through the pod's update rules, so the generation stays. The nomination, which has served
    its purpose, is cleared (v1.35, ClearingNominatedNodeNameAfterBinding).
    """
    if not binding.node_name:
        return Response(Outcome.INVALID, pod, "target.name is required")
    obstacle = _obstacle(pod)
    if obstacle:
        return Response(Outcome.CONFLICT, pod, f"pod {pod.metadata.name} {obstacle}")
    status = attrs.evolve(
        pod.status,
        conditions=with_condition(pod.status.conditions, Condition(POD_SCHEDULED, "True")),
        nominated_node_name="",
    )
    return Response(Outcome.DONE, attrs.evolve(pod, spec=bound_to(pod.spec, binding.node_name), status=status))


def _obstacle(pod: Pod) -> str:
    if pod.metadata.terminating:
        return "is being deleted, cannot be assigned to a host"
    if pod.spec.node_name:
        return f"is already assigned to node {pod.spec.node_name}"
    return "has non-empty .spec.schedulingGates" if pod.spec.scheduling_gates else ""
