"""Assembles a cluster: a scenario in, a model out (design §6).

Which components stand in the model, which objects it can hold at most, where it starts, and the assumptions that this
choice makes. Components that nothing in the scenario can trigger are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from .constants import with_constants
from .control_plane.apiserver.admission import DEFAULT_TOLERATION_SECONDS, AdmissionReads
from .control_plane.apiserver.handling import handle
from .control_plane.controllers import (
    daemonset,
    deployment,
    job,
    node_lifecycle,
    pod_garbage_collector,
    replicaset,
    taint_eviction,
)
from .control_plane.controllers.daemonset_decisions import max_surge as daemon_surge
from .control_plane.controllers.deployment_replica_sets import replica_set_name
from .control_plane.controllers.deployment_rollout import max_surge
from .control_plane.scheduler import component as scheduler
from .environment import faults, users
from .environment.users import Delete, Edit
from .kinds import (
    DAEMON_SET,
    DEPLOYMENT,
    FAULT,
    JOB,
    KUBE_CONTROLLER_MANAGER,
    KUBE_SCHEDULER,
    NODE,
    POD,
    PROCESS,
    REPLICA_SET,
    USER,
    named,
    pods,
)
from .language.component import Component
from .language.model import Assumption, Kind, Model
from .language.request import ApiCall, Response, Verb
from .language.scenario import Scenario
from .node import container_runtime, kubelet
from .node.pod_life import POD_LIFE
from .objects.daemon_set import DaemonSet
from .objects.job import Job
from .objects.metadata import ObjectMeta
from .objects.namespace import Namespace
from .objects.pod import Pod, PodTemplateSpec
from .objects.priority import PriorityClass
from .objects.workloads import Deployment, ReplicaSet
from .properties.catalogue import chosen_properties
from .properties.deployments import DEPLOYMENT_MIN_SERVING


def templates(scenario: Scenario) -> tuple[PodTemplateSpec, ...]:
    """The pod templates that the scenario's workloads have, now or after a user's change."""
    found = [d.spec.template for d in deployments_over_time(scenario)]
    found += [d.spec.template for d in daemon_sets_over_time(scenario)]
    found += [item.spec.template for item in scenario.objects if isinstance(item, ReplicaSet | Job)]
    return tuple(found)


def deployments_over_time(scenario: Scenario) -> tuple[Deployment, ...]:
    """Every version of every Deployment that the scenario can hold."""
    return _over_time(scenario, Deployment)


def daemon_sets_over_time(scenario: Scenario) -> tuple[DaemonSet, ...]:
    """Every version of every DaemonSet that the scenario can hold."""
    return _over_time(scenario, DaemonSet)


def _over_time(scenario: Scenario, kind: type[Any]) -> tuple[Any, ...]:
    items = {item.metadata.name: item for item in scenario.objects if isinstance(item, kind)}
    found = list(items.values())
    for action in (action for todo in scenario.users for action in todo):
        if isinstance(action, Edit) and action.kind == kind.kind:
            items[action.name] = action.change(items[action.name])
            found.append(items[action.name])
    return tuple(found)


def pod_slots(scenario: Scenario) -> int:
    """How many pods the model holds at once at most: room for every replica, its successor and its terminating self."""
    if scenario.pod_slots is not None:
        return scenario.pod_slots
    wanted: dict[str, int] = {}
    for version in deployments_over_time(scenario):
        name = version.metadata.name
        wanted[name] = max(wanted.get(name, 0), version.spec.replicas + max_surge(version.spec))
    replicas = sum(rs.spec.replicas for rs in scenario.objects if isinstance(rs, ReplicaSet))
    daemons: dict[str, int] = {}
    for daemon_set in daemon_sets_over_time(scenario):
        name, nodes = daemon_set.metadata.name, len(scenario.nodes)
        daemons[name] = max(daemons.get(name, 0), nodes + daemon_surge(daemon_set.spec, nodes))
    lost = sum(scenario.faults.values()) + sum(map(len, scenario.users))
    of_jobs = sum(job.most_pods(item.spec, lost) for item in scenario.objects if isinstance(item, Job))
    bare = of_jobs + sum(isinstance(item, Pod) for item in scenario.objects)
    return 3 * (sum(wanted.values()) + replicas + sum(daemons.values())) + bare + 2


def toleration_seconds(scenario: Scenario) -> tuple[int, ...]:
    """Every finite time for which some pod of the scenario tolerates a NoExecute taint, ascending."""
    given = {
        toleration.toleration_seconds
        for spec in (
            *(template.spec for template in templates(scenario)),
            *(pod.spec for pod in scenario.objects if isinstance(pod, Pod)),
        )
        for toleration in spec.tolerations
        if toleration.toleration_seconds is not None
    }
    return tuple(sorted({int(seconds) for seconds in given} | {DEFAULT_TOLERATION_SECONDS}))


def progress_deadlines(scenario: Scenario) -> tuple[int, ...]:
    """Every progress deadline that some Deployment of the scenario has, in seconds, ascending."""
    given = {version.spec.progress_deadline_seconds for version in deployments_over_time(scenario)}
    return tuple(sorted(seconds for seconds in given if seconds is not None))


def _tracks_serving(scenario: Scenario) -> bool:
    return DEPLOYMENT_MIN_SERVING.name in (*scenario.properties, *scenario.extra_properties)


def _node_trouble(scenario: Scenario) -> bool:
    """Whether a node can stop sending heartbeats, register, or carry a taint that evicts."""
    node_faults = {faults.NODE_CRASH, faults.LINK_CUT, faults.KUBELET_CRASH}
    return (
        any(scenario.faults.get(name, 0) for name in node_faults)
        or any(not setup.registered for setup in scenario.nodes)
        or any(taint.effect == "NoExecute" for setup in scenario.nodes for taint in setup.node.spec.taints)
    )


def _nodes_change(scenario: Scenario) -> bool:
    return any(action.kind in (NODE, POD) for todo in scenario.users for action in todo)


def components(scenario: Scenario) -> tuple[Component, ...]:
    """The components that something in the scenario can trigger, in the order in which their rules are tried."""
    switches = scenario.switches
    serving = _tracks_serving(scenario)
    found = [
        deployment.component(progress_deadlines(scenario)),
        replicaset.component(
            expectations=switches.get("expectations", "on") == "on",
            expiry=switches.get("expectation-expiry", "on") == "on",
        ),
        scheduler.component(scheduler.Scoring(switches.get("scoring", scheduler.Scoring.ANY_FEASIBLE.value))),
        kubelet.component(nodes={s.node.metadata.name: s.node for s in scenario.nodes}, track_serving=serving),
    ]
    if _names(scenario, DaemonSet):
        found.insert(2, daemonset.component())
    if _names(scenario, Job):
        found.insert(2, job.component(job.active_deadlines(item for item in scenario.objects if isinstance(item, Job))))
    tracked = serving or bool(scenario.faults.get(faults.PROBE_FAILURE, 0))
    found.append(container_runtime.component(track_serving=tracked, programs_finish=bool(_names(scenario, Job))))
    if _node_trouble(scenario) or _nodes_change(scenario):
        found.append(node_lifecycle.component())
        found.append(taint_eviction.component(toleration_seconds(scenario)))
        found.append(pod_garbage_collector.component())
    clients = _clients_by_process(found)
    found.append(faults.supervisor(scenario.faults, clients))
    found.append(faults.component(scenario.faults))
    found.append(users.component())
    return with_constants((component for component in found if component.rules), scenario.constants)


def _clients_by_process(found: list[Component]) -> Mapping[str, tuple[str, ...]]:
    clients: dict[str, tuple[str, ...]] = {}
    for component in found:
        clients[component.process] = (*clients.get(component.process, ()), component.name)
    return clients


def _names(scenario: Scenario, kind: type[Any]) -> tuple[str, ...]:
    return tuple(sorted(item.metadata.name for item in scenario.objects if isinstance(item, kind)))


def replica_set_names(scenario: Scenario) -> tuple[str, ...]:
    """The names of all ReplicaSets that can exist: given ones, and one for each template of a Deployment."""
    made = {replica_set_name(version) for version in deployments_over_time(scenario)}
    return tuple(sorted(made | set(_names(scenario, ReplicaSet))))


def kinds(scenario: Scenario) -> tuple[Kind, ...]:
    """The kinds of the model, with their names and slots."""
    return (
        pods(pod_slots(scenario), of_jobs=bool(_names(scenario, Job))),
        named(NODE, tuple(setup.node.metadata.name for setup in scenario.nodes)),
        named(REPLICA_SET, replica_set_names(scenario)),
        named(DEPLOYMENT, _names(scenario, Deployment)),
        named(JOB, _names(scenario, Job)),
        named(DAEMON_SET, _names(scenario, DaemonSet)),
        named(PROCESS, (KUBE_CONTROLLER_MANAGER, KUBE_SCHEDULER)),
        named(FAULT, (*sorted(name for name, budget in scenario.faults.items() if budget), users.DISRUPTION)),
        named(USER, tuple(f"user {number}" for number in range(1, len(scenario.users) + 1)) or ("nobody",)),
    )


class RejectedError(ValueError):
    """An object of the scenario that the API server of the model does not let in."""


def admitted(pod: Pod, reads: AdmissionReads) -> Pod:
    """A pod of the manifests as the API server stores it. Raises ``RejectedError`` if it does not."""
    response = handle(ApiCall(Verb.CREATE, POD, pod), None, current=True, admission=reads)
    if not response.outcome.success:
        raise RejectedError(f"Pod {pod.metadata.name}: {response.outcome.value}: {response.reason}")
    stored: Pod = without_history(response.stored)
    return stored


def initial(scenario: Scenario, reads: AdmissionReads) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """The bundles that stand at the start; all others are empty."""

    def bundles(kind: type[Any]) -> tuple[Mapping[str, Any], ...]:
        return tuple({"name": i.metadata.name, "object": i} for i in scenario.objects if isinstance(i, kind))

    return {
        POD: tuple({"object": admitted(pod, reads)} for pod in scenario.objects if isinstance(pod, Pod)),
        NODE: tuple(
            {"name": setup.node.metadata.name, "object": setup.node if setup.registered else None}
            for setup in scenario.nodes
        ),
        REPLICA_SET: bundles(ReplicaSet),
        DEPLOYMENT: bundles(Deployment),
        JOB: tuple(
            {"name": item.metadata.name, "object": job.modelled(item)}
            for item in scenario.objects
            if isinstance(item, Job)
        ),
        DAEMON_SET: bundles(DaemonSet),
        FAULT: tuple({"name": name, "left": budget} for name, budget in scenario.faults.items() if budget),
        USER: tuple({"name": f"user {number}", "todo": todo} for number, todo in enumerate(scenario.users, start=1)),
    }


@attrs.frozen
class _ApiServer:
    """The API server of one model: what admission reads is the same in every state of it."""

    reads: AdmissionReads

    def __call__(self, call: ApiCall, stored: Any, *, current: bool) -> Response:
        response = handle(call, stored, current=current, admission=self.reads)
        return attrs.evolve(response, stored=without_history(response.stored))


def without_history(stored: Any) -> Any:
    """An object with its generation as a rank: 1, or 2 while the status has not observed the newest spec.

    Generations are only compared with ``status.observedGeneration``; that they grow tells nothing else, and a growing
    number would make every rollout a new state (design §3.2, counters that are only compared).
    """
    if stored is None:
        return None
    observed = getattr(stored.status, "observed_generation", None)
    behind = isinstance(stored, Deployment | ReplicaSet | DaemonSet) and observed != stored.metadata.generation
    generation = 2 if behind else 1
    seen = {"observed_generation": 1} if isinstance(stored, Deployment | ReplicaSet | DaemonSet) else {}
    if stored.metadata.generation == generation and (not seen or observed == 1):
        return stored
    if behind and observed == 0:
        # Never observed at all: 0 of 1 says that as well as 1 of 2 would, and is what a fresh object has.
        return stored if stored.metadata.generation == 1 else _ranked(stored, 1, {"observed_generation": 0})
    return _ranked(stored, generation, seen)


def _ranked(stored: Any, generation: int, seen: Mapping[str, int]) -> Any:
    metadata = attrs.evolve(stored.metadata, generation=generation)
    return attrs.evolve(stored, metadata=metadata, status=attrs.evolve(stored.status, **seen))


ASSUMPTIONS = (
    Assumption(
        "containers-together",
        "the main containers of a pod start and stop together; images are present; init containers succeed",
        "container-runtime §3",
    ),
    Assumption("min-ready-seconds", "a pod is available as soon as it is ready", "controllers-workloads, definitions"),
    Assumption(
        "queueing-hints-exact",
        "an unschedulable pod is tried again exactly when a node has become feasible for it",
        "kube-scheduler §2",
    ),
    Assumption("one-worker", "each controller works on one request at a time for one object", "00-index §4"),
    Assumption(
        "refusals-take-no-time",
        "after a request that failed and changed nothing, the next request of its plan follows in the same step",
        "docs/decisions/0002",
    ),
    Assumption(
        "one-api-server",
        "one API server, there whenever a component can reach it; no quota, limit ranges or webhooks refuse a request,"
        " service accounts exist",
        "kube-apiserver §6, §8",
    ),
    Assumption("no-preemption", "a pod that fits nowhere waits, whatever its priority", "kube-scheduler §6"),
    Assumption(
        "stopped-by-force",
        "containers that the kubelet stops end with exit code 137, so their pod ends as Failed",
        "kubelet §5",
    ),
    Assumption(
        "room-between-groups",
        "groups share nodes, but never run short of room: replicas and surge are counted, terminating pods are not",
        "design §6",
    ),
    Assumption("object-ages", "ages of objects are not kept: where Kubernetes ranks by age, every order is tried"),
    Assumption(
        "changed-back",
        "an object that is changed and changed back between two requests of one plan counts as unchanged",
        "docs/decisions/0008",
    ),
)
"""What every model of a cluster simplifies; a verdict prints it."""


def fused(scenario: Scenario) -> frozenset[str]:
    """The components whose plans are one step, because nothing can fall between their requests that shows.

    What a runtime holds of a pod is read by its own kubelet alone. A node crash leaves the same behind halfway through
    a start as after it; only a kubelet that ends, or is cut off, in between makes a difference.
    """
    between = (faults.KUBELET_CRASH, faults.LINK_CUT, faults.CONTAINER_EXIT, faults.CONTAINER_COMPLETION)
    return frozenset() if any(scenario.faults.get(name, 0) for name in between) else frozenset({kubelet.NAME})


def assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    """The named assumptions of a model of this scenario."""
    found = list(ASSUMPTIONS)
    if scenario.switches.get("scoring", scheduler.Scoring.ANY_FEASIBLE.value) == scheduler.Scoring.ANY_FEASIBLE.value:
        found.append(
            Assumption("any-feasible-node", "the scheduler may choose any feasible node; scores are not modelled")
        )
    if _names(scenario, DaemonSet):
        found.append(
            Assumption(
                "daemon-pods-made-here",
                "a DaemonSet adopts no pods; a revision of it is known by the hash of its template",
                "controllers-workloads §4",
            )
        )
    if _names(scenario, Job):
        found += job.ASSUMPTIONS
    if any(isinstance(a, Delete) and a.kind == DEPLOYMENT for todo in scenario.users for a in todo):
        found.append(
            Assumption(
                "no-garbage-collector",
                "what a deleted owner leaves behind is not collected: its ReplicaSets and pods stay",
                "controllers-cluster §6",
            )
        )
    if fused(scenario):
        found.append(
            Assumption(
                "runtime-calls-together",
                "a kubelet's calls to its runtime for one pod are one step: no fault asked for falls between them",
                "container-runtime §3",
            )
        )
    if not _tracks_serving(scenario):
        found.append(Assumption("serving-when-started", "an application answers requests as soon as it has started"))
    return tuple(found)


def _namespaces(scenario: Scenario) -> tuple[Namespace, ...]:
    """The namespaces given, and those that objects name: they are taken to exist."""
    given = {item.metadata.name: item for item in scenario.objects if isinstance(item, Namespace)}
    used = sorted({item.metadata.namespace for item in scenario.objects if item.metadata.namespace} - set(given))
    return (*given.values(), *(Namespace(ObjectMeta(name=name, namespace="")) for name in used))


def build(scenario: Scenario) -> Model:
    """The model of a scenario. Raises ``KeyError`` on an unknown fault or property."""
    found = components(scenario)
    model_kinds = kinds(scenario)
    reads = AdmissionReads(
        priority_classes=tuple(item for item in scenario.objects if isinstance(item, PriorityClass)),
        namespaces=_namespaces(scenario),
    )
    return Model(
        name=scenario.name,
        kinds=model_kinds,
        components=found,
        initial=initial(scenario, reads),
        machines=MACHINES,
        properties=chosen_properties(scenario),
        api_server=_ApiServer(reads),
        lag=scenario.lag,
        rpc=scenario.rpc,
        fused=fused(scenario),
        time=scenario.time,
        assumptions=assumptions(scenario),
    )


MACHINES = (
    POD_LIFE,
    *container_runtime.MACHINES,
    *kubelet.MACHINES,
    scheduler.MACHINE,
    replicaset.MACHINE,
    deployment.MACHINE,
    job.MACHINE,
    daemonset.MACHINE,
    *node_lifecycle.MACHINES,
    faults.MACHINE_MACHINE,
    faults.PROCESS_MACHINE,
)
"""The machines of every object and process, in the order of a pod's way through the cluster."""
