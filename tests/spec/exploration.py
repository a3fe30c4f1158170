"""Scenarios from a few plain objects, and complete searches of them that keep all that tests of `spec` ask about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
from kubemodel.checker.rest import rest_states
from kubemodel.checker.result import Limits, SearchResult
from kubemodel.checker.search import search
from kubemodel.diagrams.facts import Fact, noting
from kubemodel.engine.pools import State
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec import cluster
from kubemodel.spec.language.component import Rule
from kubemodel.spec.language.model import Model
from kubemodel.spec.language.scenario import Scenario, Start
from kubemodel.spec.manifests.fields import Lines
from kubemodel.spec.manifests.loading import Document
from kubemodel.spec.manifests.scenarios import plan
from kubemodel.spec.manifests.settings import settings_of
from kubemodel.spec.manifests.settings_schema import API_VERSION, KIND

MOST_STATES = 60_000

Data = Mapping[str, Any]
Mutation = Callable[[Model], Model]


def pod_spec(image: str = "web:1", container: Data = {}, **spec: Any) -> Data:  # noqa: B006 - never changed
    """A pod spec with one container, called web."""
    return {"containers": [{"name": "web", "image": image, **container}], **spec}


def needing(cpu: str) -> Data:
    """Fields of a container that requests so much CPU."""
    return {"resources": {"requests": {"cpu": cpu}}}


SPREAD: Data = {
    "topologySpreadConstraints": [
        {
            "topologyKey": "kubernetes.io/hostname",
            "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app": "web"}},
        }
    ]
}
"""Fields of a pod that would rather be on a node without others of the app web."""

SPREADING: Data = {
    "strategies": ["RemovePodsViolatingTopologySpreadConstraint"],
    "includeSoftConstraints": True,
}
"""A descheduler that evicts such pods."""

PROBED: Data = {"readinessProbe": {"tcpSocket": {"port": 80}}}
"""Fields of a container with a readiness probe."""


def _labelled(spec: Data, finalizers: Sequence[str] = ()) -> Data:
    metadata = {"labels": {"app": "web"}, **({"finalizers": list(finalizers)} if finalizers else {})}
    return {"metadata": metadata, "spec": spec}


def deployment(replicas: int = 1, pod: Data | None = None, *, finalizers: Sequence[str] = (), **spec: Any) -> Data:
    """The Deployment web."""
    template = _labelled(pod or pod_spec())
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", **({"finalizers": list(finalizers)} if finalizers else {})},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def rolling(max_surge: int | str, max_unavailable: int | str) -> Data:
    """The strategy RollingUpdate with these limits."""
    return {"rollingUpdate": {"maxSurge": max_surge, "maxUnavailable": max_unavailable}}


RECREATE: Data = {"type": "Recreate"}


def replica_set(replicas: int = 1, pod: Data | None = None, name: str = "web-old", app: str = "web") -> Data:
    """A ReplicaSet; one of the app web is such that a Deployment web would adopt it."""
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": name, "labels": {"app": app}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": app}},
            "template": {"metadata": {"labels": {"app": app}}, "spec": pod or pod_spec("web:0")},
        },
    }


def priority_class(name: str, value: int) -> Data:
    """A PriorityClass."""
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
    }


def daemon_set(pod: Data | None = None, *, finalizers: Sequence[str] = (), **spec: Any) -> Data:
    """The DaemonSet agent; ``finalizers`` are those of its pods."""
    template = _labelled(pod or pod_spec(), finalizers)
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def stateful_set(replicas: int = 1, pod: Data | None = None, *, finalizers: Sequence[str] = (), **spec: Any) -> Data:
    """The StatefulSet db; ``finalizers`` are those of its pods."""
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db"},
        "spec": {
            "replicas": replicas,
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "web"}},
            "template": _labelled(pod or pod_spec(), finalizers),
            **spec,
        },
    }


def updating(max_surge: int | str, max_unavailable: int | str) -> Data:
    """The field of a DaemonSet's spec with these limits."""
    return {"updateStrategy": {"rollingUpdate": {"maxSurge": max_surge, "maxUnavailable": max_unavailable}}}


def autoscaler(least: int = 1, most: int = 2, kind: str = "Deployment", name: str = "web", **spec: Any) -> Data:
    """The HorizontalPodAutoscaler web: 10 of the metric load for each pod."""
    target = {"type": "AverageValue", "averageValue": "10"}
    metric = {"type": "Pods", "pods": {"metric": {"name": "load"}, "target": target}}
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": name}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {
            "scaleTargetRef": reference,
            "minReplicas": least,
            "maxReplicas": most,
            "metrics": [metric],
            **spec,
        },
    }


def loaded(*amounts: int) -> Data:
    """The field of a scenario by which all pods of web together have these amounts of load, one after the other."""
    return {"load": {"web": {"load": {"total": list(amounts)}}}}


def job(completions: int | None = 1, pod: Data | None = None, **spec: Any) -> Data:
    """The Job work."""
    template = {"metadata": {"labels": {"app": "work"}}, "spec": {"restartPolicy": "Never", **(pod or pod_spec())}}
    wanted = {} if completions is None else {"completions": completions}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "work"},
        "spec": {**wanted, "template": template, **spec},
    }


def budget(**spec: Any) -> Data:
    """The PodDisruptionBudget of the pods of web."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
    }


def cron_job(policy: str = "Allow", of: Data | None = None, **spec: Any) -> Data:
    """The CronJob report."""
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "report"},
        "spec": {
            "schedule": "*/5 * * * *",
            "concurrencyPolicy": policy,
            "jobTemplate": {"spec": (of or job())["spec"]},
            **spec,
        },
    }


def service(**spec: Any) -> Data:
    """The Service of the pods of web."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}], **spec},
    }


def dns_server(pod: Data | None = None, name: str = "coredns") -> tuple[Data, Data]:
    """A pod of the cluster's DNS server, and the Service it stands behind."""
    labels = {"k8s-app": "kube-dns"}
    server = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "kube-system", "labels": labels},
        "spec": pod or pod_spec("coredns:1"),
    }
    spec = {"selector": labels, "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}], "clusterIP": "10.96.0.10"}
    metadata = {"name": "kube-dns", "namespace": "kube-system"}
    return server, {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


BY_NAME: Data = {"clients": [{"service": "web", "node": "node-1", "byName": True}]}
"""The setting of a scenario with a client that knows that Service by its name, on the first node."""

CLIENT: Data = {"clients": [{"service": "web", "node": "node-1"}]}
"""The setting of a scenario with a client of that Service, on the first node."""


def pre_stop(seconds: int) -> Data:
    """Fields of a container that sleeps before it is stopped."""
    return {"lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}}


def quota(**hard: str) -> Data:
    """A ResourceQuota with these limits."""
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "quota"}, "spec": {"hard": hard}}


def webhook(failure_policy: str = "Fail") -> tuple[Data, Data]:
    """A webhook that is asked about new pods, and the Service of the pods of web behind it."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 443}]},
    }
    rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    asked = {
        "name": "pods.shop.example",
        "failurePolicy": failure_policy,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": {"namespace": "default", "name": "web"}},
        "rules": [rule],
    }
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "web"},
        "webhooks": [asked],
    }
    return service, configuration


def bare_pod(spec: Data | None = None, name: str = "web", app: str = "web", finalizers: Sequence[str] = ()) -> Data:
    """A pod without controller."""
    metadata = {"name": name, "labels": {"app": app}, **({"finalizers": list(finalizers)} if finalizers else {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec or pod_spec()}


def node(name: str, cpu: str = "4", labels: Data = {}, taints: Sequence[Data] = ()) -> Data:  # noqa: B006
    """A node with so much CPU."""
    room = {"cpu": cpu, "memory": "16Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}},
        "spec": {"taints": list(taints)} if taints else {},
        "status": {"allocatable": room, "capacity": room},
    }


def scenario(*objects: Data, nodes: int | Sequence[Data] = 1, **settings: Any) -> Scenario:
    """The one scenario that manifests come to, with settings as a `kind: Scenario` document has them."""
    data = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "small"}, "nodes": nodes, **settings}
    read = settings_of(Document(data, "small.yaml", Lines(1)))
    (job,) = plan([Document(dict(item), "small.yaml", Lines(1)) for item in objects], read).jobs
    return job.scenario


@attrs.frozen
class Found:
    """What a complete search met.

    ``rules``: (component, rule) of those that fired; ``arrows``: (machine, source, dest, component). ``violated``,
    ``suspended``: properties by name, with an explanation. ``triggered``: those that held of something. ``seen``: what
    components did, as the picture of the architecture tells it.
    """

    result: SearchResult
    rules: frozenset[tuple[str, str]]
    arrows: frozenset[tuple[str, str, str, str]]
    triggered: frozenset[str]
    suspended: Mapping[str, str]
    violated: Mapping[str, str]
    seen: frozenset[Fact]


def starts(system: TransitionSystem, start: Start) -> tuple[State, ...]:
    """The states in which the exploration of a scenario begins."""
    return rest_states(system) if start is Start.RUNNING else (system.initial_state(),)


def explore(wanted: Scenario, mutate: Mutation | None = None, *, most: int = MOST_STATES) -> Found:
    """All that can happen in a scenario; in a mutation of its model as far as ``most`` states go."""
    model = cluster.build(wanted)
    seen: set[Fact] = set()
    system = TransitionSystem(noting(mutate(model) if mutate is not None else model, seen))
    result = search(system, Limits(max_states=most), keep_going=True, initial=starts(system, wanted.start))
    assert mutate is not None or result.complete, result.bounds
    return Found(
        result,
        frozenset(result.fired),
        frozenset(result.arrows),
        frozenset(prop.name for prop in result.properties if prop.verdict is Verdict.HOLDS),
        {each.property: each.texts[0] for each in result.suspended},
        {prop.name: prop.text for prop in result.properties if prop.verdict is Verdict.VIOLATED},
        frozenset(seen),
    )


def values(system: TransitionSystem, state: State, kind: str, field: str = "object") -> tuple[Any, ...]:
    """The values of a field of all objects of a kind in a state."""
    number = system.pool_index[kind]
    pool = system.pools[number]
    return tuple(pool.bundles[bundle][pool.position[field]] for bundle in state[number])


def replaced(component: str, rule: str, **changes: Any) -> Mutation:
    """The mutation that changes one rule of one component."""
    return edited(component, rule, lambda found: (attrs.evolve(found, **changes),))


def without(component: str, rule: str) -> Mutation:
    """The mutation that takes one rule of one component away."""
    return edited(component, rule, lambda _found: ())


def edited(component: str, rule: str, edit: Callable[[Rule], tuple[Rule, ...]]) -> Mutation:
    """The mutation that puts other rules in the place of one."""

    def mutate(model: Model) -> Model:
        (owner,) = [item for item in model.components if item.name == component]
        assert rule in [item.name for item in owner.rules], f"{component} has no rule {rule!r}"
        rules = tuple(new for item in owner.rules for new in (edit(item) if item.name == rule else (item,)))
        changed = attrs.evolve(owner, rules=rules)
        return attrs.evolve(model, components=tuple(changed if it is owner else it for it in model.components))

    return mutate
