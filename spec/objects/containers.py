"""Containers: what is asked for, and what the kubelet reports of them."""

from __future__ import annotations

from collections.abc import Hashable

import attrs
from frozendict import frozendict

from .quantities import ResourceList


@attrs.frozen(cache_hash=True)
class ResourceRequirements:
    """Requests and limits, of a container or of a whole pod."""

    requests: ResourceList = frozendict()
    limits: ResourceList = frozendict()


@attrs.frozen(cache_hash=True)
class ContainerPort:
    """A port of a container; ``host_port`` 0 claims nothing on the node."""

    container_port: int = 0
    host_port: int = 0
    host_ip: str = ""
    protocol: str = "TCP"
    name: str = ""


@attrs.frozen(cache_hash=True)
class Probe:
    """Timing of a probe, in seconds and counts; what it does is left to the environment."""

    initial_delay_seconds: int = 0
    period_seconds: int = 10
    timeout_seconds: int = 1
    success_threshold: int = 1
    failure_threshold: int = 3
    termination_grace_period_seconds: int | None = None


@attrs.frozen(cache_hash=True)
class Lifecycle:
    """Hooks of a container. ``pre_stop_sleep``: seconds that its preStop hook sleeps, None if it does something else.

    ``hooks``: all of them, as they are written. ``post_start``: seconds that its postStart hook sleeps, 0 if it does
    something else, None if there is none.
    """

    pre_stop_sleep: int | None = None
    hooks: Hashable = None
    post_start: int | None = None


@attrs.frozen(cache_hash=True)
class Container:
    """A container of a pod. An init container with ``restart_policy`` "Always" is a sidecar.

    ``uninterpreted`` holds the fields that no rule reads (command, environment, mounts, ...), by their API names: they
    are kept because a change in any of them makes a new pod template.
    """

    name: str = ""
    image: str = ""
    resources: ResourceRequirements = ResourceRequirements()
    ports: tuple[ContainerPort, ...] = ()
    restart_policy: str | None = None
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    uninterpreted: frozendict[str, Hashable] = frozendict()

    @property
    def sidecar(self) -> bool:
        """Whether this is a restartable init container, if it is an init container at all."""
        return self.restart_policy == "Always"


@attrs.frozen(cache_hash=True)
class ContainerWaiting:
    """The container is not running yet, or not again."""

    reason: str = ""


@attrs.frozen(cache_hash=True)
class ContainerRunning:
    """The container runs since ``started_at`` (seconds)."""

    started_at: float | None = None


@attrs.frozen(cache_hash=True)
class ContainerTerminated:
    """The container has ended with ``exit_code``; times in seconds."""

    exit_code: int = 0
    reason: str = ""
    started_at: float | None = None
    finished_at: float | None = None


ContainerState = ContainerWaiting | ContainerRunning | ContainerTerminated


@attrs.frozen(cache_hash=True)
class ContainerStatus:
    """What the kubelet reports of a container; ``state`` None: it reports none."""

    name: str = ""
    state: ContainerState | None = None
    last_state: ContainerState | None = None
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    image: str = ""
    container_id: str = ""
