"""Preemption: which pods of lower priority go, and on which node, so that a pod fits (kube-scheduler §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product

import attrs

from ...objects.conditions import Condition, find_condition
from ...objects.disruption import PodDisruptionBudget
from ...objects.node import Node
from ...objects.pod import Pod, effective_priority
from ...objects.selectors import LabelSelector
from .filters.verdict import Code, Infeasible, Verdict
from .snapshot import Snapshot

PREEMPTED = Condition("DisruptionTarget", "True", "PreemptionByScheduler")
"""What tells a victim why it must go."""

NEVER = "Never"

NOT_HELPFUL = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"

_OFFSET = 2**31
"""Makes every priority positive, so that more victims always weigh more in a sum."""

Fits = Callable[[Pod, Node, Snapshot], bool]
"""Whether a pod is feasible on a node, all filters taken together."""


@attrs.frozen
class Victims:
    """The pods that would have to leave one node, the most important first, and how many of them break a budget."""

    pods: tuple[Pod, ...]
    budget_violations: int = 0


def importance(pod: Pod) -> tuple[int, float]:
    """Sorts the most important pod first: higher priority, then earlier start; a pod without a start is the newest."""
    start = pod.status.start_time
    return -effective_priority(pod), float("inf") if start is None else start


def preempted(pod: Pod) -> bool:
    """Whether the pod is being deleted because of preemption."""
    condition = find_condition(pod.status.conditions, PREEMPTED.type)
    return (
        pod.metadata.terminating
        and condition is not None
        and (condition.status, condition.reason) == (PREEMPTED.status, PREEMPTED.reason)
    )


def eligible(pod: Pod, snapshot: Snapshot, nominated_verdict: Verdict | None = None) -> bool:
    """Whether the pod may preempt at all.

    Not with preemptionPolicy Never; nor while a pod of lower priority that was preempted still ends on the node that
    this pod was nominated to, unless ``nominated_verdict`` says that preemption cannot help there any more.
    """
    if pod.spec.preemption_policy == NEVER:
        return False
    node = pod.status.nominated_node_name
    given_up = isinstance(nominated_verdict, Infeasible) and nominated_verdict.code is Code.UNRESOLVABLE
    if not node or given_up:
        return True
    priority = effective_priority(pod)
    return not any(preempted(other) and effective_priority(other) < priority for other in snapshot.pods_on(node))


def _splits(order: Sequence[Pod], budgets: Iterable[PodDisruptionBudget]) -> tuple[list[Pod], list[Pod]]:
    """The pods whose going would take some budget below 0, and the others, each in the order given."""
    left = [
        (budget, budget.status.disruptions_allowed)
        for budget in budgets
        if budget.spec.selector is not None and budget.spec.selector != LabelSelector()
    ]
    violating: list[Pod] = []
    others: list[Pod] = []
    for pod in order:
        broken = False
        for place, (budget, allowed) in enumerate(left):
            selector = budget.spec.selector
            assert selector is not None
            if budget.metadata.namespace != pod.metadata.namespace or not selector.matches(pod.metadata.labels):
                continue
            if pod.metadata.name and pod.metadata.name in budget.status.disrupted_pods:
                continue
            left[place] = (budget, allowed - 1)
            broken = broken or allowed < 1
        (violating if broken else others).append(pod)
    return violating, others


def victims_on(
    pod: Pod,
    node: Node,
    snapshot: Snapshot,
    fits: Fits,
    order: Sequence[Pod],
    budgets: Iterable[PodDisruptionBudget] = (),
) -> Victims | None:
    """Who would have to leave the node; None if nobody can, or if even that would not do.

    ``order``: the pods of lower priority on the node, the most important first. All are taken away; those that break a
    budget are put back first, then the others, each as long as the pod still fits.
    """
    if not order:
        return None
    seen = snapshot.without(order)
    if not fits(pod, node, seen):
        return None
    violating, others = _splits(order, budgets)
    gone: list[Pod] = []
    violations = 0
    for pods, counted in ((violating, 1), (others, 0)):
        for one in pods:
            restored = seen.with_pods((one,))
            if fits(pod, node, restored):
                seen = restored
            else:
                gone.append(one)
                violations += counted
    return Victims(tuple(sorted(gone, key=importance)), violations)


def lower_priority_pods(pod: Pod, node: Node, snapshot: Snapshot) -> tuple[Pod, ...]:
    """The pods on the node of lower priority, the most important first."""
    priority = effective_priority(pod)
    lower = (other for other in snapshot.pods_on(node.metadata.name) if effective_priority(other) < priority)
    return tuple(sorted(lower, key=importance))


def loss(victims: Victims) -> tuple[int, int, int, int, float]:
    """What makes a node the worse choice, in the order in which Kubernetes compares (kube-scheduler §6).

    Budgets broken; the highest priority lost; the sum of the priorities; how many; and, the later the better, when the
    earliest of the victims of highest priority started.
    """
    priorities = [effective_priority(pod) for pod in victims.pods]
    highest = max(priorities, default=-_OFFSET)
    starts = [importance(pod)[1] for pod in victims.pods if effective_priority(pod) == highest]
    return (
        victims.budget_violations,
        highest,
        sum(priority + _OFFSET for priority in priorities),
        len(priorities),
        -min(starts, default=0.0),
    )


def best_choices(candidates: Mapping[str, Victims]) -> tuple[str, ...]:
    """The nodes with the least loss; Kubernetes takes the first of them in an order that nobody can foresee."""
    least = min((loss(victims) for victims in candidates.values()), default=None)
    return tuple(node for node, victims in candidates.items() if loss(victims) == least)


def helpful(verdicts: Mapping[str, Verdict]) -> tuple[str, ...]:
    """The nodes where removing pods might help: those that filtering turned down, but not for good."""
    return tuple(
        node
        for node, verdict in verdicts.items()
        if isinstance(verdict, Infeasible) and verdict.code is Code.UNSCHEDULABLE
    )


def orders(pods: Sequence[Pod]) -> Iterator[tuple[Pod, ...]]:
    """Every order by importance that is not ruled out: among pods of one priority and start, any may be the older."""
    if not pods:
        yield ()
        return
    first = min(map(importance, pods))
    for pod in dict.fromkeys(pod for pod in pods if importance(pod) == first):
        others = list(pods)
        others.remove(pod)
        yield from ((pod, *rest) for rest in orders(others))


def choices(
    pod: Pod,
    verdicts: Mapping[str, Verdict],
    snapshot: Snapshot,
    fits: Fits,
    budgets: Sequence[PodDisruptionBudget] = (),
) -> tuple[tuple[str, Victims], ...]:
    """Every node, with its victims, that preemption may end with; none if it cannot help.

    Ties, and orders by age that the model does not know, are alternatives.
    """
    possible: dict[str, tuple[Victims, ...]] = {}
    for node in (node for node in snapshot.nodes if node.metadata.name in helpful(verdicts)):
        lower = lower_priority_pods(pod, node, snapshot)
        tried = (victims_on(pod, node, snapshot, fits, order, budgets) for order in orders(lower))
        found = dict.fromkeys(victims for victims in tried if victims is not None)
        if found:
            possible[node.metadata.name] = tuple(found)
    chosen: dict[tuple[str, Victims], None] = {}
    for combination in product(*possible.values()):
        candidates = dict(zip(possible, combination, strict=True))
        chosen.update(dict.fromkeys((node, candidates[node]) for node in best_choices(candidates)))
    return tuple(chosen)
