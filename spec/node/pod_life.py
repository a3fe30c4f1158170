"""The life of a pod as the API shows it: who may move it where."""

from __future__ import annotations

from ..kinds import POD
from ..language.machine import Arrow, Machine, State
from ..objects.pod import FAILED, PENDING, SUCCEEDED, Pod, is_ready, is_terminal

ABSENT = "Absent"
UNBOUND = "Pending"
BOUND = "Bound"
RUNNING = "Running"
READY = "Ready"
TERMINATING = "Terminating"


def _live(pod: Pod | None) -> bool:
    return pod is not None and not is_terminal(pod) and not pod.metadata.terminating


def _unbound(pod: Pod | None) -> bool:
    return pod is not None and _live(pod) and not pod.spec.node_name


def _bound(pod: Pod | None) -> bool:
    return pod is not None and _live(pod) and bool(pod.spec.node_name) and pod.status.phase == PENDING


def _running(pod: Pod | None) -> bool:
    return pod is not None and _live(pod) and bool(pod.spec.node_name) and pod.status.phase != PENDING


def _in_phase(phase: str, meaning: str) -> State:
    return State(phase, lambda pod: pod is not None and pod.status.phase == phase, meaning)


_DELETERS = (
    "replicaset-controller",
    "replicationcontroller-controller",
    "daemonset-controller",
    "statefulset-controller",
    "garbage-collector",
    "namespace-controller",
    "user",
)
_RUNTIME_STATES = (BOUND, RUNNING, READY)


def _arrows() -> tuple[Arrow, ...]:
    arrows = [
        Arrow("create", ABSENT, UNBOUND, "replicaset-controller", "controllers-workloads §1"),
        Arrow("create", ABSENT, UNBOUND, "replicationcontroller-controller", "controllers-workloads §1"),
        Arrow("create with a node", ABSENT, BOUND, "replicationcontroller-controller", "controllers-workloads §1"),
        Arrow("create", ABSENT, UNBOUND, "daemonset-controller", "controllers-workloads §4"),
        Arrow("create with a node", ABSENT, BOUND, "daemonset-controller", "controllers-workloads §4"),
        Arrow("create", ABSENT, UNBOUND, "statefulset-controller", "controllers-workloads §3"),
        Arrow("create with a node", ABSENT, BOUND, "statefulset-controller", "controllers-workloads §3"),
        Arrow("create", ABSENT, UNBOUND, "job-controller", "controllers-workloads §6"),
        Arrow("create with a node", ABSENT, BOUND, "replicaset-controller", "controllers-workloads §1"),
        Arrow("create with a node", ABSENT, BOUND, "job-controller", "controllers-workloads §6"),
        Arrow("create mirror", ABSENT, BOUND, "kubelet", "kubelet §2"),
        Arrow("delete mirror", BOUND, ABSENT, "kubelet", "kubelet §2"),
        Arrow("delete mirror", RUNNING, ABSENT, "kubelet", "kubelet §2"),
        Arrow("delete mirror", READY, ABSENT, "kubelet", "kubelet §2"),
        Arrow("delete mirror", TERMINATING, ABSENT, "kubelet", "kubelet §2"),
        Arrow("bind", UNBOUND, BOUND, "kube-scheduler", "kube-apiserver §3"),
        Arrow("start", BOUND, RUNNING, "kubelet", "kubelet §5"),
        Arrow("start ready", BOUND, READY, "kubelet", "kubelet §5"),
        Arrow("become ready", RUNNING, READY, "kubelet", "kubelet §5"),
        Arrow("become unready", READY, RUNNING, "kubelet", "kubelet §5"),
        Arrow("initialize again", READY, BOUND, "kubelet", "kubelet §5"),
        Arrow("initialize again", RUNNING, BOUND, "kubelet", "kubelet §5"),
        Arrow("node not ready", READY, RUNNING, "node-lifecycle-controller", "controllers-cluster §1"),
    ]
    for source in _RUNTIME_STATES:
        arrows.append(Arrow("fail", source, FAILED, "kubelet", "kubelet §5"))
        arrows.append(Arrow("succeed", source, SUCCEEDED, "kubelet", "kubelet §5"))
        arrows.append(Arrow("node gone", source, FAILED, "pod-garbage-collector", "controllers-cluster §8"))
        for deleter in (*_DELETERS, "taint-eviction-controller"):
            arrows.append(Arrow("delete", source, TERMINATING, deleter, "kube-apiserver §4"))
        arrows.append(Arrow("evict", source, TERMINATING, "kube-apiserver", "kube-apiserver §5"))
        arrows.append(Arrow("preempt", source, TERMINATING, "kube-scheduler", "kube-scheduler §6"))
    arrows += [Arrow("delete unbound", UNBOUND, ABSENT, deleter, "kube-apiserver §4") for deleter in _DELETERS]
    arrows += [
        Arrow("delete unbound, held by a finalizer", UNBOUND, TERMINATING, deleter, "kube-apiserver §4")
        for deleter in _DELETERS
    ]
    arrows.append(Arrow("evict by name", UNBOUND, ABSENT, "kube-apiserver", "kube-apiserver §5"))
    arrows += [
        Arrow("force delete", source, ABSENT, "user", "kube-apiserver §4") for source in (*_RUNTIME_STATES, TERMINATING)
    ]
    arrows += [
        Arrow("end", TERMINATING, FAILED, "kubelet", "kubelet §3"),
        Arrow("end", TERMINATING, SUCCEEDED, "kubelet", "kubelet §3"),
        Arrow("node gone", TERMINATING, FAILED, "pod-garbage-collector", "controllers-cluster §8"),
    ]
    arrows += [
        # It deletes by name, after a write of its own: a StatefulSet may have a new pod of that name by then.
        Arrow("collect the next of the name", source, ABSENT, "pod-garbage-collector", "controllers-cluster §8")
        for source in (UNBOUND, *_RUNTIME_STATES, TERMINATING)
    ]
    arrows.append(Arrow("delete failed", FAILED, ABSENT, "daemonset-controller", "controllers-workloads §4"))
    arrows.append(Arrow("delete failed", FAILED, ABSENT, "statefulset-controller", "controllers-workloads §3"))
    arrows += [
        Arrow("delete", source, TERMINATING, "job-controller", "controllers-workloads §6.3")
        for source in (UNBOUND, *_RUNTIME_STATES)
    ]
    arrows.append(Arrow("delete, released", UNBOUND, ABSENT, "job-controller", "controllers-workloads §6.3"))
    arrows += [
        Arrow("count", source, ABSENT, "job-controller", "controllers-workloads §6.4")
        for source in (TERMINATING, FAILED, SUCCEEDED)
    ]
    for phase in (FAILED, SUCCEEDED):
        arrows.append(Arrow("complete deletion", phase, ABSENT, "kubelet", "kubelet §3"))
        arrows.append(Arrow("collect", phase, ABSENT, "pod-garbage-collector", "controllers-cluster §8"))
        arrows.append(Arrow("evict finished", phase, ABSENT, "kube-apiserver", "kube-apiserver §5"))
        arrows.append(Arrow("collect finished", phase, ABSENT, "garbage-collector", "controllers-cluster §6"))
        arrows.append(Arrow("delete finished", phase, ABSENT, "user", "kube-apiserver §4"))
        arrows.append(Arrow("delete finished", phase, ABSENT, "namespace-controller", "controllers-cluster §5"))
        arrows.append(Arrow("evict finished", phase, ABSENT, "taint-eviction-controller", "controllers-cluster §2"))
    return tuple(arrows)


POD_LIFE = Machine(
    name="pod",
    kind=POD,
    fields=("object",),
    states=(
        State(ABSENT, lambda pod: pod is None, "no such object"),
        State(UNBOUND, _unbound, "waits for a node"),
        State(BOUND, _bound, "has a node; its containers have not started"),
        State(RUNNING, lambda pod: _running(pod) and not is_ready(pod), "its containers started; it is not ready"),
        State(READY, lambda pod: _running(pod) and is_ready(pod), "takes traffic"),
        State(
            TERMINATING,
            lambda pod: pod is not None and not is_terminal(pod) and pod.metadata.terminating,
            "is being deleted; its containers may still run",
        ),
        _in_phase(SUCCEEDED, "all its containers ended well, for good"),
        _in_phase(FAILED, "its containers ended, for good; or its node rejected it"),
    ),
    initial=ABSENT,
    arrows=_arrows(),
    meaning="a pod as the API shows it",
    reference="kubelet §5",
)
