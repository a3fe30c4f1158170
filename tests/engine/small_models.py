"""Small models for tests of the executor, traces and replay.

``cluster``: a controller that keeps pods, by default with a lagging cache and without expectations, so that it can
create one too many; plans of several requests, marks, conflicts, a timer, a process that can crash.
``rollout``: the benchmark of that name, in its small form: nothing but memory, no API server.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import attrs
from frozendict import frozendict
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.machine import Arrow, Machine, State
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, Chosen, Forget, Named, New, RuntimeCall, Set, Write
from kubemodel.spec.language.property import HOLDS, Finding, StateProperty, StepProperty, When, suspended, violated
from kubemodel.spec.language.query import COUNT, MULTISET, ONLY, SUM_BY, Query, no_parameter
from kubemodel.spec.language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Response, Verb

CONTROLLER, KUBELET, USER = "replicaset-controller", "kubelet", "user"


@attrs.frozen(cache_hash=True)
class PodStatus:
    phase: str = "Pending"
    conditions: tuple[Any, ...] = ()


@attrs.frozen(cache_hash=True)
class Condition:
    type: str
    status: str = "Unknown"


@attrs.frozen(cache_hash=True)
class Pod:
    labels: frozendict[str, str] = frozendict({"app.example/name": "web"})
    status: PodStatus = PodStatus()


@attrs.frozen(cache_hash=True)
class ReplicaSet:
    replicas: int
    observed: int = 0


@attrs.frozen(cache_hash=True)
class Run:
    def __call__(self, stored: Pod, /) -> Pod:
        return attrs.evolve(stored, status=PodStatus("Running", (Condition("Ready", "True"),)))


@attrs.frozen(cache_hash=True)
class Observe:
    count: int

    def __call__(self, stored: ReplicaSet, /) -> ReplicaSet:
        return attrs.evolve(stored, observed=self.count)


@attrs.frozen(cache_hash=True)
class Scale:
    replicas: int

    def __call__(self, stored: ReplicaSet, /) -> ReplicaSet:
        return attrs.evolve(stored, replicas=self.replicas)


def api_server(call: ApiCall, stored: Any, *, current: bool) -> Response:
    if call.verb is Verb.CREATE:
        return Response(Outcome.DONE, call.body)
    if stored is None:
        return Response(Outcome.NOT_FOUND, None, "no such object")
    if not current:
        return Response(Outcome.CONFLICT, stored, "the object has been modified")
    if call.verb is Verb.DELETE:
        return Response(Outcome.DONE, None)
    return Response(Outcome.DONE, call.body(stored))


def _phase(phase: str) -> Any:
    return lambda pod: pod is not None and pod.status.phase == phase


POD_MACHINE = Machine(
    name="pod",
    kind="Pod",
    fields=("object",),
    states=(
        State("Absent", lambda pod: pod is None),
        State("Pending", _phase("Pending")),
        State("Running", _phase("Running")),
    ),
    initial="Absent",
    arrows=(
        Arrow("create", "Absent", "Pending", CONTROLLER),
        Arrow("run", "Pending", "Running", KUBELET),
        Arrow("delete", "Pending", "Absent", CONTROLLER),
        Arrow("delete", "Running", "Absent", CONTROLLER),
    ),
)

_PODS = Query("Pod", ("object",), lambda _, pod: pod, COUNT, no_parameter)


def _manage(key: ReplicaSet, pods: int, candidates: Any) -> Iterable[Alternative]:
    status = Call(KEY, ApiCall(Verb.UPDATE, "ReplicaSet", Observe(pods), "status", Preconditions(seen=key)))
    if pods < key.replicas:
        create = Call(New("Pod"), ApiCall(Verb.CREATE, "Pod", Pod()))
        yield Alternative((create, status), f"{pods} pods are fewer than {key.replicas}")
    elif pods > key.replicas:
        delete = Call(Chosen("candidates", candidates[0][0]), ApiCall(Verb.DELETE, "Pod", DeleteOptions()))
        yield Alternative((status, delete), f"{pods} pods are more than {key.replicas}")


def _start(_pod: Pod) -> Iterable[Alternative]:
    run = RuntimeCall(KEY, "runtime", Set("running"), "StartContainer")
    patch = Call(KEY, ApiCall(Verb.PATCH, "Pod", Run(), "status"))
    yield Alternative((run, patch), "its image is there")


def _todo(todo: tuple[int, ...]) -> Iterable[Alternative]:
    scale = Call(Named("ReplicaSet", "web"), ApiCall(Verb.PATCH, "ReplicaSet", Scale(todo[0])))
    yield Alternative((scale, Write(KEY, "todo", Set(todo[1:]))), "that is what the user wants")


def _crash(left: int) -> Iterable[Alternative]:
    yield Alternative((Write(KEY, "crashes", Set(left - 1)), Forget("controller-manager")), "a budget is left")


def _at_most(most: int) -> StateProperty:
    def judge(_key: Any, pods: int, wanted: int) -> Finding:
        if wanted is None:
            return suspended("nobody asks for pods")
        return violated(f"{pods} pods exist, at most {most} may") if pods > most else HOLDS

    return StateProperty(
        name="pods-bounded",
        statement="There are never more pods than asked for.",
        key=Key("ReplicaSet", ("object",), lambda replica_set: replica_set),
        judge=judge,
        queries={
            "pods": _PODS,
            "wanted": Query("ReplicaSet", ("object",), lambda _, rs: rs and rs.replicas, ONLY, no_parameter),
        },
        advice="Give the controller expectations.",
    )


RUNS_AT_REST = StateProperty(
    name="runs-at-rest",
    statement="When nothing more happens, every pod runs.",
    key=Key("Pod", ("object",), lambda pod: pod),
    judge=lambda pod: HOLDS if pod.status.phase == "Running" else violated("it is still Pending"),
    when=When.QUIESCENT,
)
STAYS_RUNNING = StepProperty(
    name="stays-running",
    statement="A pod that runs never waits again.",
    kind="Pod",
    fields=("object",),
    judge=lambda _component, _rule, _before, _after, _answers: HOLDS,
)


def cluster(lag: int = 1, todo: tuple[int, ...] = (2, 1), crashes: int = 1, most: int = 2) -> Model:
    """A ReplicaSet ``web`` that a user scales; see the module's text."""
    controller = Component(
        CONTROLLER,
        (
            Rule(
                "manage",
                Key("ReplicaSet", ("object",), lambda replica_set: replica_set),
                _manage,
                {"pods": _PODS},
                stages=({"candidates": _candidates()},),
                several_requests=True,
            ),
        ),
        process="controller-manager",
    )
    waiting = Key("Pod", ("object", "runtime"), lambda pod, runtime: pod if pod == Pod() and not runtime else None)
    kubelet = Component(
        KUBELET, (Rule("start", waiting, _start, duration=5.0, several_requests=True),), process="kubelet"
    )
    user = Component(USER, (Rule("scale", Key("User", ("todo",), lambda todo: todo or None), _todo),), environment=True)
    fault = Component(
        "fault", (Rule("crash", Key("User", ("crashes",), lambda left: left or None), _crash),), environment=True
    )
    return Model(
        name="cluster",
        kinds=(
            Kind("Pod", (Field("object"), Field("runtime", "")), slots=4),
            Kind("ReplicaSet", (Field("object"),), names=("web",)),
            Kind("User", (Field("todo", ()), Field("crashes", 0)), names=("ann",)),
        ),
        components=(controller, kubelet, user, fault),
        initial={
            "Pod": ({"object": Pod()}, {"object": Pod()}) if lag == 0 else (),
            "ReplicaSet": ({"name": "web", "object": ReplicaSet(1)},),
            "User": ({"name": "ann", "todo": todo, "crashes": crashes},),
        },
        machines=(POD_MACHINE,),
        properties=(_at_most(most), RUNS_AT_REST, STAYS_RUNNING),
        api_server=api_server,
        lag={(CONTROLLER, "Pod"): lag} if lag else {},
    )


def _candidates() -> Query:
    def classify(surplus: bool, pod: Pod | None) -> str | None:
        return pod.status.phase if surplus and pod else None

    return Query("Pod", ("object",), classify, MULTISET, lambda key, pods: pods > key.replicas)


class Place(NamedTuple):
    """One pod of ``rollout``."""

    owner: str
    phase: str
    node: str


def rollout(replicas: int = 2, crashes: int = 1) -> Model:
    """Pods are created, placed on the least loaded node, and lost with it."""
    owned = Query("Pod", ("pod",), lambda _, pod: pod, COUNT, no_parameter)
    load = Query("Pod", ("pod",), lambda _, pod: (pod.node, 1) if pod and pod.node else None, SUM_BY, no_parameter)
    ready = Query("Node", ("name", "up"), lambda _, name, up: name if up else None, MULTISET, no_parameter)

    def create(name: str, owned: int) -> Iterable[Alternative]:
        if owned < replicas:
            yield Alternative((Write(New("Pod"), "pod", Set(Place(name, "Pending", ""))),))

    def schedule(pod: Place, load: Any, ready: Any) -> Iterable[Alternative]:
        loads = dict(load)
        names = [name for name, _ in ready]
        least = min((loads.get(name, 0) for name in names), default=0)
        for name in names:
            if loads.get(name, 0) == least:
                yield Alternative((Write(KEY, "pod", Set(Place(pod.owner, "Bound", name))),), f"{name} is the emptiest")

    def crash(name: str, bound: Any) -> Iterable[Alternative]:
        lost = tuple(Write(Chosen("bound", cls), "pod", Set(None)) for cls, count in bound for _ in range(count))
        yield Alternative((Write(KEY, "up", Set(False)), *lost), "power is lost")

    bound = Query("Pod", ("pod",), lambda node, pod: pod if pod and pod.node == node else None, MULTISET)
    rules = (
        Rule("create", Key("ReplicaSet", ("name",), lambda name: name), create, {"owned": owned}),
        Rule(
            "schedule",
            Key("Pod", ("pod",), lambda pod: pod if pod and not pod.node else None),
            schedule,
            {"load": load, "ready": ready},
        ),
    )
    faults = (Rule("crash", Key("Node", ("name", "up"), lambda n, up: n if up else None), crash, {"bound": bound}),)
    return Model(
        name="rollout",
        kinds=(
            Kind("Pod", (Field("pod"),), slots=replicas),
            Kind("Node", (Field("up", True),), names=("node-0", "node-1")),
            Kind("ReplicaSet", (), names=("new",)),
        ),
        components=(
            Component("rollout", rules),
            *((Component("fault", faults, environment=True),) if crashes else ()),
        ),
        initial={},
    )
