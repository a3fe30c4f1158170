"""What the StatefulSet controller asks of the API server: pods and claims it posts, edits it sends, its plans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import attrs

from ...kinds import CLAIM_OWNER, PERSISTENT_VOLUME_CLAIM, POD, STATEFUL_SET
from ...language.plan import KEY, Call, Named, Set, Step, Write
from ...language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Verb
from ...objects.pod import PodTemplateSpec
from ...objects.stateful_set import StatefulSet, StatefulSetStatus
from .statefulset_claims import ClaimOwner, Claims, new_claim, own_claim, wanted_owners
from .statefulset_decisions import CLAIM, CREATE, DELETE, OWN, RESTORE, Action
from .statefulset_identity import Restored, new_pod, pod_name

_REFUSED = tuple(outcome for outcome in Outcome if not outcome.success)


@attrs.frozen(cache_hash=True)
class WriteStatefulSetStatus:
    """The edit that stores a StatefulSet's status."""

    status: StatefulSetStatus

    def __call__(self, stored: StatefulSet, /) -> StatefulSet:
        """The StatefulSet with the new status."""
        return attrs.evolve(stored, status=self.status)


def _pod_call(stateful_set: StatefulSet, templates: Mapping[str, PodTemplateSpec], action: Action) -> ApiCall:
    if action.what == CREATE:
        pod = new_pod(stateful_set, templates[action.revision], action.revision, action.ordinal)
        return ApiCall(Verb.CREATE, POD, pod)
    if action.what == DELETE:
        # By name, whichever incarnation bears it now.
        return ApiCall(Verb.DELETE, POD, DeleteOptions())
    return ApiCall(Verb.UPDATE, POD, Restored(stateful_set))


Requests = list[tuple[tuple[Write, ...], Named, ApiCall]]
"""Requests in their order, each with what is noted in the same step."""


def _new_claims(stateful_set: StatefulSet, ordinal: int, claims: Claims) -> Requests:
    missing = ((name, claims.uid(name)) for name in claims.missing(ordinal))
    bodies = ((name, new_claim(stateful_set, name, uid)) for name, uid in missing)
    return [
        ((), Named(PERSISTENT_VOLUME_CLAIM, name), ApiCall(Verb.CREATE, PERSISTENT_VOLUME_CLAIM, body))
        for name, body in bodies
    ]


def _owned(stateful_set: StatefulSet, action: Action, names: Sequence[str]) -> Requests:
    edit = own_claim(stateful_set, action.ordinal, action.pod_uid)
    pod = Named(POD, pod_name(stateful_set.metadata.name, action.ordinal))
    noted = (Write(pod, CLAIM_OWNER, Set(ClaimOwner(action.pod_uid))),) if action.pod_uid is not None else ()
    return [
        (noted, Named(PERSISTENT_VOLUME_CLAIM, name), ApiCall(Verb.UPDATE, PERSISTENT_VOLUME_CLAIM, edit))
        for name in names
    ]


def _requests(
    stateful_set: StatefulSet,
    templates: Mapping[str, PodTemplateSpec],
    action: Action,
    claims: Claims | None,
) -> Requests:
    """The requests of one action, each made only if those before it succeeded."""
    found: Requests = []
    if claims is not None and action.what in (CREATE, CLAIM):
        found += _new_claims(stateful_set, action.ordinal, claims)
    if action.what in (CREATE, DELETE, RESTORE):
        target = Named(POD, pod_name(stateful_set.metadata.name, action.ordinal))
        found.append(((), target, _pod_call(stateful_set, templates, action)))
    if claims is not None and action.what == CREATE:
        new = claims.missing(action.ordinal) if wanted_owners(stateful_set, action.ordinal, None) else ()
        found += _owned(stateful_set, action, (*claims.misowned(action.ordinal, None), *new))
    if claims is not None and action.what == OWN:
        found += _owned(stateful_set, action, claims.misowned(action.ordinal, action.pod_uid))
    return found


def carry_out(
    stateful_set: StatefulSet,
    templates: Mapping[str, PodTemplateSpec],
    actions: Sequence[Action],
    claims: Claims | None = None,
) -> tuple[Step, ...]:
    """The plan of one sync. ``templates``: pod templates by revision; ``claims`` of the pods, where they are looked at.

    A batch in which something fails is carried to its end and is the last one.
    """
    plan: tuple[Step, ...] = ()
    for _, batch in reversed([(number, list(group)) for number, group in groupby(actions, lambda each: each.batch)]):
        failed: tuple[Step, ...] = ()
        for action in reversed(batch):
            rest = failed
            for noted, target, request in reversed(_requests(stateful_set, templates, action, claims)):
                call = Call(target, request, on=tuple((outcome, rest) for outcome in _REFUSED))
                plan, failed = (*noted, call, *plan), (*noted, call, *failed)
    return plan


def update_status(stateful_set: StatefulSet, status: StatefulSetStatus) -> tuple[Step, ...]:
    """The plan that writes the status of the StatefulSet as it was seen."""
    body = WriteStatefulSetStatus(status)
    update = ApiCall(Verb.UPDATE, STATEFUL_SET, body, "status", Preconditions(seen=stateful_set))
    return (Call(KEY, update),)
