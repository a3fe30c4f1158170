"""The disruption controller: how many evictions each PodDisruptionBudget allows (controllers-cluster §9).

Duty: count the pods that a budget selects, compare them with what it wants, write the difference into its status. The
API server takes from that number whenever it grants an eviction; writes compare versions, so that neither undoes what
the other did. An eviction that was granted and came to nothing counts for two minutes.

Life of a key: a pod, a workload or the budget changes -> the status is computed and, if it differs, written. A conflict
means: compute anew. Before Kubernetes 1.17 the controller wrote once more what it had computed before (#82149); the
switch ``budget-conflict`` shows that.

The entries of ``status.disruptedPods`` have names of their own here, which stand with the pods too: pods have none. A
name may be used again while some cache still shows its last use; what is computed from such a cache conflicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from ...kinds import DEPLOYMENT, KUBE_CONTROLLER_MANAGER, POD, POD_DISRUPTION_BUDGET, REPLICA_SET, process_runs
from ...language.component import Component, Countdown, Handler, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Call, Chosen, Set, Step, Write
from ...language.query import DISTINCT, MULTISET, Query
from ...language.request import ApiCall, Outcome, Preconditions, Verb
from ...objects.disruption import PodDisruptionBudget, PodDisruptionBudgetStatus
from ...objects.metadata import ObjectMeta
from ...objects.pod import Pod
from ...objects.selectors import LabelSelector, selects
from .disruption_decisions import (
    DELETION_TIMEOUT,
    Covered,
    NoLongerTarget,
    Scaled,
    budget_status,
    covered,
    is_stale_disruption,
    needs_scale,
    recent_disruptions,
    scaled,
)

NAME = "disruption-controller"

OVERWRITE = "overwrite"
"""Value of the switch under which a conflict is answered by the same status once more."""

_LATER = DELETION_TIMEOUT + 1.0
"""An instant at which everything that was granted at instant 0 has expired."""


@attrs.frozen(cache_hash=True)
class WriteBudgetStatus:
    """The edit that stores a budget's status."""

    status: PodDisruptionBudgetStatus

    def __call__(self, stored: PodDisruptionBudget, /) -> PodDisruptionBudget:
        """The budget with the new status."""
        return attrs.evolve(stored, status=self.status)


def _live(budget: PodDisruptionBudget | None) -> PodDisruptionBudget | None:
    if budget is None or budget.metadata.terminating:
        return None
    return attrs.evolve(budget, metadata=attrs.evolve(budget.metadata, annotations=ObjectMeta().annotations))


def _selection(budget: PodDisruptionBudget, **_answers: Any) -> tuple[str, LabelSelector | None]:
    return budget.metadata.namespace, budget.spec.selector


def _covered(parameter: tuple[str, LabelSelector | None], pod: Pod | None, entry: str | None) -> Covered | None:
    namespace, selector = parameter
    if pod is None or pod.metadata.namespace != namespace or not selects(selector, pod.metadata.labels):
        return None
    return covered(pod, entry)


PODS = Query(POD, ("object", "disruption"), _covered, MULTISET, _selection)
"""What the controller reads of the pods that the budget selects."""


def _scales(kind: str) -> Query:
    """The workloads of ``kind``; asked for only where the budget counts from what they want."""

    def classify(asked: bool, item: Any) -> Scaled | None:
        return scaled(item) if asked and item is not None else None

    return Query(kind, ("object",), classify, DISTINCT, needs_scale)


def _sync(at: float, *, overwrites: bool) -> Callable[..., Iterable[Alternative]]:
    def decide(
        budget: PodDisruptionBudget, pods: tuple[tuple[Covered, int], ...], **scales: tuple[Scaled, ...]
    ) -> Iterable[Alternative]:
        if at and recent_disruptions(budget.status, (pod for pod, _ in pods), 0.0) == recent_disruptions(
            budget.status, (pod for pod, _ in pods), at
        ):
            return
        workloads = tuple(item for found in scales.values() for item in found)
        status = budget_status(budget, pods, workloads, at)
        if status != budget.status:
            because = f"{status.current_healthy} healthy, {status.desired_healthy} wanted"
            yield Alternative(_write(budget, pods, status, overwrites=overwrites), because)

    return decide


def _write(
    budget: PodDisruptionBudget,
    pods: tuple[tuple[Covered, int], ...],
    status: PodDisruptionBudgetStatus,
    *,
    overwrites: bool,
) -> tuple[Step, ...]:
    dropped = set(budget.status.disrupted_pods) - set(status.disrupted_pods)
    written: tuple[Step, ...] = (
        Write(KEY, "granted", Set((0, status.disruptions_allowed))),
        *(
            Write(Chosen("pods", pod, label=pod.entry), "disruption", Set(None))
            for pod, _ in pods
            if pod.entry in dropped
        ),
    )
    write = WriteBudgetStatus(status)
    again: tuple[tuple[Outcome, tuple[Step, ...]], ...] = ()
    if overwrites:
        # It reads the newest version, puts the same status into it, and sends that.
        repeated = Call(KEY, ApiCall(Verb.UPDATE, POD_DISRUPTION_BUDGET, write, "status"))
        again = ((Outcome.CONFLICT, (repeated, *written)),)
    update = ApiCall(Verb.UPDATE, POD_DISRUPTION_BUDGET, write, "status", Preconditions(seen=budget))
    return (Call(KEY, update, on=again), *written)


def _stale(pod: Pod | None) -> bool | None:
    return True if pod is not None and is_stale_disruption(pod, _LATER) else None


RESET = Rule(
    name="reset stale DisruptionTarget",
    key=Key(POD, ("object",), _stale),
    decide=lambda _key: [
        Alternative((Call(KEY, ApiCall(Verb.PATCH, POD, NoLongerTarget(), "status")),), "nobody deleted the pod")
    ],
    duration=DELETION_TIMEOUT,
    countdown=Countdown(stored=True),
    reference="controllers-cluster §9",
    meaning="a pod that was to be evicted two minutes ago and is not being deleted no longer says so",
)


def component(*, overwrites: bool = False, scalable: tuple[str, ...] = (DEPLOYMENT, REPLICA_SET)) -> Component:
    """The disruption controller. ``overwrites``: as it once answered a conflict; ``scalable``: kinds with a scale."""
    queries = {"pods": PODS, **{f"scales of {kind}": _scales(kind) for kind in scalable}}
    sync = Rule(
        name="update budget status",
        key=Key(POD_DISRUPTION_BUDGET, ("object",), _live),
        decide=_sync(0.0, overwrites=overwrites),
        queries=queries,
        several_requests=overwrites,
        reference="controllers-cluster §9",
        meaning="writes how many pods are healthy, how many must be, and so how many evictions are allowed",
    )
    expire = attrs.evolve(
        sync,
        name="granted eviction expires",
        decide=_sync(_LATER, overwrites=overwrites),
        duration=DELETION_TIMEOUT,
        countdown=Countdown(stored=True),
        meaning="an eviction that was granted two minutes ago, and came to nothing, no longer counts",
    )
    return Component(
        name=NAME,
        rules=(sync, expire, RESET),
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        handlers=(Handler(POD, "disruption", forget_gone),),
        duty="says how many evictions each PodDisruptionBudget allows",
        reference="controllers-cluster §9",
    )


def forget_gone(entry: str | None, _before: Pod | None, after: Pod | None) -> str | None:
    """What stands with a pod of the list of its budget, once the controller has seen the pod change."""
    return None if after is None else entry


def _allows(budget: PodDisruptionBudget | None) -> str:
    if budget is None:
        return "Absent"
    if budget.status.observed_generation < budget.metadata.generation:
        return "New"
    return "Allows" if budget.status.disruptions_allowed > 0 else "Blocks"


_STATES = {
    "Absent": "no such budget",
    "New": "its status says nothing of its spec yet: no eviction is granted",
    "Allows": "its status allows evictions",
    "Blocks": "its status allows none",
}

MACHINE = Machine(
    name="budget",
    kind=POD_DISRUPTION_BUDGET,
    fields=("object",),
    states=states_by(_allows, _STATES),
    initial="Absent",
    arrows=(
        Arrow("first status", "New", "Allows", NAME, "controllers-cluster §9"),
        Arrow("first status", "New", "Blocks", NAME, "controllers-cluster §9"),
        Arrow("enough are healthy", "Blocks", "Allows", NAME, "controllers-cluster §9"),
        Arrow("too few are healthy", "Allows", "Blocks", NAME, "controllers-cluster §9"),
        Arrow("eviction granted", "Allows", "Blocks", "kube-apiserver", "kube-apiserver §5"),
        *(
            Arrow("delete", source, "Absent", "namespace-controller", "controllers-cluster §5")
            for source in ("New", "Allows", "Blocks")
        ),
    ),
    meaning="whether a PodDisruptionBudget lets pods be evicted",
    reference="controllers-cluster §9",
)
