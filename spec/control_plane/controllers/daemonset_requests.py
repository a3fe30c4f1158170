"""What the DaemonSet controller asks of the API server: the pods it posts, the edits it sends, its plans."""

from __future__ import annotations

import attrs

from ...kinds import CREATION, DAEMON_SET, DELETION, POD
from ...language.plan import IT, KEY, Call, Chosen, New, Set, Step, Write
from ...language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Verb
from ...objects.daemon_set import DaemonSet, DaemonSetStatus
from ...objects.metadata import ObjectMeta, OwnerReference
from ...objects.pod import Pod
from .daemonset_decisions import Sync, labels, pod_spec
from .expectations import COUNTS_AS_CREATED, REFUSED, owner
from .replicaset_decisions import batches


def new_pod(daemon_set: DaemonSet, node: str) -> Pod:
    """The pod that the controller posts for one node; its name is generated."""
    meta, template = daemon_set.metadata, daemon_set.spec.template
    reference = OwnerReference(DAEMON_SET, meta.name, meta.uid, controller=True, block_owner_deletion=True)
    return Pod(
        metadata=ObjectMeta(
            namespace=meta.namespace,
            labels=labels(daemon_set),
            annotations=template.metadata.annotations,
            finalizers=template.metadata.finalizers,
            owner_references=(reference,),
        ),
        spec=pod_spec(template.spec, node),
    )


@attrs.frozen(cache_hash=True)
class WriteDaemonSetStatus:
    """The edit that stores a DaemonSet's status."""

    status: DaemonSetStatus

    def __call__(self, stored: DaemonSet, /) -> DaemonSet:
        """The DaemonSet with the new status."""
        return attrs.evolve(stored, status=self.status)


@attrs.frozen(cache_hash=True)
class WaitToo:
    """The edit that adds nodes to those whose next Failed pod has to wait."""

    nodes: tuple[str, ...]

    def __call__(self, waiting: tuple[str, ...], /) -> tuple[str, ...]:
        """The nodes after it."""
        return tuple(sorted({*waiting, *self.nodes}))


@attrs.frozen(cache_hash=True)
class WaitNoLonger:
    """The edit that takes a node off those whose next Failed pod has to wait."""

    node: str

    def __call__(self, waiting: tuple[str, ...], /) -> tuple[str, ...]:
        """The nodes after it."""
        return tuple(node for node in waiting if node != self.node)


def carry_out(daemon_set: DaemonSet, sync: Sync) -> tuple[Step, ...]:
    """The plan of one sync: creates by slow start, then the deletes, classes of the query ``pods`` (00-index §4).

    A batch with a failed create is the last one; deletes do not mind each other's failures.
    """
    waits: tuple[Step, ...] = (Write(KEY, "waiting", WaitToo(sync.failed)),) if sync.failed else ()
    deletes = _deletes(daemon_set, sync)
    plan = deletes
    memory = (("expected", Set((CREATION, owner(DAEMON_SET, daemon_set.metadata.name)))),)
    nodes = list(sync.creates)
    for size in reversed(batches(len(nodes))):
        # What is left of the batch once one of it has failed; the plan goes on to the next batch otherwise.
        failed = deletes
        for _ in range(size):
            create = ApiCall(Verb.CREATE, POD, new_pod(daemon_set, nodes.pop()))
            call = Call(New(POD), create, memory, _unless(failed), COUNTS_AS_CREATED)
            plan, failed = (call, *plan), (call, *failed)
    return (*waits, *plan)


def _deletes(daemon_set: DaemonSet, sync: Sync) -> tuple[Step, ...]:
    delete = ApiCall(Verb.DELETE, POD, DeleteOptions())
    memory = (("expected", Set((DELETION, owner(DAEMON_SET, daemon_set.metadata.name)))),)
    plan: tuple[Step, ...] = ()
    for number, pod in reversed(tuple(enumerate(sync.deletes))):
        plan = (Call(Chosen("pods", pod, label=number), delete, memory, _unless(plan)), *plan)
    return plan


def _unless(rest: tuple[Step, ...]) -> tuple[tuple[Outcome, tuple[Step, ...]], ...]:
    """What follows a refused request: ``rest``, once its pod is no longer expected to be seen."""
    return tuple((outcome, (Write(IT, "expected", Set(None)), *rest)) for outcome in REFUSED)


def update_status(daemon_set: DaemonSet, status: DaemonSetStatus) -> tuple[Step, ...]:
    """The plan that writes the status of the DaemonSet as it was seen."""
    body = WriteDaemonSetStatus(status)
    update = ApiCall(Verb.UPDATE, DAEMON_SET, body, "status", Preconditions(seen=daemon_set))
    return (Call(KEY, update),)
