"""Switches: mitigations, historic behaviour and choices of the model, each a word in a scenario (design §4).

The first value is the default: what Kubernetes does today. Where the reference names the minor version that brought a
value (00-index §2), a scenario for an older Kubernetes gets the value from before it; the same holds of timers.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import attrs

from .constants import CONSTANTS

OLDEST, NEWEST = 20, 37
"""The minor versions of Kubernetes 1 that a scenario may name: what the reference speaks of."""


class Purpose(Enum):
    """What a switch is there for."""

    MITIGATION = "mitigation"
    """Kubernetes does it; switched off, it shows what it prevents."""
    HISTORIC = "historic"
    """Kubernetes did something else before."""
    HYPOTHETICAL = "hypothetical"
    """Kubernetes does not do it; switched on, it shows what it would prevent."""
    CHOICE = "choice"
    """The model says more or less of Kubernetes."""


@attrs.frozen
class Switch:
    """A switch. ``since``: (minor version, value before it) where the reference names when the default came."""

    values: tuple[str, ...]
    meaning: str
    purpose: Purpose
    reference: str
    since: tuple[int, str] | None = None

    @property
    def default(self) -> str:
        """What Kubernetes does today."""
        return self.values[0]


SWITCHES: Mapping[str, Switch] = {
    "expectations": Switch(
        ("on", "off"),
        "the ReplicaSet controller waits until it has seen its own creations and deletions",
        Purpose.MITIGATION,
        "00-index §4",
    ),
    "attachments": Switch(
        ("as-needed", "at-once"),
        "whether it is followed which node has a volume attached, where claims are followed and a node may keep one"
        " that another needs; or volumes are wherever their pods are",
        Purpose.CHOICE,
        "controllers-cluster §12",
    ),
    "claims": Switch(
        ("as-needed", "moving"),
        "claims of pods are bound before the start unless a StatefulSet or a user makes them come and go; or they are"
        " always followed: bound, reserved, provisioned and released while all else goes on",
        Purpose.CHOICE,
        "controllers-cluster §12",
    ),
    "expectation-expiry": Switch(
        ("on", "off"),
        "expectations that stay unmet are dropped after five minutes",
        Purpose.HYPOTHETICAL,
        "00-index §4",
    ),
    "job-expected-removals": Switch(
        ("on", "off"),
        "the Job controller remembers which finalizers it took away and has not yet seen gone",
        Purpose.HISTORIC,
        "controllers-workloads §6, invariants 58",
    ),
    "job-tracking": Switch(
        ("finalizers", "by-pods"),
        "the Job controller counts each finished pod once, by way of its finalizer; or counts those that still exist",
        Purpose.HISTORIC,
        "controllers-workloads §6",
        since=(26, "by-pods"),
    ),
    "node-zone-rules": Switch(
        ("on", "off"),
        "the node lifecycle controller slows down, or stops, where most nodes of a zone, or all nodes, are not ready",
        Purpose.HISTORIC,
        "controllers-cluster §1",
    ),
    "eviction-by-uid": Switch(
        ("off", "on"),
        "kubectl drain names the uid of each pod that it listed in the request for its eviction",
        Purpose.HYPOTHETICAL,
        "kube-apiserver §5",
    ),
    "finished-pods-kept": Switch(
        ("12500", "1", "0"),
        "how many finished pods the pod garbage collector leaves: 12500 is more than any model holds",
        Purpose.CHOICE,
        "controllers-cluster §8",
    ),
    "kubelet-list": Switch(
        ("any-server", "consistent"),
        "a kubelet that restarts lists from any API server, also one that is behind; or consistently",
        Purpose.HYPOTHETICAL,
        "00-index §4 reflector",
    ),
    "budget-conflict": Switch(
        ("recompute", "overwrite"),
        "the disruption controller computes the status anew after a conflict, or writes the same once more",
        Purpose.HISTORIC,
        "controllers-cluster §9",
    ),
    "terminal-phase": Switch(
        ("after-clean-up", "before-clean-up"),
        "when the kubelet reports a pod finished: once what it requested on the node is free, or sooner",
        Purpose.HISTORIC,
        "kube-scheduler, edge cases 3; invariants 76",
    ),
    "eviction-reckoning": Switch(
        ("per-pod", "per-taint"),
        "whether a pod on a tainted node has one timer, which outlives the taint that set it, or one for each taint",
        Purpose.HYPOTHETICAL,
        "controllers-cluster §2",
    ),
    "eviction-queue-key": Switch(
        ("uid", "name"),
        "whether the taint eviction controller knows the pods that it has yet to evict, or has evicted, by uid or name",
        Purpose.HISTORIC,
        "controllers-cluster §2 (#107543)",
    ),
    "leader-fencing": Switch(
        ("off", "on"),
        "the API server acts only for the process that holds the Lease of its component",
        Purpose.HYPOTHETICAL,
        "controllers-cluster §11, invariants 103",
    ),
    "witness": Switch(
        ("as-needed", "always"),
        "whether one object is followed by itself wherever a property speaks of single ones, or only where it must be",
        Purpose.CHOICE,
        "design §5",
    ),
    "statuses": Switch(
        ("whole", "as-read"),
        "whether what only its reporter reads of a status is kept, too: the same verdicts from fewer states without",
        Purpose.CHOICE,
        "docs/decisions/0022",
    ),
    "endpoint-tracker": Switch(
        ("on", "off"),
        "the EndpointSlice controller waits until it has seen the slices that it wrote",
        Purpose.HISTORIC,
        "controllers-cluster §3",
    ),
    "bookmarks": Switch(
        ("on", "off"),
        "API servers tell clients every minute how far they are, so that a watch of what is quiet can be resumed",
        Purpose.MITIGATION,
        "kube-apiserver §2",
    ),
    "proxy-terminating-endpoints": Switch(
        ("on", "off"),
        "endpoints that terminate and still serve are used while no other is ready",
        Purpose.HISTORIC,
        "kube-proxy §3",
        since=(28, "off"),
    ),
    "proxy-mode": Switch(
        ("iptables", "nftables", "ipvs", "userspace"),
        "what carries out a node's rules; userspace, which forwards itself, tries another endpoint if one refuses",
        Purpose.CHOICE,
        "kube-proxy §5",
    ),
    "dns-servers": Switch(
        ("shared", "apart"),
        "whether all pods of the DNS server answer from the same records, or each from caches of its own, which it"
        " fills when it starts and which may be behind those of the others",
        Purpose.CHOICE,
        "dns-addons §1",
    ),
    "topology-hints": Switch(
        ("any", "annotated"),
        "kube-proxy heeds hints of endpoints, whoever asked for them; in 1.28 those of zones alone, of Services with"
        " the annotation for topology mode Auto",
        Purpose.HISTORIC,
        "kube-proxy §3",
    ),
    "conntrack-flush": Switch(
        ("on", "missed"),
        "kube-proxy flushes what connection tracking remembers of UDP flows to endpoints that went; where that is"
        " missed their packets go nowhere, for ever",
        Purpose.MITIGATION,
        "kube-proxy §5",
    ),
    "ipvs-support": Switch(
        ("there", "missing", "missing-falls-back"),
        "what becomes of proxy-mode=ipvs on kernels without it: kube-proxy does not start; older versions take"
        " iptables",
        Purpose.HISTORIC,
        "kube-proxy §5",
    ),
    "crash-back-off": Switch(
        ("constant", "doubling"),
        "whether containers that keep ending wait for 10 s each time, or twice as long each time, up to 300 s, until"
        " they have run for ten minutes",
        Purpose.CHOICE,
        "kubelet §6",
    ),
    "termination": Switch(
        ("one-step", "in-steps"),
        "whether stopping a container is one step, or TERM, its own end or the grace period, and KILL",
        Purpose.CHOICE,
        "container-runtime §5",
    ),
    "container-runtime": Switch(
        ("containerd", "cri-o", "unreserved"),
        "what a runtime makes of a second RunPodSandbox for a pod whose sandbox it has: it refuses, it answers with"
        " that, or it makes another",
        Purpose.CHOICE,
        "container-runtime §1",
    ),
    "containers": Switch(
        ("apart", "together"),
        "whether the containers of a pod start, end and start again one by one, where it has several, or all as one",
        Purpose.CHOICE,
        "container-runtime §3",
    ),
    "scheduling-back-off": Switch(
        ("constant", "doubling"),
        "whether a pod that an event has helped waits for the scheduler's first back-off from then on; or, from its"
        " last attempt on, twice as long each time, up to 10 s",
        Purpose.CHOICE,
        "kube-scheduler §2",
    ),
    "pop-from-back-off": Switch(
        ("on", "off"),
        "where its back-off doubles: the scheduler takes pods out of it early while no other is active (since v1.33)",
        Purpose.HISTORIC,
        "kube-scheduler §2",
        since=(33, "off"),
    ),
    "nomination-before-binding": Switch(
        ("on", "off"),
        "a pod that has to wait for its volumes is nominated to its node before, so that a scheduler that restarts"
        " tries that node first (since v1.35)",
        Purpose.HISTORIC,
        "kube-scheduler §3.9",
        since=(35, "off"),
    ),
    "queueing-hints": Switch(
        ("exact", "missed"),
        "whether the scheduler's plug-ins notice each event that makes an unschedulable pod feasible; or miss it, so"
        " that the pod waits until it is flushed out of the queue after five minutes",
        Purpose.CHOICE,
        "kube-scheduler §2, edge cases 5",
    ),
    "scoring": Switch(
        ("any-feasible", "least-allocated", "default-profile"),
        "which of the feasible nodes the scheduler may choose",
        Purpose.CHOICE,
        "kube-scheduler §4",
    ),
}
"""Every switch by its name in a scenario."""


def version_of(text: str) -> int:
    """The minor version in ``1.28`` or ``v1.28``; raises ``ValueError`` on anything else, or outside the reference."""
    major, dot, minor = text.removeprefix("v").partition(".")
    if major != "1" or not dot or not minor.isdecimal() or not OLDEST <= int(minor) <= NEWEST:
        raise ValueError(text)
    return int(minor)


def switches_of(minor: int) -> dict[str, str]:
    """The switches that Kubernetes 1.``minor`` has at another value than today."""
    return {name: it.since[1] for name, it in SWITCHES.items() if it.since is not None and minor < it.since[0]}


def constants_of(minor: int) -> dict[str, float]:
    """The timers that Kubernetes 1.``minor`` has at another value than today, in seconds."""
    return {name: it.since[1] for name, it in CONSTANTS.items() if it.since is not None and minor < it.since[0]}
