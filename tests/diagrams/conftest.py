"""A life of a pod to draw: six components, parallel arrows, self-loops, two terminal states."""

from __future__ import annotations

import pytest
from kubemodel.spec.language.machine import Arrow, Machine, State


def _arrow(line: str) -> Arrow:
    trigger, source, dest, component = (part.strip() for part in line.split("|"))
    return Arrow(trigger, source, dest, component)


PHASES = {
    "Absent": "not created yet",
    "Unscheduled": "stored, no node chosen",
    "Bound": "has a node; its kubelet has not seen it",
    "Creating": "sandbox, volumes and images are being prepared",
    "Running": "at least one container runs",
    "Ready": "all readiness gates passed; gets traffic",
    "Terminating": "has a deletion timestamp; containers are being stopped",
    "Succeeded": "all containers ended with exit code 0",
    "Failed": "some container failed, or the pod was evicted",
    "Gone": "removed from the store",
}

ARROWS = """
    create | Absent | Unscheduled | replicaset-controller
    bind | Unscheduled | Bound | kube-scheduler
    fail filters | Unscheduled | Unscheduled | kube-scheduler
    admit | Bound | Creating | kubelet
    reject | Bound | Failed | kubelet
    start containers | Creating | Running | kubelet
    pull back-off | Creating | Creating | kubelet
    probe succeeds | Running | Ready | kubelet
    probe fails | Ready | Running | kubelet
    container exits | Ready | Running | kubelet
    exit 0 | Running | Succeeded | kubelet
    exit > 0 & "never" restart | Running | Failed | kubelet
    evict | Ready | Terminating | taint-eviction-controller
    scale down | Ready | Terminating | replicaset-controller
    delete | Running | Terminating | user
    delete | Ready | Terminating | user
    containers stopped | Terminating | Gone | kubelet
    delete | Unscheduled | Gone | user
    collect | Succeeded | Gone | pod-garbage-collector
    collect | Failed | Gone | pod-garbage-collector
"""


@pytest.fixture(scope="session")
def pod_life() -> Machine:
    return Machine(
        name="pod",
        kind="Pod",
        fields=("phase",),
        states=tuple(State(name, lambda phase, name=name: phase == name, meaning) for name, meaning in PHASES.items()),
        initial="Absent",
        arrows=tuple(_arrow(line) for line in ARROWS.strip().splitlines()),
        meaning="The life of a pod, from its creation until it is removed from the store",
    )
