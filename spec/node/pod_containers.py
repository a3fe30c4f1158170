"""Which containers of a pod may start, start again, or stop: the kubelet's decision per sync (container-runtime §3).

Only for pods whose containers are told apart: those with init containers or several main ones. Init containers run one
after the other, each until it has succeeded; a sidecar, which is an init container with restartPolicy Always, only has
to have started before the next. Then all main containers start. Once they are over for good, the sidecars are stopped.
"""

from __future__ import annotations

from functools import lru_cache

import attrs

from ..kinds import ABSENT, CREATED, EXITED, INIT, MAIN, RUNNING, SIDECAR, ContainerRuntime
from ..objects.containers import Container
from ..objects.pod import PodSpec
from .restart_policy import NEVER, ON_FAILURE, container_policy, restarts

Each = tuple[ContainerRuntime, ...]


def told_apart(spec: PodSpec) -> bool:
    """Whether the pod has containers that need not do as one: init containers, or several main ones."""
    return bool(spec.init_containers) or len(spec.containers) > 1


@lru_cache(maxsize=1024)
def containers_of(spec: PodSpec) -> Each:
    """The pod's containers before any of them was created, in the order in which they start."""
    init = (ContainerRuntime(it.name, SIDECAR if it.sidecar else INIT) for it in spec.init_containers)
    return (*init, *(ContainerRuntime(it.name, MAIN) for it in spec.containers))


def _declared(spec: PodSpec) -> tuple[Container, ...]:
    return (*spec.init_containers, *spec.containers)


def initialized(each: Each) -> bool:
    """Whether the init containers are known to be done: a main container was created in this sandbox (kubelet §5)."""
    if not any(it.role == MAIN and it.state != ABSENT for it in each):
        return False
    # What has succeeded in an earlier sandbox is kept, though the init containers run again.
    return all(
        (it.state == EXITED and it.exit_code == 0) if it.role == INIT else it.state != ABSENT
        for it in each
        if it.role != MAIN
    )


def next_to_start(each: Each, starting: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The containers that never ran in this sandbox and are due now.

    The next init container once those before it have succeeded, or have started if they are sidecars; all main ones
    after the last. ``starting``: those with a startup probe that has not succeeded, which have not started yet.
    """
    if not initialized(each):
        for container in each:
            if container.role == MAIN:
                break
            if container.state in (ABSENT, CREATED):
                return (container.name,)
            succeeded = container.state == EXITED and container.exit_code == 0
            if container.role == INIT and not succeeded:
                return ()
            if container.role == SIDECAR and (container.state != RUNNING or container.name in starting):
                return ()
    return tuple(it.name for it in each if it.role == MAIN and it.state in (ABSENT, CREATED))


def over(spec: PodSpec, each: Each) -> bool:
    """Whether nothing is left to do for the pod: every main container has ended for good, or an init container has."""
    mains = [(declared, it) for declared, it in zip(_declared(spec), each, strict=True) if it.role == MAIN]
    if all(it.state == EXITED and not restarts(declared, spec, it.exit_code) for declared, it in mains):
        return True
    return any(
        it.role == INIT and it.state == EXITED and it.exit_code != 0 and container_policy(declared, spec) == NEVER
        for declared, it in zip(_declared(spec), each, strict=True)
    )


def to_restart(spec: PodSpec, each: Each, *, again: bool) -> tuple[str, ...]:
    """The containers that ended and are started again; ``again``: those that were before, after their back-off.

    An init container that succeeded is never run again in this sandbox. Nothing is restarted once the pod is over.
    """
    if over(spec, each):
        return ()
    found = []
    for declared, it in zip(_declared(spec), each, strict=True):
        if it.state != EXITED or bool(it.restarts) is not again:
            continue
        wanted = it.exit_code != 0 if it.role == INIT else restarts(declared, spec, it.exit_code)
        if wanted:
            found.append(it.name)
    return tuple(found)


def to_stop(spec: PodSpec, each: Each) -> tuple[str, ...]:
    """The sidecars that still run once the pod is over, in the order in which they are stopped: the last one first."""
    return sidecars_that_run(each) if over(spec, each) else ()


def sidecars_that_run(each: Each) -> tuple[str, ...]:
    """The running sidecars in the order in which they are stopped: reverse order of declaration (kubelet §6)."""
    return tuple(it.name for it in reversed(each) if it.role == SIDECAR and it.state == RUNNING)


@lru_cache(maxsize=1024)
def in_new_sandbox(spec: PodSpec, each: Each) -> Each | None:
    """The containers with which a new sandbox begins after the old one went down; None: there is none any more.

    Init containers run again. With restartPolicy Never nothing does once anything has been created, and with OnFailure
    main containers that have succeeded stay as they are (container-runtime §3, 2).
    """
    if over(spec, each) or (spec.restart_policy == NEVER and any(it.state != ABSENT for it in each)):
        return None
    kept = {it.name: it for it in each if it.role == MAIN and it.state == EXITED and it.exit_code == 0}
    fresh = containers_of(spec)
    if spec.restart_policy != ON_FAILURE:
        return fresh
    return tuple(kept.get(it.name, it) for it in fresh)


@lru_cache(maxsize=1024)
def starting(spec: PodSpec, known: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The containers with a startup probe that has not succeeded; ``known``: those whose probe has (kubelet §6)."""
    return tuple(it.name for it in _declared(spec) if it.startup_probe is not None and it.name not in known)


def started(each: Each, name: str) -> Each:
    """The containers once the one called ``name`` runs."""
    return tuple(attrs.evolve(it, state=RUNNING) if it.name == name else it for it in each)
