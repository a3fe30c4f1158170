"""A recording as observations of one group of workloads: which events are about it, what they say, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from ..kinds import DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER, NODE, POD, REPLICA_SET
from ..language.observation import Deed, Observation, Subject
from . import nodes, pods, workloads
from .recording import Event, Occurrence, occurrences
from .words import Readers, Saying

READERS: Readers = {**pods.READERS, **workloads.READERS, **nodes.READERS}

_TELLS = {POD: pods.tells, REPLICA_SET: workloads.tells, DEPLOYMENT: workloads.rescales}


def telling(kind: str, deed: Deed) -> bool:
    """Whether what a step does to an object is reported as a rule."""
    reports = _TELLS.get(kind)
    return reports is not None and reports(deed)


@attrs.frozen
class LeftOut:
    """Events that are not looked at, and why."""

    events: tuple[Event, ...]
    why: str


@attrs.frozen(eq=False)
class Observed:
    """A recording as observations. ``fixed``: the subjects that bear a name of the model."""

    observations: tuple[Observation, ...]
    events: Mapping[int, Event]
    fixed: Mapping[Subject, str]
    left_out: tuple[LeftOut, ...]


@attrs.frozen
class Own:
    """What objects a group of workloads has: their names by kind, their namespaces (none: any), and the names of the
    Deployments that its autoscalers scale, by that of the autoscaler."""

    names: Mapping[str, frozenset[str]]
    namespaces: frozenset[str]
    targets: Mapping[str, str] = attrs.field(factory=dict)

    def holds(self, event: Event) -> bool:
        """Whether an event is about one of these objects, or about one that they own."""
        if event.kind == NODE:
            return event.name in self.names.get(NODE, ())
        if self.namespaces and event.namespace and event.namespace not in self.namespaces:
            return False
        if event.name in self.names.get(event.kind, ()):
            return True
        # Generated names: a ReplicaSet's is that of its Deployment and a hash, a pod's that of its owner and a suffix.
        owner = event.name.rpartition("-")[0]
        if event.kind == POD:
            owners = [kind for kind in self.names if kind not in (NODE, POD)]
            return any(owner in self.names[kind] for kind in owners) or self._of_deployment(owner)
        return event.kind == REPLICA_SET and self._of_deployment(event.name)

    def _of_deployment(self, replica_set: str) -> bool:
        return replica_set.rpartition("-")[0] in self.names.get("Deployment", ())


def observe(events: Sequence[Event], own: Own) -> Observed:
    """What ``events`` say of the objects of a group; events with the same reason that are left out stand together."""
    found: list[tuple[Occurrence, Saying]] = []
    unrelated: list[Event] = []
    unread: list[Event] = []
    for event in events:
        reader = READERS.get((event.component, event.reason))
        if not own.holds(event):
            unrelated.append(event)
            continue
        saying = reader(_of_target(event, own)) if reader is not None else None
        if saying is None:
            unread.append(event)
            continue
        found.extend((occurrence, saying) for occurrence in occurrences(event))
    fixed = {
        saying.subject: saying.subject[1]
        for _, saying in found
        if saying.subject[1] in own.names.get(saying.subject[0], ())
    }
    left_out = [LeftOut(tuple(some), why) for some, why in ((unrelated, UNRELATED), (unread, UNREAD)) if some]
    return Observed(
        tuple(_observations(found)),
        {number: occurrence.event for number, (occurrence, _) in enumerate(found)},
        fixed,
        tuple(left_out),
    )


def _of_target(event: Event, own: Own) -> Event:
    """What an autoscaler's event says is said of what it scales."""
    target = own.targets.get(event.name) if event.kind == HORIZONTAL_POD_AUTOSCALER else None
    return event if target is None else attrs.evolve(event, kind=DEPLOYMENT, name=target)


UNRELATED = "about other objects"
UNREAD = "of what the model does not follow"


def _observations(found: Sequence[tuple[Occurrence, Saying]]) -> Iterable[Observation]:
    for number, (occurrence, saying) in enumerate(found):
        prior = frozenset(other for other, (before, _) in enumerate(found) if before.before(occurrence))
        yield Observation(
            number,
            str(occurrence.event),
            saying.subject,
            saying.may_be,
            saying.instead,
            saying.component,
            saying.rules,
            saying.at,
            saying.during,
            saying.possible,
            saying.why,
            prior,
        )
