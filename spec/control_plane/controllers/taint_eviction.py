"""The taint eviction controller: deletes pods from nodes whose NoExecute taints they do not tolerate (§2).

References: controllers-cluster §2. Duty: for each pod on a tainted node, delete it now, after the least
tolerationSeconds of the tolerations in use, or never; a taint that goes cancels what was waiting. Waiting is memory of
the process: its restart starts the time anew, which the level-triggered timers here allow by themselves.

The queue of timed evictions is keyed by uid. It was once keyed by name (switch ``eviction-queue-key``, #107543): an
entry stays after its eviction is done, so that nothing is done twice, until the controller sees that the pod is gone,
or that nothing is left to tolerate. It looks the pod up by name, too: if the next pod of that name is there already, it
sees no pod gone, the entry stays, and the new pod's own eviction is skipped as one that is queued.

Kubernetes first sets the condition DisruptionTarget on the pod, then deletes it. Nothing in this model reads that
condition (only Jobs do), so there is one request, the DELETE.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ...kinds import KUBE_CONTROLLER_MANAGER, NODE, POD, process_runs
from ...language.component import Component, Countdown, Handler, Key, Rule
from ...language.plan import KEY, Alternative, Call, Set, Write
from ...language.query import ONLY, Query
from ...language.request import ApiCall, DeleteOptions, Verb
from ...node.heartbeat import node_of
from ...objects.node import Node
from ...objects.pod import Pod, PodSpec
from ...objects.taints import NO_EXECUTE, Taint, Toleration

NAME = "taint-eviction-controller"

DEFAULT_TOLERATION_SECONDS = 300
"""tolerationSeconds that admission gives pods for not-ready and unreachable (kube-apiserver §6)."""


def minimum_toleration(used: Iterable[Toleration]) -> int | None:
    """Seconds that the tolerations in use keep a pod: the least bound, 0 if none is in use, None for ever.

    A bound that is not positive counts as 0.
    """
    tolerations = tuple(used)
    if not tolerations:
        return 0
    bounds = [toleration.toleration_seconds for toleration in tolerations if toleration.toleration_seconds is not None]
    return max(0, min(bounds)) if bounds else None


def eviction_delay(tolerations: tuple[Toleration, ...], taints: tuple[Taint, ...]) -> int | None:
    """Seconds until a pod with ``tolerations`` is deleted because of a node's NoExecute ``taints``; None: never.

    For each taint the first toleration that covers it is in use.
    """
    if not taints:
        return None
    used = []
    for taint in taints:
        covering = next((toleration for toleration in tolerations if toleration.tolerates(taint)), None)
        if covering is None:
            return 0
        used.append(covering)
    return minimum_toleration(used)


def finite_tolerations(specs: Iterable[PodSpec]) -> tuple[int, ...]:
    """The distinct positive tolerationSeconds of some pods, in order: the delays that evictions of them can have."""
    seconds = {toleration.toleration_seconds for spec in specs for toleration in spec.tolerations}
    return tuple(sorted(bound for bound in seconds if bound is not None and bound > 0))


def executing_taints(node: Node) -> tuple[Taint, ...]:
    """The NoExecute taints of a node."""
    return tuple(taint for taint in node.spec.taints if taint.effect == NO_EXECUTE)


@attrs.frozen(cache_hash=True)
class _PodOnNode:
    node: str
    tolerations: tuple[Toleration, ...]


def _on_node(pod: Pod | None) -> _PodOnNode | None:
    # A pod that is being deleted already gains nothing from another DELETE with its own grace period.
    if pod is None or not pod.spec.node_name or pod.metadata.terminating:
        return None
    return _PodOnNode(pod.spec.node_name, pod.spec.tolerations)


def _taints_of(name: str, other: str, node: Node | None) -> tuple[Taint, ...] | None:
    return executing_taints(node) if node is not None and name == other else None


_NOTE = (("evicted", Set(True)),)


def _evict_after(seconds: int, *, noted: bool) -> Rule:
    def decide(key: _PodOnNode, taints: tuple[Taint, ...] | None) -> list[Alternative]:
        if eviction_delay(key.tolerations, taints or ()) != seconds:
            return []
        because = f"tolerated for {seconds} s only" if seconds else "a NoExecute taint is not tolerated"
        delete = Call(KEY, ApiCall(Verb.DELETE, POD, DeleteOptions()), _NOTE if noted else ())
        return [Alternative((delete,), because)]

    return Rule(
        name=f"evict after {seconds} s" if seconds else "evict now",
        key=Key(POD, ("object",), _on_node),
        decide=decide,
        queries={"taints": Query(NODE, ("name", "object"), _taints_of, ONLY, node_of)},
        duration=float(seconds),
        reference="controllers-cluster §2",
        meaning="a pod on a node with NoExecute taints is deleted when its tolerations no longer keep it",
    )


@attrs.frozen(cache_hash=True)
class _Timed:
    """A pod on a node. ``scheduled``: after how many seconds it is deleted, None while it may stay."""

    node: str
    tolerations: tuple[Toleration, ...]
    scheduled: int | None


def _timed(pod: Pod | None, scheduled: int | None) -> _Timed | None:
    found = _on_node(pod)
    return _Timed(found.node, found.tolerations, scheduled) if found is not None else None


def rescheduled(scheduled: int | None, delay: int | None) -> int | None:
    """When a pod is deleted, in seconds from the start, after its taints have changed; None: it may stay.

    ``delay``: what its tolerations allow now. A deletion that is scheduled keeps its start. It is shortened if the new
    time is earlier, and cancelled if there is no reason left, but never put off.
    """
    if delay is None or scheduled is None:
        return delay
    return min(scheduled, delay)


def _reschedule(key: _Timed, taints: tuple[Taint, ...] | None) -> Iterable[Alternative]:
    delay = eviction_delay(key.tolerations, taints or ())
    wanted = rescheduled(key.scheduled, delay)
    if delay != 0 and wanted != key.scheduled:
        because = "it may stay" if wanted is None else f"it may stay for {wanted} s"
        yield Alternative((Write(KEY, "eviction_timer", Set(wanted)),), because)


_TAINTS = Query(NODE, ("name", "object"), _taints_of, ONLY, node_of)

RESCHEDULE = Rule(
    name="schedule eviction",
    key=Key(POD, ("object", "eviction_timer"), _timed),
    decide=_reschedule,
    queries={"taints": _TAINTS},
    reference="controllers-cluster §2",
    meaning="starts, shortens or cancels the time that a pod may stay on a node with NoExecute taints",
)


def _evict_as_scheduled(seconds: int, *, noted: bool) -> Rule:
    def decide(_key: _Timed, **_answers: Any) -> list[Alternative]:
        delete = Call(KEY, ApiCall(Verb.DELETE, POD, DeleteOptions()), _NOTE if noted else ())
        return [Alternative((delete,), f"its time was set to {seconds} s")]

    def due(pod: Pod | None, scheduled: int | None) -> _Timed | None:
        return _timed(pod, scheduled) if scheduled == seconds else None

    return Rule(
        name=f"evict after {seconds} s",
        key=Key(POD, ("object", "eviction_timer"), due),
        decide=decide,
        queries={"taints": _TAINTS},
        duration=float(seconds),
        # A time that is shortened keeps its start.
        countdown=Countdown(shared="eviction"),
        reference="controllers-cluster §2",
        meaning="a pod whose time on a tainted node is over is deleted, whatever has become of the taint that set it",
    )


def _forget_timer(scheduled: int | None, _before: Pod | None, after: Pod | None) -> int | None:
    """The time of a pod after the controller saw it change: none once it is being deleted, or gone."""
    return None if after is None or after.metadata.terminating else scheduled


def _by_name(rule: Rule) -> Rule:
    """The rule, which passes over a pod while an entry of its name is queued. An eviction leaves such an entry."""
    view = rule.key.view
    fields = rule.key.fields

    def unqueued(queued: bool, *values: Any) -> Any:
        return None if queued else view(*values)

    key = Key(rule.key.kind, ("eviction_entry", *fields), unqueued)
    if rule is RESCHEDULE:
        return attrs.evolve(rule, key=key)

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        for alternative in rule.decide(key, **answers):
            yield attrs.evolve(alternative, plan=(*alternative.plan, Write(KEY, "eviction_entry", Set(True))))

    return attrs.evolve(rule, key=key, decide=decide)


@attrs.frozen(cache_hash=True)
class _Queued:
    """A name with an entry in the queue; ``node`` of the pod that bears it now, "" for none."""

    gone: bool
    node: str


def _queued(queued: bool, pod: Pod | None) -> _Queued | None:
    return _Queued(pod is None, pod.spec.node_name if pod is not None else "") if queued else None


def _cancel(key: _Queued, taints: tuple[Taint, ...] | None) -> Iterable[Alternative]:
    # A pod that has no node yet, or is on one without taints that evict, is the last that the controller looks at.
    if key.gone or (key.node and not taints):
        because = "no pod of that name is there" if key.gone else f"{key.node} has no taint that evicts"
        yield Alternative((Write(KEY, "eviction_entry", Set(False)),), because)


CANCEL = Rule(
    name="cancel queued eviction",
    key=Key(POD, ("eviction_entry", "object"), _queued),
    decide=_cancel,
    queries={"taints": Query(NODE, ("name", "object"), _taints_of, ONLY, node_of)},
    reference="controllers-cluster §2 (#107543)",
    meaning="takes the entry of a name out of the queue when no pod bears the name, or nothing evicts it",
)


def component(
    toleration_seconds: tuple[int, ...] = (DEFAULT_TOLERATION_SECONDS,),
    *,
    noted: bool = False,
    timers: bool = False,
    by_name: bool = False,
) -> Component:
    """The taint eviction controller. ``toleration_seconds``: every delay that can occur (``finite_tolerations``).

    ``noted``: what it deletes gets the field ``evicted``, by which a property tells who did. ``timers``: a pod has one
    timer, in the field ``eviction_timer``; otherwise each look at the taints reckons anew, which comes to the same as
    long as the time of no pod can change. ``by_name``: what is queued is known by the names of pods.
    """
    seconds = sorted(set(toleration_seconds))
    later = [_evict_after(each, noted=noted) for each in seconds]
    if timers:
        later = [RESCHEDULE, *(_evict_as_scheduled(each, noted=noted) for each in seconds)]
    rules = (_evict_after(0, noted=noted), *later)
    if by_name:
        rules = (*map(_by_name, rules), CANCEL)
    return Component(
        name=NAME,
        rules=rules,
        process=KUBE_CONTROLLER_MANAGER,
        guards=(process_runs(KUBE_CONTROLLER_MANAGER),),
        handlers=(Handler(POD, "eviction_timer", _forget_timer),) if timers else (),
        duty="deletes pods from nodes whose NoExecute taints they do not tolerate",
        reference="controllers-cluster §2",
    )
