"""kube-scheduler: picks a node for every pod that has none.

Duty (kube-scheduler §1-§4, §6): keep pods without a node in a queue, take the most urgent one, filter the nodes by what
it sees of the cluster, choose one, assume the pod there, bind it. A pod that fits nowhere makes room for itself by
removing pods of lower priority, if that helps, or waits until something changes that could help it.

A pod chooses one of the scheduler's profiles by its schedulerName; these share queue and cache, and differ in which
plug-ins filter and score. One that no profile serves is never taken: it waits for another scheduler, which has a cache
and a queue of its own and agrees on nothing with this one (§7.1).

Life of a pod in the queue: Gated until its gates are gone; Active; taken and bound (Assumed until the scheduler sees
it bound); or Unschedulable, then Backoff, then Active again. The queue and the assumed pods are memory: a restarted
scheduler builds them anew from what it lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from frozendict import frozendict

from ...kinds import BACKOFF, KUBE_SCHEDULER, POD, UNSCHEDULABLE, WAITS_FOR_VOLUMES, process_runs
from ...language.component import Component, Handler, Key, Rule
from ...language.model import Assumption
from ...language.plan import IT, KEY, Alternative, Call, Chosen, Set, Step, Write
from ...language.query import Query
from ...language.request import ApiCall, Binding, DeleteOptions, Outcome, Verb
from ...objects.conditions import Condition, with_condition
from ...objects.disruption import PodDisruptionBudget
from ...objects.namespace import Namespace
from ...objects.node import Node
from ...objects.pod import Pod, effective_priority
from ...objects.storage import PersistentVolume, PersistentVolumeClaim, Storage
from . import back_off, preemption
from .back_off import ATTEMPTS, INITIAL_BACKOFF, Attempts, BackOff, forget_attempts
from .filtering import NodeResult, feasible_nodes, filter_with_nominated
from .filters.verdict import Infeasible
from .nomination import ClearNomination, cleared
from .preemption import PREEMPTED, Victims
from .profiles import SchedulerProfile
from .queue import forget_assumed, leave_queue
from .sampling import number_to_find, samples
from .scoring import best_nodes
from .snapshot import Alike, Snapshot
from .views import DEFAULT_SCHEDULER, NODES, OWNERS, PODS, more_urgent, nominated, pending, snapshot
from .volumes import CLAIMS, VOLUMES, reserve, stop_waiting, volume_rules

NAME = KUBE_SCHEDULER
UNSCHEDULABLE_FLUSH = 300.0
"""Seconds after which a pod that no event has helped is tried again all the same (kube-scheduler §2)."""

Counted = tuple[tuple[Any, int], ...]
"""The answer of a query that counts: (view, how many) pairs."""


@attrs.frozen
class Setup:
    """What one scheduler is set up for.

    ``profiles``: the plug-ins of each profile that it serves, by the name that pods choose it by. ``preempts``: pods
    have different priorities, so that one may make another go. ``services`` and ``namespaces``: what stands in the
    cluster all the time. ``budgets``: how to read the disruption budgets, where there are any. ``storage``: volumes
    and claims, where all claims of the pods are known. ``claims_move``: they are read anew each time, and of the
    storage only its classes stand. ``hints_missed``: no event is found to help a pod, which waits to be flushed out of
    the queue. ``back_off``: how long pods wait before they are tried again. ``nominates``: a pod that has to wait for
    its volumes is nominated to its node first.
    """

    profiles: Mapping[str, SchedulerProfile] = frozendict({DEFAULT_SCHEDULER: SchedulerProfile()})
    preempts: bool = False
    services: tuple[Alike, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    budgets: Query | None = None
    storage: Storage | None = None
    claims_move: bool = False
    hints_missed: bool = False
    back_off: BackOff = BackOff()
    nominates: bool = True

    @property
    def reads_owners(self) -> bool:
        """Whether the scores of some profile ask which pods are alike."""
        return any(profile.reads_owners for profile in self.profiles.values())

    def profile_of(self, pod: Pod) -> SchedulerProfile:
        """The profile of a pod."""
        return self.profiles[pod.spec.scheduler_name]


@attrs.frozen(cache_hash=True)
class MarkUnschedulable:
    """The edit of a pod's status after an attempt that found no node (kube-scheduler §2, §6).

    ``nominated``: the node on which room was made for it, "" for none; None leaves that as it is.
    """

    nominated: str | None = None

    def __call__(self, stored: Pod, /) -> Pod:
        """The pod with PodScheduled=False, reason Unschedulable."""
        condition = Condition("PodScheduled", "False", "Unschedulable")
        status = attrs.evolve(stored.status, conditions=with_condition(stored.status.conditions, condition))
        if self.nominated is not None:
            status = attrs.evolve(status, nominated_node_name=self.nominated)
        return attrs.evolve(stored, status=status)


@attrs.frozen(cache_hash=True)
class MarkPreempted:
    """The edit that tells a victim why it must go."""

    def __call__(self, stored: Pod, /) -> Pod:
        """The pod with the condition DisruptionTarget."""
        status = attrs.evolve(stored.status, conditions=with_condition(stored.status.conditions, PREEMPTED))
        return attrs.evolve(stored, status=status)


@attrs.frozen
class _Cycle:
    """One attempt to schedule a pod: what was seen, and how each node came out of filtering."""

    setup: Setup
    pod: Pod
    seen: Snapshot
    nominated: tuple[Pod, ...]
    budgets: tuple[PodDisruptionBudget, ...]
    results: Mapping[str, NodeResult]

    @property
    def feasible(self) -> tuple[Node, ...]:
        """The nodes that all filters accept."""
        results = self.results
        return tuple(it for it in self.seen.nodes if it.metadata.name in results and results[it.metadata.name].feasible)

    def fits(self, pod: Pod, node: Node, seen: Snapshot) -> bool:
        """Whether the pod would be feasible on the node in another snapshot."""
        return filter_with_nominated(pod, node, seen, self.nominated, self.setup.profile_of(pod).filters).feasible

    def victims(self) -> tuple[tuple[str, Victims], ...]:
        """The nodes on which room could be made, each with who would have to go."""
        verdicts = {name: result.verdict for name, result in self.results.items()}
        at_nominated = verdicts.get(self.pod.status.nominated_node_name)
        if not self.setup.preempts or not preemption.eligible(self.pod, self.seen, at_nominated):
            return ()
        return preemption.choices(self.pod, verdicts, self.seen, self.fits, self.budgets)


def _cycle(
    setup: Setup,
    pod: Pod,
    nodes: Counted,
    pods: Counted,
    owners: tuple[Alike, ...] = (),
    nominated: Counted = (),
    budgets: Counted = (),
    claims: tuple[PersistentVolumeClaim, ...] = (),
    volumes: tuple[PersistentVolume, ...] = (),
) -> _Cycle:
    storage = setup.storage
    if setup.claims_move and storage is not None:
        storage = attrs.evolve(storage, volumes=volumes, claims=claims)
    seen = snapshot(nodes, pods, setup.namespaces, (*setup.services, *owners), storage)
    waiting = tuple(other for other, number in nominated for _ in range(number))
    found = tuple(budget for budget, number in budgets for _ in range(number))
    return _Cycle(setup, pod, seen, waiting, found, feasible_nodes(pod, seen, waiting, setup.profile_of(pod).filters))


def _best(cycle: _Cycle, feasible: tuple[Node, ...]) -> tuple[Node, ...]:
    """The feasible nodes that the scheduler may choose: the best of those that it finds."""
    profile = cycle.setup.profile_of(cycle.pod)
    if not profile.scores or len(feasible) == 1:
        return feasible
    number = number_to_find(len(cycle.seen.nodes), profile.percentage)
    found = (best_nodes(cycle.pod, drawn, cycle.seen, profile.scores) for drawn in samples(feasible, number))
    best = {node.metadata.name for nodes in found for node in nodes}
    return tuple(node for node in feasible if node.metadata.name in best)


def _unpromised(pod: Pod) -> tuple[Step, ...]:
    """What follows a binding that failed: the pod is nominated nowhere any more (kube-scheduler §3.9)."""
    if not pod.status.nominated_node_name:
        return ()
    return cleared()


def _bind(cycle: _Cycle, feasible: tuple[Node, ...]) -> Iterable[Alternative]:
    chosen = _best(cycle, feasible)
    names = ", ".join(node.metadata.name for node in feasible)
    erred = cycle.setup.back_off.erred
    failed = (Write(IT, "assumed", Set("")), *erred, *_unpromised(cycle.pod))
    for node in chosen:
        name = node.metadata.name
        reserving: tuple[Step, ...] = ()
        if cycle.setup.claims_move:
            reserving = reserve(cycle.pod, node, cycle.seen.storage, erred, nominates=cycle.setup.nominates)
        if reserving:
            yield Alternative(reserving, f"feasible: {names}; its volumes first")
            continue
        bind = Call(
            KEY,
            ApiCall(Verb.BIND, POD, Binding(name)),
            memory=(("assumed", Set(name)),),
            on=tuple((outcome, failed) for outcome in Outcome if not outcome.success),
        )
        yield Alternative((bind,), f"feasible: {names}")


def _why_nowhere(cycle: _Cycle) -> str:
    rejections = [result.verdict for result in cycle.results.values()]
    reasons = sorted({reason for it in rejections if isinstance(it, Infeasible) for reason in it.reasons})
    return "; ".join(reasons) or "no nodes available to schedule pods"


def _make_room(cycle: _Cycle, node: str, victims: Victims) -> Alternative:
    """The plan of a preemption: the pod is promised the room, lower nominations there are void, the victims go.

    The promise comes first: since v1.33 the deletions are made in the background (kube-scheduler §6). Here no other pod
    is taken before they are made.
    """
    promise = ApiCall(Verb.PATCH, POD, MarkUnschedulable(node), "status")
    steps: list[Step] = [*cycle.setup.back_off.rejected, Call(KEY, promise)]
    priority = effective_priority(cycle.pod)
    for other in cycle.nominated:
        if other.status.nominated_node_name == node and effective_priority(other) < priority:
            clear = ApiCall(Verb.PATCH, POD, ClearNomination(), "status")
            steps.append(Call(Chosen("nominated", other), clear, tolerates=(Outcome.NOT_FOUND,)))
    for number, victim in enumerate(victims.pods):
        target = Chosen("pods", victim, label=number)
        mark = ApiCall(Verb.PATCH, POD, MarkPreempted(), "status")
        steps.append(Call(target, mark, tolerates=(Outcome.NOT_FOUND,)))
        steps.append(Call(target, ApiCall(Verb.DELETE, POD, DeleteOptions()), tolerates=(Outcome.NOT_FOUND,)))
    broken = f", {victims.budget_violations} against a disruption budget" if victims.budget_violations else ""
    because = f"{_why_nowhere(cycle)}; {len(victims.pods)} of lower priority make room on {node}{broken}"
    return Alternative(tuple(steps), because)


def _schedule(cycle: _Cycle) -> Iterable[Alternative]:
    if cycle.feasible:
        yield from _bind(cycle, cycle.feasible)
        return
    choices = cycle.victims()
    for node, victims in choices:
        yield _make_room(cycle, node, victims)
    if not choices:
        patch = ApiCall(Verb.PATCH, POD, MarkUnschedulable(), "status")
        yield Alternative((*cycle.setup.back_off.rejected, Call(KEY, patch)), _why_nowhere(cycle))


def _requeue(cycle: _Cycle) -> Iterable[Alternative]:
    feasible = [node.metadata.name for node in cycle.feasible]
    if feasible:
        yield Alternative((Write(KEY, "queue", Set(BACKOFF)),), f"now feasible: {', '.join(feasible)}")
        return
    nodes = dict.fromkeys(node for node, _ in cycle.victims())
    if nodes:
        yield Alternative((Write(KEY, "queue", Set(BACKOFF)),), f"room could now be made on {', '.join(nodes)}")


def _at_once(found: Iterable[Alternative]) -> Iterable[Alternative]:
    """The same, with the pod active at once: its back-off is over."""
    for each in found:
        yield Alternative((Write(KEY, "queue", Set(None)),), each.because)


def _end_backoff(_pod: Pod) -> Iterable[Alternative]:
    yield Alternative((Write(KEY, "queue", Set(None)),), "its back-off is over")


def _key(setup: Setup, wanted: str | None, *, over: bool | None = None) -> Key:
    """Pods whose entry in the queue is ``wanted``; ``over``: those whose back-off is over, or lasts."""
    served = frozenset(setup.profiles)

    def view(pod: Pod | None, queue: str | None, assumed: str, attempts: Attempts | None = None) -> Pod | None:
        if over is not None and (attempts or back_off.NONE).over != over:
            return None
        return pending(pod, queue, assumed, wanted, served, with_owners=setup.reads_owners)

    fields = ("object", "queue", "assumed")
    return Key(POD, fields if over is None else (*fields, ATTEMPTS), view)


def _leaves_unschedulable(setup: Setup, reads: Mapping[str, Query]) -> tuple[Rule, ...]:
    """How a pod that could not be scheduled comes to be tried again."""

    def requeue(pod: Pod, **answers: Any) -> Iterable[Alternative]:
        return _requeue(_cycle(setup, pod, **answers))

    def at_once(pod: Pod, **answers: Any) -> Iterable[Alternative]:
        return _at_once(requeue(pod, **answers))

    if setup.hints_missed:
        # One that still fits nowhere would only be found so again: nothing would change, so nothing is done.
        flush = Rule(
            name="flush unschedulable pod",
            key=_key(setup, UNSCHEDULABLE),
            queries=reads,
            decide=at_once,
            duration=UNSCHEDULABLE_FLUSH,
            reference="kube-scheduler §2",
            meaning="a pod that could not be scheduled has waited for five minutes: it is tried again in any case",
        )
        return (flush,)
    helped = Rule(
        name="requeue",
        key=_key(setup, UNSCHEDULABLE, over=False if setup.back_off.doubles else None),
        queries=reads,
        decide=requeue,
        reference="kube-scheduler §2",
        meaning="a cluster event made an unschedulable pod feasible: it goes to the back-off queue",
    )
    if not setup.back_off.doubles:
        return (helped,)
    late = attrs.evolve(
        helped,
        name="requeue without back-off",
        key=_key(setup, UNSCHEDULABLE, over=True),
        decide=at_once,
        meaning="a cluster event made an unschedulable pod feasible whose back-off is over: it is active at once",
    )
    return (helped, late)


def _leaves_backoff(setup: Setup) -> tuple[Rule, ...]:
    """How a pod in back-off becomes active again."""
    if setup.back_off.doubles:
        return back_off.rules(setup.back_off, frozenset(setup.profiles), hints_missed=setup.hints_missed)
    completes = Rule(
        name="back-off completes",
        key=_key(setup, BACKOFF),
        decide=_end_backoff,
        duration=INITIAL_BACKOFF,
        reference="kube-scheduler §2",
        meaning="a pod whose back-off is over is active again",
    )
    return (completes,)


def component(setup: Setup | None = None) -> Component:
    """The scheduler with its profiles, set up for what the scenario holds."""
    setup = setup or Setup()
    reads = {"nodes": NODES, "pods": PODS}
    if setup.reads_owners:
        reads["owners"] = OWNERS
    if setup.claims_move:
        reads |= {"claims": CLAIMS, "volumes": VOLUMES}
    if setup.preempts or (setup.claims_move and setup.nominates):
        reads["nominated"] = nominated(frozenset(setup.profiles))
    if setup.preempts and setup.budgets is not None:
        reads["budgets"] = setup.budgets

    def schedule(pod: Pod, more_urgent: bool, **answers: Any) -> Iterable[Alternative]:
        return () if more_urgent else _schedule(_cycle(setup, pod, **answers))

    return Component(
        name=NAME,
        process=KUBE_SCHEDULER,
        guards=(process_runs(KUBE_SCHEDULER),),
        rules=(
            Rule(
                name="schedule",
                key=_key(setup, None),
                queries={**reads, "more_urgent": more_urgent(frozenset(setup.profiles))},
                decide=schedule,
                several_requests=setup.preempts or setup.claims_move,
                reference="kube-scheduler §3, §6",
                meaning="filters the nodes, assumes the pod on one of them and binds it; or makes room for it by"
                " removing pods of lower priority; or finds it unschedulable",
            ),
            *_leaves_unschedulable(setup, reads),
            *_leaves_backoff(setup),
            *(volume_rules(setup.back_off.erred, nominates=setup.nominates) if setup.claims_move else ()),
        ),
        handlers=(
            Handler(POD, "queue", leave_queue),
            Handler(POD, "assumed", forget_assumed),
            *((Handler(POD, ATTEMPTS, forget_attempts),) if setup.back_off.doubles else ()),
            *((Handler(POD, WAITS_FOR_VOLUMES, stop_waiting),) if setup.claims_move else ()),
        ),
        serial=setup.preempts or setup.claims_move,
        duty="picks a node for every pod that has none",
        reference="kube-scheduler §1-§4",
    )


PREEMPTION_IN_ONE_GO = Assumption(
    "preemption-in-one-go",
    "the scheduler takes no other pod before all calls of a preemption are made, the promise of the node first",
    "kube-scheduler §6",
)
