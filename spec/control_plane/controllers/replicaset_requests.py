"""What the ReplicaSet controller asks of the API server: the pods it posts, the edits it sends, its plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from ...kinds import CREATION, DELETION, POD
from ...language.plan import IT, KEY, Call, Chosen, New, Set, Step, Write
from ...language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Verb
from ...objects.metadata import ObjectMeta, OwnerReference
from ...objects.pod import Pod
from ...objects.workloads import ReplicaSet, ReplicaSetStatus
from .expectations import COUNTS_AS_CREATED, REFUSED, owner
from .replicaset_decisions import FAILED_CREATE, FAILED_DELETE, batches, replica_failure


def controller_reference(replica_set: ReplicaSet) -> OwnerReference:
    """The reference that makes ``replica_set`` the controller of a pod."""
    meta = replica_set.metadata
    return OwnerReference(replica_set.kind, meta.name, meta.uid, controller=True, block_owner_deletion=True)


def _owner(replica_set: ReplicaSet) -> str:
    return owner(replica_set.kind, replica_set.metadata.name)


def new_pod(replica_set: ReplicaSet) -> Pod:
    """The pod that the controller posts: the template, with the ReplicaSet as controller. Its name is generated."""
    template = replica_set.spec.template
    return Pod(
        metadata=ObjectMeta(
            namespace=replica_set.metadata.namespace,
            labels=template.metadata.labels,
            annotations=template.metadata.annotations,
            finalizers=template.metadata.finalizers,
            owner_references=(controller_reference(replica_set),),
        ),
        spec=template.spec,
    )


@attrs.frozen(cache_hash=True)
class WriteStatus:
    """The edit that stores a ReplicaSet's status."""

    status: ReplicaSetStatus

    def __call__(self, stored: ReplicaSet, /) -> ReplicaSet:
        """The ReplicaSet with the new status."""
        return attrs.evolve(stored, status=self.status)


@attrs.frozen(cache_hash=True)
class ReportFailure:
    """The edit that adds the condition ReplicaFailure for ``reason``."""

    reason: str

    def __call__(self, stored: ReplicaSet, /) -> ReplicaSet:
        """The ReplicaSet with the condition."""
        conditions = replica_failure(stored.status.conditions, self.reason)
        return attrs.evolve(stored, status=attrs.evolve(stored.status, conditions=conditions))


@attrs.frozen(cache_hash=True)
class AdoptBy:
    """The edit that makes ``reference`` the controller of a pod."""

    reference: OwnerReference

    def __call__(self, stored: Pod, /) -> Pod:
        """The pod with the reference added."""
        meta = attrs.evolve(stored.metadata, owner_references=(*stored.metadata.owner_references, self.reference))
        return attrs.evolve(stored, metadata=meta)


def create_pods(replica_set: ReplicaSet, number: int) -> tuple[Step, ...]:
    """The plan that creates ``number`` pods by slow start: a batch with a failure is the last one (00-index §4)."""
    create = ApiCall(Verb.CREATE, POD, new_pod(replica_set))
    memory = (("expected", Set((CREATION, _owner(replica_set)))),)
    report = _report(replica_set, FAILED_CREATE)
    plan: tuple[Step, ...] = ()
    for size in reversed(batches(number)):
        # What is left of the batch once one of it has failed; the plan goes on to the next batch otherwise.
        failed = report
        for _ in range(size):
            call = Call(New(POD), create, memory, _unless(failed), COUNTS_AS_CREATED)
            plan, failed = (call, *plan), (call, *failed)
    return plan


def delete_pods(replica_set: ReplicaSet, pods: Sequence[Any]) -> tuple[Step, ...]:
    """The plan that deletes ``pods``, classes of the query ``ranked``: every one, whatever becomes of the others.

    One that is gone already is no failure.
    """
    delete = ApiCall(Verb.DELETE, POD, DeleteOptions())
    memory = (("expected", Set((DELETION, _owner(replica_set)))),)
    plan: tuple[Step, ...] = ()
    failed = _report(replica_set, FAILED_DELETE)
    for number, pod in reversed(tuple(enumerate(pods))):
        call = Call(Chosen("ranked", pod, label=number), delete, memory, _unless(failed))
        gone = tuple((outcome, _forgetting(plan)) for outcome, _ in call.on if outcome is Outcome.NOT_FOUND)
        others = tuple((outcome, then) for outcome, then in call.on if outcome is not Outcome.NOT_FOUND)
        plan, failed = (attrs.evolve(call, on=(*others, *gone)), *plan), (call, *failed)
    return plan


def _forgetting(rest: tuple[Step, ...]) -> tuple[Step, ...]:
    """``rest``, once the pod of the request before is no longer expected to be seen."""
    return (Write(IT, "expected", Set(None)), *rest)


def _unless(rest: tuple[Step, ...]) -> tuple[tuple[Outcome, tuple[Step, ...]], ...]:
    """What follows a refused request: ``rest``."""
    return tuple((outcome, _forgetting(rest)) for outcome in REFUSED)


def _report(replica_set: ReplicaSet, reason: str) -> tuple[Step, ...]:
    """The status update after a failure; none where the status says so already."""
    conditions = replica_set.status.conditions
    if replica_failure(conditions, reason) == conditions:
        return ()
    # The controller reads the ReplicaSet again if this update conflicts, so it names no version.
    return (Call(KEY, ApiCall(Verb.UPDATE, replica_set.kind, ReportFailure(reason), "status")),)


def adopt_pods(replica_set: ReplicaSet, number: int) -> tuple[Step, ...]:
    """The plan that adopts ``number`` pods of the query ``orphans``; a failure does not keep it from the others."""
    patch = ApiCall(Verb.PATCH, POD, AdoptBy(controller_reference(replica_set)))
    return tuple(Call(Chosen("orphans", True), patch, tolerates=REFUSED) for _ in range(number))


def update_status(replica_set: ReplicaSet, status: ReplicaSetStatus) -> tuple[Step, ...]:
    """The plan that writes the status of the ReplicaSet as it was seen."""
    update = ApiCall(Verb.UPDATE, replica_set.kind, WriteStatus(status), "status", Preconditions(seen=replica_set))
    return (Call(KEY, update),)
