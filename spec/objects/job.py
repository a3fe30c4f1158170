"""Jobs: pods that run to their end, counted (controllers-workloads §6)."""

from __future__ import annotations

from typing import ClassVar

import attrs

from .conditions import Condition
from .metadata import ObjectMeta
from .pod import PodTemplateSpec
from .selectors import LabelSelector

INDEXED = "Indexed"
NON_INDEXED = "NonIndexed"
FAILED_ONLY = "Failed"
TERMINATING_OR_FAILED = "TerminatingOrFailed"

COMPLETE, FAILED = "Complete", "Failed"
SUCCESS_CRITERIA_MET, FAILURE_TARGET, SUSPENDED = "SuccessCriteriaMet", "FailureTarget", "Suspended"
"""Types of a Job's conditions. The first two are terminal; the next two announce them."""


@attrs.frozen(cache_hash=True)
class OnExitCodes:
    """Pods of which a container (``container_name`` None: any) ended with one of ``values``, or none (NotIn)."""

    operator: str = "In"
    values: tuple[int, ...] = ()
    container_name: str | None = None


@attrs.frozen(cache_hash=True)
class OnPodCondition:
    """Pods with this condition."""

    type: str = ""
    status: str = "True"


@attrs.frozen(cache_hash=True)
class PodFailureRule:
    """One rule of a pod failure policy: ``action`` for failed pods that match."""

    action: str = ""
    on_exit_codes: OnExitCodes | None = None
    on_pod_conditions: tuple[OnPodCondition, ...] = ()


@attrs.frozen(cache_hash=True)
class PodFailurePolicy:
    """What becomes of failed pods; the first rule that matches decides."""

    rules: tuple[PodFailureRule, ...] = ()


@attrs.frozen(cache_hash=True)
class SuccessRule:
    """Enough succeeded indexes: these (text of intervals, None: any), or so many of them."""

    succeeded_indexes: str | None = None
    succeeded_count: int | None = None


@attrs.frozen(cache_hash=True)
class SuccessPolicy:
    """When an Indexed Job has succeeded before all its indexes have."""

    rules: tuple[SuccessRule, ...] = ()


@attrs.frozen(cache_hash=True)
class JobSpec:
    """Desired state of a Job; times in seconds.

    ``completions`` None: a work queue, over once a pod has succeeded and none is active. ``pod_replacement_policy``
    None: as TERMINATING_OR_FAILED, unless there is a pod failure policy. ``ttl_seconds_after_finished`` None: it is
    kept. ``backoff_limit_per_index``: failures of one index after which it has failed, None: they count for the whole
    Job alone; ``max_failed_indexes`` None: any number of them may.
    """

    completions: int | None = None
    parallelism: int = 1
    backoff_limit: int = 6
    backoff_limit_per_index: int | None = None
    max_failed_indexes: int | None = None
    active_deadline_seconds: int | None = None
    completion_mode: str = NON_INDEXED
    suspend: bool = False
    pod_replacement_policy: str | None = None
    pod_failure_policy: PodFailurePolicy | None = None
    success_policy: SuccessPolicy | None = None
    ttl_seconds_after_finished: int | None = None
    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()


@attrs.frozen(cache_hash=True)
class JobStatus:
    """Observed state of a Job; ``start_time`` in seconds.

    The uids that ``uncountedTerminatedPods`` lists are kept with the pods that they name: pods are interchangeable.
    """

    active: int = 0
    ready: int = 0
    terminating: int = 0
    succeeded: int = 0
    failed: int = 0
    completed_indexes: str = ""
    failed_indexes: str = ""
    start_time: float | None = None
    conditions: tuple[Condition, ...] = ()


@attrs.frozen(cache_hash=True)
class Job:
    """A Job."""

    kind: ClassVar[str] = "Job"

    metadata: ObjectMeta = ObjectMeta()
    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()


def replaces_failed_only(spec: JobSpec) -> bool:
    """Whether a terminating pod counts, and is replaced, only once it has failed (controllers-workloads §6)."""
    return spec.pod_replacement_policy == FAILED_ONLY or spec.pod_failure_policy is not None
