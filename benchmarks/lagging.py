"""The benchmark `rollout` with watch caches that lag: an API server stores pods, clients may be one change behind.

The ReplicaSet controller, or the scheduler too, decides on its cache; requests act on what is stored. With no lagging
client the states are those of `rollout`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
from kubemodel.benchmarks.rollout import BOUND, PENDING, PHASES, RUNNING, Pod
from kubemodel.benchmarks.rollout import model as rollout
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, New, Step
from kubemodel.spec.language.query import Query, Read
from kubemodel.spec.language.request import ApiCall, Outcome, Response, Verb

REPLICASETS, SCHEDULER = "replicaset-controller", "kube-scheduler"
CLIENTS = (REPLICASETS, SCHEDULER)


@attrs.frozen(cache_hash=True)
class _Bind:
    node: str

    def __call__(self, stored: Pod, /) -> Pod:
        return stored if stored.node or stored.deleting else stored._replace(phase=BOUND, node=self.node)


@attrs.frozen(cache_hash=True)
class _Run:
    def __call__(self, stored: Pod, /) -> Pod:
        return stored._replace(phase=RUNNING)


def _api_server(call: ApiCall, stored: Any, *, current: bool) -> Response:
    if call.verb is Verb.CREATE:
        return Response(Outcome.DONE, call.body)
    if stored is None:
        return Response(Outcome.NOT_FOUND, None)
    if call.verb is Verb.UPDATE:
        return Response(Outcome.DONE, call.body(stored))
    # A pod that runs nowhere is gone at once; another one is gone when its kubelet says so, with a body.
    gone = call.body == "now" or not stored.node
    return Response(Outcome.DONE, None if gone else stored._replace(deleting=True))


def _ask(verb: Verb, body: Any = None, target: Any = KEY) -> tuple[Step, ...]:
    tolerated = (Outcome.NOT_FOUND,)
    return (Call(target, ApiCall(verb, "Pod", body), tolerates=tolerated),)


def _pods(fits: Callable[[Pod], bool]) -> Key:
    return Key("Pod", ("object",), lambda pod: pod if pod is not None and fits(pod) else None)


def model(nodes: int, slots: int, replicas: int, crashes: int, clients: tuple[str, ...] = ()) -> Model:
    """The benchmark whose ``clients`` may each be one change of pods behind."""
    base = rollout(nodes, slots, replicas, crashes)
    capacity = (slots + 1) // 2 + 1
    plain = {rule.name: rule for rule in base.components[0].rules}

    def of_pods(query: Query, read: Read = Read.CACHED) -> Query:
        def classify(parameter: Any, pod: Pod | None) -> Any:
            return None if pod is None else query.classify(parameter, pod)

        return Query("Pod", ("object",), classify, query.aggregate, query.parameter, read=read)

    def stored(name: str, query: str, read: Read = Read.CACHED) -> Query:
        return of_pods(plain[name].queries[query], read)

    def create(rs: tuple[str, int], active: int, total: int) -> Iterable[Alternative]:
        if active < rs[1] and total < slots:
            yield Alternative(_ask(Verb.CREATE, Pod(rs[0], PENDING, "", False), New("Pod")))

    def delete(pod: Pod, active: int, asked: int, first: int) -> Iterable[Alternative]:
        if active > asked and PHASES.index(pod.phase) == first:
            yield Alternative(_ask(Verb.DELETE))

    def schedule(_pod: Pod, load: tuple[Any, ...], ready: tuple[Any, ...]) -> Iterable[Alternative]:
        loads = dict(load)
        least = min((loads.get(name, 0) for name, _ in ready), default=0)
        for name, _ in ready:
            if loads.get(name, 0) == least < capacity:
                yield Alternative(_ask(Verb.UPDATE, _Bind(name)))

    def where(holds: Callable[[Any], bool], plan: tuple[Step, ...]) -> Callable[..., list[Alternative]]:
        return lambda _pod, node: [Alternative(plan)] if holds(node) else []

    own_node = {"node": plain["start"].queries["node"]}
    replicasets = (
        attrs.evolve(
            plain["create"],
            decide=create,
            queries={"active": stored("create", "active"), "total": stored("create", "total", Read.QUORUM)},
        ),
        Rule(
            "delete",
            _pods(lambda pod: not pod.deleting),
            delete,
            {
                "active": stored("delete", "active"),
                "asked": plain["delete"].queries["asked"],
                "first": stored("delete", "first"),
            },
        ),
    )
    scaling = (
        plain["scale up"],
        attrs.evolve(
            plain["scale down"],
            queries={"new": plain["scale down"].queries["new"], "available": stored("scale down", "available")},
        ),
    )
    scheduling = Rule(
        "schedule",
        _pods(lambda pod: pod.phase == PENDING and not pod.deleting),
        schedule,
        {"load": stored("schedule", "load"), "ready": plain["schedule"].queries["ready"]},
    )
    running = (
        Rule(
            "start",
            _pods(lambda pod: pod.phase == BOUND and not pod.deleting),
            where(lambda node: node.up, _ask(Verb.UPDATE, _Run())),
            own_node,
        ),
        Rule(
            "remove",
            _pods(lambda pod: bool(pod.node) and pod.deleting),
            where(lambda node: node.up, _ask(Verb.DELETE, "now")),
            own_node,
        ),
    )
    evict = Rule(
        "evict",
        _pods(lambda pod: bool(pod.node) and not pod.deleting),
        where(lambda node: not node.ready, _ask(Verb.DELETE)),
        own_node,
    )
    health = tuple(plain[name] for name in ("not ready", "ready"))
    faults = tuple(plain[name] for name in ("crash", "return"))
    # A pod that is gone keeps its slot until every client has seen it go: one change behind, one pod each.
    pods = Kind("Pod", (Field("object"),), slots=slots + len(clients))
    return attrs.evolve(
        base,
        name=f"{base.name}, {len(clients)} lagging",
        kinds=(pods, *base.kinds[1:]),
        components=(
            Component(REPLICASETS, replicasets),
            Component("deployment-controller", scaling),
            Component(SCHEDULER, (scheduling,)),
            Component("kubelet", running),
            Component("node-controller", (evict, *health)),
            Component("faults", faults),
        ),
        api_server=_api_server,
        lag={(client, "Pod"): 1 for client in clients},
    )


__all__ = ["CLIENTS", "model"]
