"""The timers of the specification that a scenario can override, by the names of their flags (design §3.1, §4).

In graded time only their order matters: a timer fires when no step, and no timer of a shorter duration, can happen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from .language.component import Component


@attrs.frozen
class Constant:
    """A duration in seconds, the rule that waits for it, and where it comes from.

    ``since``: (minor version of Kubernetes 1, seconds before it) where the default has changed. ``also``: further rules
    of the component that wait for it.
    """

    default: float
    component: str
    rule: str
    meaning: str
    reference: str
    since: tuple[int, float] | None = None
    also: tuple[str, ...] = ()


CONSTANTS: Mapping[str, Constant] = {
    "node-monitor-grace-period": Constant(
        50.0,
        "node-lifecycle-controller",
        "mark node unknown",
        "how long a node may be silent before it counts as Unknown (40 before v1.32)",
        "controllers-cluster §1",
        since=(32, 40.0),
    ),
    "node-startup-grace-period": Constant(
        60.0,
        "node-lifecycle-controller",
        "mark new node unknown",
        "how long a node that never posted its condition may be silent",
        "controllers-cluster §1",
    ),
    "node-eviction-wait": Constant(
        10.0,
        "node-lifecycle-controller",
        "taint NoExecute",
        "how long a node waits in its zone's rate-limited queue, 1 / node-eviction-rate",
        "controllers-cluster §1",
    ),
    "dns-ttl": Constant(
        30.0,
        "resolver",
        "answer expires",
        "how long clients keep what a DNS server told them, also that there is no such name (the plug-in itself says 5,"
        " the stock addon 30)",
        "dns-addons §1, §6",
    ),
    "addon-manager-interval": Constant(
        60.0,
        "addon-manager",
        "put addon back",
        "how often the addon manager looks at the addons",
        "dns-addons §4",
    ),
    "bind-timeout": Constant(
        600.0,
        "kube-scheduler",
        "volumes are not bound in time",
        "how long the scheduler waits for the volumes of a pod before it tries again",
        "kube-scheduler §3.9",
    ),
    "unschedulable-flush": Constant(
        300.0,
        "kube-scheduler",
        "flush unschedulable pod",
        "after how long a pod that no event has helped is tried again all the same",
        "kube-scheduler §2",
    ),
    "expectations-timeout": Constant(
        300.0,
        "replicaset-controller",
        "expectation expires",
        "after how long an unmet expectation no longer holds the ReplicaSet controller back",
        "00-index §4",
    ),
    "pod-initial-backoff": Constant(
        1.0,
        "kube-scheduler",
        "back-off completes",
        "how long a pod waits before the scheduler tries it again",
        "kube-scheduler §2",
        also=("back-off passes",),
    ),
    "pod-max-backoff": Constant(
        10.0,
        "kube-scheduler",
        "longest back-off completes",
        "how long a pod waits at most before the scheduler tries it again, where that doubles",
        "kube-scheduler §2",
        also=("longest back-off passes",),
    ),
    "container-restart-backoff": Constant(
        10.0,
        "kubelet",
        "restart containers after back-off",
        "how long containers that exited again wait before they are restarted",
        "kubelet §6",
        also=("restart container after back-off",),
    ),
    "application-start": Constant(
        0.0,
        "container-runtime",
        "application serves",
        "how long an application takes to answer once its container runs, where it does not do so at once",
        "kubelet §6",
    ),
    "image-pull-backoff": Constant(
        10.0,
        "kubelet",
        "pull images again",
        "how long a pull that failed waits before it is tried again",
        "container-runtime §4",
    ),
    "static-pod-period": Constant(
        20.0,
        "kubelet",
        "read static pods again",
        "how often a kubelet reads the folder or the URL of its static pods (fileCheckFrequency, httpCheckFrequency)",
        "kubelet §2",
    ),
    "eviction-monitoring-period": Constant(
        10.0,
        "kubelet",
        "evict for node pressure",
        "how often a kubelet looks whether its node is short of something",
        "kubelet §7",
        also=("reclaim disk",),
    ),
    "eviction-pressure-transition-period": Constant(
        300.0,
        "kubelet",
        "post relief",
        "how long the condition of a pressure stays after it is over",
        "kubelet §7",
    ),
    "compaction-interval": Constant(
        300.0,
        "watch-cache",
        "compact",
        "how long history is kept for watches at least (etcd-compaction-interval)",
        "etcd §4",
    ),
    "bookmark-frequency": Constant(
        60.0,
        "watch-cache",
        "send bookmark",
        "how often an API server tells the clients of its watches how far they are",
        "kube-apiserver §2",
    ),
    "missing-node-quarantine": Constant(
        40.0,
        "pod-garbage-collector",
        "collect pod of missing node",
        "how long a Node must be missing before its pods are collected",
        "controllers-cluster §8",
    ),
    "pod-gc-period": Constant(
        20.0,
        "pod-garbage-collector",
        "collect terminating pod",
        "how often the pod garbage collector looks",
        "controllers-cluster §8",
    ),
}
"""Every constant that can be overridden. Those that manifests set (progressDeadlineSeconds, tolerationSeconds, probe
periods) are not among them."""


@attrs.frozen
class Number:
    """A constant that is not the duration of one rule: its default, in ``unit``, and where it comes from."""

    default: float
    unit: str
    meaning: str
    reference: str


NUMBERS: Mapping[str, Number] = {
    "max-endpoints-per-slice": Number(
        100, "endpoints", "how many endpoints an EndpointSlice holds at most", "controllers-cluster §3"
    ),
    "shutdown-grace-period": Number(
        0, "s", "for how long a node that is shut down waits for its kubelet (shutdownGracePeriod)", "kubelet §8"
    ),
    "eviction-soft-grace-period": Number(
        0,
        "s",
        "for how long a node has to be past its soft thresholds until its kubelet evicts (evictionSoftGracePeriod); 0:"
        " it has none",
        "kubelet §7",
    ),
    "eviction-max-pod-grace-period": Number(
        0,
        "s",
        "how long a kubelet leaves at most to a pod that it evicts past a soft threshold (evictionMaxPodGracePeriod)",
        "kubelet §7",
    ),
}
"""Every constant that is not the duration of one rule that is there without it."""


def with_constants(components: Iterable[Component], overrides: Mapping[str, float]) -> tuple[Component, ...]:
    """The components with overridden durations; raises ``KeyError`` on an unknown name."""
    timers = {name: float(seconds) for name, seconds in overrides.items() if name not in NUMBERS}
    known = {name: CONSTANTS[name] for name in timers}
    durations = {
        (known[name].component, rule): seconds
        for name, seconds in timers.items()
        for rule in (known[name].rule, *known[name].also)
    }

    def changed(component: Component) -> Component:
        rules = tuple(
            attrs.evolve(rule, duration=durations.get((component.name, rule.name), rule.duration))
            for rule in component.rules
        )
        return attrs.evolve(component, rules=rules)

    return tuple(changed(component) for component in components) if durations else tuple(components)
