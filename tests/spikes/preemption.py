"""Spike: preemption by the scheduler in the language of the specification (kube-scheduler §6).

Two nodes are full. An urgent pod fits nowhere; the scheduler picks, on each node, the fewest victims of lower priority
that make room, takes the node whose victims are the least loss, marks and deletes them, and notes the node on the
pod. The victims end gracefully; the pod is tried again. A second, still more urgent pod may come at any moment.

Left out: disruption budgets, the queue, scores. Ages are not kept, so among pods of one priority every order is tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations, product
from typing import Any

import attrs
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model, TimeMode
from kubemodel.spec.language.plan import KEY, Alternative, Call, Chosen, Forget, New, Set, Step, Write
from kubemodel.spec.language.property import HOLDS, IDLE, Finding, StateProperty, StepProperty, When, violated
from kubemodel.spec.language.query import COUNT, MULTISET, SUM_BY, Query, no_parameter
from kubemodel.spec.language.request import ApiCall, Binding, DeleteOptions, Outcome, Verb

from .plain_api_server import serve

SCHEDULER = "kube-scheduler"
GRACE = 30.0


@attrs.frozen(cache_hash=True)
class Pod:
    """A pod: what it asks for, where it is, where it hopes to be, and whether it must go."""

    priority: int
    cpu: int
    node: str = ""
    nominated: str = ""
    disrupted: bool = False
    terminating: bool = False


@attrs.frozen(cache_hash=True)
class Mark:
    """The edit that tells a pod why it must go: DisruptionTarget, PreemptionByScheduler."""

    def __call__(self, pod: Pod, /) -> Pod:
        return attrs.evolve(pod, disrupted=True)


@attrs.frozen(cache_hash=True)
class Nominate:
    """The edit of status.nominatedNodeName; "" clears it."""

    node: str

    def __call__(self, pod: Pod, /) -> Pod:
        return attrs.evolve(pod, nominated=self.node)


@attrs.frozen(cache_hash=True)
class Less:
    """The edit that takes one away."""

    def __call__(self, left: int, /) -> int:
        return left - 1


def _delete(pod: Pod, options: DeleteOptions) -> Pod | None:
    if not pod.node or options.grace_period_seconds == 0:
        return None
    return attrs.evolve(pod, terminating=True)


def _bind(pod: Pod, node: str) -> Pod | None:
    return None if pod.node or pod.terminating else attrs.evolve(pod, node=node, nominated="")


def _pending(pod: Pod | None) -> Pod | None:
    return pod if pod is not None and not pod.node and not pod.terminating else None


def _occupies(priority: int, pod: Pod | None) -> tuple[str, int] | None:
    if pod is None:
        return None
    # Room that a pod of at least the same priority was promised counts as taken; the pod's own promise does not,
    # which is why the query leaves the key out.
    promised = pod.nominated if pod.priority >= priority else ""
    return (pod.node or promised, pod.cpu) if pod.node or promised else None


USED = Query("Pod", ("object",), _occupies, SUM_BY, lambda pod: pod.priority, excluding_key=True)
CAPACITY = Query("Node", ("name", "cpu"), lambda _parameter, name, cpu: (name, cpu), SUM_BY, no_parameter)

Sums = tuple[tuple[str, int], ...]
Found = tuple[tuple[Pod, int], ...]


def free(used: Sums, capacity: Sums) -> dict[str, int]:
    """What is left on each node."""
    taken = dict(used)
    return {node: total - taken.get(node, 0) for node, total in capacity}


def _if_nothing_fits(pod: Pod, used: Sums, capacity: Sums) -> int | None:
    return pod.priority if all(left < pod.cpu for left in free(used, capacity).values()) else None


def _lower(priority: int | None, pod: Pod | None, *, strict: bool = True) -> Pod | None:
    if priority is None or pod is None or not pod.node:
        return None
    return pod if pod.priority < priority or (pod.priority == priority and not strict) else None


def _lower_nomination(priority: int | None, pod: Pod | None) -> Pod | None:
    waits = priority is not None and pod is not None and not pod.node and pod.nominated
    return pod if waits and pod.priority < priority else None


def reprieve(order: Sequence[Pod], left: int, wanted: int) -> tuple[Pod, ...] | None:
    """The victims on a node with ``left`` free: all of ``order`` but those that fit again beside ``wanted``.

    None if even an empty node would not do. ``order``: the most important first.
    """
    left += sum(pod.cpu for pod in order) - wanted
    if left < 0:
        return None
    victims = []
    for pod in order:
        if pod.cpu <= left:
            left -= pod.cpu
        else:
            victims.append(pod)
    return tuple(victims)


def orders(pods: Sequence[Pod]) -> list[tuple[Pod, ...]]:
    """Every order of ``pods`` by importance; among equal priorities the model does not know who started first."""
    tiers = [[pod for pod in pods if pod.priority == p] for p in sorted({pod.priority for pod in pods}, reverse=True)]
    shuffled = (sorted(set(permutations(tier)), key=repr) for tier in tiers)
    return [tuple(pod for tier in order for pod in tier) for order in product(*shuffled)]


def loss(victims: Sequence[Pod]) -> tuple[int, int, int]:
    """What makes a node a worse choice: its highest victim, the sum of the priorities, the number of victims."""
    return max(pod.priority for pod in victims), sum(pod.priority + 2**31 for pod in victims), len(victims)


def _outcomes(pod: Pod, room: dict[str, int], lower: Found) -> Iterable[dict[str, tuple[Pod, ...]]]:
    """The victims on each node that could be a candidate, for every combination of orders of importance."""
    by_node = {node: [it for it, number in lower for _ in range(number) if it.node == node] for node in room}
    choices = {
        node: sorted({reprieve(order, room[node], pod.cpu) or () for order in orders(pods)}, key=repr)
        for node, pods in by_node.items()
        if pods
    }
    for combination in product(*choices.values()):
        yield {node: victims for node, victims in zip(choices, combination, strict=True) if victims}


def choices(pod: Pod, room: dict[str, int], lower: Found) -> list[tuple[str, tuple[Pod, ...]]]:
    """Every node, with its victims, that preemption may end with; ties are alternatives (kube-scheduler §6)."""
    found: dict[tuple[str, tuple[Pod, ...]], None] = {}
    for candidates in _outcomes(pod, room, lower):
        least = min((loss(victims) for victims in candidates.values()), default=None)
        for node, victims in candidates.items():
            if loss(victims) == least:
                found[node, tuple(sorted(victims, key=repr))] = None
    return list(found)


def eligible(pod: Pod, lower: Found) -> bool:
    """Whether the pod may preempt: not while victims on the node that it was promised are still ending."""
    return not any(it.terminating and it.disrupted and it.node == pod.nominated for it, _ in lower)


def _evict(pod: Pod, node: str, victims: Sequence[Pod], nominations: Found) -> Alternative:
    steps: list[Step] = []
    for number, victim in enumerate(victims):
        target = Chosen("lower", victim, label=number)
        steps.append(Call(target, ApiCall(Verb.PATCH, "Pod", Mark(), "status"), tolerates=(Outcome.NOT_FOUND,)))
        ghost = (("preempted_by", Set(pod.priority)),)
        delete = ApiCall(Verb.DELETE, "Pod", DeleteOptions())
        steps.append(Call(target, delete, memory=ghost, tolerates=(Outcome.NOT_FOUND,)))
    for other, number in nominations:
        if other.nominated == node:
            clear = ApiCall(Verb.PATCH, "Pod", Nominate(""), "status")
            steps.extend([Call(Chosen("nominations", other), clear, tolerates=(Outcome.NOT_FOUND,))] * number)
    steps.append(Call(KEY, ApiCall(Verb.PATCH, "Pod", Nominate(node), "status")))
    return Alternative(tuple(steps), f"{len(victims)} victims make room on {node}")


def _schedule(pod: Pod, used: Sums, capacity: Sums, lower: Found, nominations: Found) -> Iterable[Alternative]:
    room = free(used, capacity)
    fitting = [node for node, left in room.items() if left >= pod.cpu]
    for node in fitting:
        yield Alternative((Call(KEY, ApiCall(Verb.BIND, "Pod", Binding(node))),), f"{node} has room")
    if not fitting and eligible(pod, lower):
        for node, victims in choices(pod, room, lower):
            yield _evict(pod, node, victims, nominations)


def _scheduler(*, serial: bool, strict: bool) -> Component:
    lower = Query("Pod", ("object",), lambda p, pod: _lower(p, pod, strict=strict), MULTISET, _if_nothing_fits)
    nominations = Query("Pod", ("object",), _lower_nomination, MULTISET, _if_nothing_fits, excluding_key=True)
    rule = Rule(
        name="schedule",
        key=Key("Pod", ("object",), _pending),
        queries={"used": USED, "capacity": CAPACITY},
        stages=({"lower": lower, "nominations": nominations},),
        decide=_schedule,
        several_requests=True,
        reference="kube-scheduler §6",
    )
    return Component(SCHEDULER, (rule,), process=SCHEDULER, serial=serial)


def _end(_pod: Pod) -> Iterable[Alternative]:
    yield Alternative((Call(KEY, ApiCall(Verb.DELETE, "Pod", DeleteOptions(0))),), "its containers have stopped")


KUBELET = Component(
    "kubelet",
    (Rule("end", Key("Pod", ("object",), lambda pod: pod if pod and pod.terminating else None), _end, duration=GRACE),),
)


def _arrive(pod: Pod) -> Iterable[Alternative]:
    yield Alternative((Call(New("Pod"), ApiCall(Verb.CREATE, "Pod", pod)), Write(KEY, "todo", Set(None))))


def _crash(_left: int) -> Iterable[Alternative]:
    yield Alternative((Write(KEY, "left", Less()), Forget(SCHEDULER)), "the scheduler crashes")


ENVIRONMENT = (
    Component("user", (Rule("apply", Key("User", ("todo",), lambda todo: todo), _arrive),), environment=True),
    Component("fault", (Rule("crash", Key("Fault", ("left",), lambda left: left or None), _crash),), environment=True),
)


def _lower_only(_component: str, _rule: str, before: Any, after: Any, _answers: Any) -> Finding:
    (old, _), (new, by) = before, after
    if old is None or old.terminating or by is None or not (new is None or new.terminating):
        return IDLE
    return HOLDS if old.priority < by else violated(f"a pod of priority {old.priority} made room for one of {by}")


LOWER_ONLY = StepProperty(
    name="preemption-only-lower-priority",
    statement="the scheduler deletes a pod only to make room for one of higher priority",
    kind="Pod",
    fields=("object", "preempted_by"),
    judge=_lower_only,
    reference="invariants 25",
)


def _urgent(pod: Pod | None) -> Pod | None:
    return pod if pod is not None and pod.priority >= 5 else None


PLACED = StateProperty(
    name="urgent-pods-run",
    statement="an urgent pod ends up on a node",
    key=Key("Pod", ("object",), _urgent),
    judge=lambda pod: HOLDS if pod.node else violated("an urgent pod waits for ever"),
    when=When.QUIESCENT,
)

VICTIMS = Query("Pod", ("preempted_by",), lambda _parameter, by: by, COUNT, no_parameter)

FEWEST_VICTIMS = StateProperty(
    name="fewest-victims",
    statement="one urgent pod costs one victim, for one is enough on either node",
    key=Key("User", ("name",), lambda name: name),
    queries={"victims": VICTIMS},
    judge=lambda _key, victims: HOLDS if victims <= 1 else violated(f"{victims} pods made room for one"),
)


URGENT = Pod(5, 2)


def model(
    waiting: tuple[Pod, ...] = (URGENT,),
    *,
    arriving: Pod | None = None,
    crashes: int = 0,
    serial: bool = True,
    strict: bool = True,
    time: TimeMode = TimeMode.GRADED,
) -> Model:
    """The spike: ``waiting`` pods are there at the start, ``arriving`` may come at any moment.

    ``strict`` False is the mutation that preempts equals too.
    """
    running = (Pod(0, 2, "n1"), Pod(1, 2, "n1"), Pod(0, 1, "n2"), Pod(0, 1, "n2"), Pod(0, 2, "n2"))
    return Model(
        name="preemption",
        kinds=(
            Kind("Pod", (Field("object"), Field("preempted_by")), slots=len(running) + len(waiting) + bool(arriving)),
            Kind("Node", (Field("cpu", 0),), names=("n1", "n2")),
            Kind("User", (Field("todo"),), names=("user",)),
            Kind("Fault", (Field("left", 0),), names=("crash",)),
        ),
        components=(_scheduler(serial=serial, strict=strict), KUBELET, *ENVIRONMENT),
        initial={
            "Pod": tuple({"object": pod} for pod in (*running, *waiting)),
            "Node": tuple({"name": name, "cpu": 4} for name in ("n1", "n2")),
            "User": ({"name": "user", "todo": arriving},),
            "Fault": ({"name": "crash", "left": crashes},),
        },
        properties=(LOWER_ONLY, PLACED, *((FEWEST_VICTIMS,) if waiting == (URGENT,) and not arriving else ())),
        api_server=serve(_delete, _bind),
        time=time,
    )
