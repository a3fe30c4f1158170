"""Whether containers are started again after they ended (kubelet §6)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ..kinds import EXITED, RUNNING
from ..objects.containers import Container
from ..objects.pod import PodSpec

ALWAYS, ON_FAILURE, NEVER = "Always", "OnFailure", "Never"
RESTART_ALL = "RestartAllContainers"
"""Action of a restart rule of a container: the whole pod starts again (v1.35, behind a feature gate)."""

_RULES = "restartPolicyRules"


def should_restart(policy: str, state: str | None, exit_code: int = 0) -> bool:
    """Whether the kubelet starts a container whose newest instance is in ``state`` (kubelet §6).

    ``state`` None: there never was one. Besides EXITED and RUNNING any state, such as CREATED or unknown, means that it
    has to be started.
    """
    if state == RUNNING:
        return False
    if state != EXITED:
        return True
    return policy == ALWAYS or (policy == ON_FAILURE and exit_code != 0)


def container_policy(container: Container, spec: PodSpec) -> str:
    """The restart policy in force for a container: its own, else the pod's."""
    return container.restart_policy or spec.restart_policy


def rule_action(container: Container, exit_code: int) -> str:
    """The action of the first of the container's own restart rules that its exit code matches, "" if none does."""
    rules: Any = container.uninterpreted.get(_RULES, ())
    for rule in rules:
        codes: Mapping[str, Any] = rule.get("exitCodes") or {}
        if (exit_code in codes.get("values", ())) == (codes.get("operator") == "In"):
            return str(rule.get("action", ""))
    return ""


@lru_cache(maxsize=4096)
def restarts(container: Container, spec: PodSpec, exit_code: int) -> bool:
    """Whether a container of the pod is started again after it ended with ``exit_code``."""
    if rule_action(container, exit_code):
        return True
    return should_restart(container_policy(container, spec), EXITED, exit_code)


def pod_restarts(spec: PodSpec, exit_code: int) -> bool:
    """Whether any of the pod's main containers, which the model ends together, is started again."""
    return any(restarts(container, spec, exit_code) for container in spec.containers)
