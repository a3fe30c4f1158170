"""Properties of what a kubelet does with containers (invariants 77, 79, 80; kubelet §5, §6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..kinds import (
    ABSENT,
    CREATED,
    EXITED,
    INIT,
    KUBELET,
    MAIN,
    POD,
    PRESENT,
    RUNNING,
    SANDBOX_READY,
    SIDECAR,
    ContainerRuntime,
    PodRuntime,
)
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StateProperty, StepProperty, TemporalProperty, violated
from ..language.query import COUNT, Query, no_parameter
from ..node.container_runtime import KILLED
from ..node.container_runtime import NAME as CONTAINER_RUNTIME
from ..node.container_sync import RESTART_AFTER_BACK_OFF
from ..node.critical_pods import PREEMPTING, critical
from ..node.grace import KILL
from ..node.node_pressure import EVICT_NAME
from ..node.node_shutdown import TERMINATE
from ..node.pod_containers import over, starting
from ..node.probes import LIVENESS_FAILS, has_startup_probe
from ..node.restart_policy import container_policy, pod_restarts, restarts
from ..node.soft_eviction import EVICT_SOFTLY
from ..node.startup import wanted
from ..objects.containers import Container
from ..objects.pod import Pod

Change = tuple[Any, ...]

AT_ONCE = (EVICT_NAME, EVICT_SOFTLY, TERMINATE)
"""How the names of rules begin that end containers without grace, or in one step where others take several."""

ADOPT, AFTER_BACK_OFF = "adopt pod", "restart containers after back-off"
"""Names of the rules by which containers are started again."""


def _removed(component: str, _rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (pod, runtime), (now, _) = before, after
    if component != KUBELET or pod is None or now is not None:
        return IDLE
    if runtime is None or runtime.containers != RUNNING:
        return HOLDS
    return violated(f"the kubelet on {runtime.node} removes a pod from the API whose containers still run")


API_REMOVAL_IMPLIES_STOPPED = StepProperty(
    name="api-removal-implies-stopped",
    statement="a kubelet removes a pod from the API only once nothing of it runs",
    kind=POD,
    fields=("object", "runtime"),
    judge=_removed,
    reference="invariants 77",
    advice="others than the kubelet give no such promise: force deletion, and the pod garbage collector",
)


def _begun_again(pod: Pod, runtime: PodRuntime, now: PodRuntime | None) -> Iterator[tuple[Container, ContainerRuntime]]:
    """The containers, told apart, that ended and are started again in the same sandbox, as they had ended."""
    if now is None or now.sandbox != runtime.sandbox or not now.each:
        return
    declared = (*pod.spec.init_containers, *pod.spec.containers)
    for container, old, new in zip(declared, runtime.each, now.each, strict=True):
        if old.state == EXITED and new.state in (CREATED, RUNNING):
            yield container, old


def _may_restart(pod: Pod, container: Container, ended: ContainerRuntime) -> bool:
    if ended.role == INIT and ended.exit_code == 0:
        return False
    return restarts(container, pod.spec, ended.exit_code)


def _restarted(_component: str, _rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (pod, runtime), (_, now) = before, after
    if pod is None or runtime is None:
        return IDLE
    if runtime.each:
        found = tuple(_begun_again(pod, runtime, now))
        for container, ended in found:
            if not _may_restart(pod, container, ended):
                return violated(
                    f"{ended.name} ended with exit code {ended.exit_code} and is started again, with restartPolicy"
                    f" {container_policy(container, pod.spec)}"
                )
        return HOLDS if found or any(it.state == EXITED for it in runtime.each) else IDLE
    if runtime.containers != EXITED:
        return IDLE
    if now is None or now.containers not in (CREATED, RUNNING) or pod_restarts(pod.spec, runtime.exit_code):
        return HOLDS
    return violated(
        f"containers that ended with exit code {runtime.exit_code} are started again, with restartPolicy"
        f" {pod.spec.restart_policy}"
    )


RESTART_POLICY_RESPECTED = StepProperty(
    name="restart-policy-respected",
    statement="containers that ended are started again only if the restart policy lets them",
    kind=POD,
    fields=("object", "runtime"),
    judge=_restarted,
    reference="invariants 79",
    advice="look at restartPolicy, and at the restart rules of single containers",
)


def _backed_off(_component: str, rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (pod, runtime), (_, now) = before, after
    if pod is not None and runtime is not None and runtime.each:
        again = [ended.name for _, ended in _begun_again(pod, runtime, now) if ended.restarts]
        if not again or rule == ADOPT:
            return IDLE
        if rule == RESTART_AFTER_BACK_OFF:
            return HOLDS
        return violated(f"{again[0]} ended again and is started again at once")
    if runtime is None or runtime.containers != EXITED or now is None or now.containers not in (CREATED, RUNNING):
        return IDLE
    if not runtime.restarts or runtime.sandbox != SANDBOX_READY or rule == ADOPT:
        return IDLE
    return HOLDS if rule == AFTER_BACK_OFF else violated("containers that ended again are started again at once")


CRASHLOOP_BACKOFF = StepProperty(
    name="crashloop-backoff",
    statement="containers that end again are started again only after a back-off; a kubelet that restarts forgets it",
    kind=POD,
    fields=("object", "runtime"),
    judge=_backed_off,
    reference="invariants 80",
    advice="look at what restarts containers without the kubelet's back-off",
)


def _in_order(_component: str, _rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (_, runtime), (_, now) = before, after
    if now is None or now.sandbox != SANDBOX_READY:
        return IDLE
    same = runtime is not None and runtime.sandbox == SANDBOX_READY
    ran = {it.name for it in runtime.each if it.state == RUNNING} if runtime is not None and same else frozenset()
    begun = [it for it in now.each if it.state == RUNNING and it.name not in ran]
    if not begun:
        return IDLE
    for container in begun:
        for earlier in now.each[: now.each.index(container)]:
            if earlier.role == MAIN:
                break
            if earlier.role == INIT and not (earlier.state == EXITED and earlier.exit_code == 0):
                return violated(f"{container.name} is started although init container {earlier.name} has not succeeded")
            if earlier.role == SIDECAR and container.role != SIDECAR and earlier.state == ABSENT:
                return violated(f"{container.name} is started before sidecar {earlier.name}")
    return HOLDS


INIT_CONTAINERS_IN_ORDER = StepProperty(
    name="init-containers-in-order",
    statement="a container is started only once every init container before it has succeeded, or runs as a sidecar",
    kind=POD,
    fields=("object", "runtime"),
    judge=_in_order,
    reference="kubelet §5",
    advice="look at which init container failed or hangs: nothing after it starts",
)


def _outlived(component: str, _rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (pod, runtime), (_, now) = before, after
    if component != KUBELET or pod is None or runtime is None or now is None:
        return IDLE
    stopped = [
        old.name
        for old, new in zip(runtime.each, now.each, strict=False)
        if old.role == SIDECAR and old.state == RUNNING and new.state == EXITED
    ]
    if not stopped:
        return IDLE
    mains = [it.name for it in now.each if it.role == MAIN and it.state == RUNNING]
    if mains:
        return violated(f"sidecar {stopped[0]} is stopped while {mains[0]} still runs")
    if pod.metadata.terminating or over(pod.spec, runtime.each):
        return HOLDS
    return violated(f"sidecar {stopped[0]} is stopped although the pod is neither over nor being deleted")


SIDECARS_OUTLIVE_MAIN = StepProperty(
    name="sidecars-outlive-main",
    statement="a kubelet stops a sidecar only once no main container of its pod runs any more",
    kind=POD,
    fields=("object", "runtime"),
    judge=_outlived,
    reference="kubelet §6",
    advice="a proxy or log shipper that has to outlive the application must be an init container with restartPolicy"
    " Always, no main container",
)


def _gated(_component: str, rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (pod, worker, _), (_, now, _) = before, after
    if pod is None or worker is None or not has_startup_probe(pod.spec):
        return IDLE
    unstarted = starting(pod.spec, worker.started)
    if now is not None and now.ready and not worker.ready:
        if unstarted:
            return violated(f"the pod's readiness probe counts although {unstarted[0]} has not started")
        return HOLDS
    if rule.startswith(LIVENESS_FAILS):
        guarded = [it.name for it in pod.spec.containers if it.liveness_probe is not None]
        if all(name in unstarted for name in guarded):
            return violated(f"{guarded[0]} is stopped by its liveness probe although it has not started")
        return HOLDS
    return IDLE


STARTUP_GATES_PROBES = StepProperty(
    name="startup-gates-probes",
    statement="readiness and liveness probes of a container begin only once its startup probe has succeeded",
    kind=POD,
    fields=("object", "worker", "runtime"),
    judge=_gated,
    reference="kubelet §6",
    advice="a slow start belongs into a startupProbe with a high failureThreshold, not into initialDelaySeconds",
)


def _hung(_key: Any, pod: Pod | None, runtime: PodRuntime | None) -> bool | None:
    if pod is None or runtime is None or not wanted(pod):
        return None
    pairs = zip(pod.spec.init_containers, runtime.each, strict=False)
    hanging = [declared for declared, it in pairs if it.hung] + [*(pod.spec.containers if runtime.hung else ())]
    return True if any(it.liveness_probe is not None for it in hanging) else None


HANGING_CONTAINERS_STOPPED = TemporalProperty(
    name="hanging-containers-stopped",
    statement="an application, or a sidecar, that hangs and has a liveness probe does not hang for ever: it is stopped",
    key=None,
    queries={"hung": Query(POD, ("object", "runtime"), _hung, COUNT, no_parameter)},
    judge=lambda _key, hung: (
        violated(f"{hung} pods hang for ever, although they have a liveness probe") if hung else HOLDS
    ),
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="kubelet §6",
    advice="without a livenessProbe nobody notices; with a readinessProbe alone a pod that hangs leaves its endpoints",
)


def _image_there(_component: str, _rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (runtime,), (now,) = before, after
    if runtime is None or now is None or not runtime.pull or runtime.sandbox != now.sandbox:
        return IDLE
    fresh = [it.name for it, old in zip(now.each, runtime.each, strict=False) if _created(old.state, it.state)]
    if not fresh and not _created(runtime.containers, now.containers):
        return IDLE
    if runtime.pull == PRESENT:
        return HOLDS
    return violated(f"a container is created on {now.node} while its image is {runtime.pull}")


def _created(before: str, after: str) -> bool:
    return before in (ABSENT, EXITED) and after in (CREATED, RUNNING)


IMAGE_PRESENT_AT_START = StepProperty(
    name="image-present-at-start",
    statement="a container is created only once its image is on its node, pulled as its imagePullPolicy says",
    kind=POD,
    fields=("runtime",),
    judge=_image_there,
    reference="container-runtime §4",
    advice="with imagePullPolicy Always every start needs the registry; a digest and IfNotPresent do not",
)


def _sandboxes(runtime: PodRuntime | None) -> tuple[str, int] | None:
    return (runtime.node, runtime.sandboxes) if runtime is not None else None


def _one_sandbox(key: tuple[str, int]) -> Finding:
    node, sandboxes = key
    return HOLDS if sandboxes == 1 else violated(f"two sandboxes of one pod are ready on {node}")


ONE_RUNNING_INSTANCE = StateProperty(
    name="one-running-instance-per-container",
    statement="a runtime holds at most one ready sandbox of a pod, and so at most one running instance of a container",
    key=Key(POD, ("runtime",), _sandboxes),
    judge=_one_sandbox,
    reference="invariants 78",
    advice="a runtime must not make a second sandbox of the same name while it has one, whatever its client was told",
)


def _killed(component: str, rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (pod, runtime), (_, now) = before, after
    if component not in (KUBELET, CONTAINER_RUNTIME) or runtime is None or runtime.each or rule.startswith(AT_ONCE):
        return IDLE
    if runtime.containers != RUNNING or (pod is not None and wanted(pod)):
        return IDLE
    if now is not None and now.containers == RUNNING:
        return IDLE
    if now is None or now.exit_code == KILLED:
        if runtime.signalled and rule.startswith(KILL):
            return HOLDS
        return violated(f"a container on {runtime.node} is killed before its grace period is over")
    return HOLDS


GRACE_PERIOD = StepProperty(
    name="grace-period-lower-bound",
    statement="a container of a pod that ends is killed only once its grace period is over, counted from TERM",
    kind=POD,
    fields=("object", "runtime"),
    judge=_killed,
    reference="invariants 83",
    advice="a program that needs longer than terminationGracePeriodSeconds to end loses what it was doing",
)


def _made_room(component: str, _rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (pod,), (now,) = before, after
    if component != KUBELET or pod is None or now is None:
        return IDLE
    if now.status.reason != PREEMPTING or pod.status.reason == PREEMPTING:
        return IDLE
    if critical(pod.spec):
        return violated(f"a kubelet ends a critical pod (priority {pod.spec.priority}) to make room for another one")
    return HOLDS


CRITICAL_PODS_STAY = StepProperty(
    name="critical-pods-stay",
    statement="a kubelet that makes room for a critical pod ends none that is critical itself",
    kind=POD,
    fields=("object",),
    judge=_made_room,
    reference="kubelet §4",
    advice="system-node-critical is for what a node cannot do without; more of that than fits is rejected",
)
