"""Small scenarios of Jobs with indexes and policies: a part of those that together make everything happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubemodel.spec.language.scenario import Scenario

from .exploration import Data, job, pod_spec, scenario

FAILS: Data = {"faults": {"container-exit": 1}}
_GATED = pod_spec(schedulingGates=[{"name": "example.com/gate"}])


def indexed(completions: int = 2, **spec: Any) -> Data:
    """The Indexed Job work."""
    return job(completions, completionMode="Indexed", **spec)


def _policy(action: str, *codes: int) -> Data:
    rule = {"action": action, "onExitCodes": {"operator": "In", "values": list(codes)}}
    return {"podFailurePolicy": {"rules": [rule]}}


def _on_disruption(action: str) -> Data:
    rule = {"action": action, "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}
    return {"podFailurePolicy": {"rules": [rule]}}


def suspended(*changes: Data, before: Data, **settings: Any) -> Scenario:
    """A user changes a Job, step by step."""
    applied = {f"{number}.yaml": [item] for number, item in enumerate(changes)}
    return scenario(before, users=[[{"apply": path} for path in applied]], applied=applied, start="created", **settings)


def with_indexes() -> Mapping[str, Scenario]:
    """Jobs whose pods stand for indexes, and those that look how pods failed."""
    drained: Data = {"users": [[{"drain": "node-1"}]], "start": "created", "nodes": 2}
    return {
        "an Indexed Job completes": scenario(indexed(2, parallelism=2)),
        "a pod of an Indexed Job fails": scenario(indexed(2), **FAILS),
        "an index fails": scenario(indexed(2, parallelism=2, backoffLimitPerIndex=0), **FAILS),
        "an index fails, and no more may": scenario(
            indexed(2, parallelism=2, backoffLimitPerIndex=0, maxFailedIndexes=0), **FAILS
        ),
        "an index is tried again": scenario(indexed(1, backoffLimitPerIndex=1), faults={"container-exit": 2}),
        "a policy fails an index": scenario(indexed(2, backoffLimitPerIndex=1, **_policy("FailIndex", 1)), **FAILS),
        "a policy fails the Job": scenario(job(2, parallelism=2, **_policy("FailJob", 1)), **FAILS),
        "a policy does not mind": scenario(job(1, backoffLimit=0, **_policy("Ignore", 1)), **FAILS),
        "a policy counts": scenario(job(1, backoffLimit=0, **_policy("Count", 1)), **FAILS),
        "a policy does not mind evictions": scenario(job(1, backoffLimit=0, **_on_disruption("Ignore")), **drained),
        "one index is enough": scenario(
            indexed(2, successPolicy={"rules": [{"succeededIndexes": "0"}]}, parallelism=1)
        ),
        "a failed pod is replaced once it has ended": scenario(
            job(1, podReplacementPolicy="Failed"), users=[[{"delete": "pod/work"}]], start="created"
        ),
        "a Job is resumed": suspended(job(), before=job(suspend=True)),
        "a Job is suspended and resumed": suspended(job(suspend=True), job(), before=job()),
    }
