"""The known-answer benchmark `rollout` in the language of the specification.

A rolling update of one Deployment while nodes crash, in its smallest honest form: nodes N, pod slots P, replicas R,
crash budget C. Its counts are known (see benchmarks/README.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Chosen, Named, New, Set, Write
from kubemodel.spec.language.query import ANY, COUNT, MINIMUM, ONLY, SUM_BY, Query, no_parameter

PENDING, BOUND, RUNNING = "Pending", "Bound", "Running"
PHASES = (PENDING, BOUND, RUNNING)


class Pod(NamedTuple):
    """One pod: its ReplicaSet, phase, node and whether it is being deleted."""

    owner: str
    phase: str
    node: str
    deleting: bool


class Node(NamedTuple):
    """One node: whether it runs, and what the control plane believes."""

    up: bool
    ready: bool


def _set(field: str, value: Any, target: Any = KEY) -> Write:
    return Write(target, field, Set(value))


def _asked(rs: str) -> Query:
    return Query(
        "ReplicaSet", ("name", "asked"), lambda _, name, asked: asked if name == rs else None, ONLY, no_parameter
    )


def model(nodes: int, slots: int, replicas: int, crashes: int) -> Model:
    """The benchmark with ``nodes``, pod ``slots``, ``replicas`` and a budget of ``crashes``."""
    capacity = (slots + 1) // 2 + 1
    all_pods = Query("Pod", ("pod",), lambda _, pod: pod, COUNT, no_parameter)
    own_active = Query("Pod", ("pod",), lambda rs, pod: pod if pod.owner == rs and not pod.deleting else None, COUNT)
    first_phase = Query(
        "Pod",
        ("pod",),
        lambda rs, pod: PHASES.index(pod.phase) if pod.owner == rs and not pod.deleting else None,
        MINIMUM,
        lambda key: key.owner,
    )
    owner_active = Query(
        "Pod",
        ("pod",),
        lambda rs, pod: pod if pod.owner == rs and not pod.deleting else None,
        COUNT,
        lambda key: key.owner,
    )
    owner_asked = Query(
        "ReplicaSet",
        ("name", "asked"),
        lambda rs, name, asked: asked if name == rs else None,
        ONLY,
        lambda key: key.owner,
    )
    available = Query(
        "Pod", ("pod",), lambda _, pod: pod if pod.phase == RUNNING and not pod.deleting else None, COUNT, no_parameter
    )
    load = Query("Pod", ("pod",), lambda _, pod: (pod.node, 1) if pod.node else None, SUM_BY, no_parameter)
    ready_nodes = Query(
        "Node", ("name", "node"), lambda _, name, node: (name, 1) if node.ready else None, SUM_BY, no_parameter
    )
    own_node = Query(
        "Node", ("name", "node"), lambda name, other, node: node if name == other else None, ONLY, lambda pod: pod.node
    )
    budget = Query("Budget", ("crashes",), lambda _, left: left or None, ANY, no_parameter)

    def create(rs: tuple[str, int], active: int, total: int) -> Iterable[Alternative]:
        if active < rs[1] and total < slots:
            yield Alternative((_set("pod", Pod(rs[0], PENDING, "", False), New("Pod")),))

    def delete(pod: Pod, active: int, asked: int, first: int) -> Iterable[Alternative]:
        if active > asked and PHASES.index(pod.phase) == first:
            yield Alternative((_set("pod", pod._replace(deleting=True) if pod.node else None),))

    def scale_up_possible(old: int, new: int) -> bool:
        return new < replicas and old + new < replicas + 1

    def scale_up(new: int, old: int) -> Iterable[Alternative]:
        if scale_up_possible(old, new):
            yield Alternative((_set("asked", new + 1),))

    def scale_down(old: int, new: int, available: int) -> Iterable[Alternative]:
        if not scale_up_possible(old, new) and old > 0 and available > replicas - 1:
            yield Alternative((_set("asked", old - 1),))

    def schedule(pod: Pod, load: tuple[Any, ...], ready: tuple[Any, ...]) -> Iterable[Alternative]:
        loads = dict(load)
        names = [name for name, _ in ready]
        least = min((loads.get(name, 0) for name in names), default=0)
        for name in names:
            if loads.get(name, 0) == least < capacity:
                yield Alternative((_set("pod", Pod(pod.owner, BOUND, name, False)),))

    def start(pod: Pod, node: Node) -> Iterable[Alternative]:
        if node.up:
            yield Alternative((_set("pod", pod._replace(phase=RUNNING)),))

    def remove(_pod: Pod, node: Node) -> Iterable[Alternative]:
        if node.up:
            yield Alternative((_set("pod", None),))

    def evict(pod: Pod, node: Node) -> Iterable[Alternative]:
        if not node.ready:
            yield Alternative((_set("pod", pod._replace(deleting=True)),))

    def pods(fits: Any) -> Key:
        return Key("Pod", ("pod",), lambda pod: pod if fits(pod) else None)

    def one(rs: str) -> Key:
        return Key("ReplicaSet", ("name", "asked"), lambda name, asked: asked if name == rs else None)

    every_rs = Key("ReplicaSet", ("name", "asked"), lambda name, asked: (name, asked))

    def nodes_where(fits: Any) -> Key:
        return Key("Node", ("node",), lambda node: node if fits(node) else None)

    rules = (
        Rule(
            "create",
            every_rs,
            create,
            {"active": Query("Pod", ("pod",), own_active.classify, COUNT, lambda k: k[0]), "total": all_pods},
        ),
        Rule(
            "delete",
            pods(lambda p: not p.deleting),
            delete,
            {"active": owner_active, "asked": owner_asked, "first": first_phase},
        ),
        Rule("scale up", one("new"), scale_up, {"old": _asked("old")}),
        Rule("scale down", one("old"), scale_down, {"new": _asked("new"), "available": available}),
        Rule(
            "schedule",
            pods(lambda p: p.phase == PENDING and not p.deleting),
            schedule,
            {"load": load, "ready": ready_nodes},
        ),
        Rule("start", pods(lambda p: p.phase == BOUND and not p.deleting), start, {"node": own_node}),
        Rule("remove", pods(lambda p: p.node and p.deleting), remove, {"node": own_node}),
        Rule("evict", pods(lambda p: p.node and not p.deleting), evict, {"node": own_node}),
        Rule(
            "not ready",
            nodes_where(lambda n: not n.up and n.ready),
            lambda n: [Alternative((_set("node", n._replace(ready=False)),))],
        ),
        Rule(
            "ready",
            nodes_where(lambda n: n.up and not n.ready),
            lambda n: [Alternative((_set("node", n._replace(ready=True)),))],
        ),
        Rule(
            "crash",
            nodes_where(lambda n: n.up),
            lambda n, left: (
                [Alternative((_set("node", n._replace(up=False)), Write(Named("Budget", "faults"), "crashes", _less)))]
                if left
                else []
            ),
            {"left": budget},
        ),
        Rule("return", nodes_where(lambda n: not n.up), lambda n: [Alternative((_set("node", n._replace(up=True)),))]),
    )
    names = tuple(f"node-{number}" for number in range(nodes))
    return Model(
        name=f"rollout {nodes} {slots} {replicas} {crashes}",
        kinds=(
            Kind("Pod", (Field("pod"),), slots=slots),
            Kind("Node", (Field("node"),), names=names),
            Kind("ReplicaSet", (Field("asked", 0),), names=("new", "old")),
            Kind("Budget", (Field("crashes", 0),), names=("faults",)),
        ),
        components=(Component("rollout", rules),),
        initial={
            "Node": tuple({"name": name, "node": Node(True, True)} for name in names),
            "ReplicaSet": ({"name": "old", "asked": replicas}, {"name": "new", "asked": 0}),
            "Budget": ({"name": "faults", "crashes": crashes},),
        },
        interchangeable=(tuple((name,) for name in names),),
    )


def _less(value: int) -> int:
    return value - 1


__all__ = ["Chosen", "Node", "Pod", "model"]
