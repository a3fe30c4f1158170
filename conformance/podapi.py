"""Pods in the API server, against the tables of its own unit tests."""

from __future__ import annotations

from ..spec.control_plane.apiserver.deletion import delete
from ..spec.control_plane.apiserver.eviction import Answer as Judged
from ..spec.control_plane.apiserver.eviction import evictable, judge_eviction
from ..spec.control_plane.apiserver.field_selectors import matches
from ..spec.control_plane.apiserver.handling import handle
from ..spec.control_plane.apiserver.pod_strategy import POD_SCHEDULED, grace_period_seconds
from ..spec.control_plane.apiserver.strategies import POD
from ..spec.language.request import ApiCall, DeleteOptions, Verb
from ..spec.objects.conditions import find_condition
from ..spec.objects.decoding import decode_pod_disruption_budget
from ..spec.objects.decoding_pod import decode_pod
from ..spec.objects.quality_of_service import qos_class
from ..spec.objects.selectors import selects
from .delete_options import delete_options
from .question import Answer, Given, Question, Questions

_NOW = 5.0


def _grace_period(given: Given) -> Answer:
    return {"gracePeriodSeconds": grace_period_seconds(decode_pod(given["pod"]), delete_options(given))}


def _pod_scheduled(given: Given) -> Answer:
    created = handle(ApiCall(Verb.CREATE, "Pod", decode_pod(given["pod"])), None, current=True).stored
    condition = find_condition(created.status.conditions, POD_SCHEDULED)
    return {"podScheduled": condition and {"status": condition.status, "reason": condition.reason}}


_DELETES = (Judged.DELETE, Judged.DELETE_AS_SEEN, Judged.CHARGE)


def _eviction(given: Given) -> Answer:
    pod = decode_pod(given["pod"])
    budgets = [decode_pod_disruption_budget(data) for data in given["podDisruptionBudgets"]]
    selecting = [budget for budget in budgets if selects(budget.spec.selector, pod.metadata.labels)]
    deletes = judge_eviction(evictable(pod), selecting).answer in _DELETES
    options = DeleteOptions(given["eviction"]["deleteOptions"].get("gracePeriodSeconds"))
    removed = deletes and delete(pod, options, POD, _NOW).stored is None
    return {"refused": not deletes, "podRemoved": removed, "deleteAttempts": int(deletes)}


def _field_selected(given: Given) -> Answer:
    return {"matches": matches(decode_pod(given["pod"]), given["fieldSelector"])}


def _qos_class(given: Given) -> Answer:
    return {"qosClass": qos_class(decode_pod(given["pod"]).spec)}


QUESTIONS: Questions = {
    "qosClass given to a new pod": Question(_qos_class),
    "whether an eviction request is refused, and whether the pod is removed at once": Question(_eviction),
    "whether an eviction request is refused, and how many delete attempts are made": Question(_eviction),
    "whether the pod matches the field selector": Question(_field_selected),
    "effective grace period in seconds when the pod is deleted": Question(_grace_period),
    "PodScheduled condition given to a new pod": Question(_pod_scheduled),
}
