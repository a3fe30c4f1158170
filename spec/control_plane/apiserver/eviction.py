"""The eviction subresource of pods: what the API server makes of POST pods/eviction (kube-apiserver §5).

It is a request like others to whoever asks, and several to the API server: check the budget and take one disruption
from it, by compare-and-swap; mark the pod; delete it. A crash between them only wastes budget for two minutes. Plain
DELETE, preemption, taint eviction and kubelets do not come this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import attrs

from ...language.arithmetic import Number, Truth
from ...objects.conditions import Condition, with_condition
from ...objects.disruption import ALWAYS_ALLOW, PodDisruptionBudget, with_allowed
from ...objects.pod import PENDING, Pod, is_ready, is_terminal

MOST_DISRUPTED_PODS = 2000
"""How many evictions of a budget may be under way at once."""

EVICTED = Condition("DisruptionTarget", "True", "EvictionByEvictionAPI")
"""The condition of a pod whose eviction was granted."""


class Answer(Enum):
    """What becomes of a request for eviction."""

    DELETE = "delete"
    """The pod is deleted; no budget is asked, or none is charged."""
    DELETE_AS_SEEN = "delete as seen"
    """As ``DELETE``, but only this version of the pod: one that became ready meanwhile would need the budget.

    Reference §5 says so of pods that are not ready; upstream guards Pending ones too (shouldEnforceResourceVersion).
    """
    CHARGE = "charge"
    """A disruption is taken from the budget, then the pod is deleted."""
    TOO_MANY_REQUESTS = "too many requests"
    """429: the client may ask again."""
    FORBIDDEN = "forbidden"
    ERROR = "internal error"


@attrs.frozen(cache_hash=True)
class Evictable:
    """What the API server reads of the pod that shall be evicted: ``ended`` is finished, or being deleted already."""

    ended: bool
    pending: bool
    ready: bool


def evictable(pod: Pod) -> Evictable:
    """``pod`` as its eviction reads it."""
    return Evictable(is_terminal(pod) or pod.metadata.terminating, pod.status.phase == PENDING, is_ready(pod))


@attrs.frozen
class Verdict:
    """The answer to a request for eviction, and why, in Kubernetes' words."""

    answer: Answer
    because: str


def may_charge(allowed: Number) -> Truth:
    """Whether a budget that allows so many disruptions can be charged for one."""
    return allowed > 0


def charged(allowed: Number) -> Number:
    """How many disruptions a budget allows after one has been taken from it."""
    return allowed - 1


def judge_eviction(pod: Evictable, budgets: Sequence[PodDisruptionBudget]) -> Verdict:
    """What becomes of the eviction of ``pod``, which ``budgets`` select."""
    if pod.ended:
        return Verdict(Answer.DELETE, "the pod has ended, or is being deleted: no budget protects it")
    if pod.pending:
        return Verdict(Answer.DELETE_AS_SEEN, "the pod does not run: no budget protects it")
    if not budgets:
        return Verdict(Answer.DELETE, "no budget selects the pod")
    if len(budgets) > 1:
        return Verdict(Answer.ERROR, "This pod has more than one PodDisruptionBudget")
    (budget,) = budgets
    name, status = budget.metadata.name, budget.status
    if not pod.ready:
        if budget.spec.unhealthy_pod_eviction_policy == ALWAYS_ALLOW:
            return Verdict(Answer.DELETE, f"{name} lets pods go that are not ready")
        if status.current_healthy >= status.desired_healthy > 0:
            return Verdict(Answer.DELETE_AS_SEEN, f"the pod is not ready, and {name} has enough others that are")
    if status.observed_generation < budget.metadata.generation:
        return Verdict(Answer.TOO_MANY_REQUESTS, f"the disruption budget {name} is still being processed")
    if status.disruptions_allowed < 0:
        return Verdict(Answer.FORBIDDEN, "pdb disruptions allowed is negative")
    if not may_charge(status.disruptions_allowed):
        needed = f"{name} needs {status.desired_healthy} healthy pods and has {status.current_healthy} currently"
        return Verdict(Answer.TOO_MANY_REQUESTS, f"it would violate the pod's disruption budget: {needed}")
    if len(status.disrupted_pods) > MOST_DISRUPTED_PODS:
        return Verdict(Answer.FORBIDDEN, "DisruptedPods map too big: too many evictions not confirmed")
    return Verdict(Answer.CHARGE, f"{name} allows {status.disruptions_allowed}")


@attrs.frozen(cache_hash=True)
class Charge:
    """The edit that takes a disruption from a budget for the pod that is listed as ``entry``."""

    entry: str

    def __call__(self, budget: PodDisruptionBudget, /) -> PodDisruptionBudget:
        """The budget after the write."""
        allowed = charged(budget.status.disruptions_allowed)
        status = with_allowed(budget.status, allowed) if allowed == 0 else budget.status
        disrupted = status.disrupted_pods.set(self.entry, 0.0)
        return attrs.evolve(budget, status=attrs.evolve(status, disruptions_allowed=allowed, disrupted_pods=disrupted))


@attrs.frozen(cache_hash=True)
class MarkEvicted:
    """The edit that sets the condition DisruptionTarget of a pod whose eviction was granted."""

    def __call__(self, pod: Pod, /) -> Pod:
        """The pod after the write."""
        conditions = with_condition(pod.status.conditions, EVICTED)
        return attrs.evolve(pod, status=attrs.evolve(pod.status, conditions=conditions))
