"""When a property is checked by default: what must stand in a scenario for it to have anything to say.

A property that nothing in a scenario can trigger would be vacuous there, so each has its occasion: a sentence for the
user, and a predicate on scenarios. Occasions are found from what users and faults do to pods: whether some are added,
taken away, brought to an end.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..control_plane.apiserver.strategies import BACKGROUND, FOREGROUND, ORPHAN
from ..control_plane.controllers.endpoint_hints import Distribution, distribution
from ..control_plane.controllers.endpointslice_decisions import ZONE_LABEL
from ..environment.asked_names import asks_in_its_own_way
from ..environment.faults import (
    APPLICATION_HANG,
    CONTAINER_COMPLETION,
    CONTAINER_EXIT,
    CONTROL_PLANE_CUT,
    IMAGE_PULL_ERROR,
    KUBELET_CRASH,
    LINK_CUT,
    NODE_CRASH,
    PRESSURES,
)
from ..environment.space_faults import SPACE_EXHAUSTED
from ..environment.users import Delete
from ..kinds import JOB, POD
from ..language.model import TimeMode
from ..language.scenario import Client, Scenario, Start
from ..node.cri_replies import LOST
from ..node.kube_proxy_decisions import is_proxied, uses_cluster_endpoints, uses_local_endpoints
from ..node.node_pressure import spared
from ..node.node_shutdown import GRACE_PERIOD, SHUTDOWN
from ..node.pod_containers import told_apart
from ..node.post_start import with_hooks
from ..node.probes import has_liveness_probe, has_startup_probe
from ..node.restart_policy import ALWAYS
from ..node.runtime_health import SILENT
from ..node.sidecar_probes import has_lively_sidecars
from ..node.soft_eviction import SOFT_GRACE
from ..objects.cron_job import FORBID, CronJob
from ..objects.job import INDEXED
from ..objects.pod import Pod
from ..objects.quota import ResourceQuota
from ..objects.service import CLIENT_IP, Service
from ..objects.workloads import RECREATE, ReplicationController
from .attachments_followed import attaches_to_one_node
from .claims_followed import claiming_sets, follows_claims, pods_with_claims_get_nodes, retaining_sets
from .happenings import (
    actions,
    autoscaled,
    budgeted_drains,
    can_run,
    clients,
    controlled_specs,
    critical_pods_crowd_in,
    daemon_sets,
    daemon_specs,
    deletes_account,
    deletes_namespace,
    deletes_nodes,
    deletes_owner,
    deletes_pods,
    deletes_service,
    descheduled,
    ends_pods,
    executing,
    faults,
    for_a_while,
    has_jobs,
    has_kept_jobs,
    has_pods,
    has_replica_sets,
    ignores_failures,
    jobs,
    jobs_run_pods,
    keeps_available,
    keeps_away,
    lists_pods,
    loses_nodes,
    may_preempt,
    may_wait,
    movable_specs,
    moves_pods,
    owns_pods,
    pod_specs,
    probes_after_start,
    rescales,
    rolling,
    runs_pods,
    schedules_pods,
    several_priorities,
    some_version,
    spreads,
    starts_in_order,
    stateful_progress,
    stateful_sets,
    tells_apart,
    updates_in_order,
    watches_end,
)


@attrs.frozen(eq=False)
class Occasion:
    """When a property is checked by default: in words, and as a predicate."""

    text: str
    arises: Callable[[Scenario], bool]


ON_REQUEST = Occasion("only on request: Kubernetes does not promise it", lambda _scenario: False)
COSTLY = Occasion("only on request: what it follows multiplies the states", lambda _scenario: False)


PODS_MOVE = Occasion("where anything happens to pods that have a node", moves_pods)
PODS_SCHEDULED = Occasion("where pods get a node: new ones, and those that stand in for others", schedules_pods)
PRIORITIES = Occasion("where pods of several priorities get a node", several_priorities)
PREEMPTIONS = Occasion("where a pod may fit nowhere, and others have a lower priority", may_preempt)
ANTI_AFFINITY = Occasion(
    "where pods that keep away from others get a node", lambda scenario: any(map(keeps_away, pod_specs(scenario)))
)
SPREAD = Occasion(
    "where pods with a hard spread constraint get a node",
    lambda scenario: schedules_pods(scenario) and any(map(spreads, pod_specs(scenario))),
)
GATES = Occasion(
    "where a pod has a scheduling gate",
    lambda scenario: any(spec.scheduling_gates for spec in (*movable_specs(scenario), *daemon_specs(scenario))),
)
PODS_WAIT = Occasion(
    "where a pod may have to wait for a node: another is more urgent, or a user cordons a node",
    may_wait,
)
PODS = Occasion("where there are pods that can get a node", has_pods)
PODS_DELETED = Occasion(
    "where running pods are asked to end: by a rollout, by scaling down, by users, because their node went silent, or"
    " to make room",
    deletes_pods,
)
PODS_STOPPED = Occasion(
    "where users delete pods, not by force, and nothing keeps their kubelets from it",
    lambda scenario: (
        any(isinstance(it, Delete) and it.kind == POD and not it.force for it in actions(scenario))
        and has_pods(scenario)
        and not any(scenario.faults.values())
    ),
)
CONTAINERS_EXIT = Occasion(
    "where containers end by themselves or by a fault, and pods get a node",
    lambda scenario: (
        jobs_run_pods(scenario) or (has_pods(scenario) and faults(scenario, CONTAINER_EXIT, CONTAINER_COMPLETION))
    ),
)
CONTAINERS_EXIT_AGAIN = Occasion(
    "where no user acts, containers may end twice by a fault, and restartPolicy Always lets them start again",
    lambda scenario: (
        not scenario.users
        and any(spec.restart_policy == ALWAYS for spec in pod_specs(scenario))
        and scenario.faults.get(CONTAINER_EXIT, 0) + scenario.faults.get(CONTAINER_COMPLETION, 0) > 1
    ),
)
INIT_CONTAINERS = Occasion(
    "where pods with init containers get a node: new ones, and those that stand in for others",
    lambda scenario: (
        schedules_pods(scenario) and tells_apart(scenario) and any(spec.init_containers for spec in pod_specs(scenario))
    ),
)
SIDECARS_STOPPED = Occasion(
    "where pods with sidecars are deleted while their node and its kubelet run, or have work that ends",
    lambda scenario: (
        tells_apart(scenario)
        and not faults(scenario, KUBELET_CRASH, LINK_CUT, NODE_CRASH, SHUTDOWN, CONTROL_PLANE_CUT)
        and (deletes_pods(scenario) or jobs_run_pods(scenario))
        and any(any(it.sidecar for it in spec.init_containers) for spec in pod_specs(scenario))
    ),
)
STARTUP_PROBES = Occasion(
    "where pods with a startup probe and another one get a node: new ones, and those that stand in for others",
    lambda scenario: schedules_pods(scenario) and any(map(probes_after_start, pod_specs(scenario))),
)
HANGING = Occasion(
    "where applications or sidecars with a liveness probe may hang, and no node crashes or is shut down",
    lambda scenario: (
        faults(scenario, APPLICATION_HANG)
        and not faults(scenario, NODE_CRASH, SHUTDOWN, SILENT)
        and any(
            has_liveness_probe(spec) or (tells_apart(scenario) and has_lively_sidecars(spec))
            for spec in pod_specs(scenario)
        )
    ),
)
PROBES_STOP_ONE = Occasion(
    "where pods of several containers, some with a startup or liveness probe, get a node, and applications may hang",
    lambda scenario: (
        tells_apart(scenario)
        and faults(scenario, APPLICATION_HANG)
        and schedules_pods(scenario)
        and any(
            told_apart(spec) and (has_startup_probe(spec) or has_liveness_probe(spec) or has_lively_sidecars(spec))
            for spec in pod_specs(scenario)
        )
    ),
)
HOOKS = Occasion(
    "where pods with a postStart hook get a node: new ones, and those that stand in for others",
    lambda scenario: schedules_pods(scenario) and any(map(with_hooks, pod_specs(scenario))),
)
IMAGES = Occasion(
    "where pods get a node, and the pull of their images may fail",
    lambda scenario: schedules_pods(scenario) and faults(scenario, IMAGE_PULL_ERROR),
)
STATIC_PODS = Occasion("where kubelets have pods from files or by HTTP", lambda scenario: bool(scenario.static_pods))
NODE_PRESSURE = Occasion(
    "where a node may run short of memory, disk or process ids, and there are pods that are not critical",
    lambda scenario: faults(scenario, *PRESSURES) and any(not spared(spec) for spec in pod_specs(scenario)),
)
SOFT_THRESHOLDS = Occasion(
    "where a node may run short that has soft thresholds (eviction-soft-grace-period), and there are pods that are not"
    " critical",
    lambda scenario: NODE_PRESSURE.arises(scenario) and scenario.constants.get(SOFT_GRACE, 0) > 0,
)
SHUT_DOWN = Occasion(
    "where a node may be shut down that waits for its kubelet (shutdown-grace-period), and pods can get a node",
    lambda scenario: faults(scenario, SHUTDOWN) and GRACE_PERIOD in scenario.constants and has_pods(scenario),
)
RUNTIMES_SILENT = Occasion("where a container runtime may answer nothing", lambda scenario: faults(scenario, SILENT))
REPLIES_LOST = Occasion(
    "where pods get a node, and replies of the container runtime may be lost",
    lambda scenario: schedules_pods(scenario) and faults(scenario, LOST),
)
NO_SPACE = Occasion("where etcd's space can be used up", lambda scenario: faults(scenario, SPACE_EXHAUSTED))
WATCHES_END = Occasion("where watches of caches that lag may end, and be resumed", watches_end)
SLOW_WATCHES_END = Occasion(
    "where such watches may be slow, or timers too early, so that compaction can overtake what is on its way",
    lambda scenario: (
        watches_end(scenario)
        and scenario.switches.get("bookmarks", "on") == "on"
        and (scenario.time is TimeMode.ASYNCHRONOUS or any("/" in name for name in scenario.slow))
    ),
)
ENDS_IN_STEPS = Occasion(
    "where containers are stopped in steps, and running pods of one container are deleted",
    lambda scenario: (
        scenario.switches.get("termination") == "in-steps"
        and deletes_pods(scenario)
        and not all(map(told_apart, pod_specs(scenario)))
    ),
)
CRITICAL_PODS = Occasion(
    "where a critical pod names a node on which it may not fit beside others that are not critical",
    critical_pods_crowd_in,
)
PODS_END = Occasion("where pods are deleted, lose their node, or end and may not restart", ends_pods)
BUDGETED_DRAINS = Occasion("where a user drains a node, and there are PodDisruptionBudgets", budgeted_drains)
DESCHEDULED = Occasion(
    "where a descheduler runs, and there are pods that it may evict",
    descheduled,
)
PASSED_ON = Occasion("where a user deletes an owner, and what it owns with it", deletes_owner(BACKGROUND, FOREGROUND))
OWNERS_DELETED = Occasion("where a user deletes an owner", deletes_owner(BACKGROUND, FOREGROUND, ORPHAN))
IN_FOREGROUND = Occasion("where a user deletes an owner in the foreground", deletes_owner(FOREGROUND))
QUOTAS = Occasion(
    "where there are ResourceQuotas, and controllers create pods",
    lambda scenario: (
        bool(controlled_specs(scenario) or daemon_specs(scenario))
        and any(isinstance(item, ResourceQuota) for item in scenario.objects)
    ),
)
NAMESPACES_DELETED = Occasion("where a user deletes a namespace", deletes_namespace)
ACCOUNTS = Occasion("where a user deletes a ServiceAccount", deletes_account)
ACCOUNTS_OF_NEW_PODS = Occasion(
    "where a user deletes a ServiceAccount before controllers have created their pods",
    lambda scenario: (
        deletes_account(scenario)
        and scenario.start is Start.CREATED
        and bool(controlled_specs(scenario) or daemon_specs(scenario))
    ),
)
ORPHANING = Occasion("where a user deletes an owner, and not what it owns", deletes_owner(ORPHAN))
NODES_LOST = Occasion("where a node can crash, be shut down or be cut off, beside another one", loses_nodes)
NODES_DELETED = Occasion("where a user deletes a node, and there are pods", deletes_nodes)
ALL_CUT_OFF = Occasion(
    "where all nodes can be cut off at once, and there are pods",
    lambda scenario: has_pods(scenario) and faults(scenario, CONTROL_PLANE_CUT),
)
TIMES_TOLERATED = Occasion(
    "where a node has, or gets from a user, a NoExecute taint that pods tolerate for some time",
    lambda scenario: any(for_a_while(spec, taint) for spec in pod_specs(scenario) for taint in executing(scenario)),
)
LEADERS = Occasion(
    "where there are several candidates for a control-plane process", lambda scenario: bool(scenario.candidates)
)
DAEMON_SETS = Occasion(
    "where there is a DaemonSet that some node gets a pod of", lambda scenario: bool(daemon_sets(scenario))
)
DAEMONS_LOSE_NODES = Occasion(
    "where a node can crash, be shut down or be cut off, beside another one, and some node gets a pod of a DaemonSet",
    lambda scenario: loses_nodes(scenario) and any(not it.scheduling_gates for it in daemon_specs(scenario)),
)
STATEFUL_SETS = Occasion(
    "where a StatefulSet asks for pods", lambda scenario: any(True for _ in stateful_sets(scenario))
)
STATEFUL_SETS_RUN = Occasion(
    "where a StatefulSet asks for pods that can get a node",
    lambda scenario: any(map(can_run, stateful_sets(scenario))),
)
STATEFUL_SETS_START = Occasion(
    "where pods of an ordered StatefulSet are created, and their claims, if storage is followed, are not created first",
    lambda scenario: starts_in_order(scenario) and not (follows_claims(scenario) and claiming_sets(scenario)),
)
STATEFUL_SETS_UPDATED = Occasion("where a user changes the template of a StatefulSet", updates_in_order)
STATEFUL_SETS_PROGRESS = Occasion(
    "where a StatefulSet with strategy RollingUpdate asks for pods above its partition", stateful_progress
)
REPLICA_SETS = Occasion("where there is a Deployment or a ReplicaSet", has_replica_sets)
REPLICATION_CONTROLLERS = Occasion(
    "where there is a ReplicationController",
    lambda scenario: any(isinstance(item, ReplicationController) for item in scenario.objects),
)
REPLICAS = Occasion("where a Deployment or a ReplicaSet asks for pods", owns_pods)
DEPLOYMENTS = Occasion("where there is a Deployment that is not paused", some_version(lambda it: not it.spec.paused))
ROLLOUTS = Occasion(
    "where a Deployment that is not paused asks for pods",
    some_version(lambda it: not it.spec.paused and it.spec.replicas > 0),
)
ROLLING_UPDATES = Occasion("where a Deployment with strategy RollingUpdate asks for pods", some_version(rolling))
DISTURBED_UPDATES = Occasion(
    "where users or faults act on a Deployment with strategy RollingUpdate that may not lose all its pods",
    keeps_available,
)
AUTOSCALED = Occasion(
    "where a HorizontalPodAutoscaler keeps the count of a target that is not scaled to zero",
    lambda scenario: any(version.spec.replicas for _, version in autoscaled(scenario)),
)
RESCALED = Occasion("where a HorizontalPodAutoscaler has a load to follow, or a count out of bounds", rescales)
JOBS_COMPLETE = Occasion(
    "where there is a Job that is not suspended and can complete, because it wants no pods or may run them",
    lambda scenario: any(
        not item.spec.suspend
        and item.spec.active_deadline_seconds is None
        and (item.spec.completions == 0 or (runs_pods(item) and not item.spec.template.spec.scheduling_gates))
        for item in jobs(scenario)
    ),
)
CRON_JOBS = Occasion(
    "where there is a CronJob that is not suspended",
    lambda scenario: any(isinstance(item, CronJob) and not item.spec.suspend for item in scenario.objects),
)
EXCLUSIVE_CRON_JOBS = Occasion(
    "where there is a CronJob with concurrencyPolicy Forbid that is not suspended",
    lambda scenario: any(
        isinstance(item, CronJob) and item.spec.concurrency_policy == FORBID and not item.spec.suspend
        for item in scenario.objects
    ),
)
JOBS = Occasion("where there is a Job that is not suspended", has_jobs)
JOBS_STAY = Occasion("where there is a Job that is not suspended, and kept once it is finished", has_kept_jobs)
JOBS_STAY_WITH_PODS = Occasion(
    "where there is a Job that is not suspended, asks for pods, and is kept once it is finished",
    lambda scenario: jobs_run_pods(scenario) and has_kept_jobs(scenario),
)
JOBS_LIST_PODS = Occasion(
    "where there is a Job that is not suspended and asks for pods, which have no indexes or may fail",
    lists_pods,
)
JOBS_COUNT_PODS = Occasion(
    "where a Job lists its pods before it counts them: it is deleted in the background only, and ignores no failed pod",
    lambda scenario: (
        lists_pods(scenario)
        and not any(isinstance(it, Delete) and it.kind == JOB and it.policy != BACKGROUND for it in actions(scenario))
        and not any(map(ignores_failures, jobs(scenario)))
    ),
)
INDEXED_JOBS = Occasion(
    "where there is an Indexed Job that asks for pods",
    lambda scenario: any(runs_pods(it) and it.spec.completion_mode == INDEXED for it in jobs(scenario)),
)
INDEXED_JOBS_COMPLETE = Occasion(
    "where there is an Indexed Job that can complete only with all its indexes",
    lambda scenario: any(
        runs_pods(it)
        and it.spec.completion_mode == INDEXED
        and it.spec.success_policy is None
        and it.spec.active_deadline_seconds is None
        and not it.spec.template.spec.scheduling_gates
        for it in jobs(scenario)
    ),
)
JOBS_EXPIRE = Occasion(
    "where there is a Job that is not suspended, and says how long it is kept once it is finished",
    lambda scenario: any(
        not item.spec.suspend and item.spec.ttl_seconds_after_finished is not None for item in jobs(scenario)
    ),
)
JOBS_WITH_PODS = Occasion("where there is a Job that is not suspended and asks for pods", jobs_run_pods)
RECREATIONS = Occasion(
    "where a Deployment with strategy Recreate asks for pods",
    some_version(lambda it: it.spec.strategy.type == RECREATE and it.spec.replicas > 0),
)


def _turned(service: Service, client: Client) -> bool:
    straight = not (client.by_name or client.by_environment or client.keeps_flow or client.address)
    return straight and is_proxied(service) and service.spec.session_affinity != CLIENT_IP


ENDPOINTS = Occasion(
    "where clients of a Service are given, and there are pods", lambda scenario: clients(scenario, lambda *_: True)
)
ENDPOINTS_END = Occasion(
    "where clients of a Service are given, and running pods are asked to end",
    lambda scenario: deletes_pods(scenario) and clients(scenario, lambda *_: True),
)
PROXIED_ENDPOINTS = Occasion(
    "where clients of a Service with an address are given, and there are pods",
    lambda scenario: clients(scenario, lambda service, _client: is_proxied(service)),
)
TRAFFIC = Occasion(
    "where clients of a Service are given that has an address, or that they know by name, and there are pods",
    lambda scenario: clients(
        scenario, lambda service, client: (client.by_name or is_proxied(service)) and not client.means_outside
    ),
)
LOOKUPS = Occasion(
    "where clients are given that know a Service by its name",
    lambda scenario: clients(scenario, lambda _service, client: client.by_name),
)
HEADLESS_LOOKUPS = Occasion(
    "where clients are given that know a headless Service by its name",
    lambda scenario: clients(scenario, lambda service, client: client.by_name and service.spec.headless),
)


ADDONS = Occasion("where an addon manager is asked for", lambda scenario: bool(scenario.addons))


def _near(service: Service, client: Client) -> bool:
    near = distribution(service) in (Distribution.ZONE, Distribution.NODE)
    return near and is_proxied(service) and uses_cluster_endpoints(service) and not client.outside


def _zoned(scenario: Scenario) -> bool:
    return all(ZONE_LABEL in setup.node.metadata.labels for setup in scenario.nodes)


NEAR_ENDPOINTS = Occasion(
    "where clients are given of a Service whose trafficDistribution prefers their own zone, and all nodes are in zones",
    lambda scenario: clients(scenario, _near) and _zoned(scenario),
)
TURNS = Occasion(
    "where clients are given of a Service with an address and without session affinity, and nodes balance by ipvs",
    lambda scenario: (
        scenario.switches.get("proxy-mode") == "ipvs"
        and scenario.switches.get("ipvs-support", "there") == "there"
        and clients(scenario, _turned)
    ),
)
FLOWS = Occasion(
    "where a client is given that keeps a UDP flow open",
    lambda scenario: clients(scenario, lambda _service, client: client.keeps_flow),
)
NAMES_MOVE = Occasion(
    "where clients are given that know a Service by its name, and Services come and go, or DNS servers are told apart,"
    " or it is said how a client asks",
    lambda scenario: (
        clients(scenario, lambda _service, client: client.by_name and not client.means_outside)
        and (
            deletes_service(scenario)
            or scenario.switches.get("dns-servers", "shared") == "apart"
            or any(map(asks_in_its_own_way, scenario.clients))
        )
    ),
)
OUTSIDE_MEANT = Occasion(
    "where a client is given that means a host outside of the cluster by a name",
    lambda scenario: clients(scenario, lambda _service, client: client.means_outside),
)
LOCAL_TRAFFIC = Occasion(
    "where clients are given of a Service with traffic policy Local",
    lambda scenario: clients(scenario, lambda service, _client: uses_local_endpoints(service)),
)
STICKY_CLIENTS = Occasion(
    "where clients are given of a Service with session affinity ClientIP",
    lambda scenario: clients(scenario, lambda service, _client: service.spec.session_affinity == CLIENT_IP),
)
CLAIMS_RETAINED = Occasion(
    "where a StatefulSet with claim templates keeps its claims, and storage is followed",
    lambda scenario: follows_claims(scenario) and bool(retaining_sets(scenario)),
)
VOLUMES_ATTACHED = Occasion(
    "where pods with claims get nodes, and it is followed where volumes are attached that one node may have at a time",
    lambda scenario: pods_with_claims_get_nodes(scenario) and attaches_to_one_node(scenario),
)
CLAIMS_OF_PODS = Occasion("where pods with claims get nodes, and storage is followed", pods_with_claims_get_nodes)
ACTIVE_DEADLINES = Occasion(
    "where a pod that can get a node has activeDeadlineSeconds",
    lambda scenario: any(
        spec.active_deadline_seconds is not None and not spec.scheduling_gates
        for spec in (*controlled_specs(scenario), *(it.spec for it in scenario.objects if isinstance(it, Pod)))
    ),
)
