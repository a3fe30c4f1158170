"""The kinds that a scenario holds, and what is kept of each object: one bundle of fields an object (design §3.2).

Everything that is keyed by one object stands in its bundle: the stored object, what runs for it on its node, what
processes remember about it. Fields that are some process's memory name the process that loses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from .language.model import Counting, Field, Kind
from .language.query import ANY, Query, no_parameter
from .objects.metadata import Uid

POD = "Pod"
NODE = "Node"
REPLICA_SET = "ReplicaSet"
REPLICATION_CONTROLLER = "ReplicationController"
DEPLOYMENT = "Deployment"
JOB = "Job"
POD_DISRUPTION_BUDGET = "PodDisruptionBudget"
CRON_JOB = "CronJob"
DAEMON_SET = "DaemonSet"
HORIZONTAL_POD_AUTOSCALER = "HorizontalPodAutoscaler"
LOAD = "Load"
STATEFUL_SET = "StatefulSet"
SERVICE = "Service"
ENDPOINT_SLICE = "EndpointSlice"
CONNECTION = "Connection"
RESOURCE_QUOTA = "ResourceQuota"
SERVICE_ACCOUNT = "ServiceAccount"
NAMESPACE = "Namespace"
PERSISTENT_VOLUME = "PersistentVolume"
PERSISTENT_VOLUME_CLAIM = "PersistentVolumeClaim"
WEBHOOK_BACKEND = "WebhookBackend"
DESCHEDULER = "Descheduler"
STATIC_POD = "StaticPod"
PROCESS = "Process"
CANDIDATE = "Candidate"
API_SERVER = "APIServer"
ETCD_MEMBER = "EtcdMember"
LEASE = "Lease"
FAULT = "Fault"
USER = "User"

KUBE_SCHEDULER = "kube-scheduler"
KUBE_CONTROLLER_MANAGER = "kube-controller-manager"
KUBE_APISERVER = "kube-apiserver"
KUBELET = "kubelet"

UP, DOWN = "up", "down"
RUNNING, STOPPED = "running", "stopped"

REQUESTED, REFUSED, GRANTED = "requested", "refused", "granted"
"""How far a request for the eviction of a pod is (kube-apiserver §5)."""

EVICTION = "an eviction"
"""Name under which it is remembered that a pod was evicted."""

ORPHANED, COLLECTED = "a deletion that orphans", "a deletion that is passed on"
"""Names under which it is remembered how an owner was deleted."""

FORCED = "a deletion by force"
"""Name under which it is remembered that a pod's object may have gone before its containers were known to have ended:
a user deleted it with grace period 0, deleted its node, or declared the node out of service."""

CLAIM_DELETION = "the deletion of a claim"
"""Name under which it is remembered that a user deleted a claim."""

CREATION, DELETION = "creation", "deletion"
"""What a controller expects to see of a pod, in the pod's field ``expected`` (00-index §4)."""

BACKOFF, UNSCHEDULABLE = "Backoff", "Unschedulable"
"""Where a pod waits in the scheduler's queue, in the pod's field ``queue``; None: in the active queue, or not queued
at all (kube-scheduler §2)."""

ABSENT, CREATED, EXITED = "absent", "created", "exited"
SANDBOX_READY, SANDBOX_NOT_READY = "ready", "not ready"


UNCHECKED, PULLING, PRESENT = "unchecked", "pulling", "present"
ERR_IMAGE_PULL, IMAGE_PULL_BACK_OFF, ERR_IMAGE_NEVER_PULL = "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"
"""How far the images of a pod are, in ``PodRuntime.pull`` (container-runtime §4)."""

HANDLES, IGNORES = "handles TERM", "ignores TERM"
"""What a program makes of TERM, in ``PodRuntime.signalled``."""

INIT, SIDECAR, MAIN = "init", "sidecar", "main"
"""What a container is in its pod, in ``ContainerRuntime.role``."""


@attrs.frozen(cache_hash=True)
class ContainerRuntime:
    """What the container runtime holds of one container, where those of a pod are told apart (container-runtime §1).

    ``role``: INIT, SIDECAR or MAIN. ``state``: ABSENT, CREATED, RUNNING or EXITED. ``restarts`` saturates at 1.
    ``hung``: a sidecar that runs, but will not answer anything again until it is started anew; main containers hang
    together (``PodRuntime.hung``).
    """

    name: str
    role: str = MAIN
    state: str = ABSENT
    exit_code: int = 0
    restarts: int = 0
    hung: bool = False


@attrs.frozen(cache_hash=True)
class PodRuntime:
    """What the container runtime of ``node`` holds for one pod (container-runtime §1).

    ``sandbox``: SANDBOX_READY or SANDBOX_NOT_READY. ``containers``: ABSENT, CREATED, RUNNING or EXITED, for all
    containers together. ``exit_code`` of the last exit. ``serving``: the application answers requests; not an API
    fact. ``restarts`` saturates at 1: only "never" and "at least once" are told apart. ``name`` of the pod, "" where
    it was generated: the runtime knows it from a label. ``each``: the containers one by one, in the order of the pod's
    spec, init containers first; empty for pods whose containers are not told apart. ``hung``: the application runs, but
    will not answer anything again until it is started anew. ``pull``: how far the images are of what starts next; ""
    where images are not followed. ``signalled``: the containers were sent TERM, and HANDLES or IGNORES it; "" before.
    ``sandboxes``: how many are ready, 2 standing for more; ``doubted``: the kubelet was not told of the one that it had
    asked for.
    """

    node: str
    sandbox: str = SANDBOX_READY
    containers: str = ABSENT
    exit_code: int = 0
    serving: bool = False
    restarts: int = 0
    name: str = ""
    each: tuple[ContainerRuntime, ...] = ()
    hung: bool = False
    pull: str = ""
    signalled: str = ""
    sandboxes: int = 1
    doubted: bool = False


@attrs.frozen(cache_hash=True)
class PodWorker:
    """What the kubelet of ``node`` remembers of one pod (kubelet §3): it was admitted; its readiness probe's result.

    ``started``: the containers whose startup probe has succeeded since they were last started. ``crashes``: how often
    its containers were started again since they last ran long enough, where their back-off doubles. ``hook``: the
    container that was started last, as long as its postStart hook runs; "" otherwise.
    """

    node: str
    ready: bool = False
    started: tuple[str, ...] = ()
    crashes: int = 0
    hook: str = ""


@attrs.frozen(cache_hash=True)
class Eviction:
    """A request for the eviction of a pod, of the node ``node``.

    ``state``: REQUESTED, REFUSED or GRANTED. ``uid``: the incarnation that is meant, None for whichever bears the name.
    ``retries``: the client asks again when it was refused. ``listed``: the incarnation that the client had in mind,
    which a request by name does not say; only a property reads it.
    """

    state: str
    node: str
    uid: Uid | None = None
    retries: bool = False
    listed: Uid | None = None


def _worker_node(bundle: Mapping[str, Any]) -> str:
    worker = bundle["worker"]
    return worker.node if worker else ""


POD_FIELDS = (
    Field("object"),
    Field("runtime"),
    Field("worker", memory_of=KUBELET, owner=_worker_node),
    Field("queue", memory_of=KUBE_SCHEDULER),
    Field("assumed", "", memory_of=KUBE_SCHEDULER),
    Field("expected", memory_of=KUBE_CONTROLLER_MANAGER),
)
"""``object``: the Pod in the store. ``runtime``: a PodRuntime. ``worker``: a PodWorker. ``queue``: the entry in the
scheduler's queue. ``assumed``: the node that the scheduler counts the pod on before it sees it bound. ``expected``:
(CREATION or DELETION, its owner) while the controller waits to see that."""

ATTEMPTS_FIELDS = (Field("attempts", memory_of=KUBE_SCHEDULER),)
"""One more field of pods where the scheduler's back-off doubles: how often it could not place the pod."""

EVICTION_TIMER_FIELDS = (Field("eviction_timer", memory_of=KUBE_CONTROLLER_MANAGER),)
"""One more field of pods where the time that they may stay on a tainted node can change: after how many seconds, from
when it was first known that they may not stay, the taint eviction controller deletes the pod."""

EVICTION_ENTRY_FIELDS = (Field("eviction_entry", False, memory_of=KUBE_CONTROLLER_MANAGER),)
"""One more field of pods where evictions are queued by name: the queue of the taint eviction controller still has an
entry of that name, whose eviction is done. It goes by the name: the next pod of that name finds it there."""

EVICTION_FIELDS = (Field("evicted", False),)
"""One more field of pods where evictions are told from other deletions: the taint eviction controller deleted it."""

CREATIONS_FIELDS = (Field("creations", 0, counts=Counting.CREATIONS),)
REMOVALS_FIELDS = (Field("removals", 0, counts=Counting.REMOVALS),)
"""One more field of pods each, where a property asks how often a name's pod was created, or has gone; 2 for more."""

WAITS_FOR_VOLUMES, CLAIM_OWNER = "waits for volumes", "claim owner"
VOLUME_POD_FIELDS = (Field(WAITS_FOR_VOLUMES, False, memory_of=KUBE_SCHEDULER), Field(CLAIM_OWNER))
"""Two more fields of pods where claims are followed. ``waits for volumes``: the scheduler has assumed the pod, and will
bind it once its claims are bound. ``claim owner``: the incarnation that claims name as their owner."""

PERSISTENT_VOLUME_CLAIM_FIELDS = (Field("object"), Field("removals", 0, counts=Counting.REMOVALS, most=1))
PERSISTENT_VOLUME_FIELDS = (Field("object"),)
ATTACHED, DETACHING = "attached", "detaching"
ATTACHMENT_FIELDS = (Field(ATTACHED, ()), Field(DETACHING, (), memory_of=KUBE_CONTROLLER_MANAGER))
"""``removals``: whether the claim of the name has ever gone; kept for properties alone. Two
more fields of volumes where their attachment is followed: the nodes that a volume is attached to, and those of them
that the attach/detach controller waits for, since no pod there needs it any more."""

NODE_FIELDS = (
    Field("object"),
    Field("machine", UP),
    Field("kubelet", RUNNING),
    Field("link", UP),
    Field("deleted", False),
)
"""``object``: the Node in the store. ``machine``: UP or DOWN. ``kubelet``: RUNNING or STOPPED. ``link`` to the API
server: UP or DOWN. ``deleted``: the Node was deleted since the kubelet was started, which registers it only then."""

JOB_POD_FIELDS = (Field("uncounted"), Field("removing", False, memory_of=KUBE_CONTROLLER_MANAGER))
"""More fields of pods where there are Jobs. ``uncounted``: (name of the Job, "succeeded" or "failed") while the Job's
status lists the pod's uid: part of that status. ``removing``: the Job controller took the tracking finalizer away and
has not yet seen that."""

JOB_FIELDS = (
    Field("object"),
    Field("backoff", False, memory_of=KUBE_CONTROLLER_MANAGER),
    Field("overdue", False, memory_of=KUBE_CONTROLLER_MANAGER),
    Field("creations", 0),
)
"""``backoff``: the controller waits with new pods since one has failed. ``overdue``: the active deadline has passed.
``creations``: how often a CronJob has created it, 2 standing for more; kept for properties alone."""

EVICTION_POD_FIELDS = (Field("eviction"),)
"""More fields of pods where somebody evicts pods. ``eviction``: an Eviction that its client waits for."""

BUDGET_POD_FIELDS = (Field("disruption"),)
"""More fields of pods where budgets restrain evictions. ``disruption``: the entry of a budget's
``status.disruptedPods`` that means the pod: part of that status."""

POD_DISRUPTION_BUDGET_FIELDS = (Field("object"), Field("granted", (0, 0)))
"""``granted``: the evictions that were granted since the controller last wrote the status, and how many that write
allowed. Nothing reads it but a property."""

ENDPOINT_POD_FIELDS = (
    Field("endpoints", ()),
    Field("sync", (), memory_of=KUBE_CONTROLLER_MANAGER),
    Field("rules", ()),
)
"""More fields of pods where there is traffic. ``endpoints``: its entries, as (slice, Endpoint): part of those slices.
``sync``: the Services that the EndpointSlice controller has queued because of this pod. ``rules``: what nodes send to
it, as (node, Service, traffic policy): part of what runs in the kernels of those nodes."""

LATE_ENDPOINT_POD_FIELDS = (Field("endpoints seen"),)
"""One more where the EndpointSlice controller sees its slices late: the entries in its cache, None for those stored."""

AFFINITY_POD_FIELDS = (Field("clients", ()),)
"""One more where a Service has session affinity: the clients whose last connection came here."""

TURN_POD_FIELDS = (Field("turns", ()),)
"""One more where nodes balance by ipvs: on which nodes it was taken in this round, and whether last."""

FLOW_POD_FIELDS = (Field("flows", ()),)
"""One more where clients keep UDP flows open: those whose packets connection tracking leads there."""

NAME_POD_FIELDS = (Field("records", ()), Field("resolved", ()))
"""Two more where Services are looked up. ``records``: the headless Services under whose names the cluster's DNS server
publishes the pod's address. ``resolved``: the clients that hold an answer in which it stands."""

DNS_SERVER_POD_FIELDS = (Field("server"),)
"""One more where DNS servers have caches of their own: what the one in this pod knows. In ``records`` each headless
Service then stands with the number of the server that says so."""

SERVICE_FIELDS = (Field("object"), Field("queued", True, memory_of=KUBE_CONTROLLER_MANAGER))
"""``queued``: the EndpointSlice controller is to look at the Service, whatever pods do; all are after its start."""

ENDPOINT_SLICE_FIELDS = (Field("object"), Field("unseen"))
"""``unseen``: what the controller has written and not seen yet: ADDED, CHANGED or REMOVED, None for nothing."""

ADDED, CHANGED, REMOVED = "added", "changed", "removed"

CONNECTION_FIELDS = (Field("state", "idle"),)
"""``state``: what came of the client's last connection."""

LOOKUP_FIELDS = (Field("lookup", "unasked"),)
"""One more of clients that know their Service by name: what they hold of that."""

ADDRESS_FIELDS = (Field("address", ""),)
"""One more of clients where Services come and go: the address that the client was told, "" for none."""

PROGRAMMED_FIELDS = (Field("programmed", ()),)
"""One more of Services where they come and go: under which address the rules of each node lead to their endpoints, as
(node, address): part of what runs in the kernels of those nodes."""

REPLICA_SET_FIELDS = (Field("object"),)
REPLICATION_CONTROLLER_FIELDS = (Field("object"),)
DEPLOYMENT_FIELDS = (Field("object"),)
DAEMON_SET_FIELDS = (Field("object"), Field("waiting", (), memory_of=KUBE_CONTROLLER_MANAGER))
"""``waiting``: nodes whose Failed daemon pod was deleted lately, so that the next one has to wait for its back-off."""

AUTOSCALER_FIELDS = (
    Field("object"),
    Field("recommendations", memory_of=KUBE_CONTROLLER_MANAGER),
    Field("changes", (), memory_of=KUBE_CONTROLLER_MANAGER),
    Field("turns", (0, 0)),
)
"""``recommendations``: those within the stabilization windows; None: none was ever made. ``changes`` of the replica
count within the periods of scaling policies. ``turns``: which way the count went last (1 up, -1 down), and how often it
has turned round since the load last changed, 3 standing for more; kept for properties alone."""

CRON_JOB_FIELDS = (Field("object"), Field("times", 0), Field("late", False))
"""``times``: how many scheduled times have come. ``late``: the starting deadline of the last has passed."""

LOAD_FIELDS = (Field("at", 0),)
"""How many times the load has changed."""

MIN_READY_POD_FIELDS = (Field("seasoned", False),)
"""One more field of pods where ReplicaSets have minReadySeconds: the pod has been ready for so long."""

METERED_POD_FIELDS = (Field("metrics", ""), Field("age", 0), Field("readied", False))
"""More fields of pods where autoscalers read metrics. ``metrics``: how far they have come. ``age``: the step of its
program's life. ``readied``: the pod has been ready, as the last change of its condition tells."""
RESOURCE_QUOTA_FIELDS = (Field("object"),)
SERVICE_ACCOUNT_FIELDS = (Field("object"),)
NAMESPACE_FIELDS = (Field("object"), Field("due", False, memory_of=KUBE_CONTROLLER_MANAGER), Field("late", False))
"""``due``: the controller has waited long enough to empty it. ``late``: something was created in it when it was
Terminating, which nothing reads but a property."""

DESCHEDULER_FIELDS = (Field("policy"),)
WEBHOOK_BACKEND_FIELDS = (Field("reachable", False),)
"""``reachable``: a pod behind the Service of a webhook answers. Backends are called NAMESPACE/SERVICE."""

CANDIDATE_FIELDS = (Field("leads", False), Field("paused", False), Field("holds", False), Field("late", False))
"""Of a process of which there are several: it believes to lead; it stands still; the Lease names it. ``late``: it wrote
something when the Lease named another one, which nothing reads but a property."""

LEASE_FIELDS = (Field("holder", ""),)
"""``holder``: the process that the Lease names."""

STATEFUL_SET_FIELDS = (Field("object"),)
API_SERVER_FIELDS = (Field("state", RUNNING),)

MASTER_LEASE, LISTED = "masterlease", "listed"
MASTER_LEASE_FIELDS = (Field(MASTER_LEASE, True), Field(LISTED, True))
"""Two more of API servers where somebody asks who is listed behind the Service kubernetes. ``masterlease``: etcd holds
the key that is attached to the instance's lease; ``listed``: it is among the endpoints of that Service."""

ETCD_MEMBER_FIELDS = (Field("state", RUNNING), Field("leads", False))
"""``state`` of an instance or a member: RUNNING or STOPPED."""

PROCESS_FIELDS = (Field("state", RUNNING),)
FAULT_FIELDS = (Field("left", 0), Field("used", False))
USER_FIELDS = (Field("todo", ()),)
"""``left``: how often the fault may still come; ``used``: whether it came. ``todo``: the user's actions, in order."""


def pods(slots: int, fields: tuple[Field, ...] = POD_FIELDS, names: tuple[str, ...] = ()) -> Kind:
    """Interchangeable pods with generated names, at most ``slots`` at once, beside those called ``names``.

    What runs for an earlier incarnation of a name, and the kubelet's worker of it, stand in one of the slots.
    """
    return Kind(POD, fields, names, slots, of_incarnation=("runtime", "worker"), plans_of_incarnation=(KUBELET,))


def named(kind: str, names: tuple[str, ...], further: tuple[Field, ...] = ()) -> Kind:
    """The kind ``kind`` with these names, and ``further`` fields."""
    fields = {
        NODE: NODE_FIELDS,
        REPLICA_SET: REPLICA_SET_FIELDS,
        REPLICATION_CONTROLLER: REPLICATION_CONTROLLER_FIELDS,
        DEPLOYMENT: DEPLOYMENT_FIELDS,
        JOB: JOB_FIELDS,
        DAEMON_SET: DAEMON_SET_FIELDS,
        STATEFUL_SET: STATEFUL_SET_FIELDS,
        PERSISTENT_VOLUME_CLAIM: PERSISTENT_VOLUME_CLAIM_FIELDS,
        POD_DISRUPTION_BUDGET: POD_DISRUPTION_BUDGET_FIELDS,
        HORIZONTAL_POD_AUTOSCALER: AUTOSCALER_FIELDS,
        LOAD: LOAD_FIELDS,
        CRON_JOB: CRON_JOB_FIELDS,
        SERVICE: SERVICE_FIELDS,
        ENDPOINT_SLICE: ENDPOINT_SLICE_FIELDS,
        CONNECTION: CONNECTION_FIELDS,
        RESOURCE_QUOTA: RESOURCE_QUOTA_FIELDS,
        SERVICE_ACCOUNT: SERVICE_ACCOUNT_FIELDS,
        NAMESPACE: NAMESPACE_FIELDS,
        WEBHOOK_BACKEND: WEBHOOK_BACKEND_FIELDS,
        DESCHEDULER: DESCHEDULER_FIELDS,
        PROCESS: PROCESS_FIELDS,
        FAULT: FAULT_FIELDS,
        USER: USER_FIELDS,
    }
    return Kind(kind, (*fields[kind], *further), names=names)


def process_runs(process: str) -> Query:
    """The guard of a component: its process runs."""

    def classify(_parameter: None, name: str, state: str) -> bool | None:
        return True if name == process and state == RUNNING else None

    return Query(PROCESS, ("name", "state"), classify, ANY, no_parameter)
