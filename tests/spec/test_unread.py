"""What nobody reads of a status may be left out: what others see is the same, to the last state."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

import attrs
import pytest
from frozendict import frozendict
from kubemodel.checker.search import search
from kubemodel.engine.pools import State, cached_field, pending_field, plan_field
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec import cluster
from kubemodel.spec.cluster import unread
from kubemodel.spec.control_plane.controllers.deployment_replica_sets import DESIRED_REPLICAS
from kubemodel.spec.kinds import DEPLOYMENT, REPLICA_SET
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.workloads import Deployment, DeploymentSpec, DeploymentStatus, ReplicaSet, ReplicaSetStatus
from kubemodel.spec.properties.catalogue import PROPERTIES

from ..engine.small_clusters import Data, Projection, deployment, projected, reachable, scenario

NEW = {"users": [[{"apply": "new.yaml"}]], "applied": {"new.yaml": [deployment(1, "web:2")]}}
LAG = {"replicaset-controller": {"Pod": 1}, "deployment-controller": {"ReplicaSet": 1}}
CONTROLLERS = ("deployment-controller", "replicaset-controller")
PENDING = "pending"
"""How far behind a cache is, as its informer counts it."""
ON_THE_WAY = (
    PENDING,
    *(field(name) for name in CONTROLLERS for field in (cached_field, pending_field, plan_field)),
)
"""What is on its way from or to a controller, and how much that is: reports are, of the one system more than of the
other."""

SMALL: dict[str, tuple[Data, dict[str, Any]]] = {
    "created": (deployment(2), {"nodes": 1}),
    "new template": (deployment(1), {"nodes": 1, **NEW}),
    "new template of two": (
        deployment(2),
        {"nodes": 1, "users": NEW["users"], "applied": {"new.yaml": [deployment(2, "web:2")]}, "start": "running"},
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
    "caches of its own behind": (
        deployment(1),
        {"nodes": 1, "lag": {"deployment-controller": {"Deployment": 1}, "replicaset-controller": {"ReplicaSet": 1}}},
    ),
    "cache of pods behind, pod deleted": (
        deployment(1),
        {"nodes": 1, "lag": {"replicaset-controller": {"Pod": 1}}, "users": [[{"delete": "pod/web"}]]},
    ),
    "cache of pods two behind, pod deleted": (
        deployment(1),
        {"nodes": 1, "lag": {"replicaset-controller": {"Pod": 2}}, "users": [[{"delete": "pod/web"}]]},
    ),
    "cache of pods behind, node crash": (
        deployment(1),
        {
            "nodes": 2,
            "lag": {"replicaset-controller": {"Pod": 1}},
            "faults": {"node-crash": 1},
            "start": "running",
        },
    ),
    "node crash": (deployment(1), {"nodes": 2, "faults": {"node-crash": 1}}),
    "pod deleted": (deployment(2), {"nodes": 1, "users": [[{"delete": "pod/web"}]]}),
    "deployment deleted": (deployment(1), {"nodes": 1, "users": [[{"delete": "deployment/web"}]]}),
}


@attrs.frozen
class Seen:
    """How many states there are, what others see of all and of the quiescent ones, and the verdicts.

    ``with_informers``: of all, with how far behind each cache is.
    """

    states: int
    all: set[Projection]
    with_informers: set[Projection]
    at_rest: set[Projection]
    verdicts: dict[str, Verdict]


def built(name: str, statuses: str) -> Scenario:
    given, settings = SMALL[name]
    return scenario(given, **{"start": "created", **settings}, switches={unread.SWITCH: statuses})


def as_read(
    system: TransitionSystem, states: Iterable[State], trim: unread.Trimmed, hidden: Collection[str] = ON_THE_WAY
) -> set[Projection]:
    """The states with every stored object as somebody reads it."""
    trimmed = {}
    for number, pool in enumerate(system.pools):
        place = pool.position.get("object")
        for bundle, value in enumerate(list(pool.bundles)):
            if place is not None:
                value = (*value[:place], trim(value[place]), *value[place + 1 :])
            trimmed[number, bundle] = pool.intern(value)
    seen = {
        tuple(tuple(trimmed[n, bundle] for bundle in content) for n, content in enumerate(state)) for state in states
    }
    return projected(system, seen, hidden)


@lru_cache
def explored(name: str, statuses: str) -> Seen:
    asked = built(name, statuses)
    system = TransitionSystem(cluster.build(asked))
    trim = unread.trimmed(built(name, unread.AS_READ))
    found = reachable(system)
    verdicts = {each.name: each.verdict for each in search(system, keep_going=True).properties}
    return Seen(
        len(found.states),
        as_read(system, found.states, trim),
        as_read(system, found.states, trim, [field for field in ON_THE_WAY if field != PENDING]),
        as_read(system, found.quiescent, trim),
        verdicts,
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


# Where somebody reads


def readers(given: Data, *others: Data, **settings: Any) -> dict[str, str]:
    asked = scenario(given, *others, nodes=2, switches={unread.SWITCH: unread.AS_READ}, **settings)
    return {kind.__name__: who for kind, who in unread.readers(asked).items()}


BUDGET: Data = {
    "apiVersion": "policy/v1",
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "web"},
    "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
}
AUTOSCALER: Data = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 2},
}


@pytest.mark.parametrize(
    ("others", "settings", "kept"),
    [
        ((), {}, set()),
        ((), {"users": [[{"scale": "web=2"}]]}, {"Deployment"}),
        ((), {"users": [[{"pause": "web"}]]}, {"Deployment"}),
        ((), {"users": [[{"apply": "new.yaml"}]], "applied": {"new.yaml": [deployment(3)]}}, {"Deployment"}),
        ((), {"alsoCheck": ["deployment-survives-faults"]}, {"Deployment"}),
        ((), {"lag": {"deployment-controller": {"Deployment": 1, "ReplicaSet": 1}}}, set()),
        ((), {"lag": {"kube-scheduler": {"Node": 1}}}, {"Node"}),
        ((BUDGET,), {}, {"Deployment"}),
        ((AUTOSCALER,), {}, {"Deployment", "ReplicaSet"}),
    ],
)
def test_a_kind_that_somebody_may_read_keeps_all_of_its_status(
    others: tuple[Data, ...], settings: dict[str, Any], kept: set[str]
) -> None:
    assert readers(deployment(2), *others, **settings).keys() == kept


def test_old_replica_sets_that_may_be_cleaned_up_keep_theirs() -> None:
    found = readers(deployment(1, revisionHistoryLimit=1), users=NEW["users"], applied=NEW["applied"])
    assert found == dict.fromkeys(("Deployment", "ReplicaSet"), "the clean-up of old ReplicaSets")


def test_all_that_is_seen_less_often_is_how_far_a_cache_is_behind() -> None:
    """A report without news is a change on its way to a lagging cache; nobody but its informer can tell."""
    counted, told = explored("caches behind", "whole"), explored("caches behind", unread.AS_READ)
    assert told.with_informers < counted.with_informers


@pytest.mark.parametrize("status", [True, False])
def test_what_is_read_stays(status: bool) -> None:
    trim = unread.trimmed(built("created", unread.AS_READ))
    condition = Condition("Available", str(status), "Any")
    spec = DeploymentSpec(replicas=2)
    status_ = DeploymentStatus(1, replicas=2, updated_replicas=1, available_replicas=1, conditions=(condition,))
    found = trim(Deployment(ObjectMeta("web", generation=2), spec, status_))
    assert found.status.conditions == (condition,)
    assert found.status.replicas == found.status.updated_replicas == found.status.available_replicas == 0
    complete = DeploymentStatus(1, 2, 2, 2, 2, conditions=(condition,))
    assert trim(Deployment(ObjectMeta("web", generation=1), spec, complete)).status == complete


@pytest.mark.parametrize(
    ("replicas", "available", "wanted", "kept"),
    [(0, 0, "2", 0), (1, 1, "2", 3), (2, 1, "2", 3), (2, 2, "2", 2), (3, 2, "2", 3), (1, 0, None, 1)],
)
def test_the_size_of_a_replica_set_is_none_or_all_or_another(
    replicas: int, available: int, wanted: str | None, kept: int
) -> None:
    trim = unread.trimmed(built("created", unread.AS_READ))
    annotations = frozendict({DESIRED_REPLICAS: wanted} if wanted else {})
    status = ReplicaSetStatus(2, replicas, replicas, available, available)
    found = trim(ReplicaSet(ObjectMeta("web", annotations=annotations, generation=2), status=status))
    assert found.status == ReplicaSetStatus(1, kept, kept, available, available)
    assert found.metadata.generation == 1


def test_a_verdict_says_what_is_not_kept_and_who_keeps_all() -> None:
    asked = scenario(deployment(2), BUDGET, nodes=2, switches={unread.SWITCH: unread.AS_READ})
    (assumption,) = unread.assumptions(asked)
    assert assumption.name == "statuses-as-read"
    assert "of ReplicaSets which spec their status was made from" in assumption.text
    assert "Deployments keep all of theirs, for properties of disruption budgets may read it" in assumption.text
    assert "reaches" not in assumption.text
    assert not list(unread.assumptions(scenario(deployment(2), nodes=2)))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, True),
        ({"switches": {}}, False),
        ({"faults": {"watch-break": 1}}, False),
        ({"rpc": "message"}, False),
        ({"consistency": {"kube-scheduler": {"Pod": "resettable"}}}, False),
    ],
)
def test_what_a_client_cannot_tell_is_left_out_where_nobody_counts_events(settings: dict[str, Any], told: bool) -> None:
    behind = {"nodes": 2, "lag": {"replicaset-controller": {"Pod": 1}}, "switches": {unread.SWITCH: unread.AS_READ}}
    asked = scenario(deployment(1), **{**behind, **settings})
    assert bool(unread.told(asked)) is told
    assert any("reaches its cache with the write" in it.text for it in unread.assumptions(asked)) is told


_CONDITIONS = (
    Condition("Available", "True", ""),
    Condition("Progressing", "False", "ProgressDeadlineExceeded"),
)


def test_the_readers_among_properties_are_those_that_count_available_replicas() -> None:
    """Every other property judges a Deployment the same whatever its status counts (the states above, and this)."""
    counted = DeploymentStatus(1, 3, 2, 2, 2, 1, conditions=_CONDITIONS)
    stored = Deployment(ObjectMeta("web", generation=1), DeploymentSpec(replicas=2), counted)
    trim = unread.trimmed(built("created", unread.AS_READ))
    reading = set()
    for name, properties in PROPERTIES.items():
        for each in properties:
            key = getattr(each, "key", None)
            if key is not None and key.kind == DEPLOYMENT and key.fields == ("object",):
                whole, less = key.view(stored), key.view(trim(stored))
                if whole != less and not isinstance(whole, Deployment):
                    reading.add(name)
    assert reading == set(unread.READERS)


def test_no_property_judges_the_size_in_the_status_of_a_replica_set() -> None:
    annotations = frozendict({DESIRED_REPLICAS: "2"})
    stored = ReplicaSet(ObjectMeta("web", annotations=annotations), status=ReplicaSetStatus(1, 1, 1, 1, 1))
    less = unread.trimmed(built("created", unread.AS_READ))(stored)
    assert less != stored
    keys = [
        key
        for properties in PROPERTIES.values()
        for each in properties
        if (key := getattr(each, "key", None)) is not None and key.kind == REPLICA_SET and key.fields == ("object",)
    ]
    assert keys
    assert all(key.view(stored) == key.view(less) for key in keys)
