"""Creation, deletion, eviction and selection in the API server against the tables of Kubernetes' own unit tests.

Each case is decoded, given to the very function that the model calls, and what upstream asserts of the answer is
compared exactly; finalizers are a set. The deprecated ``orphanDependents`` says what a propagation policy says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from kubemodel.spec.control_plane.apiserver.deletion import delete
from kubemodel.spec.control_plane.apiserver.eviction import Answer, evictable, judge_eviction
from kubemodel.spec.control_plane.apiserver.field_selectors import matches
from kubemodel.spec.control_plane.apiserver.handling import handle
from kubemodel.spec.control_plane.apiserver.pod_strategy import POD_SCHEDULED, grace_period_seconds
from kubemodel.spec.control_plane.apiserver.strategies import BACKGROUND, ORPHAN, POD
from kubemodel.spec.language.request import ApiCall, DeleteOptions, Response, Verb
from kubemodel.spec.objects.conditions import find_condition
from kubemodel.spec.objects.decoding import decode_pod_disruption_budget
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.pod import Pod
from kubemodel.spec.objects.selectors import selects

Case = Mapping[str, Any]
Given = Mapping[str, Any]

CASES: list[Case] = [
    json.loads(line) for line in Path(__file__).with_name("apiserver.jsonl").read_text("utf-8").splitlines()
]
NOW = 5.0


def options_of(given: Given) -> DeleteOptions:
    body = given["deleteOptions"]
    policy = body.get("propagationPolicy")
    if "orphanDependents" in body:
        policy = ORPHAN if body["orphanDependents"] else BACKGROUND
    return DeleteOptions(body.get("gracePeriodSeconds"), policy)


def what_is_left(response: Response) -> dict[str, Any]:
    if response.stored is None:
        return {"removed": True}
    metadata = response.stored.metadata
    return {
        "removed": False,
        "finalizers": set(metadata.finalizers),
        "deletionTimestampSet": metadata.terminating,
        "deletionGracePeriodSeconds": metadata.deletion_grace_period_seconds,
    }


def grace_period(given: Given) -> dict[str, Any]:
    return {"gracePeriodSeconds": grace_period_seconds(decode_pod(given["pod"]), options_of(given))}


def pod_scheduled(given: Given) -> dict[str, Any]:
    created = handle(ApiCall(Verb.CREATE, "Pod", decode_pod(given["pod"])), None, current=True).stored
    condition = find_condition(created.status.conditions, POD_SCHEDULED)
    return {"podScheduled": condition and {"status": condition.status, "reason": condition.reason}}


def deleted_at_once(given: Given) -> dict[str, Any]:
    pod = Pod()
    pod = attrs.evolve(pod, metadata=attrs.evolve(pod.metadata, finalizers=tuple(given["existingFinalizers"])))
    default = ORPHAN if given["resourceDefaultPolicy"] == "orphan" else BACKGROUND
    options = attrs.evolve(options_of(given), grace_period_seconds=0)
    return what_is_left(delete(pod, options, attrs.evolve(POD, default_propagation=default), NOW))


@attrs.frozen
class SetFinalizers:
    finalizers: tuple[str, ...]

    def __call__(self, stored: Any, /) -> Any:
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, finalizers=self.finalizers))


def updated(given: Given) -> dict[str, Any]:
    change = SetFinalizers(tuple(given["request"]["finalizers"]))
    call = ApiCall(Verb(given["request"]["verb"]), "Pod", change)
    return what_is_left(handle(call, decode_pod(given["object"]), current=True))


DELETES = (Answer.DELETE, Answer.DELETE_AS_SEEN, Answer.CHARGE)


def eviction(given: Given) -> dict[str, Any]:
    pod = decode_pod(given["pod"])
    budgets = [decode_pod_disruption_budget(data) for data in given["podDisruptionBudgets"]]
    selecting = [budget for budget in budgets if selects(budget.spec.selector, pod.metadata.labels)]
    answer = judge_eviction(evictable(pod), selecting).answer
    deletes = answer in DELETES
    options = DeleteOptions(given["eviction"]["deleteOptions"].get("gracePeriodSeconds"))
    removed = deletes and delete(pod, options, POD, NOW).stored is None
    return {"refused": not deletes, "podRemoved": removed, "deleteAttempts": int(deletes)}


def field_selected(given: Given) -> dict[str, Any]:
    return {"matches": matches(decode_pod(given["pod"]), given["fieldSelector"])}


ANSWERS: dict[str, Callable[[Given], dict[str, Any]]] = {
    "effective grace period in seconds when the pod is deleted": grace_period,
    "PodScheduled condition given to a new pod": pod_scheduled,
    "what deleting the object at once (no grace period) does: removed, or kept with which finalizers "
    "(compare as a set)": deleted_at_once,
    "whether the object is still there after the request": updated,
    "whether an eviction request is refused, and whether the pod is removed at once": eviction,
    "whether an eviction request is refused, and how many delete attempts are made": eviction,
    "whether the pod matches the field selector": field_selected,
}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_case(case: Case) -> None:
    answer = ANSWERS[case["question"]](case["given"])
    expected = dict(case["expected"])
    if "finalizers" in expected:
        expected["finalizers"] = set(expected["finalizers"])
    assert {key: answer[key] for key in expected} == expected


def test_every_question_is_asked() -> None:
    assert {case["question"] for case in CASES} == set(ANSWERS)
    assert len(CASES) == 39
