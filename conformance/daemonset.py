"""The DaemonSet controller against the tables of Kubernetes' own unit tests.

An adapter decodes a case, calls the functions that the controller's rules call too, and encodes the answer; a case
holds if the answer is what is expected.
"""

from __future__ import annotations

from ..spec.control_plane.controllers.daemonset import identity, owner_name
from ..spec.control_plane.controllers.daemonset_decisions import allows_surge, daemon_pod, eligible, manage
from ..spec.objects.decoding import decode_daemon_set, decode_node
from ..spec.objects.decoding_pod import decode_pod
from .question import Answer, Given, Question, Questions


def _should_run(given: Given) -> Answer:
    # The pods on the node are room and ports taken, which only the scheduler looks at.
    found = eligible(decode_daemon_set(given["daemonSet"]).spec, decode_node(given["node"]))
    return {"shouldRun": found.runs, "shouldContinueRunning": found.continues}


def _one_sync(given: Given) -> Answer:
    daemon_set = decode_daemon_set(given["daemonSet"])
    name, revision = identity(daemon_set)
    nodes = [eligible(daemon_set.spec, decode_node(data)) for data in given["nodes"]]
    owned = [pod for pod in map(decode_pod, given["pods"]) if owner_name(pod) == name]
    pods = [(found, 1) for found in (daemon_pod(pod, revision) for pod in owned) if found is not None]
    backing_off = [node.node for node in nodes] if given.get("failedPodBackoffActive") else []
    (sync,) = manage(nodes, pods, surge=allows_surge(daemon_set.spec), waiting=backing_off)
    return {"creates": len(sync.creates), "deletes": len(sync.deletes)}


QUESTIONS: Questions = {
    "whether the daemon pod should run, and may keep running, on the node": Question(_should_run),
    "daemon pods created and deleted in one sync": Question(_one_sync),
}
