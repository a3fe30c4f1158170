"""Pod failure policies: what the first matching rule makes of a failed pod (controllers-workloads §6)."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ...objects.containers import ContainerStatus, ContainerTerminated
from ...objects.job import OnExitCodes, PodFailurePolicy, PodFailureRule
from ...objects.pod import Pod

FAIL_JOB, FAIL_INDEX, IGNORE, COUNT = "FailJob", "FailIndex", "Ignore", "Count"
_ACTIONS = (FAIL_JOB, FAIL_INDEX, IGNORE, COUNT)


@attrs.frozen(cache_hash=True)
class Match:
    """What a policy makes of a failed pod: the ``action`` ("": no rule matches), and whether the failure counts.

    ``message``: why the Job fails, where the action is FAIL_JOB.
    """

    action: str = ""
    counts: bool = True
    message: str = ""


def match(policy: PodFailurePolicy | None, pod: Pod) -> Match:
    """What ``policy`` makes of the failed ``pod``. Rules with an action that is not known are passed over."""
    for number, rule in enumerate(policy.rules if policy is not None else ()):
        reason = _reason(rule, pod)
        if reason and rule.action in _ACTIONS:
            message = f"{reason} matching {rule.action} rule at index {number}" if rule.action == FAIL_JOB else ""
            return Match(rule.action, rule.action != IGNORE, message)
    return Match()


def _reason(rule: PodFailureRule, pod: Pod) -> str:
    name = f"{pod.metadata.namespace}/{pod.metadata.name}"
    if rule.on_exit_codes is not None:
        found = _container(pod, rule.on_exit_codes)
        return f"Container {found[0]} for pod {name} failed with exit code {found[1]}" if found else ""
    for condition in pod.status.conditions:
        if any((it.type, it.status) == (condition.type, condition.status) for it in rule.on_pod_conditions):
            return f"Pod {name} has condition {condition.type}"
    return ""


def _container(pod: Pod, wanted: OnExitCodes) -> tuple[str, int] | None:
    """Name and exit code of the first container that ended in a way that matches; success never does."""
    for name, code in _exits((*pod.status.container_statuses, *pod.status.init_container_statuses)):
        if code and wanted.container_name in (None, name) and (code in wanted.values) == (wanted.operator == "In"):
            return name, code
    return None


def _exits(statuses: Iterable[ContainerStatus]) -> Iterable[tuple[str, int]]:
    for status in statuses:
        if isinstance(status.state, ContainerTerminated):
            yield status.name, status.state.exit_code
