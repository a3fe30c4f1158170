"""Properties of what a kubelet does with containers (invariants 77, 79)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kinds import CREATED, EXITED, KUBELET, POD, RUNNING, SANDBOX_READY
from ..language.property import HOLDS, IDLE, Finding, StepProperty, violated
from ..node.restart_policy import pod_restarts

Change = tuple[Any, ...]

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


def _restarted(_component: str, _rule: str, before: Change, after: Change, _seen: Mapping[str, Any]) -> Finding:
    (pod, runtime), (_, now) = before, after
    if pod is None or runtime is None or runtime.containers != EXITED:
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
    (_, runtime), (_, now) = before, after
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
