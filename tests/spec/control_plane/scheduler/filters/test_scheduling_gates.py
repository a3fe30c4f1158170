from __future__ import annotations

from kubemodel.spec.control_plane.scheduler.filters.scheduling_gates import scheduling_gates
from kubemodel.spec.control_plane.scheduler.filters.verdict import FEASIBLE, unresolvable
from kubemodel.spec.objects.decoding_pod import decode_pod


def test_a_pod_with_gates_waits() -> None:
    gated = decode_pod({"spec": {"schedulingGates": [{"name": "a"}, {"name": "b"}]}})
    assert scheduling_gates(gated) == unresolvable("waiting for scheduling gates: [a b]")


def test_a_pod_without_gates_enters_the_queue() -> None:
    assert scheduling_gates(decode_pod({})) == FEASIBLE
