"""What the StatefulSet controller decides, as functions of concrete values (controllers-workloads §3).

One sync goes through the wanted ordinals, then through the pods that are too many, then through those of an old
revision; an ordered set stops at the first thing that it has to wait for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from ...objects.int_or_percent import IntOrPercent, scaled_value
from ...objects.metadata import Uid
from ...objects.pod import FAILED, PENDING, RUNNING, SUCCEEDED, Pod
from ...objects.stateful_set import ON_DELETE, PARALLEL, ROLLING_UPDATE, StatefulSet, StatefulSetSpec, StatefulSetStatus
from .replicaset_decisions import batches, is_available
from .statefulset_claims import Claims, needs_uid
from .statefulset_identity import REVISION_HASH, identity_matches, parent_and_ordinal, storage_matches

CREATE, DELETE, RESTORE = "create", "delete", "restore"
"""What may be done to the pod of one ordinal."""

CLAIM, OWN = "create claims of", "set owners of claims of"
"""What may be done to its claims alone."""


def runs_ready(pod: Pod) -> bool:
    """Running, and Ready."""
    return pod.status.phase == RUNNING and is_available(pod, 0, 0.0)


@attrs.frozen(cache_hash=True)
class StatefulPod:
    """What the controller reads of one of its pods. ``intact``: it has the identity and the storage of its ordinal.

    ``uid`` is read only where claims go with the pod.
    """

    ordinal: int
    revision: str
    phase: str = RUNNING
    ready: bool = False
    available: bool = False
    terminating: bool = False
    intact: bool = True
    uid: Uid | None = None

    @property
    def healthy(self) -> bool:
        """Available, and not being deleted."""
        return self.available and not self.terminating

    @property
    def ended(self) -> bool:
        """Whether it has Failed or Succeeded."""
        return self.phase in (FAILED, SUCCEEDED)


def stateful_pod(stateful_set: StatefulSet, pod: Pod, now: float = 0.0) -> StatefulPod:
    """What the controller reads of a pod of ``stateful_set``; ``now`` in seconds."""
    ready = runs_ready(pod)
    return StatefulPod(
        ordinal=parent_and_ordinal(pod.metadata.name)[1],
        revision=pod.metadata.labels.get(REVISION_HASH, ""),
        phase=pod.status.phase,
        ready=ready,
        available=ready and is_available(pod, stateful_set.spec.min_ready_seconds, now),
        terminating=pod.metadata.terminating,
        intact=identity_matches(stateful_set, pod) and storage_matches(stateful_set, pod),
        uid=pod.metadata.uid if needs_uid(stateful_set.spec) else None,
    )


@attrs.frozen(cache_hash=True)
class Revision:
    """A ControllerRevision: what it holds, and its number, which says how new it is."""

    holds: str
    number: int


def set_revisions(
    existing: Sequence[Revision], current: str, wanted: str
) -> tuple[tuple[Revision, ...], Revision, Revision]:
    """All revisions after a sync, the current one and the one to update to.

    ``current``: what the current revision holds, "" if the status names none; ``wanted``: the set's template. A
    template that was there before becomes the newest again; without a current revision the wanted one is current.
    """
    ordered = sorted(existing, key=lambda revision: revision.number)
    following = ordered[-1].number + 1 if ordered else 1
    newest = ordered[-1] if ordered and ordered[-1].holds == wanted else Revision(wanted, following)
    kept = tuple(revision for revision in ordered if revision.holds != wanted)
    found = next((revision for revision in (*kept, newest) if revision.holds == current), newest)
    return (*kept, newest), found, newest


@attrs.frozen(cache_hash=True)
class Action:
    """One thing to do. ``batch``: those of one batch are tried all, whatever becomes of one; the next is not then."""

    what: str
    ordinal: int
    batch: int
    revision: str = ""
    because: str = ""
    pod_uid: Uid | None = None


def ordered(spec: StatefulSetSpec) -> bool:
    """Whether pods come and go one after the other."""
    return spec.pod_management_policy != PARALLEL


def new_revision(spec: StatefulSetSpec, current_replicas: int, ordinal: int, current: str, update: str) -> str:
    """The revision of which a new pod is made."""
    strategy = spec.update_strategy
    kept = current_replicas if strategy.type == ROLLING_UPDATE else 0
    if strategy.rolling_update is not None:
        kept = strategy.rolling_update.partition
    return current if ordinal < spec.start + kept else update


class _Sync:
    """One pass over a set's pods, which collects what to do."""

    def __init__(
        self,
        spec: StatefulSetSpec,
        current_replicas: int,
        current: str,
        update: str,
        pods: Iterable[StatefulPod],
        claims: Claims | None = None,
    ) -> None:
        self.claims = claims
        self.spec, self.current_replicas, self.current, self.update = spec, current_replicas, current, update
        self.ordered = ordered(spec)
        self.actions: list[Action] = []
        self.batch = 0
        wanted = range(spec.start, spec.start + spec.replicas)
        found = {pod.ordinal: pod for pod in pods}
        self.replicas = [found.get(ordinal) or self._absent(ordinal) for ordinal in wanted]
        self.present = frozenset(found)
        outside = (pod for ordinal, pod in found.items() if ordinal not in wanted)
        self.condemned = sorted(outside, key=lambda pod: -pod.ordinal)

    def _absent(self, ordinal: int) -> StatefulPod:
        revision = new_revision(self.spec, self.current_replicas, ordinal, self.current, self.update)
        return StatefulPod(ordinal, revision, phase=PENDING)

    def act(self, what: str, pod: StatefulPod, because: str) -> None:
        revision = pod.revision if what == CREATE else ""
        self.actions.append(Action(what, pod.ordinal, self.batch, revision, because, pod.uid if what == OWN else None))

    def run(self) -> tuple[Action, ...]:
        if self._replicas() and self._condemned() and self.spec.update_strategy.type != ON_DELETE:
            self._update()
        return tuple(self.actions)

    def _each(self, pods: Sequence[StatefulPod]) -> Iterable[StatefulPod]:
        """The pods, in batches: one by one in an ordered set, by slow start in a parallel one."""
        rest = list(pods)
        for size in (1,) * len(rest) if self.ordered else batches(len(rest)):
            self.batch += 1
            for _ in range(size):
                yield rest.pop(0)

    def _replicas(self) -> bool:
        """Goes through the wanted ordinals; false where an ordered set has to wait."""
        return not any(self._waits_for(pod) and self.ordered for pod in self._each(self.replicas))

    def _waits_for(self, pod: StatefulPod) -> bool:
        if pod.ordinal not in self.present:
            if self.claims is None or not self.claims.hold_up(pod.ordinal):
                self.act(CREATE, pod, "its ordinal has no pod")
            return True
        if pod.ended:
            if not pod.terminating:
                self.act(DELETE, pod, f"it has {pod.phase}")
            return True
        if pod.phase == PENDING and self.claims is not None and self.claims.missing(pod.ordinal):
            self.act(CLAIM, pod, "a claim of its ordinal is missing")
        if pod.terminating or not pod.available:
            return True
        if not pod.intact:
            self.act(RESTORE, pod, "its labels or claims are not those of its ordinal")
        self._own(pod)
        return False

    def _own(self, pod: StatefulPod) -> None:
        if self.claims is not None and self.claims.misowned(pod.ordinal, pod.uid):
            self.act(OWN, pod, "the retention policy of claims asks for other owners")

    def _condemned(self) -> bool:
        """Goes through the pods outside the ordinals, highest first; false where an ordered set has to wait."""
        lowest_first = (*self.replicas, *reversed(self.condemned))
        first_unhealthy = next((pod for pod in lowest_first if not pod.healthy), None)
        for pod in self._each(self.condemned):
            self._own(pod)
        for pod in self._each(self.condemned):
            waits = pod.terminating or (not pod.available and pod is not first_unhealthy)
            if self.ordered and waits:
                return False
            if not pod.terminating:
                self.act(DELETE, pod, "its ordinal is not wanted any more")
                if self.ordered:
                    return False
        return True

    def _update(self) -> None:
        strategy = self.spec.update_strategy.rolling_update
        partition = strategy.partition if strategy is not None else 0
        most = max_unavailable(strategy.max_unavailable, self.spec.replicas) if strategy is not None else 1
        self.batch += 1
        gone = {action.ordinal for action in self.actions if action.what == DELETE}
        targets = [pod for pod in reversed(self.replicas[partition:]) if pod.ordinal not in gone]
        if most > 1:
            room = most - sum(not pod.healthy for pod in self.replicas)
            outdated = [pod for pod in targets if pod.revision != self.update and not pod.terminating]
            for pod in outdated[: max(0, room)]:
                self.act(DELETE, pod, "it is of an old revision")
                self.batch += 1
            return
        for pod in targets:
            if pod.revision != self.update and not pod.terminating:
                self.act(DELETE, pod, "it is of an old revision")
                return
            if not pod.healthy:
                return


def max_unavailable(value: IntOrPercent, replicas: int) -> int:
    """How many pods may be missing during an update: percentages are rounded down, at least one."""
    return max(1, scaled_value(value, replicas, round_up=False))


def sync(
    spec: StatefulSetSpec,
    current_replicas: int,
    current: str,
    update: str,
    pods: Iterable[StatefulPod],
    claims: Claims | None = None,
) -> tuple[Action, ...]:
    """What one sync does, in order. ``current`` and ``update`` are revisions, ``pods`` those that the set owns.

    ``claims`` of the pods; None where they are taken to be there.
    """
    return _Sync(spec, current_replicas, current, update, pods, claims).run()


def rolling_update(spec: StatefulSetSpec, current: str, update: str, pods: Iterable[StatefulPod]) -> tuple[Action, ...]:
    """What the last stage of a sync alone would do."""
    stage = _Sync(spec, spec.replicas, current, update, pods)
    stage._update()
    return tuple(stage.actions)


def count(
    spec: StatefulSetSpec,
    status: StatefulSetStatus,
    pods: Iterable[StatefulPod],
    wanted: str,
    generation: int,
) -> StatefulSetStatus:
    """The status that the controller writes. ``wanted``: the revision of the set's template."""
    seen = list(pods)
    existing = (Revision(status.current_revision, 1),) if status.current_revision else ()
    _, current, update = set_revisions(existing, status.current_revision, wanted)
    steady = [pod.revision for pod in seen if not pod.terminating]
    counted = StatefulSetStatus(
        observed_generation=generation,
        replicas=len(seen),
        ready_replicas=sum(pod.ready for pod in seen),
        available_replicas=sum(pod.available for pod in seen),
        current_replicas=steady.count(current.holds),
        updated_replicas=steady.count(update.holds),
        current_revision=current.holds,
        update_revision=update.holds,
    )
    done = counted.updated_replicas == counted.ready_replicas == counted.replicas == spec.replicas
    if spec.update_strategy.type != ROLLING_UPDATE or not done:
        return counted
    return attrs.evolve(counted, current_replicas=counted.updated_replicas, current_revision=update.holds)
