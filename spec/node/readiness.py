"""The condition Ready of a pod, from its containers (kubelet §5)."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..objects.conditions import Condition, condition_is_true
from ..objects.containers import ContainerStatus
from ..objects.pod import FAILED, SUCCEEDED, PodSpec


@attrs.frozen(cache_hash=True)
class Readiness:
    """The value of the condition Ready, with the reason and the message that the kubelet gives."""

    status: str
    reason: str = ""
    message: str = ""


def _listed(text: str, names: list[str]) -> tuple[str, ...]:
    return (f"{text}: [{' '.join(names)}]",) if names else ()


def ready_condition(
    spec: PodSpec,
    statuses: tuple[ContainerStatus, ...] | None,
    phase: str,
    conditions: Iterable[Condition] = (),
) -> Readiness:
    """Ready iff all main containers and sidecars are ready and all readiness gates are true (kubelet §5).

    ``statuses`` None: nothing is known of the containers. ``conditions``: those that the readiness gates name.
    """
    if statuses is None:
        return Readiness("False", "UnknownContainerStatuses")
    ready = {status.name: status.ready for status in statuses}
    lasting = [*(container for container in spec.init_containers if container.sidecar), *spec.containers]
    unknown = [container.name for container in lasting if container.name not in ready]
    unready = [container.name for container in lasting if ready.get(container.name) is False]
    if phase == SUCCEEDED and not unknown:
        return Readiness("False", "PodCompleted")
    if phase == FAILED:
        return Readiness("False", "PodFailed")
    problems = (
        *_listed("containers with unknown status", unknown),
        *_listed("containers with unready status", unready),
    )
    if problems:
        return Readiness("False", "ContainersNotReady", ", ".join(problems))
    known = tuple(conditions)
    closed = [gate for gate in spec.readiness_gates if not condition_is_true(known, gate)]
    return Readiness("False", "ReadinessGatesNotReady", ", ".join(closed)) if closed else Readiness("True")
