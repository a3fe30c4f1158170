"""A scenario becomes a model: its components, its kinds and slots, where it starts, what it assumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from kubemodel.engine.oracle import build as oracle
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.watch_cache import informer_kind
from kubemodel.spec import cluster
from kubemodel.spec.cluster.deployments import progress_deadlines
from kubemodel.spec.cluster.over_time import versions
from kubemodel.spec.control_plane.controllers.deployment_replica_sets import replica_set_name
from kubemodel.spec.environment.users import DISRUPTION
from kubemodel.spec.kinds import (
    FAULT,
    NODE,
    POD,
    REPLICA_SET,
    USER,
)
from kubemodel.spec.language.machine import Machine
from kubemodel.spec.language.model import Kind
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.workloads import Deployment, DeploymentStatus

from .coverage_scenarios import SCENARIOS
from .exploration import (
    PROBED,
    RECREATE,
    Data,
    bare_pod,
    deployment,
    node,
    pod_spec,
    replica_set,
    rolling,
    scenario,
)

_NODE_CONTROLLERS = {"node-lifecycle-controller", "taint-eviction-controller", "pod-garbage-collector"}
_V2 = pod_spec("web:2")


def _names(wanted: Scenario) -> set[str]:
    return {component.name for component in cluster.components(wanted)}


def _kinds(wanted: Scenario) -> Mapping[str, Kind]:
    return {kind.name: kind for kind in cluster.kinds(wanted)}


def _applied(*after: Data, before: Data | None = None, **settings: Any) -> Scenario:
    manifests = {f"{number}.yaml": [item] for number, item in enumerate(after)}
    todo = [{"apply": path} for path in manifests]
    return scenario(before or deployment(), users=[todo], applied=manifests, **settings)


def test_what_nothing_can_trigger_is_left_out() -> None:
    assert _names(scenario(deployment())) == {
        "deployment-controller",
        "replicaset-controller",
        "kube-scheduler",
        "kubelet",
        "user",
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"faults": {"node-crash": 1}},
        {"faults": {"link-cut": 1}},
        {"faults": {"kubelet-crash": 1}},
        {"registered": False},
        {"nodes": [node("node-1", taints=[{"key": "maintenance", "effect": "NoExecute"}])]},
        {"users": [[{"cordon": "node-1"}]]},
        {"users": [[{"delete": "node/node-1"}]]},
        {"users": [[{"delete": "pod/web"}]]},
    ],
    ids=str,
)
def test_node_controllers_are_there_where_a_node_can_be_in_trouble(settings: dict[str, Any]) -> None:
    assert _names(scenario(deployment(), **settings)) >= _NODE_CONTROLLERS


@pytest.mark.parametrize(
    "settings",
    [
        {"faults": {"container-exit": 1, "scheduler-crash": 1, "controller-manager-crash": 1}},
        {"nodes": [node("node-1", taints=[{"key": "reserved", "effect": "NoSchedule"}])]},
        {"users": [[{"scale": "web=2"}, {"pause": "web"}]]},
    ],
    ids=str,
)
def test_node_controllers_are_left_out_elsewhere(settings: dict[str, Any]) -> None:
    assert _names(scenario(deployment(), **settings)).isdisjoint(_NODE_CONTROLLERS)


def test_the_runtime_acts_by_itself_only_where_somebody_asks_who_answers() -> None:
    assert "container-runtime" not in _names(scenario(deployment()))
    assert "container-runtime" in _names(scenario(deployment(), alsoCheck=["deployment-min-serving"]))
    assert "container-runtime" in _names(scenario(deployment(), properties=["deployment-min-serving"]))
    probed = scenario(deployment(1, pod_spec(container=PROBED)), faults={"probe-failure": 1})
    assert "container-runtime" in _names(probed)


def test_processes_are_restarted_only_where_they_can_end() -> None:
    assert "process-supervisor" not in _names(scenario(deployment(), faults={"node-crash": 1}))
    assert "process-supervisor" in _names(scenario(deployment(), faults={"scheduler-crash": 1}))


def test_switches_reach_the_components() -> None:
    def rules(**switches: str) -> set[str]:
        wanted = scenario(deployment(), switches=switches)
        return {rule.name for component in cluster.components(wanted) for rule in component.rules}

    assert "expectation expires" in rules()
    assert "expectation expires" not in rules(**{"expectation-expiry": "off"})
    assert "expectation expires" not in rules(expectations="off")


def test_timers_are_those_of_the_deadlines_and_tolerations_in_the_scenario() -> None:
    tolerant = pod_spec(tolerations=[{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 7}])
    wanted = _applied(deployment(1, _V2, progressDeadlineSeconds=60), before=deployment(1, tolerant))
    assert progress_deadlines(wanted) == (60, 600)
    assert cluster.toleration_seconds(wanted) == (7, 300)


def test_replica_sets_have_the_names_of_all_templates_and_of_those_given() -> None:
    wanted = _applied(deployment(1, _V2), deployment(), before=deployment())
    templates = versions(wanted, Deployment)
    assert len(templates) == 3
    assert set(_kinds(wanted)[REPLICA_SET].names) == {replica_set_name(version) for version in templates}
    assert len(_kinds(wanted)[REPLICA_SET].names) == 2
    assert "web-old" in _kinds(scenario(deployment(), replica_set()))[REPLICA_SET].names


def test_users_changes_add_up_in_order() -> None:
    wanted = scenario(deployment(), users=[[{"scale": "web=3"}, {"pause": "web"}]])
    assert [(it.spec.replicas, it.spec.paused) for it in versions(wanted, Deployment)] == [
        (1, False),
        (3, False),
        (3, True),
    ]


@pytest.mark.parametrize(
    ("wanted", "slots"),
    [
        (scenario(deployment(2, strategy=rolling(0, 1))), 8),
        (scenario(deployment(2, strategy=rolling(1, 0))), 11),
        (scenario(deployment(2, strategy=RECREATE)), 8),
        (scenario(deployment(1, strategy=RECREATE), users=[[{"scale": "web=3"}, {"scale": "web=1"}]]), 11),
        (scenario(replica_set(2), bare_pod()), 9),
        (scenario(deployment(5), podSlots=4), 4),
    ],
    ids=lambda value: "" if isinstance(value, Scenario) else str(value),
)
def test_there_are_slots_for_each_pod_its_successor_and_its_terminating_self(wanted: Scenario, slots: int) -> None:
    assert _kinds(wanted)[POD].slots == slots


def test_faults_have_budgets_and_users_their_lists() -> None:
    wanted = scenario(deployment(), faults={"node-crash": 2, "link-cut": 0}, users=[[{"scale": "web=2"}]])
    model = cluster.build(wanted)
    assert _kinds(wanted)[FAULT].names == ("node-crash", DISRUPTION)
    assert model.initial[FAULT] == ({"name": "node-crash", "left": 2},)
    assert model.initial[USER] == ({"name": "user 1", "todo": wanted.users[0]},)


def test_a_scenario_without_users_has_one_who_does_nothing() -> None:
    wanted = scenario(deployment())
    assert _kinds(wanted)[USER].names == ("nobody",)
    assert cluster.build(wanted).initial[USER] == ()


def test_nodes_stand_there_unless_they_have_yet_to_register() -> None:
    def stored(**settings: Any) -> Any:
        return cluster.build(scenario(deployment(), **settings)).initial[NODE][0]["object"]

    assert isinstance(stored(), Node)
    assert stored(registered=False) is None


def test_bare_pods_pass_through_admission() -> None:
    ((pod,),) = [cluster.build(scenario(bare_pod())).initial[POD]]
    assert [toleration.toleration_seconds for toleration in pod["object"].spec.tolerations] == [300, 300]


def test_a_pod_that_admission_refuses_is_named() -> None:
    wanted = scenario(bare_pod())
    (pod,) = wanted.objects
    spec = attrs.evolve(pod.spec, node_name="node-1", scheduling_gates=("example.com/gate",))
    with pytest.raises(cluster.RejectedError, match=r"Pod web: invalid: spec\.nodeName"):
        cluster.build(attrs.evolve(wanted, objects=(attrs.evolve(pod, spec=spec),)))


def test_namespaces_that_objects_name_are_taken_to_exist() -> None:
    wanted = scenario(deployment())
    elsewhere = tuple(
        attrs.evolve(item, metadata=attrs.evolve(item.metadata, namespace="shop")) for item in wanted.objects
    )
    system = TransitionSystem(cluster.build(attrs.evolve(wanted, objects=elsewhere)))
    assert system.initial_state()


def test_plans_of_the_kubelet_are_one_step_unless_something_can_fall_between() -> None:
    assert cluster.fused(scenario(deployment(), faults={"node-crash": 1})) == {"kubelet"}
    for fault in ("kubelet-crash", "link-cut", "container-exit", "container-completion"):
        assert cluster.fused(scenario(deployment(), faults={fault: 1})) == frozenset()


@pytest.mark.parametrize(
    ("settings", "name", "assumed"),
    [
        ({}, "any-feasible-node", True),
        ({"switches": {"scoring": "least-allocated"}}, "any-feasible-node", False),
        ({}, "runtime-calls-together", True),
        ({"faults": {"kubelet-crash": 1}}, "runtime-calls-together", False),
        ({}, "serving-when-started", True),
        ({"alsoCheck": ["deployment-min-serving"]}, "serving-when-started", False),
        ({}, "images-present", True),
        ({}, "no-second-name", False),
        ({"users": [[{"delete": "deployment/web"}]]}, "no-second-name", True),
        ({}, "scheduling-errors-unreported", False),
        ({"lag": {"kube-scheduler": {"Pod": 1}}}, "scheduling-errors-unreported", True),
        ({"lag": {"replicaset-controller": {"Pod": 1}}}, "scheduling-errors-unreported", False),
        ({"faults": {"reply-lost": 1}}, "scheduling-errors-unreported", True),
        ({"rpc": "message"}, "scheduling-errors-unreported", True),
        ({}, "applied-without-conflict", False),
        ({"users": [[{"scale": "web=0"}]]}, "applied-without-conflict", False),
        (
            {"users": [[{"apply": "web.yaml"}]], "applied": {"web.yaml": [deployment(2)]}},
            "applied-without-conflict",
            True,
        ),
    ],
    ids=str,
)
def test_a_model_names_what_it_assumes(settings: dict[str, Any], name: str, assumed: bool) -> None:
    assert (name in {each.name for each in cluster.assumptions(scenario(deployment(), **settings))}) is assumed


def test_an_unknown_property_is_named() -> None:
    with pytest.raises(KeyError, match="always-fast"):
        cluster.build(attrs.evolve(scenario(deployment()), properties=("always-fast",)))


def _observed(generation: int, observed: int) -> Deployment:
    return Deployment(ObjectMeta(generation=generation), status=DeploymentStatus(observed_generation=observed))


@pytest.mark.parametrize(
    ("stored", "kept"),
    [
        (_observed(1, 0), (1, 0)),
        (_observed(3, 0), (1, 0)),
        (_observed(1, 1), (1, 1)),
        (_observed(7, 7), (1, 1)),
        (_observed(8, 7), (2, 1)),
        (_observed(9, 7), (2, 1)),
    ],
)
def test_generations_are_kept_as_ranks(stored: Deployment, kept: tuple[int, int]) -> None:
    ranked = cluster.without_history(stored)
    assert (ranked.metadata.generation, ranked.status.observed_generation) == kept
    before = stored.metadata.generation <= stored.status.observed_generation
    assert (ranked.metadata.generation <= ranked.status.observed_generation) is before
    assert cluster.without_history(ranked) == ranked


def test_nothing_has_no_history() -> None:
    assert cluster.without_history(None) is None


def test_every_machine_has_one_state_for_what_is_not_there_yet() -> None:
    initial: dict[str, dict[str, Any]] = {}
    of_engine = informer_kind({("replicaset-controller", "Pod"): 1}, history=True)
    for kind in (of_engine, *(kind for wanted in SCENARIOS.values() for kind in cluster.kinds(wanted))):
        initial.setdefault(kind.name, {}).update({field.name: field.initial for field in kind.fields})
    for machine in cluster.MACHINES:
        assert machine.classify(*[initial[machine.kind][field] for field in machine.fields])


@pytest.mark.parametrize("machine", cluster.MACHINES, ids=lambda machine: machine.name)
def test_a_machine_judges_traces(machine: Machine) -> None:
    """The names of its triggers must not be those of the oracle that replays ask."""
    assert oracle(machine).state == machine.initial
