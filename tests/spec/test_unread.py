"""What nobody reads of a status may be left out: what others see is the same, to the last state."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import attrs
import pytest
from kubemodel.checker.search import search
from kubemodel.engine.pools import State, cached_field, pending_field, plan_field
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec import cluster
from kubemodel.spec.cluster import unread
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.workloads import Deployment, ReplicaSet
from kubemodel.spec.properties.catalogue import PROPERTIES

from ..engine.small_clusters import Data, Projection, deployment, projected, reachable, scenario

NEW = {"users": [[{"apply": "new.yaml"}]], "applied": {"new.yaml": [deployment(1, "web:2")]}}
LAG = {"replicaset-controller": {"Pod": 1}, "deployment-controller": {"ReplicaSet": 1}}
CONTROLLERS = ("deployment-controller", "replicaset-controller")
ON_THE_WAY = tuple(field(name) for name in CONTROLLERS for field in (cached_field, pending_field, plan_field))
"""What is on its way from or to a controller: reports are, of the one system more than of the other."""

NO_ROOM = deployment(1, "web:2")
NO_ROOM["spec"]["template"]["spec"]["nodeName"] = "nowhere"

SMALL: dict[str, tuple[Data, dict[str, Any]]] = {
    "created": (deployment(2), {"nodes": 1}),
    "new template": (deployment(1), {"nodes": 1, **NEW}),
    "new template of two": (
        deployment(2),
        {"nodes": 1, "users": NEW["users"], "applied": {"new.yaml": [deployment(2, "web:2")]}},
    ),
    "recreated": (
        deployment(1, strategy={"type": "Recreate"}),
        {
            "nodes": 1,
            "users": NEW["users"],
            "applied": {"new.yaml": [deployment(1, "web:2", strategy={"type": "Recreate"})]},
        },
    ),
    "rolled back": (
        deployment(1),
        {
            "nodes": 1,
            "users": [[{"apply": "new.yaml"}, {"apply": "old.yaml"}]],
            "applied": {"new.yaml": [deployment(1, "web:2")], "old.yaml": [deployment(1)]},
        },
    ),
    "caches behind": (deployment(1), {"nodes": 1, "lag": LAG, **NEW}),
    "controllers restart": (deployment(1), {"nodes": 1, "faults": {"controller-manager-crash": 1}, **NEW}),
    "controllers restart, caches behind": (
        deployment(1),
        {"nodes": 1, "faults": {"controller-manager-crash": 1}, "lag": LAG},
    ),
    "node crash": (deployment(1), {"nodes": 2, "faults": {"node-crash": 1}}),
    "pod deleted": (deployment(2), {"nodes": 1, "users": [[{"delete": "pod/web"}]]}),
    "deployment deleted": (deployment(1), {"nodes": 1, "users": [[{"delete": "deployment/web"}]]}),
}


@attrs.frozen
class Seen:
    """How many states there are, what others see of all and of the quiescent ones, and the verdicts."""

    states: int
    all: set[Projection]
    at_rest: set[Projection]
    verdicts: dict[str, Verdict]


def built(name: str, statuses: str) -> Scenario:
    given, settings = SMALL[name]
    return scenario(given, **{"start": "created", **settings}, switches={unread.SWITCH: statuses})


def as_read(system: TransitionSystem, states: Iterable[State], trim: unread.Trimmed) -> set[Projection]:
    """The states with every stored object as somebody reads it."""
    trimmed = {}
    for number, pool in enumerate(system.pools):
        place = pool.position.get("object")
        for bundle, value in enumerate(list(pool.bundles)):
            if place is not None:
                value = (*value[:place], trim(value[place]), *value[place + 1 :])
            trimmed[number, bundle] = pool.intern(value)
    seen = {tuple(tuple(trimmed[n, bundle] for bundle in content) for n, content in enumerate(state)) for state in states}
    return projected(system, seen, ON_THE_WAY)


@lru_cache
def explored(name: str, statuses: str) -> Seen:
    asked = built(name, statuses)
    system = TransitionSystem(cluster.build(asked))
    trim = unread.trimmed(built(name, unread.AS_READ))
    found = reachable(system)
    verdicts = {each.name: each.verdict for each in search(system, keep_going=True).properties}
    return Seen(
        len(found.states), as_read(system, found.states, trim), as_read(system, found.quiescent, trim), verdicts
    )


@pytest.mark.parametrize("name", SMALL)
def test_others_see_the_same_states(name: str) -> None:
    fewer, more = explored(name, unread.AS_READ), explored(name, "whole")
    assert fewer.states < more.states, "something was left out"
    assert fewer.all == more.all


@pytest.mark.parametrize("name", SMALL)
def test_it_comes_to_rest_where_it_did(name: str) -> None:
    assert explored(name, unread.AS_READ).at_rest == explored(name, "whole").at_rest


@pytest.mark.parametrize("name", SMALL)
def test_verdicts_are_the_same(name: str) -> None:
    assert explored(name, unread.AS_READ).verdicts == explored(name, "whole").verdicts
