"""Pod phase, Ready and restarts against the tables of the kubelet's own unit tests.

Each case is decoded, given to the very function that the kubelet's rules call, and its answer is compared.
"""

from __future__ import annotations

from ..spec.node.pod_phase import pod_phase
from ..spec.node.readiness import ready_condition
from ..spec.node.restart_policy import should_restart
from ..spec.objects.decoding_pod import decode_pod
from .question import Answer, Given, Question, Questions


def _phase(given: Given) -> Answer:
    pod = decode_pod(given["pod"])
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    phase = pod_phase(pod.spec, statuses, terminal=given["podIsTerminal"], initialized=given["podHasInitialized"])
    return {"phase": phase}


def _ready(given: Given) -> Answer:
    pod = decode_pod(given["pod"])
    known = given["pod"]["status"]["containerStatuses"] is not None
    found = ready_condition(pod.spec, pod.status.container_statuses if known else None, pod.status.phase)
    return {"status": found.status, "reason": found.reason, "message": found.message}


def _restart(given: Given) -> Answer:
    newest: Given = next(iter(given["instances"]), {})
    return {"restart": should_restart(given["restartPolicy"], newest.get("state"), newest.get("exitCode", 0))}


QUESTIONS: Questions = {
    "pod phase": Question(_phase),
    "Ready condition of the pod from its container statuses (pod without readiness gates)": Question(_ready),
    "whether the container is (re)started (container instances listed newest first)": Question(_restart),
}
