"""The objects on which machines are checked: their shapes, as far as any state of a machine can tell them apart.

A shape fixes everything but some numbers: which fields are set, what conditions say, in which phase a pod is. The
numbers (counts, generations) are anything from 0 on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations, product
from typing import Any

import attrs
from frozendict import frozendict

from ...spec import kinds
from ...spec.addons.dns.server_caches import Caches
from ...spec.control_plane.controllers.deployment_status import PROGRESS_DEADLINE_EXCEEDED, PROGRESSING
from ...spec.control_plane.controllers.horizontal_pod_autoscaler import SCALING_DISABLED
from ...spec.control_plane.controllers.node_taints import EXECUTING
from ...spec.control_plane.controllers.persistent_volume_binding import bound
from ...spec.environment import dns_answers, faults, traffic
from ...spec.node import crash_back_off, node_shutdown, soft_eviction, static_pods
from ...spec.objects import job as jobs
from ...spec.objects import namespace as namespaces
from ...spec.objects.conditions import Condition
from ...spec.objects.cron_job import CronJob, CronJobStatus
from ...spec.objects.daemon_set import DaemonSet, DaemonSetStatus
from ...spec.objects.disruption import PodDisruptionBudget, PodDisruptionBudgetStatus
from ...spec.objects.endpoint_slice import Endpoint, EndpointPort, EndpointSlice
from ...spec.objects.horizontal_pod_autoscaler import (
    SCALING_ACTIVE,
    HorizontalPodAutoscaler,
    HorizontalPodAutoscalerStatus,
)
from ...spec.objects.metadata import ObjectMeta
from ...spec.objects.node import Node, NodeSpec, NodeStatus
from ...spec.objects.pod import FAILED, PENDING, RUNNING, SUCCEEDED, Pod, PodSpec, PodStatus
from ...spec.objects.quota import ResourceQuota, ResourceQuotaSpec, ResourceQuotaStatus
from ...spec.objects.service_account import ServiceAccount
from ...spec.objects.stateful_set import StatefulSet, StatefulSetSpec, StatefulSetStatus
from ...spec.objects.storage import (
    AVAILABLE,
    BOUND,
    RELEASED,
    SELECTED_NODE,
    PersistentVolume,
    PersistentVolumeClaim,
)
from ...spec.objects.workloads import (
    Deployment,
    DeploymentSpec,
    DeploymentStatus,
    ReplicaSet,
    ReplicaSetSpec,
    ReplicaSetStatus,
    ReplicationController,
)

Make = Callable[[Mapping[str, Any]], tuple[Any, ...]]


@attrs.frozen(eq=False)
class Shape:
    """Objects that differ in their ``numbers`` alone. ``make(numbers)``: the values of the machine's fields."""

    make: Make
    numbers: tuple[str, ...] = ()


def _fixed(*values: Any) -> Shape:
    return Shape(lambda _: values)


def _each(*fields: Iterable[Any]) -> tuple[Shape, ...]:
    """Shapes without numbers: every combination of these values of the fields."""
    return tuple(_fixed(*values) for values in product(*fields))


def _numbered(*names: str) -> Callable[[Callable[..., Any]], Shape]:
    """A shape of one field: the object that is made of these numbers, in this order."""
    return lambda make: Shape(lambda numbers: (make(*(numbers[name] for name in names)),), names)


_ABSENT = _fixed(None)
_DELETED = ObjectMeta(deletion_timestamp=0.0)


def _pods() -> Iterator[Pod]:
    ready = ((), (Condition("Ready", "False"),), (Condition("Ready", "True"),))
    for node, phase, meta, conditions in product(
        ("", "node"), (PENDING, RUNNING, SUCCEEDED, FAILED), (ObjectMeta(), _DELETED), ready
    ):
        yield Pod(meta, PodSpec(node_name=node), PodStatus(phase, conditions))


def _queued() -> tuple[Shape, ...]:
    pods = [pod for pod in _pods() if not pod.status.conditions]
    gated = [attrs.evolve(pod, spec=attrs.evolve(pod.spec, scheduling_gates=("gate",))) for pod in pods]
    return _each((None, *pods, *gated), (None, kinds.BACKOFF, kinds.UNSCHEDULABLE), ("", "node"))


_OF_RUNTIME = (
    "container",
    "sandbox",
    "application",
    "image pull",
    "initialization",
    "termination",
    "sandbox knowledge",
    "sidecars",
)
"""The machines of what a runtime holds for one pod."""

_STATES_OF_CONTAINERS = (kinds.ABSENT, kinds.CREATED, kinds.RUNNING, kinds.EXITED)


def _runtimes() -> tuple[Shape, ...]:
    sandboxes = (kinds.SANDBOX_READY, kinds.SANDBOX_NOT_READY)
    pulls = ("", *_PULLS)
    signals, booleans = ("", kinds.HANDLES, kinds.IGNORES), (False, True)
    whole = (
        kinds.PodRuntime(
            "node", sandbox, containers, hung=hung, pull=pull, signalled=signal, sandboxes=ready, doubted=doubted
        )
        for sandbox, containers, hung, pull, signal, ready, doubted in product(
            sandboxes, _STATES_OF_CONTAINERS, booleans, pulls, signals, (1, 2), booleans
        )
    )
    return _each((None, *whole, *_told_apart()))


_PULLS = (
    kinds.UNCHECKED,
    kinds.PULLING,
    kinds.ERR_IMAGE_PULL,
    kinds.IMAGE_PULL_BACK_OFF,
    kinds.ERR_IMAGE_NEVER_PULL,
    kinds.PRESENT,
)


def _told_apart() -> Iterator[kinds.PodRuntime]:
    """Runtimes of pods with an init container, a sidecar or both before the main container."""
    ends = [(state, 0) for state in _STATES_OF_CONTAINERS] + [(kinds.EXITED, 1)]
    for roles in ((kinds.INIT, kinds.MAIN), (kinds.SIDECAR, kinds.MAIN), (kinds.INIT, kinds.SIDECAR, kinds.MAIN)):
        for states in product(ends, repeat=len(roles)):
            each = tuple(
                kinds.ContainerRuntime(role, role, state, code)
                for role, (state, code) in zip(roles, states, strict=True)
            )
            yield kinds.PodRuntime("node", each=each)
            if any(it.role == kinds.SIDECAR and it.state == kinds.RUNNING for it in each):
                hung = tuple(attrs.evolve(it, hung=it.role == kinds.SIDECAR) for it in each)
                yield kinds.PodRuntime("node", each=hung)


def _workers() -> tuple[Shape, ...]:
    found = (kinds.PodWorker("node", ready, started) for ready, started in product((False, True), ((), ("main",))))
    return _each((None, *found))


def _hooked() -> tuple[Shape, ...]:
    workers = (kinds.PodWorker("node"), kinds.PodWorker("node", hook="main"))
    together = (kinds.PodRuntime("node", containers=state) for state in _STATES_OF_CONTAINERS)
    apart = (
        kinds.PodRuntime("node", containers=state, each=(kinds.ContainerRuntime("main", state=state),))
        for state in _STATES_OF_CONTAINERS
    )
    return _each((None, *workers), (None, *together, *apart))


def _crashed() -> tuple[Shape, ...]:
    return _each((None, *(kinds.PodWorker("node", crashes=number) for number in range(crash_back_off.MOST + 1))))


def _asking(of: type[ReplicaSet] | type[ReplicationController]) -> tuple[Shape, ...]:
    @_numbered("replicas", "available")
    def whole(replicas: Any, available: Any) -> Any:
        return of(spec=ReplicaSetSpec(replicas), status=ReplicaSetStatus(available_replicas=available))

    return (_ABSENT, whole)


def _rollouts() -> Iterator[Shape]:
    yield _ABSENT
    progress = ((), (Condition(PROGRESSING, "False", PROGRESS_DEADLINE_EXCEEDED),), (Condition(PROGRESSING, "True"),))
    for paused, deleted, conditions in product((False, True), (False, True), progress):

        def whole(
            generation: Any,
            observed: Any,
            wanted: Any,
            replicas: Any,
            updated: Any,
            available: Any,
            *,
            paused: bool = paused,
            deleted: bool = deleted,
            conditions: tuple[Condition, ...] = conditions,
        ) -> Deployment:
            return Deployment(
                ObjectMeta(generation=generation, deletion_timestamp=0.0 if deleted else None),
                DeploymentSpec(wanted, paused=paused),
                DeploymentStatus(observed, replicas, updated, available_replicas=available, conditions=conditions),
            )

        yield _numbered("generation", "observed", "wanted", "replicas", "updated", "available")(whole)


def _autoscalers() -> Iterator[Shape]:
    actives = (
        (),
        (Condition(SCALING_ACTIVE, "True"),),
        (Condition(SCALING_ACTIVE, "False"),),
        (Condition(SCALING_ACTIVE, "False", SCALING_DISABLED),),
    )
    yield _ABSENT
    for conditions in actives:

        def whole(current: Any, wanted: Any, *, conditions: tuple[Condition, ...] = conditions) -> Any:
            return HorizontalPodAutoscaler(status=HorizontalPodAutoscalerStatus(current, wanted, conditions))

        yield _numbered("current", "desired")(whole)


def _subsets(types: tuple[str, ...]) -> Iterator[tuple[Condition, ...]]:
    for size in range(len(types) + 1):
        for chosen in combinations(types, size):
            yield tuple(Condition(type_, "True") for type_ in chosen)


def _jobs() -> tuple[Shape, ...]:
    types = (jobs.COMPLETE, jobs.FAILED, jobs.SUCCESS_CRITERIA_MET, jobs.FAILURE_TARGET, jobs.SUSPENDED)
    return _each((None, *(jobs.Job(status=jobs.JobStatus(conditions=each)) for each in _subsets(types))))


@_numbered("generation", "observed", "desired", "updated", "available")
def _daemon_set(generation: Any, observed: Any, desired: Any, updated: Any, available: Any) -> DaemonSet:
    status = DaemonSetStatus(observed, desired, updated_number_scheduled=updated, number_available=available)
    return DaemonSet(ObjectMeta(generation=generation), status=status)


def _stateful_sets() -> Iterator[Shape]:
    yield _ABSENT
    for update in ("1", "2"):

        def whole(
            generation: Any, observed: Any, wanted: Any, replicas: Any, ready: Any, *, update: str = update
        ) -> StatefulSet:
            status = StatefulSetStatus(observed, replicas, ready, current_revision="1", update_revision=update)
            return StatefulSet(ObjectMeta(generation=generation), StatefulSetSpec(wanted), status)

        yield _numbered("generation", "observed", "wanted", "replicas", "ready")(whole)


def _nodes() -> tuple[Shape, ...]:
    statuses = ((), *((Condition("Ready", status),) for status in ("True", "False", "Unknown")))
    taints = ((), *((taint,) for taint in EXECUTING.values()), tuple(EXECUTING.values()))
    nodes = (
        Node(spec=NodeSpec(taints=tainted), status=NodeStatus(conditions=conditions))
        for conditions, tainted in product(statuses, taints)
    )
    return _each((None, *nodes))


@_numbered("generation", "observed", "allowed")
def _budget(generation: Any, observed: Any, allowed: Any) -> PodDisruptionBudget:
    return PodDisruptionBudget(ObjectMeta(generation=generation), status=PodDisruptionBudgetStatus(observed, allowed))


def _quotas() -> Iterator[Shape]:
    yield _fixed(ResourceQuota())
    for names in ((), ("pods",), ("cpu", "pods")):

        def whole(*numbers: Any, names: tuple[str, ...] = names) -> ResourceQuota:
            half = len(names)
            hard, used = (frozendict(zip(names, part, strict=True)) for part in (numbers[:half], numbers[half:]))
            return ResourceQuota(spec=ResourceQuotaSpec(hard), status=ResourceQuotaStatus(hard or _SOME, used))

        yield _numbered(*(f"{what} {name}" for what in ("hard", "used") for name in names))(whole)


_SOME = frozendict({"pods": 1})


def _listed() -> tuple[Shape, ...]:
    endpoints = (Endpoint(ready=True), Endpoint(ready=False), Endpoint(ready=False, terminating=True))
    one = [(("web-1", endpoint),) for endpoint in endpoints]
    two = [
        (("web-1", first), (name, second))
        for first, second in product(endpoints, repeat=2)
        for name in ("web-2", "db-1")
    ]
    return _each(((), *one, *two))


def _static_pods() -> tuple[Shape, ...]:
    declared = static_pods.Manifest("node", "etcd-node", "1", Pod())
    runs = (
        static_pods.StaticRuntime("node", uid, state)
        for uid, state in product(("1", "2"), (kinds.RUNNING, kinds.EXITED))
    )
    return _each((static_pods.UNREAD, static_pods.GONE, declared), (None, *runs))


def _namespaces() -> tuple[Shape, ...]:
    conditions = ((), (Condition("Left", "False"),), (Condition("Left", "True"),))
    found = (
        namespaces.Namespace(meta, finalizers, conditions=told)
        for meta, finalizers, told in product((ObjectMeta(), _DELETED), ((), (namespaces.KUBERNETES,)), conditions)
    )
    return _each((None, *found))


def _claims() -> tuple[Shape, ...]:
    selected = ObjectMeta(annotations=frozendict({SELECTED_NODE: "node"}))
    named = (
        PersistentVolumeClaim(meta, volume_name=name) for meta in (ObjectMeta(), selected) for name in ("", "disk")
    )
    found = [claim for each in named for claim in (each, bound(each, PersistentVolume(ObjectMeta("disk"))))]
    deleted = [attrs.evolve(it, metadata=attrs.evolve(it.metadata, deletion_timestamp=0.0)) for it in found]
    return _each((None, *found, *deleted))


def _volumes() -> tuple[Shape, ...]:
    found = (
        PersistentVolume(meta, claim=claim, phase=phase, claim_uid=uid)
        for meta, claim, phase, uid in product(
            (ObjectMeta(), _DELETED), (None, ("default", "data")), (AVAILABLE, BOUND, RELEASED), (None, 1)
        )
    )
    return _each((None, *found))


def shapes() -> Mapping[str, tuple[Shape, ...]]:
    """The shapes of every machine's objects, by the machine's name."""
    booleans = (False, True)
    up, runs = (kinds.UP, kinds.DOWN), (kinds.RUNNING, kinds.STOPPED)
    pressures = ("", *faults.PRESSURES.values())
    evictions = (kinds.Eviction(state, "node") for state in (kinds.REQUESTED, kinds.REFUSED, kinds.GRANTED))
    connections = (traffic.IDLE, traffic.ANSWERED, traffic.REFUSED, traffic.LOST, traffic.UNRESOLVED)
    found = (dns_answers.FOUND, dns_answers.OUTSIDE)
    lookups = (dns_answers.UNASKED, *found, dns_answers.NO_SUCH_NAME, dns_answers.UNANSWERED)
    cron = (CronJob(status=CronJobStatus(active, last)) for active, last in product(((), ("job",)), (None, 0.0)))
    return {
        "pod": _each((None, *_pods())),
        **dict.fromkeys(_OF_RUNTIME, _runtimes()),
        **dict.fromkeys(("pod worker", "startup probe"), _workers()),
        "crash back-off": _crashed(),
        "postStart hook": _hooked(),
        "watch": (Shape(lambda numbers: (numbers["beyond"],), ("beyond",)),),
        "scheduling-queue": _queued(),
        "replicaset": _asking(ReplicaSet),
        "replicationcontroller": _asking(ReplicationController),
        "rollout": tuple(_rollouts()),
        "horizontal pod autoscaler": (_ABSENT, *_autoscalers()),
        "cron job": _each((None, *cron)),
        "job": _jobs(),
        "daemonset": (_ABSENT, _daemon_set),
        "statefulset": tuple(_stateful_sets()),
        **dict.fromkeys(("node", "node eviction"), _nodes()),
        "node pressure": _each(pressures, pressures),
        "soft threshold": _each(("", soft_eviction.SOFT, soft_eviction.HARD), booleans),
        "eviction": _each((None, *evictions)),
        "budget": (_ABSENT, _budget),
        "leadership": _each(booleans, booleans, booleans),
        "lease": _each(("", "kube-scheduler")),
        "endpoint": _listed(),
        "endpoint slice": _each((None, EndpointSlice(), EndpointSlice(ports=(EndpointPort(),)))),
        "service rule": _each(((), (("web", "node", "8080"),))),
        "dns server's caches": _each((None, Caches(1, (("web", "10.96.0.7"),)))),
        "udp flow": _each(((), ("web in one flow from node-1",))),
        "dns record": _each(((), ("web",))),
        "connection": _each(connections),
        "name lookup": _each(lookups),
        "quota": (_ABSENT, *_quotas()),
        "webhook": _each(booleans),
        "service account": _each((None, ServiceAccount())),
        "namespace": _namespaces(),
        "persistent volume claim": _claims(),
        "persistent volume": _volumes(),
        "volume attachment": _each(((), ("node-1",), ("node-1", "node-2")), ((), ("node-1",))),
        "static pod": _static_pods(),
        "etcd-member": _each(runs, booleans),
        "etcd space": _each(booleans),
        **dict.fromkeys(("masterlease", "kubernetes endpoint"), _each(booleans)),
        "node-machine": _each(up, runs, up),
        "runtime": _each(up),
        "node shutdown": _each(("", node_shutdown.ENDING, node_shutdown.RELEASED, node_shutdown.OFF), up),
        "process": _each(runs),
    }
