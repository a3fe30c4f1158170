"""The phase of a pod, from its containers (kubelet §5, ``getPhase``)."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..objects.containers import (
    Container,
    ContainerRunning,
    ContainerState,
    ContainerStatus,
    ContainerTerminated,
    ContainerWaiting,
)
from ..objects.pod import FAILED, PENDING, RUNNING, SUCCEEDED, PodSpec
from .restart_policy import NEVER, RESTART_ALL, container_policy, restarts, rule_action

RESTARTING_ALL = "RestartingAllContainers"
"""Reason of a waiting container whose pod starts again as a whole."""


@attrs.frozen
class _Count:
    """The main containers and the sidecars, by what they do; ended sidecars count nowhere."""

    unknown: int
    running: int
    waiting: int
    succeeded: int
    failed: int
    restarting: int


def _ended(status: ContainerStatus) -> ContainerTerminated | None:
    """How the newest instance that ended did so; None for a container that runs or never did."""
    if isinstance(status.state, ContainerTerminated):
        return status.state
    if isinstance(status.state, ContainerWaiting) and isinstance(status.last_state, ContainerTerminated):
        return status.last_state
    return None


def _initialization_failed(container: Container, spec: PodSpec, status: ContainerStatus | None) -> bool:
    """Whether an init container failed for good."""
    ended = _ended(status) if status else None
    if ended is None or ended.exit_code == 0 or container_policy(container, spec) != NEVER:
        return False
    return rule_action(container, ended.exit_code) != RESTART_ALL


def _initialization_pending(status: ContainerStatus | None) -> bool:
    return status is None or _ended(status) is None


def _sidecar_pending(status: ContainerStatus | None) -> bool:
    if status is None:
        return False
    if isinstance(status.state, ContainerRunning):
        return not status.started
    return _ended(status) is None


def _kind(container: Container, spec: PodSpec, status: ContainerStatus | None) -> str:
    state: ContainerState | None = status.state if status else None
    ended = _ended(status) if status else None
    if isinstance(state, ContainerRunning):
        return "running"
    if ended is None:
        return "waiting" if isinstance(state, ContainerWaiting) else "unknown"
    if isinstance(state, ContainerWaiting):
        again = state.reason == RESTARTING_ALL or container_policy(container, spec) != NEVER
        return "restarting" if again else "failed"
    if restarts(container, spec, ended.exit_code):
        return "restarting"
    return "succeeded" if ended.exit_code == 0 else "failed"


def _count(spec: PodSpec, statuses: dict[str, ContainerStatus]) -> _Count:
    kinds = [_kind(container, spec, statuses.get(container.name)) for container in spec.containers]
    for sidecar in (container for container in spec.init_containers if container.sidecar):
        kind = _kind(sidecar, spec, statuses.get(sidecar.name))
        kinds += [kind] if kind in ("running", "waiting", "unknown") else []
    return _Count(**{name: kinds.count(name) for name in attrs.fields_dict(_Count)})


def _succeeded(spec: PodSpec, statuses: dict[str, ContainerStatus]) -> bool:
    states = [statuses[container.name].state for container in spec.containers]
    return all(isinstance(state, ContainerTerminated) and state.exit_code == 0 for state in states)


def pod_phase(spec: PodSpec, statuses: Iterable[ContainerStatus], *, terminal: bool, initialized: bool) -> str:
    """The phase that the kubelet computes.

    ``statuses``: those of init and main containers. ``terminal``: the pod's containers have stopped for good.
    ``initialized``: its init containers are known to have finished. The rules of kubelet §5, in their order; a
    container's own restart policy and restart rules come before the pod's policy.
    """
    by_name = {status.name: status for status in statuses}
    ordinary = [container for container in spec.init_containers if not container.sidecar]
    sidecars = [container for container in spec.init_containers if container.sidecar]
    if any(_initialization_failed(container, spec, by_name.get(container.name)) for container in ordinary):
        return FAILED
    if any(_initialization_pending(by_name.get(container.name)) for container in ordinary):
        return PENDING
    if not initialized and any(_sidecar_pending(by_name.get(container.name)) for container in sidecars):
        return PENDING
    count = _count(spec, by_name)
    if count.waiting or count.unknown or not spec.containers:
        return PENDING
    if count.running:
        return RUNNING
    if terminal:
        return SUCCEEDED if _succeeded(spec, by_name) else FAILED
    if count.restarting:
        return RUNNING
    return FAILED if count.failed else SUCCEEDED
