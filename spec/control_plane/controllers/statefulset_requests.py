"""What the StatefulSet controller asks of the API server: the pods it posts, the edits it sends, its plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import attrs

from ...kinds import POD, STATEFUL_SET
from ...language.plan import KEY, Call, Named, Step
from ...language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Verb
from ...objects.pod import PodTemplateSpec
from ...objects.stateful_set import StatefulSet, StatefulSetStatus
from .statefulset_decisions import CREATE, DELETE, Action
from .statefulset_identity import Restored, new_pod, pod_name

_REFUSED = tuple(outcome for outcome in Outcome if not outcome.success)


@attrs.frozen(cache_hash=True)
class WriteStatefulSetStatus:
    """The edit that stores a StatefulSet's status."""

    status: StatefulSetStatus

    def __call__(self, stored: StatefulSet, /) -> StatefulSet:
        """The StatefulSet with the new status."""
        return attrs.evolve(stored, status=self.status)


def _request(stateful_set: StatefulSet, templates: Mapping[str, PodTemplateSpec], action: Action) -> ApiCall:
    if action.what == CREATE:
        pod = new_pod(stateful_set, templates[action.revision], action.revision, action.ordinal)
        return ApiCall(Verb.CREATE, POD, pod)
    if action.what == DELETE:
        # By name, whichever incarnation bears it now.
        return ApiCall(Verb.DELETE, POD, DeleteOptions())
    return ApiCall(Verb.UPDATE, POD, Restored(stateful_set))


def carry_out(
    stateful_set: StatefulSet, templates: Mapping[str, PodTemplateSpec], actions: Sequence[Action]
) -> tuple[Step, ...]:
    """The plan of one sync. ``templates``: pod templates by revision.

    A batch in which something fails is carried to its end and is the last one.
    """
    plan: tuple[Step, ...] = ()
    for _, batch in reversed([(number, list(group)) for number, group in groupby(actions, lambda each: each.batch)]):
        failed: tuple[Step, ...] = ()
        for action in reversed(batch):
            target = Named(POD, pod_name(stateful_set.metadata.name, action.ordinal))
            request = _request(stateful_set, templates, action)
            call = Call(target, request, on=tuple((outcome, failed) for outcome in _REFUSED))
            plan, failed = (call, *plan), (call, *failed)
    return plan


def update_status(stateful_set: StatefulSet, status: StatefulSetStatus) -> tuple[Step, ...]:
    """The plan that writes the status of the StatefulSet as it was seen."""
    body = WriteStatefulSetStatus(status)
    update = ApiCall(Verb.UPDATE, STATEFUL_SET, body, "status", Preconditions(seen=stateful_set))
    return (Call(KEY, update),)
