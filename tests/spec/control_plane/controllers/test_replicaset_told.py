"""What the ReplicaSet controller cannot tell of pods arrives in its cache with the write (docs/decisions/0027)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import pytest
from kubemodel.engine.pools import cached_field, pending_field, plan_field
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.control_plane.controllers import replicaset
from kubemodel.spec.kinds import POD
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Model
from kubemodel.spec.language.plan import KEY, Alternative, Call
from kubemodel.spec.language.request import ApiCall, DeleteOptions, Verb
from kubemodel.spec.objects.pod import FAILED, Pod, is_terminal

from ....engine.small_clusters import Projection, projected, reachable
from .small_replica_sets import cluster, crash, labels, pod, replica_set, running

HIDDEN = ("pending", *(field(replicaset.NAME) for field in (cached_field, pending_field, plan_field)), "marks")
"""What is on its way to the controller, and what it is in the middle of."""


@attrs.frozen(cache_hash=True)
class Fail:
    """The edit that reports a pod as failed."""

    def __call__(self, it: Pod, /) -> Pod:
        return attrs.evolve(it, status=attrs.evolve(it.status, phase=FAILED))


def _delete(_pod: Pod) -> Iterable[Alternative]:
    yield Alternative((Call(KEY, ApiCall(Verb.DELETE, POD, DeleteOptions())),), "somebody deletes a pod")


def _report(_pod: Pod) -> Iterable[Alternative]:
    yield Alternative((Call(KEY, ApiCall(Verb.PATCH, POD, Fail())),), "the kubelet reports its end")


OTHERS = Component(
    "others",
    (
        Rule("delete", Key(POD, ("object",), lambda it: it if it and not it.metadata.terminating else None), _delete),
        Rule("report", Key(POD, ("object",), lambda it: it if it and not is_terminal(it) else None), _report),
    ),
    environment=True,
)
"""Others delete pods, and report them as failed, at any moment."""

WEB_1 = replica_set(0)
ONE = [running(pod(WEB_1))]
TWO = [*ONE, running(pod(WEB_1, ready=False))]
CLUSTERS: dict[str, Model] = {
    "one wanted": cluster(replica_set(1), found=ONE, lag=1),
    "one wanted, two behind": cluster(replica_set(1), found=ONE, lag=2),
    "two too many": cluster(WEB_1, found=TWO, lag=1),
    "two too many, two behind": cluster(WEB_1, found=TWO, lag=2),
    "adopted": cluster(replica_set(1), found=[running(pod())], lag=1),
    "crash": cluster(replica_set(1), found=ONE, lag=1, crashes=crash(relist=True, noted=True)),
}


TOLD = {(replicaset.NAME, POD): replicaset.told}


def seen(model: Model) -> tuple[int, set[Projection], set[Projection]]:
    """How many states there are, and what others see of all and of those at rest."""
    system = TransitionSystem(attrs.evolve(model, components=(*model.components, OTHERS)))
    found = reachable(system)
    return len(found.states), projected(system, found.states, HIDDEN), projected(system, found.quiescent, HIDDEN)


@pytest.mark.parametrize("name", CLUSTERS)
def test_others_see_the_same_states(name: str) -> None:
    model = CLUSTERS[name]
    (more, *apart), (fewer, *together) = seen(model), seen(attrs.evolve(model, told=TOLD))
    assert together == apart
    # Behind a change that it can tell, one that it cannot tell stays on its way.
    assert fewer < more or 2 in model.lag.values()


PARAMETERS: dict[str, Any] = {
    "active": ("ReplicaSet", "web-1"),
    "orphans": ("", replica_set(1).spec.selector),
    "ranked": ("ReplicaSet", "web-1"),
    "colocated": (("", replica_set(1).spec.selector),),
    "pods": (("ReplicaSet", "web-1"), labels("web-1")),
}
"""What the controller asks of pods, query by query."""


def test_no_query_of_the_controller_tells_pods_apart_that_are_not_active() -> None:
    owned = pod(WEB_1, namespace="")
    orphan = attrs.evolve(owned, metadata=attrs.evolve(owned.metadata, owner_references=()))
    asked = {
        name: query
        for rule in replicaset.component().rules
        for stage in (rule.queries, *rule.stages)
        for name, query in stage.items()
        if query.kind == POD and query.fields[0] == "object"
    }
    assert asked.keys() == PARAMETERS.keys()
    for name, query in asked.items():
        others = (None,) * (len(query.fields) - 1)
        active = {query.classify(PARAMETERS[name], it, *others) for it in (owned, orphan)}
        assert active - {None}, f"{name} is asked of something"
        for it in (owned, orphan):
            gone = attrs.evolve(it, metadata=attrs.evolve(it.metadata, deletion_timestamp=0.0))
            for inactive in (gone, Fail()(it), None):
                assert query.classify(PARAMETERS[name], inactive, *others) is None
                assert replicaset.told(inactive) is None
