"""The duties of a cluster's components (reference 00-index §1), and who has each in the model."""

from __future__ import annotations

import attrs


@attrs.frozen
class Duty:
    """A duty. ``components``: who has it; ``areas``: of upstream's own test tables, which cases ask about it."""

    text: str
    components: tuple[str, ...]
    areas: tuple[str, ...] = ()


DUTIES = (
    Duty(
        "kube-apiserver: the API is the only way in, on several instances; admission, which asks webhooks, too;"
        " watches with bookmarks and 410 Gone",
        ("kube-apiserver", "webhook-client", "watch-cache"),
        ("podapi",),
    ),
    Duty(
        "the Service kubernetes: which instances of kube-apiserver run, as their leases in etcd say",
        ("endpoint-reconciler",),
    ),
    Duty("etcd: keeps all cluster data, while a majority of its members is there", ("etcd",)),
    Duty("kube-scheduler: picks a node for each new pod", ("kube-scheduler",), ("scheduler",)),
    Duty("kube-controller-manager: one process, many loops, one leader", ("leader-election",)),
    Duty(
        "node controller: notices nodes that go down, and reacts",
        ("node-lifecycle-controller", "taint-eviction-controller"),
        ("node",),
    ),
    Duty(
        "job controller: runs one-off tasks to their end; TTL after finished: how long they are kept then",
        ("job-controller", "ttl-after-finished-controller"),
        ("job",),
    ),
    Duty("CronJob: creates Jobs at their times", ("cronjob-controller",), ("cronjob",)),
    Duty("EndpointSlice controller: links Services and pods", ("endpointslice-controller",), ("endpoints",)),
    Duty("ServiceAccount controller: default accounts", ("serviceaccount-controller",)),
    Duty("ReplicaSet: keeps a number of pods", ("replicaset-controller",), ("replicaset",)),
    Duty("ReplicationController: the same, older", ("replicationcontroller-controller",), ("replicaset",)),
    Duty("namespaces: what is in one goes with it", ("namespace-controller",)),
    Duty("Deployment: replaces pods by others, little by little", ("deployment-controller",), ("deployment",)),
    Duty("StatefulSet: pods with names that stay", ("statefulset-controller",), ("statefulset",)),
    Duty(
        "persistent volumes: claims get their volumes, and keep them while they are used; nodes have those that their"
        " pods need",
        (
            "persistentvolume-controller",
            "attachdetach-controller",
            "pvc-protection-controller",
            "pv-protection-controller",
            "external-provisioner",
        ),
    ),
    Duty("DaemonSet: one pod for each node", ("daemonset-controller",), ("daemonset",)),
    Duty("garbage collector: what belonged to what is gone", ("garbage-collector",), ("gc",)),
    Duty("pod garbage collector: pods that nobody ends", ("pod-garbage-collector",), ("gc",)),
    Duty("disruption budgets: how many pods may be away", ("disruption-controller",), ("disruption",)),
    Duty(
        "horizontal autoscaler: as many pods as their load needs",
        ("horizontal-pod-autoscaler-controller", "metrics-server"),
        ("hpa",),
    ),
    Duty("resource quota: what a namespace may use", ("resourcequota-controller",)),
    Duty("kubelet: registers its node, runs its pods, watches over them", ("kubelet",), ("kubelet",)),
    Duty("container runtime: the life of containers", ("container-runtime",)),
    Duty("kube-proxy: rules on each node that make Services", ("kube-proxy",)),
    Duty("DNS: names of Services and pods", ("cluster-dns",)),
    Duty("addons: what a cluster runs besides, as its addon manager keeps it", ("descheduler", "addon-manager")),
)
