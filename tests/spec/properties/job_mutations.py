"""What would have to be wrong with the indexes of Jobs for their properties to be violated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from frozendict import frozendict
from kubemodel.spec.control_plane.controllers.job_indexes import COMPLETION_INDEX
from kubemodel.spec.control_plane.controllers.job_requests import WriteJobStatus
from kubemodel.spec.kinds import POD
from kubemodel.spec.language.component import Rule
from kubemodel.spec.language.plan import Alternative, Call
from kubemodel.spec.language.request import Verb
from kubemodel.spec.objects.conditions import condition_is_true
from kubemodel.spec.objects.job import COMPLETE
from kubemodel.spec.objects.pod import Pod


def with_index_zero(rule: Rule) -> tuple[Rule, ...]:
    """Every pod is created for index 0."""

    def first(step: Any) -> Any:
        if not isinstance(step, Call) or step.request.verb is not Verb.CREATE or step.request.kind != POD:
            return step
        pod: Pod = step.request.body
        metadata = attrs.evolve(pod.metadata, annotations=frozendict({COMPLETION_INDEX: "0"}))
        return attrs.evolve(step, request=attrs.evolve(step.request, body=attrs.evolve(pod, metadata=metadata)))

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        return (attrs.evolve(it, plan=tuple(map(first, it.plan))) for it in rule.decide(key, **answers))

    return (attrs.evolve(rule, decide=decide),)


def forgetting_indexes(rule: Rule) -> tuple[Rule, ...]:
    """The status in which the Job is Complete says nothing of its indexes."""

    def written(step: Any) -> Any:
        if not isinstance(step, Call) or not isinstance(step.request.body, WriteJobStatus):
            return step
        status = step.request.body.status
        if not condition_is_true(status.conditions, COMPLETE):
            return step
        forgetful = WriteJobStatus(attrs.evolve(status, completed_indexes=""))
        return attrs.evolve(step, request=attrs.evolve(step.request, body=forgetful))

    def nested(step: Any) -> Any:
        done = written(step)
        if not isinstance(done, Call):
            return done
        return attrs.evolve(done, on=tuple((outcome, tuple(map(nested, then))) for outcome, then in done.on))

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        return (attrs.evolve(it, plan=tuple(map(nested, it.plan))) for it in rule.decide(key, **answers))

    return (attrs.evolve(rule, decide=decide),)
