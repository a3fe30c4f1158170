"""Who upholds each property: the components without whose rules it would not be so (reference, invariants: *Up*).

Names are those of `kubemodel list components`; properties that nobody upholds are what Kubernetes does not promise.
"""

from __future__ import annotations

from collections.abc import Mapping

NOBODY: tuple[str, ...] = ()

_API = "kube-apiserver"
_SCHEDULER = "kube-scheduler"
_KUBELET = "kubelet"
_RUNTIME = "container-runtime"
_REPLICA_SETS = "replicaset-controller"
_DEPLOYMENTS = "deployment-controller"
_STATEFUL_SETS = "statefulset-controller"
_DAEMON_SETS = "daemonset-controller"
_JOBS = "job-controller"
_NODES = "node-lifecycle-controller"
_TAINTS = "taint-eviction-controller"
_POD_GC = "pod-garbage-collector"
_GARBAGE = "garbage-collector"
_ENDPOINTS = "endpointslice-controller"
_PROXY = "kube-proxy"
_ELECTION = "leader-election"
_BUDGETS = "disruption-controller"
_AUTOSCALER = "horizontal-pod-autoscaler-controller"

UPHELD_BY: Mapping[str, tuple[str, ...]] = {
    "node-name-write-once": (_API,),
    "deletion-timestamp-irrevocable": (_API,),
    "finalizers-block-removal": (_API,),
    "phase-terminal-absorbing": (_KUBELET,),
    "terminal-phase-implies-stopped": (_KUBELET, _RUNTIME),
    "api-removal-implies-stopped": (_KUBELET,),
    "restart-policy-respected": (_KUBELET,),
    "crashloop-backoff": (_KUBELET,),
    "active-deadline-enforced": (_KUBELET,),
    "startup-gates-probes": (_KUBELET,),
    "image-present-at-start": (_KUBELET, _RUNTIME),
    "unmanaged-containers-untouched": (_KUBELET,),
    "mirror-reflects-static": (_KUBELET,),
    "static-pod-outlives-mirror": (_KUBELET,),
    "sidecars-outlive-main": (_KUBELET, _RUNTIME),
    "init-containers-in-order": (_KUBELET,),
    "hanging-containers-stopped": (_KUBELET,),
    "probes-stop-their-own-container": (_KUBELET, _RUNTIME),
    "post-start-before-the-next": (_KUBELET,),
    "node-pressure-ranking": (_KUBELET,),
    "soft-eviction-waits": (_KUBELET,),
    "node-pressure-tainted": (_KUBELET, _NODES),
    "shutdown-ends-critical-pods-last": (_KUBELET,),
    "silent-runtime-reported": (_KUBELET,),
    "shutdown-ends-pods": NOBODY,
    "one-running-instance-per-container": (_KUBELET, _RUNTIME),
    "grace-period-lower-bound": (_KUBELET, _RUNTIME),
    "critical-pods-stay": (_KUBELET,),
    "assigned-node-feasible-at-decision": (_SCHEDULER,),
    "scheduled-pods-admitted": (_SCHEDULER, _KUBELET),
    "no-overcommit-of-requests": (_SCHEDULER, _KUBELET),
    "higher-priority-first": (_SCHEDULER,),
    "preemption-only-lower-priority": (_SCHEDULER,),
    "preemptor-eventually-bound": (_SCHEDULER,),
    "required-anti-affinity-holds-at-bind": (_SCHEDULER,),
    "topology-spread-skew-at-bind": (_SCHEDULER,),
    "gated-pod-never-bound": (_SCHEDULER, _API),
    "schedulable-pod-eventually-bound": (_SCHEDULER,),
    "replicaset-no-overshoot": (_REPLICA_SETS,),
    "replicaset-stable-count": (_REPLICA_SETS,),
    "replicationcontroller-stable-count": ("replicationcontroller-controller",),
    "deployment-min-available": (_DEPLOYMENTS,),
    "deployment-max-surge-spec": (_DEPLOYMENTS,),
    "at-most-one-new-replicaset": (_DEPLOYMENTS,),
    "recreate-no-overlap": (_DEPLOYMENTS,),
    "deployment-eventually-complete": (_DEPLOYMENTS,),
    "deployment-min-serving": NOBODY,
    "rollout-within-deadline": NOBODY,
    "deployment-survives-faults": NOBODY,
    "deployment-survives-drains": (_BUDGETS, _API),
    "dead-node-eventually-unknown-and-tainted": (_NODES,),
    "dead-node-pods-replaced": (_NODES, _TAINTS, _REPLICA_SETS),
    "no-mass-eviction-on-control-plane-partition": (_NODES,),
    "toleration-seconds-honoured": (_TAINTS,),
    "orphan-pod-collected": (_POD_GC,),
    "untolerated-taint-leads-to-eviction": (_TAINTS,),
    "lease-single-holder": (_API, _ELECTION),
    "single-active-leader": (_ELECTION,),
    "leader-eventually": (_ELECTION, "etcd"),
    "deposed-leader-writes-nothing": NOBODY,
    "daemonset-one-per-node": (_DAEMON_SETS,),
    "daemonset-not-evicted-by-not-ready": (_DAEMON_SETS,),
    "hpa-within-bounds": (_AUTOSCALER,),
    "hpa-no-oscillation": (_AUTOSCALER,),
    "hpa-no-turn": NOBODY,
    "statefulset-at-most-one-object-per-ordinal": (_API, _STATEFUL_SETS),
    "statefulset-at-most-one-process-per-ordinal": (_STATEFUL_SETS, _KUBELET),
    "pvc-retained-by-default": (_STATEFUL_SETS,),
    "statefulset-keeps-its-data": NOBODY,
    "volume-attached-to-one-node": ("attachdetach-controller",),
    "volume-written-by-one-node": NOBODY,
    "volume-topology-respected": (_SCHEDULER, "persistentvolume-controller", "external-provisioner"),
    "statefulset-ordered-start": (_STATEFUL_SETS,),
    "statefulset-ordered-update": (_STATEFUL_SETS,),
    "statefulset-progress-after-template-fix": NOBODY,
    "statefulset-identity-exclusive": NOBODY,
    "no-needless-recreation": (_STATEFUL_SETS,),
    "statefulset-pods-stay": NOBODY,
    "deleted-pods-stay-gone": NOBODY,
    "statefulset-survives-faults": NOBODY,
    "cronjob-no-duplicate-per-slot": ("cronjob-controller", _API),
    "cronjob-forbid-exclusive": ("cronjob-controller",),
    "eviction-spares-next-incarnation": NOBODY,
    "job-counters-monotonic": (_JOBS,),
    "job-each-pod-counted-once": (_JOBS,),
    "job-succeeded-by-distinct-pods": (_JOBS,),
    "job-parallelism-bound": (_JOBS,),
    "job-terminal-sticky": (_JOBS,),
    "job-complete-has-every-index": (_JOBS,),
    "job-index-runs-once-at-a-time": (_JOBS,),
    "job-pod-not-lost-before-counting": (_JOBS, _API),
    "job-runs-at-least-once-not-exactly-once": (_JOBS,),
    "job-terminal-implies-no-running": (_JOBS,),
    "job-finalizers-eventually-removed": (_JOBS,),
    "job-eventually-finished": (_JOBS,),
    "ttl-deletes-only-finished": ("ttl-after-finished-controller",),
    "finished-job-eventually-deleted": ("ttl-after-finished-controller",),
    "no-create-in-terminating-namespace": (_API,),
    "namespace-empty-before-gone": ("namespace-controller",),
    "terminating-namespace-eventually-gone": ("namespace-controller",),
    "eviction-respects-budget": (_API,),
    "pdb-allowed-sound": (_BUDGETS,),
    "evictions-keep-desired-pods": (_BUDGETS, _API),
    "drain-completes": (_BUDGETS, _API),
    "descheduler-comes-to-rest": ("descheduler",),
    "gc-deletes-only-ownerless": (_GARBAGE,),
    "dependents-eventually-collected": (_GARBAGE,),
    "foreground-order": (_GARBAGE,),
    "pod-has-service-account": (_API,),
    "default-service-account-eventually-exists": ("serviceaccount-controller",),
    "quota-not-exceeded": (_API,),
    "quota-usage-correct": ("resourcequota-controller",),
    "orphan-keeps-dependents": (_GARBAGE,),
    "readiness-gates-traffic-eventually": (_KUBELET, _ENDPOINTS, _PROXY),
    "endpointslice-matches-pods": (_ENDPOINTS,),
    "slice-size-bound": (_ENDPOINTS,),
    "terminating-never-ready": (_ENDPOINTS,),
    "proxy-converges": (_PROXY,),
    "local-policy-keeps-locality": (_PROXY,),
    "session-affinity-sticky": (_PROXY,),
    "connection-reaches-serving-backend": NOBODY,
    "addons-stay-as-written": ("addon-manager",),
    "traffic-stays-near": (_ENDPOINTS, _PROXY),
    "ipvs-takes-turns": (_PROXY,),
    "udp-flows-follow-endpoints": (_PROXY,),
    "dns-eventually-correct": ("cluster-dns",),
    "lookups-answered": NOBODY,
    "answers-eventually-current": ("resolver", "cluster-dns"),
    "answers-current": NOBODY,
    "outside-names-stay-outside": NOBODY,
    "watch-no-gap-no-reorder": ("watch-cache", "etcd"),
    "bookmark-sound": ("watch-cache",),
    "expectations-met-by-watch": ("watch-cache",),
    "no-puts-without-space": (_API, "etcd"),
    "kubernetes-service-lists-running-servers": ("endpoint-reconciler", "etcd"),
    "kubernetes-service-never-empty": ("endpoint-reconciler",),
}
"""The components that uphold a property, by its name."""
