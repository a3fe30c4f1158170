"""Properties of what admission upholds for a namespace (invariants 20)."""

from __future__ import annotations

import attrs
from frozendict import frozendict

from ..control_plane.controllers.resource_quota import USAGE, counts, used
from ..kinds import POD, RESOURCE_QUOTA
from ..language.component import Key
from ..language.property import HOLDS, IDLE, Finding, Shape, StateProperty, TemporalProperty, suspended, violated
from ..language.query import SUM_BY, Query
from ..objects.pod import Pod
from ..objects.quantities import ResourceList
from ..objects.quota import ResourceQuota, pod_usage


@attrs.frozen(cache_hash=True)
class _Allowed:
    """What a quota allows in its namespace."""

    name: str
    namespace: str
    hard: ResourceList


def _allowed(quota: ResourceQuota | None) -> _Allowed | None:
    return _Allowed(quota.metadata.name, quota.metadata.namespace, quota.spec.hard) if quota is not None else None


@attrs.frozen(cache_hash=True)
class _Uses:
    """What a pod uses, and whether some controller created it."""

    usage: ResourceList
    created: bool


def _uses(namespace: str, pod: Pod | None) -> tuple[_Uses, int] | None:
    if pod is None or not counts(pod, namespace):
        return None
    return _Uses(pod_usage(pod.spec), pod.metadata.controller_reference is not None), 1


def _over(hard: ResourceList, pods: tuple[tuple[ResourceList, int], ...]) -> list[str]:
    totals: frozendict[str, int] = used(hard, pods)
    return sorted(f"{name}: {totals[name]} of {amount}" for name, amount in hard.items() if totals[name] > amount)


def _not_exceeded(key: _Allowed, pods: tuple[tuple[_Uses, int], ...]) -> Finding:
    if not pods:
        return IDLE
    over = _over(key.hard, tuple((pod.usage, number) for pod, number in pods))
    if not over:
        return HOLDS
    text = f"{key.name} is exceeded: {', '.join(over)}"
    if all(pod.created for pod, _ in pods):
        return violated(text)
    return suspended(f"{text}; some pods were there before it was looked at")


QUOTA_NOT_EXCEEDED = StateProperty(
    name="quota-not-exceeded",
    statement="the pods of a namespace never use more than its quotas allow",
    key=Key(RESOURCE_QUOTA, ("object",), _allowed),
    queries={"pods": Query(POD, ("object",), _uses, SUM_BY, lambda key: key.namespace)},
    judge=_not_exceeded,
    reference="invariants 20",
    assumes="no pod was there before the quota",
    advice="admission must add to the usage in the same write that it checks it with",
)


def _live(quota: ResourceQuota | None) -> ResourceQuota | None:
    return quota if quota is not None and not quota.metadata.terminating else None


def _correct(key: ResourceQuota, pods: tuple[tuple[ResourceList, int], ...]) -> Finding:
    found = used(key.spec.hard, pods)
    if key.status.used == found:
        return HOLDS
    wrong = sorted(f"{name}: {key.status.used.get(name, 0)}, not {amount}" for name, amount in found.items())
    return violated(f"{key.metadata.name} says that other amounts are used than are: {', '.join(wrong)}")


QUOTA_USAGE_CORRECT = TemporalProperty(
    name="quota-usage-correct",
    statement="in the end the status of a quota says what the pods of its namespace use",
    key=Key(RESOURCE_QUOTA, ("object",), _live),
    queries={"pods": USAGE},
    judge=_correct,
    shape=Shape.EVENTUALLY_ALWAYS,
    reference="controllers-cluster §12",
    advice="look at whether the resource quota controller runs: admission only adds to the usage, it takes nothing off",
)
