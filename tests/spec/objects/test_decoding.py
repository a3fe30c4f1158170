from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from kubemodel.spec.objects.containers import ContainerTerminated, ContainerWaiting
from kubemodel.spec.objects.daemon_set import ON_DELETE, DaemonSet, RollingUpdateDaemonSet
from kubemodel.spec.objects.decoding import decode, decode_namespace, decode_node
from kubemodel.spec.objects.decoding_pod import decode_container_state, decode_pod
from kubemodel.spec.objects.disruption import PodDisruptionBudget
from kubemodel.spec.objects.namespace import Namespace
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.plain_data import api_name, seconds
from kubemodel.spec.objects.pod import Pod, bound_to
from kubemodel.spec.objects.priority import PriorityClass
from kubemodel.spec.objects.service import Service
from kubemodel.spec.objects.workloads import Deployment, DeploymentSpec, ReplicaSet

KINDS = {
    "Pod": ("v1", Pod),
    "Node": ("v1", Node),
    "Service": ("v1", Service),
    "Namespace": ("v1", Namespace),
    "Deployment": ("apps/v1", Deployment),
    "ReplicaSet": ("apps/v1", ReplicaSet),
    "DaemonSet": ("apps/v1", DaemonSet),
    "PodDisruptionBudget": ("policy/v1", PodDisruptionBudget),
    "PriorityClass": ("scheduling.k8s.io/v1", PriorityClass),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_object_has_the_defaults(kind: str) -> None:
    version, class_ = KINDS[kind]
    decoded = decode({"apiVersion": version, "kind": kind})
    assert decoded == class_()
    assert hash(decoded) == hash(class_())
    assert decoded == decode({"kind": kind, "metadata": None, "spec": None, "status": None, "unheard": ["of"]})


def test_other_kinds_and_groups_are_not_modelled() -> None:
    assert decode({"kind": "Ingress"}) is None
    assert decode({}) is None
    assert decode({"apiVersion": "serving.knative.dev/v1", "kind": "Service"}) is None


DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "u-1",
        "labels": {"tier": 1},
        "creationTimestamp": "2020-01-01T00:00:10Z",
        "ownerReferences": [{"kind": "App", "name": "a", "uid": "u-0", "controller": True}],
    },
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": "10%"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}},
    },
    "status": {"observedGeneration": 2, "conditions": [{"type": "Available", "status": "True"}]},
}


def test_a_deployment() -> None:
    web = decode(DEPLOYMENT)
    assert isinstance(web, Deployment)
    assert (web.metadata.namespace, web.metadata.uid, web.metadata.labels) == ("shop", "u-1", {"tier": "1"})
    assert web.metadata.creation_timestamp == datetime(2020, 1, 1, 0, 0, 10, tzinfo=UTC).timestamp()
    owner = web.metadata.controller_reference
    assert owner is not None and owner.name == "a"
    assert web.spec.replicas == 3
    assert web.spec.strategy.rolling_update.max_surge == 1
    assert web.spec.strategy.rolling_update.max_unavailable == "10%"
    assert web.spec.progress_deadline_seconds == DeploymentSpec().progress_deadline_seconds == 600
    assert web.spec.template.metadata.labels == {"app": "web"}
    assert web.status.observed_generation == 2


def test_a_daemon_set() -> None:
    strategy = {"type": "OnDelete", "rollingUpdate": {"maxUnavailable": "10%", "maxSurge": 2}}
    agent = decode({"kind": "DaemonSet", "spec": {"updateStrategy": strategy}, "status": {"numberReady": 3}})
    assert isinstance(agent, DaemonSet)
    assert agent.spec.update_strategy.type == ON_DELETE
    assert agent.spec.update_strategy.rolling_update == RollingUpdateDaemonSet(max_unavailable="10%", max_surge=2)
    assert agent.status.number_ready == 3


def test_fields_that_no_rule_reads_still_tell_templates_apart() -> None:
    def with_variable(value: str) -> Any:
        container = {"name": "c", "env": [{"name": "V", "value": value}]}
        return decode({**DEPLOYMENT, "spec": {"template": {"spec": {"containers": [container]}}}})

    assert with_variable("1") == with_variable("1")
    assert with_variable("1") != with_variable("2")


def test_equal_specs_are_one_value() -> None:
    spec = {"containers": [{"name": "c", "command": ["run", {"odd": [1]}]}], "volumes": [{"name": "v", "emptyDir": {}}]}
    one, other = decode_pod({"metadata": {"name": "a"}, "spec": spec}), decode_pod({"spec": spec})
    assert one.spec is other.spec
    assert bound_to(one.spec, "n") is bound_to(other.spec, "n")
    assert bound_to(one.spec, "n").node_name == "n"


def test_cluster_scoped_kinds_have_no_namespace() -> None:
    assert decode_node({"metadata": {"name": "n"}}).metadata.namespace == ""
    assert decode_namespace({"status": {"phase": "Terminating"}}).phase == "Terminating"
    assert decode_pod({"metadata": {"name": "p"}}).metadata.namespace == "default"


def test_capacity_stands_in_for_allocatable() -> None:
    node = decode_node({"status": {"capacity": {"cpu": "2", "pods": "110"}}})
    assert node.status.allocatable == {"cpu": 2000, "pods": 110}
    assert decode_node({"status": {"capacity": {"cpu": 2}, "allocatable": {}}}).status.allocatable == {}


def test_container_states() -> None:
    assert decode_container_state({"waiting": {"reason": "CrashLoopBackOff"}}) == ContainerWaiting("CrashLoopBackOff")
    assert decode_container_state({"terminated": {"exitCode": 137}}) == ContainerTerminated(137)
    assert decode_container_state({}) is None


@pytest.mark.parametrize(
    "time",
    ["2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00.000000Z", datetime(2020, 1, 1), 1577836800],
)
def test_times_are_seconds_since_the_epoch(time: Any) -> None:
    assert seconds(time) == 1577836800.0


def test_unreadable_text_raises() -> None:
    with pytest.raises(ValueError):
        decode_pod({"metadata": {"deletionTimestamp": "yesterday"}})
    with pytest.raises(ValueError):
        decode_pod({"spec": {"overhead": {"cpu": "much"}}})


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("name", "name"),
        ("host_ip", "hostIP"),
        ("container_id", "containerID"),
        ("pod_anti_affinity", "podAntiAffinity"),
    ],
)
def test_names_in_the_api(attribute: str, name: str) -> None:
    assert api_name(attribute) == name
