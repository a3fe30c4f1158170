"""The namespace controller: what it tells, what holds a namespace, and what an API server that is behind lets in."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.spec import cluster
from kubemodel.spec.control_plane.apiserver.strategies import STRATEGIES
from kubemodel.spec.control_plane.controllers.namespace import (
    CONTENT_REMAINING,
    DISCOVERY_FAILURE,
    FINALIZERS_REMAINING,
    NAME,
    Remains,
    conditions_of,
)
from kubemodel.spec.control_plane.controllers.namespace_contents import CONTENTS
from kubemodel.spec.kinds import (
    ENDPOINT_SLICE,
    FAULT,
    HORIZONTAL_POD_AUTOSCALER,
    NAMESPACE,
    POD,
    POD_DISRUPTION_BUDGET,
    RESOURCE_QUOTA,
)
from kubemodel.spec.language.component import Key, Rule
from kubemodel.spec.language.property import HOLDS, StateProperty, violated
from kubemodel.spec.language.query import ANY, Query, no_parameter

from ...exploration import edited, explore, pod_spec, replica_set, without
from ...namespace_scenarios import deleted, emptied

ENDING, HELD = Remains(live=False, held=False), Remains(live=False, held=True)
CREATED_LATE, LEFT_BEHIND = "no-create-in-terminating-namespace", "namespace-empty-before-gone"
STAYS = "terminating-namespace-eventually-gone"


def told(*found: Remains, discovered: bool = True) -> dict[str, str]:
    return {condition.type: condition.status for condition in conditions_of((), found, discovered=discovered)}


def test_conditions_say_what_a_namespace_waits_for() -> None:
    nothing = {DISCOVERY_FAILURE: "False", CONTENT_REMAINING: "False", FINALIZERS_REMAINING: "False"}
    assert told() == nothing
    assert told(ENDING) == {**nothing, CONTENT_REMAINING: "True"}
    assert told(ENDING, HELD) == {**nothing, CONTENT_REMAINING: "True", FINALIZERS_REMAINING: "True"}
    assert told(discovered=False) == {**nothing, DISCOVERY_FAILURE: "True"}


def test_an_api_server_that_is_behind_lets_more_in_which_the_next_pass_deletes() -> None:
    found = explore(deleted(replica_set(1), lag={"kube-apiserver-2": {"Namespace": 1}}))
    assert set(found.violated) == {CREATED_LATE}
    assert LEFT_BEHIND in found.triggered


def test_five_seconds_are_too_short_for_an_api_server_that_is_slow_to_hear() -> None:
    wanted = deleted(
        replica_set(2, pod_spec(schedulingGates=[{"name": "example.com/gate"}])),
        lag={"kube-apiserver-2": {"Namespace": 3}},
        slow=["kube-apiserver-2/Namespace", "replicaset-controller"],
    )
    found = explore(wanted)
    assert LEFT_BEHIND in found.violated


def test_every_kind_that_stands_in_namespaces_goes_with_them() -> None:
    namespaced = {kind for kind, strategy in STRATEGIES.items() if strategy.namespaced}
    assert sorted(CONTENTS) == sorted(namespaced)


@pytest.mark.parametrize("name", emptied())
def test_no_kind_of_a_model_is_left_out(name: str) -> None:
    model = cluster.build(emptied()[name])
    held = {kind.name for kind in model.kinds} & set(CONTENTS)
    (controller,) = [it for it in model.components if it.name == NAME]
    deleted_kinds = {rule.key.kind for rule in controller.rules} - {NAMESPACE}
    (sync,) = [rule for rule in controller.rules if rule.name == "sync"]
    listed = {query.kind for query in sync.queries.values()} - {FAULT}
    asked = [prop for prop in model.properties if prop.name == LEFT_BEHIND]
    assert deleted_kinds == listed == held
    assert all({query.kind for query in prop.queries.values()} == held for prop in asked)


@pytest.mark.parametrize("kind", [RESOURCE_QUOTA, POD_DISRUPTION_BUDGET, HORIZONTAL_POD_AUTOSCALER, ENDPOINT_SLICE])
def test_a_kind_that_is_not_deleted_holds_its_namespace(kind: str) -> None:
    wanted = {
        RESOURCE_QUOTA: "a namespace is deleted with a quota",
        POD_DISRUPTION_BUDGET: "a namespace is deleted with a budget that allows none",
        HORIZONTAL_POD_AUTOSCALER: "a namespace is deleted with an autoscaler that follows a load",
        ENDPOINT_SLICE: "a namespace is deleted with a Service without pods",
    }[kind]
    asked = attrs.evolve(emptied()[wanted], extra_properties=(STAYS,))
    assert STAYS not in explore(asked).violated
    assert STAYS in explore(asked, without(NAME, f"delete {kind}")).violated


def test_what_is_not_listed_is_left_behind() -> None:
    wanted = emptied()["a namespace is deleted with a quota"]

    def blind(rule: Rule) -> tuple[Rule, ...]:
        queries = {name: query for name, query in rule.queries.items() if RESOURCE_QUOTA not in name}
        return (attrs.evolve(rule, queries=queries),)

    found = explore(wanted, edited(NAME, "sync", blind))
    assert found.violated[LEFT_BEHIND] == "shop is gone, and a ResourceQuota of it is left"


GRANTED_BY_A_BUDGET = StateProperty(
    name="granted-by-a-budget",
    statement="an eviction that was granted stands in the status of a budget",
    key=Key(POD, ("disruption",), lambda entry: entry),
    queries={"budgets": Query(POD_DISRUPTION_BUDGET, ("object",), lambda _, it: it and True, ANY, no_parameter)},
    judge=lambda _entry, budgets: HOLDS if budgets else violated("its budget is gone"),
)


def test_an_eviction_that_was_granted_is_forgotten_with_its_budget() -> None:
    wanted = emptied()["a namespace is deleted with a budget that allows evictions"]
    found = explore(wanted, lambda model: attrs.evolve(model, properties=(GRANTED_BY_A_BUDGET,)))
    assert found.result.complete
    assert found.violated == {}
    assert GRANTED_BY_A_BUDGET.name in found.triggered


def test_nodes_stop_leading_to_what_a_deleted_service_stood_for() -> None:
    wanted = emptied()["a namespace is deleted with a Service"]
    asked = attrs.evolve(wanted, properties=("proxy-converges", "readiness-gates-traffic-eventually"))
    found = explore(asked)
    assert found.violated == {}
    assert {"proxy-converges", "readiness-gates-traffic-eventually"} <= found.triggered


def test_a_headless_service_that_is_gone_has_no_records() -> None:
    wanted = emptied()["a namespace is deleted with a headless Service that a client looks up"]
    asked = attrs.evolve(wanted, properties=("dns-eventually-correct",))
    assert explore(asked).violated == {}
