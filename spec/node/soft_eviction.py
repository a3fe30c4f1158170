"""Soft eviction thresholds: a node that runs short in two steps, and a kubelet that waits at the first (kubelet §7).

A soft threshold has a grace period. From the moment on at which it is met the node has its condition; only when it has
been met for all of that period does the kubelet evict, one pod a pass, and leaves each the shorter of its own grace
period and evictionMaxPodGracePeriod. Past the hard threshold it evicts at once, and with no more than a second. A
kubelet that restarts counts the grace period of the threshold anew.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..kinds import NODE
from ..language.component import Countdown, Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.model import Field
from ..language.plan import KEY, Alternative, Set, Step, Target, Write
from ..language.query import ANY, ONLY, Query
from ..objects.pod import PodSpec
from .disk_reclaim import collect_on, in_use, reclaim
from .heartbeat import heartbeats, node_of
from .node_pressure import DISK_PRESSURE, EVICT_NAME, EVICTS_AT_ONCE, PASS, POST_PRESSURE, POST_RELIEF, evicting
from .termination import longest_sleep

KUBELET, FAULT = "kubelet", "fault"

SOFT_GRACE, MAX_POD_GRACE = "eviction-soft-grace-period", "eviction-max-pod-grace-period"
"""Constants: seconds for which a soft threshold has to be met, 0 for none; seconds that a pod gets past it at most."""

EVICT_SOFTLY = "evict past soft threshold"
"""The name of the rule; behind it the seconds of the preStop hooks that it waits for."""

SOFT, HARD = "soft", "hard"
"""The threshold that a node is past, "" for none."""

SOFT_FIELDS = (Field("threshold", ""), Field("overdue", False))
"""More fields of nodes where there are soft thresholds. ``threshold``: the one that the node is past. ``overdue``: its
kubelet has seen it past the soft one for all of the grace period."""


def enough_at_last(node: Target) -> tuple[Step, ...]:
    """The steps by which a node has enough again."""
    return (Write(node, "pressure", Set("")), Write(node, "threshold", Set("")), Write(node, "overdue", Set(False)))


def _past_hard(node: str, name: str, pressure: str, pressed: str, threshold: str) -> str | None:
    return pressure if name == node and pressure == pressed and threshold == HARD else None


def _past_soft(node: str, name: str, pressure: str, pressed: str, threshold: str) -> str | None:
    return pressure if name == node and pressure == pressed and threshold == SOFT else None


def _overdue(node: str, name: str, overdue: bool) -> bool | None:
    return True if name == node and overdue else None


_FIELDS = ("name", "pressure", "pressed", "threshold")


def _waiting(
    name: str, machine: str, kubelet: str, link: str, pressure: str, pressed: str, threshold: str, overdue: bool
) -> str | None:
    met = threshold == SOFT and not overdue and pressure == pressed
    return name if met and heartbeats(machine, kubelet, link) else None


def _reclaiming(
    name: str, machine: str, kubelet: str, link: str, pressure: str, pressed: str, threshold: str, overdue: bool
) -> str | None:
    acts = pressure == pressed == DISK_PRESSURE and (threshold == HARD or overdue)
    return name if acts and heartbeats(machine, kubelet, link) else None


_NODE_FIELDS = ("name", "machine", "kubelet", "link", "pressure", "pressed", "threshold", "overdue")


def grace_passes(seconds: float) -> Rule:
    """The rule by which a soft threshold has been met for so many seconds."""
    return Rule(
        name="soft threshold is overdue",
        key=Key(NODE, _NODE_FIELDS, _waiting),
        decide=lambda _node: [Alternative((Write(KEY, "overdue", Set(True)),), f"it has been met for {seconds:g} s")],
        duration=seconds,
        countdown=Countdown(),
        reference="kubelet §7",
        meaning="the kubelet has seen its node past a soft threshold for all of that threshold's grace period",
    )


def bounded_hook(spec: PodSpec, most: float) -> int:
    """For how many seconds preStop hooks hold an eviction up that leaves pods ``most`` seconds at most."""
    return int(min(longest_sleep(spec), spec.termination_grace_period_seconds, most))


def _evict_softly(seconds: int, most: float, *, images: bool) -> Rule:
    meaning = "past a soft threshold that is overdue the kubelet evicts one pod, and leaves it some grace"

    def takes(spec: PodSpec) -> bool:
        return bounded_hook(spec, most) == seconds

    rule = evicting(
        f"{EVICT_SOFTLY} after preStop {seconds} s" if seconds else EVICT_SOFTLY,
        meaning,
        short=Query(NODE, _FIELDS, _past_soft, ONLY, node_of),
        relief=enough_at_last,
        reclaim=collect_on if images else None,
        in_use=in_use(node_of) if images else None,
        hook=takes,
        seconds=PASS + seconds,
    )
    overdue = Query(NODE, ("name", "overdue"), _overdue, ANY, node_of)

    def decide(key: object, *, overdue: bool, **answers: object) -> Iterable[Alternative]:
        return rule.decide(key, **answers) if overdue else ()

    return attrs.evolve(rule, decide=decide, queries={**rule.queries, "overdue": overdue})


def rules(specs: Iterable[PodSpec], *, grace: float, most: float, disk: bool, images: bool) -> tuple[Rule, ...]:
    """The rules of a kubelet with a soft threshold that has to be met for ``grace`` seconds.

    ``most``: seconds that it leaves a pod at most. ``disk``: the disk may be short; ``images``: they are followed.
    """
    hard = evicting(
        EVICT_NAME,
        EVICTS_AT_ONCE,
        short=Query(NODE, _FIELDS, _past_hard, ONLY, node_of),
        relief=enough_at_last,
        reclaim=collect_on if images else None,
        in_use=in_use(node_of) if images else None,
    )
    seconds = sorted({0, *(bounded_hook(spec, most) for spec in specs)})
    reclaims = reclaim(relief=enough_at_last, images=images, key=Key(NODE, _NODE_FIELDS, _reclaiming))
    return (
        POST_PRESSURE,
        POST_RELIEF,
        grace_passes(grace),
        hard,
        *(_evict_softly(each, most, images=images) for each in seconds),
        *((reclaims,) if disk else ()),
    )


def _stage(threshold: str, overdue: bool) -> str:
    if threshold == SOFT:
        return "Overdue" if overdue else "Met"
    return "Hard" if threshold == HARD else "None"


MACHINE = Machine(
    name="soft threshold",
    kind=NODE,
    fields=("threshold", "overdue"),
    states=states_by(
        _stage,
        {
            "None": "there is enough of everything",
            "Met": "the node is past a soft threshold, and has not been for long",
            "Overdue": "its kubelet has seen it past that for all of its grace period, and evicts with some grace",
            "Hard": "the node is past the hard threshold, and its kubelet evicts at once",
        },
    ),
    initial="None",
    arrows=(
        Arrow("run short", "None", "Met", FAULT, "kubelet §7"),
        Arrow("grace period passes", "Met", "Overdue", KUBELET, "kubelet §7"),
        Arrow("kubelet ends", "Overdue", "Met", FAULT, "kubelet §7"),
        *(Arrow("run shorter", source, "Hard", FAULT, "kubelet §7") for source in ("Met", "Overdue")),
        *(Arrow("pressure ends", source, "None", FAULT, "kubelet §7") for source in ("Met", "Overdue", "Hard")),
        *(Arrow("evict or reclaim", source, "None", KUBELET, "kubelet §7") for source in ("Overdue", "Hard")),
    ),
    meaning="how far a node that has a soft threshold is past it",
    reference="kubelet §7",
)
