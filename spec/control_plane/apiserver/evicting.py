"""The API server as it carries out evictions: the one request that comes to several writes (kube-apiserver §5).

Life of an eviction: a client asks (REQUESTED) -> the budget is charged (GRANTED), or need not be -> the pod is marked
and deleted. If the budget allows none the client is told so (429): kubectl drain asks again after five seconds, without
end (REFUSED); here only the time when it gets another answer is a step. Between check and write of a budget nothing can
come: a conflict makes the API server read and check again.

A request is by name. It means whatever pod bears the name when it is carried out, unless it names a uid.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from frozendict import frozendict

from ...kinds import (
    EVICTION,
    FAULT,
    GRANTED,
    KUBE_APISERVER,
    POD,
    POD_DISRUPTION_BUDGET,
    REFUSED,
    REQUESTED,
    Eviction,
)
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, states_by
from ...language.plan import KEY, Alternative, Call, Named, Set, Step, Write
from ...language.query import DISTINCT, Query, Read
from ...language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Verb
from ...objects.disruption import PodDisruptionBudget
from ...objects.pod import Pod
from ...objects.selectors import selects
from .eviction import Answer, Charge, Evictable, MarkEvicted, evictable, judge_eviction

NAME = "kube-apiserver"

RETRY = 5.0
"""Seconds after which kubectl drain asks again when it was refused."""


@attrs.frozen(cache_hash=True)
class Request:
    """An eviction that a client waits for, and what the API server reads of its pod (None: it is gone).

    ``seen``: the pod itself where only this version of it may be deleted. ``other``: it is not the one that is meant.
    """

    eviction: Eviction
    pod: Evictable | None
    other: bool = False
    namespace: str = ""
    labels: frozendict[str, str] = frozendict()
    seen: Pod | None = None


def _request(state: str) -> Key:
    def view(pod: Pod | None, eviction: Eviction | None) -> Request | None:
        if eviction is None or eviction.state != state:
            return None
        if pod is None:
            return Request(eviction, None)
        read, meta = evictable(pod), pod.metadata
        other = eviction.uid not in (None, meta.uid)
        if read.ended or other:
            return Request(eviction, read, other)
        return Request(eviction, read, other, meta.namespace, meta.labels, None if read.ready else pod)

    return Key(POD, ("object", "eviction"), view)


def _selecting(request: Request, budget: PodDisruptionBudget | None) -> PodDisruptionBudget | None:
    if budget is None or budget.metadata.namespace != request.namespace:
        return None
    return budget if selects(budget.spec.selector, request.labels) else None


BUDGETS = Query(POD_DISRUPTION_BUDGET, ("object",), _selecting, DISTINCT, read=Read.QUORUM)
"""The budgets that select the pod, as they are stored."""

ENTRIES = Query(POD, ("disruption",), lambda _parameter, entry: entry, DISTINCT, lambda _key: None)
"""The entries under which evictions that were granted are listed."""


@attrs.frozen(cache_hash=True)
class CountGranted:
    """The edit of (evictions granted, disruptions that the controller allowed) when one more is granted."""

    def __call__(self, counted: tuple[int, int], /) -> tuple[int, int]:
        """The counts after it; the first stops above the second."""
        granted, allowed = counted
        return min(granted, allowed) + 1, allowed


def free_entry(budget: PodDisruptionBudget, used: tuple[str, ...]) -> str:
    """A name for the next entry of the budget's disrupted pods."""
    taken = {*used, *budget.status.disrupted_pods}
    return next(name for number in range(len(taken) + 1) if (name := f"eviction-{number}") not in taken)


def _becomes(request: Request, state: str | None) -> Write:
    after = None if state is None else attrs.evolve(request.eviction, state=state)
    return Write(KEY, "eviction", Set(after))


def _charging(request: Request, budget: PodDisruptionBudget, entries: tuple[str, ...]) -> tuple[Step, ...]:
    target = Named(POD_DISRUPTION_BUDGET, budget.metadata.name)
    entry = free_entry(budget, entries)
    update = ApiCall(Verb.UPDATE, POD_DISRUPTION_BUDGET, Charge(entry), "status", Preconditions(seen=budget))
    return (
        Call(target, update),
        Write(target, "granted", CountGranted()),
        Write(KEY, "disruption", Set(entry)),
        _becomes(request, GRANTED),
    )


def _deleting(request: Request, answer: Answer) -> tuple[Step, ...]:
    """The pod is marked and deleted. A conflict is told the client as 429, a pod that is gone as 404.

    Of a pod that was Pending the API server itself reads the new version, and judges anew.
    """
    preconditions = Preconditions(uid=request.eviction.uid)
    failed: tuple[tuple[Outcome, tuple[Step, ...]], ...] = ((Outcome.NOT_FOUND, (_becomes(request, None),)),)
    if request.pod is not None and not request.pod.pending:
        told = _becomes(request, REFUSED if request.eviction.retries else None)
        failed = (*failed, (Outcome.CONFLICT, (told,)))
    mark = Call(KEY, ApiCall(Verb.PATCH, POD, MarkEvicted(), "status", preconditions), on=failed)
    if answer is Answer.DELETE_AS_SEEN and request.seen is not None:
        preconditions = attrs.evolve(preconditions, seen=MarkEvicted()(request.seen))
    delete = Call(KEY, ApiCall(Verb.DELETE, POD, DeleteOptions(), preconditions=preconditions), on=failed)
    return (mark, delete, _becomes(request, None), Write(Named(FAULT, EVICTION), "used", Set(True)))


def _evict(
    request: Request, budgets: tuple[PodDisruptionBudget, ...] = (), entries: tuple[str, ...] = ()
) -> Iterable[Alternative]:
    if request.pod is None:
        yield Alternative((_becomes(request, None),), "not found: the pod is gone")
        return
    if request.other:
        yield Alternative((_becomes(request, None),), "conflict: the pod is another one than was listed")
        return
    verdict = judge_eviction(request.pod, budgets)
    if verdict.answer in (Answer.TOO_MANY_REQUESTS, Answer.FORBIDDEN, Answer.ERROR):
        again = verdict.answer is Answer.TOO_MANY_REQUESTS and request.eviction.retries
        state = REFUSED if again else None
        if state != request.eviction.state:
            yield Alternative((_becomes(request, state),), f"{verdict.answer.value}: {verdict.because}")
        return
    plan = _deleting(request, verdict.answer)
    if verdict.answer is Answer.CHARGE:
        plan = (*_charging(request, budgets[0], entries), *plan)
    yield Alternative(plan, verdict.because)


def component(*, budgets: bool) -> Component:
    """The API server's evictions. ``budgets``: there are PodDisruptionBudgets to ask."""
    first = Rule(
        name="evict",
        key=_request(REQUESTED),
        decide=_evict,
        queries={"budgets": BUDGETS, "entries": ENTRIES} if budgets else {},
        several_requests=True,
        reference="kube-apiserver §5",
        meaning="charges the budget that selects the pod, marks the pod and deletes it; 429 if the budget allows none",
    )
    again = attrs.evolve(
        first,
        name="evict on retry",
        key=_request(REFUSED),
        duration=RETRY,
        meaning="a client that was refused asks again, until the budget allows it or the pod is gone",
    )
    return Component(
        name=NAME,
        rules=(first, again) if budgets else (first,),
        process=KUBE_APISERVER,
        duty="checks evictions against budgets and carries them out",
        reference="kube-apiserver §5",
    )


_STATES = {
    "None": "nobody asks for the pod's eviction",
    "Requested": "a client asks for it",
    "Refused": "the budget allows none (429); the client asks again",
    "Granted": "a disruption was taken from the budget; the pod is about to be deleted",
}
_NAMES = {REQUESTED: "Requested", REFUSED: "Refused", GRANTED: "Granted"}


def _state(eviction: Eviction | None) -> str:
    return "None" if eviction is None else _NAMES[eviction.state]


MACHINE = Machine(
    name="eviction",
    kind=POD,
    fields=("eviction",),
    states=states_by(_state, _STATES),
    initial="None",
    arrows=(
        Arrow("drain", "None", "Requested", "user", "kubectl drain"),
        Arrow("deschedule", "None", "Requested", "descheduler", "descheduler, strategies"),
        Arrow("429", "Requested", "Refused", NAME, "kube-apiserver §5"),
        Arrow("charge budget", "Requested", "Granted", NAME, "kube-apiserver §5"),
        Arrow("charge budget", "Refused", "Granted", NAME, "kube-apiserver §5"),
        Arrow("delete", "Granted", "None", NAME, "kube-apiserver §5"),
        Arrow("delete without budget, or fail", "Requested", "None", NAME, "kube-apiserver §5"),
        Arrow("delete without budget, or fail", "Refused", "None", NAME, "kube-apiserver §5"),
    ),
    meaning="a request for the eviction of a pod",
    reference="kube-apiserver §5",
)
