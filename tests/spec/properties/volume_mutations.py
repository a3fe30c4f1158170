"""What would have to be wrong for the properties of claims and volumes to be violated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from kubemodel.spec.kinds import PERSISTENT_VOLUME_CLAIM, STATEFUL_SET
from kubemodel.spec.language.component import Key, Rule
from kubemodel.spec.language.plan import KEY, Alternative, Call
from kubemodel.spec.language.query import ANY, Query, no_parameter
from kubemodel.spec.language.request import ApiCall, Binding, DeleteOptions, Verb
from kubemodel.spec.objects.stateful_set import StatefulSet
from kubemodel.spec.objects.storage import PersistentVolumeClaim


def _live(claim: PersistentVolumeClaim | None) -> str | None:
    return claim.metadata.name if claim is not None and not claim.metadata.terminating else None


def _emptied(_parameter: None, stateful_set: StatefulSet | None) -> bool | None:
    return True if stateful_set is not None and not stateful_set.spec.replicas else None


def _delete(_name: str, emptied: bool) -> Iterable[Alternative]:
    if emptied:
        yield Alternative((Call(KEY, ApiCall(Verb.DELETE, PERSISTENT_VOLUME_CLAIM, DeleteOptions())),))


def with_claims_deleted(rule: Rule) -> tuple[Rule, ...]:
    """The controller deletes claims of a set that was scaled down to nothing, whatever its policy says."""
    emptied = Query(STATEFUL_SET, ("object",), _emptied, ANY, no_parameter)
    key = Key(PERSISTENT_VOLUME_CLAIM, ("object",), _live)
    return rule, Rule("sync", key, _delete, {"emptied": emptied})


def attached_elsewhere(rule: Rule) -> tuple[Rule, ...]:
    """The attach/detach controller attaches a volume to a second node that needs it."""

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        return rule.decide(attrs.evolve(key, single=False), **answers)

    return (attrs.evolve(rule, decide=decide),)


def to_the_other_node(rule: Rule) -> tuple[Rule, ...]:
    """The scheduler binds a pod to another node than the one for which its volumes were made."""

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        for found in rule.decide(key, **answers):
            (call,) = found.plan
            other = next(node.metadata.name for node, _ in answers["nodes"] if node.metadata.name != key.node)
            request = attrs.evolve(call.request, body=Binding(other))
            yield attrs.evolve(found, plan=(attrs.evolve(call, request=request),))

    return (attrs.evolve(rule, decide=decide),)
