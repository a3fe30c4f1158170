"""Where a machine's arrow may lead to several states, and why: what decides is no part of the machine's object."""

from __future__ import annotations

from collections.abc import Mapping

CHOICES: Mapping[str, Mapping[tuple[str, str], str]] = {
    "pod": {("Terminating", "end"): "how its containers ended"},
    "scheduling-queue": {("Assumed", "scheduler restarts"): "whether the pod is bound by then"},
    "sandbox": {("Ready", "lose machine"): "whether the pod's object is still there"},
    "termination": {("Undisturbed", "TERM"): "whether the program handles TERM"},
    "rollout": {("Paused", "resume"): "whether the status still says that the deadline was exceeded"},
    "daemonset": {("Not observed", "observe spec"): "what the controller counts"},
    "statefulset": {("Not observed", "observe spec"): "what the controller counts"},
    "budget": {("New", "first status"): "how many pods are healthy"},
    "quota": {("Uncounted", "first count"): "what the pods of the namespace use"},
    "endpoint": {("Unlisted", "list"): "how the pod stands when it is listed"},
    "static pod": {("Found", "read"): "what its source declares"},
    "connection": {
        (state, "connect"): "what the rules of the client's node lead to"
        for state in ("Idle", "Answered", "Refused", "Lost", "Unresolved")
    },
    "name lookup": {
        (state, "look up"): "what the DNS servers answer, if one does" for state in ("Unasked", "Unanswered")
    },
    "node-machine": {
        ("Down", "power back"): "whether the node's link is cut",
        ("Kubelet down", "kubelet restart"): "whether the node's link is cut",
    },
}
"""(source, trigger) of these arrows, by machine, with what decides."""
