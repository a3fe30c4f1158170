"""All properties, by name, and which of them a scenario is checked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..kinds import DEPLOYMENT, NODE, POD, REPLICA_SET
from ..language.property import Property
from ..language.scenario import Scenario
from . import (
    accounts,
    autoscalers,
    budgets,
    churn,
    cron_jobs,
    daemon_sets,
    deployments,
    descheduling,
    finished_jobs,
    job_indexes,
    job_pods,
    jobs,
    kubelets,
    leaders,
    names,
    namespaces,
    node_pressure,
    nodes,
    objects,
    occasions,
    orphans,
    owners,
    quotas,
    replication_controllers,
    scheduling,
    services,
    stateful_sets,
    static_pods,
    watches,
)
from .happenings import deletes_namespace
from .occasions import Occasion

PROPERTIES: Mapping[str, tuple[Property, ...]] = {
    "node-name-write-once": (objects.NODE_NAME_WRITE_ONCE,),
    "deletion-timestamp-irrevocable": tuple(
        objects.deletion_timestamp_irrevocable(kind) for kind in (POD, NODE, REPLICA_SET, DEPLOYMENT)
    ),
    "finalizers-block-removal": tuple(
        objects.finalizers_block_removal(kind) for kind in (POD, NODE, REPLICA_SET, DEPLOYMENT)
    ),
    "phase-terminal-absorbing": (objects.PHASE_TERMINAL_ABSORBING,),
    "terminal-phase-implies-stopped": (objects.TERMINAL_PHASE_IMPLIES_STOPPED,),
    "api-removal-implies-stopped": (kubelets.API_REMOVAL_IMPLIES_STOPPED,),
    "restart-policy-respected": (kubelets.RESTART_POLICY_RESPECTED,),
    "crashloop-backoff": (kubelets.CRASHLOOP_BACKOFF,),
    "init-containers-in-order": (kubelets.INIT_CONTAINERS_IN_ORDER,),
    "sidecars-outlive-main": (kubelets.SIDECARS_OUTLIVE_MAIN,),
    "startup-gates-probes": (kubelets.STARTUP_GATES_PROBES,),
    "hanging-containers-stopped": (kubelets.HANGING_CONTAINERS_STOPPED,),
    "image-present-at-start": (kubelets.IMAGE_PRESENT_AT_START,),
    "mirror-reflects-static": (static_pods.MIRROR_REFLECTS_STATIC,),
    "static-pod-outlives-mirror": (static_pods.STATIC_POD_OUTLIVES_MIRROR,),
    "unmanaged-containers-untouched": (static_pods.UNMANAGED_UNTOUCHED,),
    "node-pressure-ranking": (node_pressure.NODE_PRESSURE_RANKING,),
    "node-pressure-tainted": (node_pressure.PRESSURE_TAINTED,),
    "one-running-instance-per-container": (kubelets.ONE_RUNNING_INSTANCE,),
    "grace-period-lower-bound": (kubelets.GRACE_PERIOD,),
    "critical-pods-stay": (kubelets.CRITICAL_PODS_STAY,),
    "assigned-node-feasible-at-decision": (nodes.ASSIGNED_NODE_FEASIBLE,),
    "scheduled-pods-admitted": (nodes.SCHEDULED_PODS_ADMITTED,),
    "no-overcommit-of-requests": (nodes.NODE_CAPACITY,),
    "higher-priority-first": (scheduling.HIGHER_PRIORITY_FIRST,),
    "preemption-only-lower-priority": (scheduling.PREEMPTION_ONLY_LOWER_PRIORITY,),
    "preemptor-eventually-bound": (scheduling.PREEMPTOR_EVENTUALLY_BOUND,),
    "required-anti-affinity-holds-at-bind": (scheduling.REQUIRED_ANTI_AFFINITY_HOLDS,),
    "topology-spread-skew-at-bind": (scheduling.TOPOLOGY_SPREAD_SKEW_AT_BIND,),
    "gated-pod-never-bound": (scheduling.GATED_POD_NEVER_BOUND,),
    "schedulable-pod-eventually-bound": (scheduling.SCHEDULABLE_POD_EVENTUALLY_BOUND,),
    "replicaset-no-overshoot": (deployments.REPLICASET_NO_OVERSHOOT,),
    "replicaset-stable-count": (deployments.REPLICASET_STABLE_COUNT,),
    "replicationcontroller-stable-count": (replication_controllers.STABLE_COUNT,),
    "deployment-min-available": (deployments.DEPLOYMENT_MIN_AVAILABLE,),
    "deployment-max-surge-spec": (deployments.DEPLOYMENT_MAX_SURGE_SPEC,),
    "at-most-one-new-replicaset": (deployments.AT_MOST_ONE_NEW_REPLICASET,),
    "recreate-no-overlap": (deployments.RECREATE_NO_OVERLAP,),
    "deployment-eventually-complete": (deployments.DEPLOYMENT_EVENTUALLY_COMPLETE,),
    "deployment-min-serving": (deployments.DEPLOYMENT_MIN_SERVING,),
    "deployment-survives-faults": (deployments.DEPLOYMENT_SURVIVES_FAULTS,),
    "deployment-survives-drains": (deployments.DEPLOYMENT_SURVIVES_DRAINS,),
    "dead-node-eventually-unknown-and-tainted": (nodes.DEAD_NODE_EVENTUALLY_UNKNOWN,),
    "dead-node-pods-replaced": (nodes.DEAD_NODE_PODS_REPLACED,),
    "no-mass-eviction-on-control-plane-partition": (nodes.NO_MASS_EVICTION,),
    "toleration-seconds-honoured": (nodes.TOLERATION_SECONDS_HONOURED,),
    "orphan-pod-collected": (orphans.ORPHAN_POD_COLLECTED,),
    "untolerated-taint-leads-to-eviction": (nodes.UNTOLERATED_TAINT_EVICTS,),
    "lease-single-holder": (leaders.LEASE_SINGLE_HOLDER,),
    "single-active-leader": (leaders.SINGLE_ACTIVE_LEADER,),
    "leader-eventually": (leaders.LEADER_EVENTUALLY,),
    "deposed-leader-writes-nothing": (leaders.DEPOSED_LEADER_WRITES_NOTHING,),
    "daemonset-one-per-node": (daemon_sets.DAEMONSET_ONE_PER_NODE,),
    "daemonset-not-evicted-by-not-ready": (daemon_sets.DAEMONSET_NOT_EVICTED,),
    "hpa-within-bounds": (autoscalers.WITHIN_BOUNDS,),
    "hpa-no-oscillation": (autoscalers.NO_OSCILLATION,),
    "hpa-no-turn": (autoscalers.NO_TURN,),
    "statefulset-at-most-one-object-per-ordinal": (stateful_sets.ONE_OBJECT,),
    "statefulset-at-most-one-process-per-ordinal": (stateful_sets.ONE_PROCESS,),
    "statefulset-ordered-start": (stateful_sets.ORDERED_START,),
    "statefulset-ordered-update": (stateful_sets.ORDERED_UPDATE,),
    "statefulset-progress-after-template-fix": (stateful_sets.PROGRESS_AFTER_TEMPLATE_FIX,),
    "statefulset-identity-exclusive": (stateful_sets.IDENTITY_EXCLUSIVE,),
    "no-needless-recreation": (churn.NO_NEEDLESS_RECREATION,),
    "statefulset-pods-stay": (churn.PODS_STAY,),
    "deleted-pods-stay-gone": (churn.DELETED_PODS_STAY_GONE,),
    "statefulset-survives-faults": (stateful_sets.SURVIVES_FAULTS,),
    "cronjob-no-duplicate-per-slot": (cron_jobs.NO_DUPLICATE,),
    "cronjob-forbid-exclusive": (cron_jobs.FORBID_EXCLUSIVE,),
    "eviction-spares-next-incarnation": (stateful_sets.EVICTION_SPARES_NEXT,),
    "job-counters-monotonic": (jobs.COUNTERS_MONOTONIC,),
    "job-each-pod-counted-once": (jobs.COUNTED_ONCE,),
    "job-succeeded-by-distinct-pods": (jobs.SUCCEEDED_BY_DISTINCT_PODS,),
    "job-parallelism-bound": (jobs.PARALLELISM_BOUND,),
    "job-terminal-sticky": (jobs.TERMINAL_STICKY,),
    "job-pod-not-lost-before-counting": (job_pods.NOT_LOST,),
    "job-runs-at-least-once-not-exactly-once": (job_pods.AT_LEAST_ONCE,),
    "job-terminal-implies-no-running": (job_pods.NONE_RUNS,),
    "job-finalizers-eventually-removed": (job_pods.FINALIZERS_REMOVED,),
    "job-index-runs-once-at-a-time": (job_indexes.ONE_POD_FOR_AN_INDEX,),
    "job-complete-has-every-index": (job_indexes.EVERY_INDEX,),
    "job-eventually-finished": (jobs.EVENTUALLY_FINISHED,),
    "finished-job-eventually-deleted": (finished_jobs.DELETED_IN_THE_END,),
    "ttl-deletes-only-finished": (finished_jobs.ONLY_FINISHED,),
    "eviction-respects-budget": (budgets.EVICTION_RESPECTS_BUDGET,),
    "pdb-allowed-sound": (budgets.PDB_ALLOWED_SOUND,),
    "evictions-keep-desired-pods": (budgets.EVICTIONS_KEEP_PODS,),
    "drain-completes": (budgets.DRAIN_COMPLETES,),
    "descheduler-comes-to-rest": (descheduling.COMES_TO_REST,),
    "gc-deletes-only-ownerless": tuple(map(owners.gc_deletes_only_ownerless, (POD, REPLICA_SET))),
    "dependents-eventually-collected": tuple(map(owners.dependents_eventually_collected, (POD, REPLICA_SET))),
    "foreground-order": tuple(map(owners.foreground_order, (REPLICA_SET, DEPLOYMENT))),
    "pod-has-service-account": (accounts.POD_HAS_ACCOUNT,),
    "default-service-account-eventually-exists": (accounts.default_account_exists(),),
    "no-create-in-terminating-namespace": (namespaces.NO_CREATE,),
    "namespace-empty-before-gone": (namespaces.empty_before_gone(),),
    "terminating-namespace-eventually-gone": (namespaces.EVENTUALLY_GONE,),
    "quota-not-exceeded": (quotas.QUOTA_NOT_EXCEEDED,),
    "quota-usage-correct": (quotas.QUOTA_USAGE_CORRECT,),
    "orphan-keeps-dependents": tuple(map(owners.orphan_keeps_dependents, (POD, REPLICA_SET))),
    "readiness-gates-traffic-eventually": (services.READINESS_GATES_TRAFFIC,),
    "endpointslice-matches-pods": (services.ENDPOINTSLICE_MATCHES_PODS,),
    "slice-size-bound": (services.slice_size_bound(),),
    "terminating-never-ready": (services.TERMINATING_NEVER_READY,),
    "proxy-converges": (services.proxy_converges(),),
    "local-policy-keeps-locality": (services.LOCAL_POLICY_KEEPS_LOCALITY,),
    "session-affinity-sticky": (services.SESSION_AFFINITY_STICKY,),
    "connection-reaches-serving-backend": (services.CONNECTION_REACHES_BACKEND,),
    "dns-eventually-correct": (names.dns_eventually_correct(),),
    "lookups-answered": (names.LOOKUPS_ANSWERED,),
    "watch-no-gap-no-reorder": (watches.NO_GAP_NO_REORDER,),
    "bookmark-sound": (watches.BOOKMARK_SOUND,),
    "expectations-met-by-watch": (watches.EXPECTATIONS_MET,),
}
"""Every named property. One that speaks of several kinds stands here once for each of them."""

OCCASIONS: Mapping[str, Occasion] = {
    "node-name-write-once": occasions.PODS_MOVE,
    "deletion-timestamp-irrevocable": occasions.PODS_DELETED,
    "finalizers-block-removal": occasions.PODS_DELETED,
    "phase-terminal-absorbing": occasions.PODS_END,
    "terminal-phase-implies-stopped": occasions.PODS_END,
    "api-removal-implies-stopped": occasions.PODS_STOPPED,
    "restart-policy-respected": occasions.CONTAINERS_EXIT,
    "crashloop-backoff": occasions.CONTAINERS_EXIT_AGAIN,
    "init-containers-in-order": occasions.INIT_CONTAINERS,
    "sidecars-outlive-main": occasions.SIDECARS_STOPPED,
    "startup-gates-probes": occasions.STARTUP_PROBES,
    "hanging-containers-stopped": occasions.HANGING,
    "image-present-at-start": occasions.IMAGES,
    "mirror-reflects-static": occasions.STATIC_PODS,
    "static-pod-outlives-mirror": occasions.STATIC_PODS,
    "unmanaged-containers-untouched": occasions.STATIC_PODS,
    "node-pressure-ranking": occasions.NODE_PRESSURE,
    "node-pressure-tainted": occasions.NODE_PRESSURE,
    "one-running-instance-per-container": occasions.REPLIES_LOST,
    "grace-period-lower-bound": occasions.ENDS_IN_STEPS,
    "critical-pods-stay": occasions.CRITICAL_PODS,
    "assigned-node-feasible-at-decision": occasions.PODS_SCHEDULED,
    "scheduled-pods-admitted": occasions.PODS_SCHEDULED,
    "no-overcommit-of-requests": occasions.PODS,
    "higher-priority-first": occasions.PRIORITIES,
    "preemption-only-lower-priority": occasions.PREEMPTIONS,
    "preemptor-eventually-bound": occasions.PREEMPTIONS,
    "required-anti-affinity-holds-at-bind": occasions.ANTI_AFFINITY,
    "topology-spread-skew-at-bind": occasions.SPREAD,
    "gated-pod-never-bound": occasions.GATES,
    "schedulable-pod-eventually-bound": occasions.PODS_WAIT,
    "replicaset-no-overshoot": occasions.REPLICAS,
    "replicaset-stable-count": occasions.REPLICA_SETS,
    "replicationcontroller-stable-count": occasions.REPLICATION_CONTROLLERS,
    "deployment-min-available": occasions.DISTURBED_UPDATES,
    "deployment-max-surge-spec": occasions.ROLLING_UPDATES,
    "at-most-one-new-replicaset": occasions.ROLLOUTS,
    "recreate-no-overlap": occasions.RECREATIONS,
    "deployment-eventually-complete": occasions.DEPLOYMENTS,
    "deployment-min-serving": occasions.ON_REQUEST,
    "deployment-survives-faults": occasions.ON_REQUEST,
    "deployment-survives-drains": occasions.ON_REQUEST,
    "dead-node-eventually-unknown-and-tainted": occasions.NODES_LOST,
    "dead-node-pods-replaced": occasions.NODES_LOST,
    "no-mass-eviction-on-control-plane-partition": occasions.ALL_CUT_OFF,
    "toleration-seconds-honoured": occasions.TIMES_TOLERATED,
    "orphan-pod-collected": occasions.NODES_DELETED,
    "untolerated-taint-leads-to-eviction": occasions.COSTLY,
    "lease-single-holder": occasions.LEADERS,
    "single-active-leader": occasions.LEADERS,
    "leader-eventually": occasions.LEADERS,
    "deposed-leader-writes-nothing": occasions.ON_REQUEST,
    "daemonset-one-per-node": occasions.DAEMON_SETS,
    "daemonset-not-evicted-by-not-ready": occasions.DAEMONS_LOSE_NODES,
    "hpa-within-bounds": occasions.AUTOSCALED,
    "hpa-no-oscillation": occasions.RESCALED,
    "hpa-no-turn": occasions.ON_REQUEST,
    "statefulset-at-most-one-object-per-ordinal": occasions.STATEFUL_SETS,
    "statefulset-at-most-one-process-per-ordinal": occasions.STATEFUL_SETS_RUN,
    "statefulset-ordered-start": occasions.STATEFUL_SETS_START,
    "statefulset-ordered-update": occasions.STATEFUL_SETS_UPDATED,
    "statefulset-progress-after-template-fix": occasions.STATEFUL_SETS_PROGRESS,
    "statefulset-identity-exclusive": occasions.ON_REQUEST,
    "no-needless-recreation": occasions.COSTLY,
    "statefulset-pods-stay": occasions.ON_REQUEST,
    "deleted-pods-stay-gone": occasions.ON_REQUEST,
    "statefulset-survives-faults": occasions.ON_REQUEST,
    "cronjob-no-duplicate-per-slot": occasions.CRON_JOBS,
    "cronjob-forbid-exclusive": occasions.EXCLUSIVE_CRON_JOBS,
    "eviction-spares-next-incarnation": occasions.ON_REQUEST,
    "job-counters-monotonic": occasions.JOBS,
    "job-each-pod-counted-once": occasions.JOBS_LIST_PODS,
    "job-succeeded-by-distinct-pods": occasions.JOBS_WITH_PODS,
    "job-parallelism-bound": occasions.JOBS_WITH_PODS,
    "job-terminal-sticky": occasions.JOBS,
    "job-pod-not-lost-before-counting": occasions.JOBS_COUNT_PODS,
    "job-runs-at-least-once-not-exactly-once": occasions.JOBS_COMPLETE,
    "job-terminal-implies-no-running": occasions.JOBS,
    "job-finalizers-eventually-removed": occasions.JOBS_STAY_WITH_PODS,
    "job-index-runs-once-at-a-time": occasions.INDEXED_JOBS,
    "job-complete-has-every-index": occasions.INDEXED_JOBS_COMPLETE,
    "job-eventually-finished": occasions.JOBS_STAY,
    "finished-job-eventually-deleted": occasions.JOBS_EXPIRE,
    "ttl-deletes-only-finished": occasions.JOBS_EXPIRE,
    "eviction-respects-budget": occasions.BUDGETED_DRAINS,
    "pdb-allowed-sound": occasions.BUDGETED_DRAINS,
    "evictions-keep-desired-pods": occasions.BUDGETED_DRAINS,
    "drain-completes": occasions.BUDGETED_DRAINS,
    "descheduler-comes-to-rest": occasions.DESCHEDULED,
    "gc-deletes-only-ownerless": occasions.PASSED_ON,
    "dependents-eventually-collected": occasions.OWNERS_DELETED,
    "foreground-order": occasions.IN_FOREGROUND,
    "pod-has-service-account": occasions.ACCOUNTS_OF_NEW_PODS,
    "default-service-account-eventually-exists": occasions.ACCOUNTS,
    "no-create-in-terminating-namespace": occasions.NAMESPACES_DELETED,
    "namespace-empty-before-gone": occasions.NAMESPACES_DELETED,
    "terminating-namespace-eventually-gone": occasions.NAMESPACES_DELETED,
    "quota-not-exceeded": occasions.QUOTAS,
    "quota-usage-correct": occasions.QUOTAS,
    "orphan-keeps-dependents": occasions.ORPHANING,
    "readiness-gates-traffic-eventually": occasions.ENDPOINTS,
    "endpointslice-matches-pods": occasions.ENDPOINTS,
    "slice-size-bound": occasions.ENDPOINTS,
    "terminating-never-ready": occasions.ENDPOINTS_END,
    "proxy-converges": occasions.PROXIED_ENDPOINTS,
    "local-policy-keeps-locality": occasions.LOCAL_TRAFFIC,
    "session-affinity-sticky": occasions.STICKY_CLIENTS,
    "connection-reaches-serving-backend": occasions.TRAFFIC,
    "dns-eventually-correct": occasions.HEADLESS_LOOKUPS,
    "lookups-answered": occasions.LOOKUPS,
    "watch-no-gap-no-reorder": occasions.WATCHES_END,
    "bookmark-sound": occasions.SLOW_WATCHES_END,
    "expectations-met-by-watch": occasions.ON_REQUEST,
}
"""When each property is checked unless a scenario says otherwise."""

TAILORED: Mapping[str, Callable[[Scenario], Property]] = {
    **services.TAILORED,
    **names.TAILORED,
    "default-service-account-eventually-exists": lambda scenario: accounts.default_account_exists(
        namespaces=deletes_namespace(scenario)
    ),
    "namespace-empty-before-gone": lambda scenario: namespaces.empty_before_gone(namespaces.contents(scenario)),
}
"""Properties that read settings of the scenario, by name."""

ON_REQUEST = tuple(name for name, occasion in OCCASIONS.items() if occasion in (occasions.ON_REQUEST, occasions.COSTLY))
"""Properties that are checked only where a scenario names them: Kubernetes does not promise them, or they cost much."""


def describe(name: str) -> Property:
    """One of the properties called ``name``, for its texts; raises ``KeyError`` if there is none."""
    return PROPERTIES[name][0]


def default_names(scenario: Scenario) -> tuple[str, ...]:
    """The properties that what stands in the scenario calls for, in the order of the catalogue."""
    return tuple(name for name in PROPERTIES if OCCASIONS[name].arises(scenario))


def chosen_properties(scenario: Scenario) -> tuple[Property, ...]:
    """The properties of a scenario: those it names, or the defaults, and those it names besides.

    Raises ``KeyError`` on a name that is not in the catalogue.
    """
    return tuple(
        prop
        for name in chosen_names(scenario)
        for prop in ((TAILORED[name](scenario),) if name in TAILORED else PROPERTIES[name])
    )


def chosen_names(scenario: Scenario) -> tuple[str, ...]:
    """Their names, in the order of the catalogue. Raises ``KeyError`` on a name that is not in it."""
    names = {*(scenario.properties or default_names(scenario)), *scenario.extra_properties}
    if names - set(PROPERTIES):
        raise KeyError(min(names - set(PROPERTIES)))
    return tuple(name for name in PROPERTIES if name in names)
