"""Small clusters, generated from a seed, and what brute force over the real filters says of them.

Brute force knows nothing of the prover: it binds one pod after the other, every pod to every node that the filters
accept, until nothing new comes up.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import attrs
from frozendict import frozendict
from kubemodel.proving.placement.asking import asked
from kubemodel.proving.placement.problem import Ask, Item, PodKind, Problem
from kubemodel.spec.control_plane.scheduler.filtering import bound_copy, filter_node
from kubemodel.spec.control_plane.scheduler.snapshot import Snapshot
from kubemodel.spec.manifests.fields import Lines
from kubemodel.spec.manifests.loading import Document
from kubemodel.spec.objects.daemon_set import DaemonSetSpec
from kubemodel.spec.objects.decoding import decode_node
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.pod import Pod, PodTemplateSpec

HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def node(
    name: str, cpu: str = "4", pods: str = "10", taints: Sequence[dict] = (), cordoned=False, **labels: str
) -> Node:
    named = {key.replace("_", "-"): value for key, value in labels.items()}
    return decode_node(
        {
            "metadata": {"name": name, "labels": {HOSTNAME: name, **named}},
            "spec": {"taints": list(taints), "unschedulable": cordoned},
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": pods}},
        }
    )


def zoned(name: str, zone: str, **more) -> Node:
    plain = node(name, **more)
    labels = plain.metadata.labels | {ZONE: zone}
    return attrs.evolve(plain, metadata=attrs.evolve(plain.metadata, labels=labels))


def kind(
    title: str, count: int, spec: dict, nodes: Sequence[Node], *, app: str = "", daemon=False, **bound: int
) -> PodKind:
    """A kind whose pods bear the label ``app``, with all its items."""
    container = {"name": "main", "image": "x", **spec.pop("container", {})}
    data = {
        "metadata": {"name": title, "labels": {"app": app or title}},
        "spec": {"containers": [container], **spec},
    }
    pod = decode_pod(data)
    pod = Pod(attrs.evolve(pod.metadata, name=""), pod.spec)
    document = Document({"apiVersion": "v1", "kind": "Pod", **data}, "generated", Lines(1))
    items = (
        Item(title, Ask.PODS, "", f"{title}: {count} pods"),
        *asked(title, pod, document, (), nodes, {}, daemon=daemon),
    )
    template = DaemonSetSpec(template=PodTemplateSpec(pod.metadata, pod.spec)) if daemon else None
    return PodKind(title, pod, count, frozendict(bound), template, scalable=not daemon, items=items)


def generated(seed: int) -> Problem:
    """Two to four nodes in up to two zones, one to three kinds of up to three pods, and whatever they may ask for."""
    rng = random.Random(seed)
    zones = ("a", "b")
    nodes = []
    for number in range(rng.randint(2, 4)):
        taints = [{"key": "dedicated", "value": "x", "effect": "NoSchedule"}] if rng.random() < 0.15 else []
        more = {"cpu": rng.choice("2234"), "pods": rng.choice(("2", "3", "10")), "taints": taints}
        name = f"n{number}"
        made = node(name, **more) if rng.random() < 0.1 else zoned(name, rng.choice(zones), **more)
        nodes.append(made)
    names = ("p", "q", "r")[: rng.randint(1, 3)]
    kinds = [kind(name, rng.randint(1, 3), _spec(rng, names), nodes, app=name) for name in names]
    if rng.random() < 0.2:
        kinds.append(kind("d", 1, {"container": _asks(rng.choice(("500m", "1")))}, nodes, daemon=True))
    if rng.random() < 0.2:
        kinds.append(kind("s", 0, _spec(rng, names), nodes, app=rng.choice(names), n0=1))
    return Problem(tuple(nodes), tuple(kinds))


def _asks(cpu: str) -> dict:
    return {"resources": {"requests": {"cpu": cpu}}}


def _spec(rng: random.Random, names: Sequence[str]) -> dict:
    spec: dict = {"container": _asks(rng.choice(("500m", "1", "1500m", "2")))}
    affinity: dict = {}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    if rng.random() < 0.35:
        affinity["podAntiAffinity"] = {required: [_term(rng, names)]}
    if rng.random() < 0.35:
        affinity["podAffinity"] = {required: [_term(rng, names) for _ in range(rng.choice((1, 1, 2)))]}
    if rng.random() < 0.15:
        values = {"key": ZONE, "operator": rng.choice(("In", "NotIn")), "values": [rng.choice("ab")]}
        affinity["nodeAffinity"] = {required: {"nodeSelectorTerms": [{"matchExpressions": [values]}]}}
    if affinity:
        spec["affinity"] = affinity
    if rng.random() < 0.35:
        spec["topologySpreadConstraints"] = [_constraint(rng, names) for _ in range(rng.choice((1, 1, 2)))]
    if rng.random() < 0.1:
        spec["tolerations"] = [{"operator": "Exists"}]
    if rng.random() < 0.1:
        spec["container"]["ports"] = [{"containerPort": 80, "hostPort": 8080}]
    return spec


def _selector(rng: random.Random, names: Sequence[str]) -> dict:
    if rng.random() < 0.15:
        return {"matchExpressions": [{"key": "app", "operator": "Exists"}]}
    return {"matchLabels": {"app": rng.choice(names)}}


def _term(rng: random.Random, names: Sequence[str]) -> dict:
    return {"topologyKey": rng.choice((HOSTNAME, ZONE)), "labelSelector": _selector(rng, names)}


def _constraint(rng: random.Random, names: Sequence[str]) -> dict:
    constraint = {
        "topologyKey": rng.choice((HOSTNAME, ZONE)),
        "maxSkew": rng.choice((1, 1, 2)),
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": _selector(rng, names),
        "nodeTaintsPolicy": rng.choice(("Ignore", "Honor")),
    }
    if rng.random() < 0.2:
        constraint["minDomains"] = rng.choice((2, 3))
    return constraint


@attrs.frozen
class Truth:
    """Whether all pods can be placed in some order, and whether some order gets stuck."""

    possible: bool
    stuck: bool


def brute_force(problem: Problem) -> Truth:
    """Every pod to every node, in every order."""
    nodes = {each.metadata.name: each for each in problem.nodes}
    pending: dict[Pod, int] = {}
    standing = []
    for each in problem.kinds:
        for name, number in each.bound.items():
            standing += [bound_copy(each.pod, name)] * number
        if each.daemon is not None:
            for there in problem.nodes:
                if each.wanted_on(there):
                    pod = each.pod_for(there)
                    pending[pod] = pending.get(pod, 0) + 1
        elif each.count:
            pending[each.pod] = pending.get(each.pod, 0) + each.count
    pods = list(pending)
    start = tuple((pending[pod], ()) for pod in pods)
    seen, todo = {start}, [start]
    possible = stuck = False
    while todo:
        state = todo.pop()
        placed = [bound_copy(pod, name) for pod, (_, where) in zip(pods, state, strict=True) for name in where]
        snapshot = Snapshot(problem.nodes, (*standing, *placed), problem.namespaces, storage=problem.storage)
        moved = False
        for number, (left, where) in enumerate(state):
            if not left:
                continue
            for name, there in nodes.items():
                if filter_node(pods[number], there, snapshot).feasible:
                    moved = True
                    after = (left - 1, tuple(sorted((*where, name))))
                    successor = (*state[:number], after, *state[number + 1 :])
                    if successor not in seen:
                        seen.add(successor)
                        todo.append(successor)
        if not any(left for left, _ in state):
            possible = True
        elif not moved:
            stuck = True
    return Truth(possible, stuck)
