"""Spike: a restarted kubelet that lists from a stale API server (#59848, invariants 50).

A StatefulSet's pod has one name and, one after the other, two incarnations. The first is deleted; its kubelet stops
it and confirms; the controller makes the second, which may land on another node. Then the first node's kubelet
restarts and lists its pods from an API server whose watch cache still shows the first incarnation, live and bound.

The API server's watch cache is a client that lags: ``apiserver-2``. Each kubelet is one too. What the kubelet
remembers is memory of its process; what runs on the node is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.machine import Arrow, Machine, State
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, Forget, Relist, RuntimeCall, Set, Write
from kubemodel.spec.language.property import HOLDS, IDLE, Finding, StateProperty, When, violated
from kubemodel.spec.language.request import ApiCall, Binding, DeleteOptions, Preconditions, Verb

from .plain_api_server import serve

NAME = "web-0"
NODES = ("n1", "n2")
STALE = "apiserver-2"
CHANGES = 4
"""From a live bound pod to its bound successor: deletion asked for, removed, created, bound."""


@attrs.frozen(cache_hash=True)
class Pod:
    """One incarnation: ``uid`` is its rank among those of its name."""

    uid: int
    node: str = ""
    terminating: bool = False


@attrs.frozen(cache_hash=True)
class Plus:
    """The edit that adds ``amount``."""

    amount: int

    def __call__(self, value: int, /) -> int:
        return value + self.amount


def _delete(pod: Pod, options: DeleteOptions) -> Pod | None:
    at_once = not pod.node or options.grace_period_seconds == 0
    return None if at_once else attrs.evolve(pod, terminating=True)


def _bind(pod: Pod, node: str) -> Pod | None:
    return None if pod.node or pod.terminating else attrs.evolve(pod, node=node)


def kubelet_name(node: str) -> str:
    """Name of the kubelet of ``node``: its process and its client."""
    return f"kubelet {node}"


def process_field(node: str) -> str:
    """The field that holds the uid of the incarnation whose process runs on ``node``."""
    return f"process on {node}"


def worker_field(node: str) -> str:
    """The field that holds the uid of the last incarnation whose pod worker on ``node`` has ended."""
    return f"worker on {node}"


def kubelet(node: str) -> Component:
    """The kubelet of ``node``: starts what it sees bound to it, ends what must go and confirms that, kills orphans."""
    process, worker = process_field(node), worker_field(node)

    def mine(pod: Pod | None) -> bool:
        return pod is not None and pod.node == node

    def startable(pod: Pod | None, runs: int, stopped: int) -> int | None:
        # A pod worker never goes back: an incarnation that was stopped is not started again by the same process.
        wanted = pod is not None and mine(pod) and not pod.terminating
        return pod.uid if wanted and pod is not None and not runs and pod.uid != stopped else None

    def start(uid: int) -> Iterable[Alternative]:
        yield Alternative((RuntimeCall(KEY, process, Set(uid), "StartContainer"),), f"sees {uid} bound to {node}")

    def ending(pod: Pod | None, runs: int) -> int | None:
        return runs if pod is not None and mine(pod) and pod.terminating and pod.uid == runs else None

    def end(uid: int) -> Iterable[Alternative]:
        yield Alternative((Write(KEY, worker, Set(uid)), RuntimeCall(KEY, process, Set(0), "StopContainer")))

    def orphan(pod: Pod | None, runs: int) -> int | None:
        known = pod is not None and mine(pod) and pod.uid == runs
        return runs if runs and not known else None

    def kill(uid: int) -> Iterable[Alternative]:
        # No worker ever had this pod, so nothing keeps it from being started should it appear.
        yield Alternative((RuntimeCall(KEY, process, Set(0), "StopContainer"),), f"no pod {uid} is bound to {node}")

    def stopped(pod: Pod | None, runs: int) -> int | None:
        return pod.uid if pod is not None and mine(pod) and pod.terminating and runs != pod.uid else None

    def confirm(uid: int) -> Iterable[Alternative]:
        request = ApiCall(Verb.DELETE, "Pod", DeleteOptions(0), preconditions=Preconditions(uid=uid))
        yield Alternative((Call(KEY, request),), "its containers have stopped")

    rules = (
        Rule("start", Key("Pod", ("object", process, worker), startable), start, reference="kubelet §3"),
        Rule("end", Key("Pod", ("object", process), ending), end, reference="kubelet §3"),
        Rule("kill orphan", Key("Pod", ("object", process), orphan), kill, reference="kubelet §2"),
        Rule("confirm", Key("Pod", ("object", process), stopped), confirm, reference="kubelet §3"),
    )
    return Component(kubelet_name(node), rules, process=kubelet_name(node), place=node)


def _recreate(made: int) -> Iterable[Alternative]:
    create = Call(KEY, ApiCall(Verb.CREATE, "Pod", Pod(made + 1)))
    yield Alternative((create, Write(KEY, "made", Plus(1))), "its ordinal has no pod")


STATEFULSET_CONTROLLER = Component(
    "statefulset-controller",
    (Rule("create", Key("Pod", ("object", "made"), lambda pod, made: made if pod is None else None), _recreate),),
)


def _bind_anywhere(_pod: Pod) -> Iterable[Alternative]:
    for node in NODES:
        yield Alternative((Call(KEY, ApiCall(Verb.BIND, "Pod", Binding(node))),), f"{node} is feasible")


def _unbound(pod: Pod | None) -> Pod | None:
    return pod if pod is not None and not pod.node and not pod.terminating else None


SCHEDULER = Component("kube-scheduler", (Rule("bind", Key("Pod", ("object",), _unbound), _bind_anywhere),))


def _delete_once(_made: int) -> Iterable[Alternative]:
    yield Alternative((Call(KEY, ApiCall(Verb.DELETE, "Pod", DeleteOptions())),), "the user deletes it")


def _first_live(pod: Pod | None, made: int) -> int | None:
    return made if pod is not None and made == 1 and not pod.terminating else None


USER = Component("user", (Rule("delete", Key("Pod", ("object", "made"), _first_live), _delete_once),), environment=True)


def _restarts(source: str) -> Component:
    client = kubelet_name(NODES[0])

    def restart(_left: int) -> Iterable[Alternative]:
        plan = (Write(KEY, "left", Plus(-1)), Forget(client), Relist(client, source))
        yield Alternative(plan, f"{client} restarts and lists from {source or 'the store'}")

    key = Key("Fault", ("left",), lambda left: left or None)
    return Component("fault", (Rule("restart", key, restart),), environment=True)


PROCESSES = tuple(process_field(node) for node in NODES)


def _one_process(running: tuple[int, ...]) -> Finding:
    found = [(uid, node) for uid, node in zip(running, NODES, strict=True) if uid]
    if not found:
        return IDLE
    where = " and ".join(f"incarnation {uid} on {node}" for uid, node in found)
    return HOLDS if len(found) == 1 else violated(f"{NAME} runs as {where}")


ONE_PROCESS = StateProperty(
    name="statefulset-at-most-one-process-per-ordinal",
    statement="at most one process runs under one identity of a StatefulSet",
    key=Key("Pod", PROCESSES, lambda *running: running),
    judge=_one_process,
    reference="invariants 50",
    assumes="nobody force-deletes, and kubelets list consistently",
)


def _matches(pod: Pod | None, *running: int) -> Finding:
    wanted = tuple(pod.uid if pod is not None and pod.node == node else 0 for node in NODES)
    return HOLDS if running == wanted else violated(f"{running} run, {wanted} are wanted")


ACTUAL_MATCHES = StateProperty(
    name="actual-state-matches",
    statement="when all is quiet, what runs is what the store asks for",
    key=Key("Pod", ("object", *PROCESSES), lambda *values: values),
    judge=lambda values: _matches(*values),
    when=When.QUIESCENT,
)


def _process_machine(node: str) -> Machine:
    return Machine(
        name=f"process on {node}",
        kind="Pod",
        fields=(process_field(node),),
        states=(
            State("None", lambda uid: uid == 0),
            State("First", lambda uid: uid == 1),
            State("Second", lambda uid: uid == 2),
        ),
        initial="None",
        arrows=tuple(
            Arrow(trigger, source, dest, kubelet_name(node))
            for incarnation in ("First", "Second")
            for trigger, source, dest in (("start", "None", incarnation), ("end or kill", incarnation, "None"))
        ),
    )


def model(*, source: str = "", lag: int = CHANGES, restarts: int = 1) -> Model:
    """The spike: ``source`` is what the restarted kubelet of the first node lists from, "" for a consistent list."""
    lags = {(client, "Pod"): lag for client in (STALE, kubelet_name(NODES[0]))} if lag else {}
    memory = tuple(Field(worker_field(node), 0, memory_of=kubelet_name(node)) for node in NODES)
    fields = (Field("object"), Field("made", 0), *(Field(process, 0) for process in PROCESSES), *memory)
    first: dict[str, Any] = {"name": NAME, "object": Pod(1, NODES[0]), "made": 1, PROCESSES[0]: 1}
    return Model(
        name="stale kubelet",
        kinds=(Kind("Pod", fields, names=(NAME,)), Kind("Fault", (Field("left", 0),), names=("restart",))),
        components=(*map(kubelet, NODES), STATEFULSET_CONTROLLER, SCHEDULER, USER, _restarts(source)),
        initial={"Pod": (first,), "Fault": ({"name": "restart", "left": restarts},)},
        machines=tuple(_process_machine(node) for node in NODES),
        properties=(ONE_PROCESS, ACTUAL_MATCHES),
        api_server=serve(_delete, _bind),
        lag=lags,
    )
