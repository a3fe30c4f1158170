"""SchedulingGates: keeps a pod out of the active queue (kube-scheduler §2)."""

from __future__ import annotations

from ....objects.pod import Pod
from .verdict import FEASIBLE, Verdict, unresolvable


def scheduling_gates(pod: Pod) -> Verdict:
    """Whether the pod may enter the active queue: it must carry no scheduling gate (kube-scheduler §2, PreEnqueue)."""
    gates = pod.spec.scheduling_gates
    if not gates:
        return FEASIBLE
    return unresolvable(f"waiting for scheduling gates: [{' '.join(gates)}]")
