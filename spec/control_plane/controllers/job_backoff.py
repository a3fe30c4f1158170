"""Back-off of a Job: how long it waits with the next pod after pods failed (controllers-workloads §6)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ...objects.conditions import find_condition
from ...objects.containers import ContainerTerminated
from ...objects.pod import Pod

DEFAULT_BACKOFF = 10.0
MAX_BACKOFF = 600.0
"""Seconds of the first back-off, and of the longest."""


@attrs.frozen(cache_hash=True)
class BackoffRecord:
    """Failures since the last success, and when the last of them was (seconds)."""

    failures: int = 0
    last_failure: float | None = None


def record(before: BackoffRecord, succeeded: Sequence[float], failed: Sequence[float]) -> BackoffRecord:
    """The record once pods have succeeded and failed at these times. Only failures after the last success count."""
    last_success = max(succeeded, default=None)
    recent = [time for time in failed if last_success is None or time > last_success]
    if last_success is None:
        return BackoffRecord(before.failures + len(recent), max(recent, default=before.last_failure))
    return BackoffRecord(len(recent), max(recent, default=None))


def delay(failures: int, default: float = DEFAULT_BACKOFF, most: float = MAX_BACKOFF) -> float:
    """Seconds from the last of so many failures to the next pod."""
    return min(default * 2.0 ** (failures - 1), most) if failures > 0 else 0.0


def remaining(found: BackoffRecord, now: float, default: float = DEFAULT_BACKOFF, most: float = MAX_BACKOFF) -> float:
    """Seconds still to wait at ``now``."""
    if found.failures == 0 or found.last_failure is None:
        return 0.0
    return max(found.last_failure + delay(found.failures, default, most) - now, 0.0)


def finished_at(pod: Pod, now: float) -> float:
    """When the pod ended (seconds): its last container's end, else its deletion, else since when it is not ready.

    ``now`` where nothing says so.
    """
    sidecars = {container.name for container in pod.spec.init_containers if container.sidecar}
    statuses = (
        *pod.status.container_statuses,
        *(status for status in pod.status.init_container_statuses if status.name in sidecars),
    )
    ends = [status.state.finished_at for status in statuses if isinstance(status.state, ContainerTerminated)]
    known = [end for end in ends if end is not None]
    if statuses and len(known) == len(statuses):
        return max(known)
    if pod.metadata.deletion_timestamp is not None:
        return pod.metadata.deletion_timestamp - (pod.metadata.deletion_grace_period_seconds or 0)
    ready = find_condition(pod.status.conditions, "Ready")
    return ready.last_transition_time if ready is not None and ready.last_transition_time is not None else now
