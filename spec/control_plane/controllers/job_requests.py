"""What the Job controller asks of the API server: the pods it posts, the edits it sends, the plan of a sync."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import attrs

from ...kinds import CREATION, DELETION, JOB, POD
from ...language.plan import IT, KEY, Call, Chosen, FieldChange, New, Set, Step, Write
from ...language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Verb
from ...objects.job import Job, JobStatus
from ...objects.metadata import ObjectMeta, OwnerReference
from ...objects.pod import Pod
from .expectations import COUNTS_AS_CREATED, REFUSED, owner
from .job_counts import TRACKING, Seen, is_failed, tracked
from .job_decisions import Sync
from .job_indexes import COMPLETION_INDEX, FAILURE_COUNT, completion_index, failures_before
from .pod_failure_policy import match

JOB_NAME = "batch.kubernetes.io/job-name"
"""Label of a Job's pods."""

_KEPT: FieldChange = Set(None)
_NOT_REMOVED: FieldChange = Set(False)


def new_pod(job: Job, index: int | None = None, failures: int = 0, *, tracked: bool = True) -> Pod:
    """The pod that the controller posts: the template, with the Job as controller, to be counted when it ends.

    ``index`` that it stands for, and ``failures`` of that index before it, where these count. ``tracked``: it carries
    the finalizer by which it is counted.
    """
    meta, template = job.metadata, job.spec.template
    annotations = template.metadata.annotations
    if index is not None:
        annotations = annotations.set(COMPLETION_INDEX, str(index))
        if job.spec.backoff_limit_per_index is not None:
            annotations = annotations.set(FAILURE_COUNT, str(failures))
    return Pod(
        metadata=ObjectMeta(
            namespace=meta.namespace,
            labels=template.metadata.labels.set(JOB_NAME, meta.name),
            annotations=annotations,
            finalizers=(*template.metadata.finalizers, *((TRACKING,) if tracked else ())),
            owner_references=(OwnerReference(JOB, meta.name, meta.uid, controller=True, block_owner_deletion=True),),
        ),
        spec=template.spec,
    )


@attrs.frozen(cache_hash=True)
class WriteJobStatus:
    """The edit that stores a Job's status."""

    status: JobStatus

    def __call__(self, stored: Job, /) -> Job:
        """The Job with the new status."""
        return attrs.evolve(stored, status=self.status)


@attrs.frozen(cache_hash=True)
class RemoveTrackingFinalizer:
    """The edit that takes the finalizer of a Job's pod away."""

    def __call__(self, stored: Pod, /) -> Pod:
        """The pod without the finalizer."""
        left = tuple(name for name in stored.metadata.finalizers if name != TRACKING)
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, finalizers=left))


def carry_out(
    job: Job, pods: tuple[Seen, ...], found: Sync, *, waits: bool, finalizers: bool = True
) -> tuple[Step, ...]:
    """The plan of a sync of ``job``; empty if it comes to no request. ``waits``: a back-off is on afterwards.

    ``finalizers``: pods are counted by way of them.
    """
    plan = _counting(job, pods, found, waits=waits)
    name = owner(JOB, job.metadata.name)
    after = plan
    for index in reversed(found.creates):
        failures = failures_of(job, pods, index)
        create = ApiCall(Verb.CREATE, POD, new_pod(job, index, failures, tracked=finalizers))
        # A creation that is refused is the last one: slow start (00-index §4).
        plan = (_expecting(New(POD), create, (CREATION, name), after), *plan)
    for target in reversed(_targets(found.deletes)):
        plan = (_expecting(target, ApiCall(Verb.DELETE, POD, DeleteOptions()), (DELETION, name), plan), *plan)
        if found.releases and finalizers:
            plan = (_release(target, plan), *plan)
    return plan


def failures_of(job: Job, pods: Iterable[Seen], index: int | None) -> int:
    """How often pods of an index have failed, as the one that failed last tells; 0 where nobody counts that."""
    if index is None or job.spec.backoff_limit_per_index is None:
        return 0
    failed = [seen.pod for seen in pods if seen.pod is not None and is_failed(seen.pod, job.spec)]
    mine = [pod for pod in failed if completion_index(pod) == index]
    return max((failures_before(pod) + match(job.spec.pod_failure_policy, pod).counts for pod in mine), default=0)


def _counting(job: Job, pods: tuple[Seen, ...], found: Sync, *, waits: bool) -> tuple[Step, ...]:
    """The three requests that count finished pods, and tell how the Job stands; a crash may fall between any two."""
    freed = tuple(seen for seen in pods if seen.listed and not tracked(seen))
    places = dict(found.lists)
    plan: tuple[Step, ...] = ()
    if found.final != found.listed:
        listed = attrs.evolve(job, status=found.listed)
        counted = [target for target in _targets(found.frees) if target.cls.listed or target.cls in places]
        plan = (_update(listed, found.final), *(_unlist(target) for target in counted))
    for target in reversed(_targets(found.frees)):
        plan = (_release(target, plan), *plan)
    if found.listed != job.status or places or freed:
        marks = tuple(
            Write(target, "uncounted", Set((job.metadata.name, places[target.cls])))
            for target in _targets(seen for seen, _ in found.lists)
        )
        memory = (Write(KEY, "backoff", Set(waits)),) if places else ()
        first = (_update(job, found.listed), *marks, *(_unlist(target) for target in _targets(freed)), *memory)
        plan = (*first, *plan)
    return plan


def _targets(pods: Iterable[Seen]) -> tuple[Chosen, ...]:
    """Each of the pods, which the query ``pods`` put in these classes: those that are alike are told apart."""
    met: Counter[Seen] = Counter()
    found = []
    for seen in pods:
        found.append(Chosen("pods", seen, label=met[seen]))
        met[seen] += 1
    return tuple(found)


def _update(seen: Job, status: JobStatus) -> Call:
    return Call(KEY, ApiCall(Verb.UPDATE, JOB, WriteJobStatus(status), "status", Preconditions(seen=seen)))


def _unlist(target: Chosen) -> Write:
    return Write(target, "uncounted", Set(None))


def _release(target: Chosen, rest: tuple[Step, ...]) -> Call:
    """Takes the finalizer away, and remembers that until it is seen. A pod that is gone has none."""
    gone = (Write(IT, "removing", _NOT_REMOVED), *rest)
    patch = ApiCall(Verb.PATCH, POD, RemoveTrackingFinalizer())
    return Call(target, patch, (("removing", Set(True)),), on=((Outcome.NOT_FOUND, gone),))


def _expecting(target: Chosen | New, request: ApiCall, expected: tuple[str, str], rest: tuple[Step, ...]) -> Call:
    """The request, which is expected to be seen; where it is refused, ``rest`` follows."""
    refused = (Write(IT, "expected", _KEPT), *rest)
    on = tuple((it, refused) for it in REFUSED)
    tolerates = COUNTS_AS_CREATED if request.verb is Verb.CREATE else ()
    return Call(target, request, (("expected", Set(expected)),), on, tolerates)
