"""`kubemodel list` names everything that the specification has, legibly and as stable data."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from kubemodel.cli.list_command import WHATS, WIDTH, Entry, list_command, text
from kubemodel.spec.cluster import MACHINES
from kubemodel.spec.environment.faults import FAULTS
from kubemodel.spec.properties.catalogue import ON_REQUEST, PROPERTIES
from kubemodel.spec.switches import SWITCHES


def _printed(*arguments: str) -> str:
    result = CliRunner().invoke(list_command, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def _data(what: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = json.loads(_printed(what, "--format", "json"))
    return data


def _one(what: str, name: str) -> dict[str, Any]:
    (found,) = [item for item in _data(what) if item["name"] == name]
    return found


def test_components_are_listed_with_their_place_and_rules() -> None:
    kubelet = _one("components", "kubelet")
    assert kubelet["place"] == "node"
    assert kubelet["duty"] and kubelet["reference"]
    assert all(rule["name"] and rule["meaning"] and rule["reference"] for rule in kubelet["rules"])
    assert _one("components", "replicaset-controller")["process"] == "kube-controller-manager"


def test_every_component_is_listed_whatever_triggers_it() -> None:
    assert {item["name"] for item in _data("components")} == {
        "deployment-controller",
        "replicaset-controller",
        "daemonset-controller",
        "statefulset-controller",
        "disruption-controller",
        "garbage-collector",
        "resourcequota-controller",
        "serviceaccount-controller",
        "namespace-controller",
        "replicationcontroller-controller",
        "persistentvolume-controller",
        "attachdetach-controller",
        "pvc-protection-controller",
        "pv-protection-controller",
        "external-provisioner",
        "ttl-after-finished-controller",
        "descheduler",
        "addon-manager",
        "cluster-dns",
        "resolver",
        "webhook-client",
        "kube-apiserver",
        "job-controller",
        "cronjob-controller",
        "clock",
        "starting-deadlines",
        "horizontal-pod-autoscaler-controller",
        "metrics-server",
        "application",
        "load",
        "endpointslice-controller",
        "kube-proxy",
        "client",
        "kube-scheduler",
        "kubelet",
        "container-runtime",
        "node-lifecycle-controller",
        "taint-eviction-controller",
        "pod-garbage-collector",
        "leader-election",
        "endpoint-reconciler",
        "etcd",
        "watch-cache",
        "process-supervisor",
        "fault",
        "user",
    }


def test_rules_that_wait_say_how_long() -> None:
    rules = {rule["name"]: rule for rule in _one("components", "kube-scheduler")["rules"]}
    assert rules["back-off completes"]["seconds"] == 1
    assert rules["schedule"]["seconds"] == 0
    assert "back-off completes" in _printed("components")
    assert "after 1 s: a pod whose back-off is over" in _printed("components")


def test_every_machine_is_listed_with_its_states() -> None:
    machines = _data("machines")
    assert [item["name"] for item in machines] == [machine.name for machine in MACHINES]
    queue = _one("machines", "scheduling-queue")
    assert queue["kind"] == "Pod"
    assert queue["arrows"] == 72
    assert "Unschedulable" in [state["name"] for state in queue["states"]]


def test_every_property_is_listed_and_the_one_of_all_machines() -> None:
    names = [item["name"] for item in _data("properties")]
    assert names == [*PROPERTIES, "undeclared-transition"]


@pytest.mark.parametrize(
    ("name", "holds_in"),
    [
        ("node-name-write-once", "every step"),
        ("deployment-min-available", "every state"),
        ("deployment-eventually-complete", "every endless run: eventually always"),
    ],
)
def test_properties_say_where_they_must_hold(name: str, holds_in: str) -> None:
    assert _one("properties", name)["holds_in"] == holds_in


def test_properties_on_request_are_marked() -> None:
    marked = {item["name"] for item in _data("properties") if item["checked"] == "on request"}
    assert marked == set(ON_REQUEST)


def test_properties_say_who_upholds_them() -> None:
    assert _one("properties", "proxy-converges")["upheld_by"] == ["kube-proxy"]
    printed = " ".join(_printed("properties").split())
    assert "upheld by: kube-proxy" in printed
    assert "upheld by: nobody: Kubernetes does not promise it" in printed


def test_every_fault_and_what_it_does() -> None:
    assert {item["name"]: item["does"] for item in _data("faults")} == dict(FAULTS)


def test_every_switch_has_a_meaning_and_its_first_value_is_the_default() -> None:
    listed = _data("switches")
    assert [(item["name"], item["meaning"]) for item in listed] == [(n, it.meaning) for n, it in SWITCHES.items()]
    assert all(item["default"] == item["values"][0] for item in listed)


@pytest.mark.parametrize("what", WHATS)
def test_text_fits_its_width_and_names_everything(what: str) -> None:
    printed = _printed(what)
    assert max(map(len, printed.splitlines())) <= WIDTH
    for item in _data(what):
        assert item.get("picture", item["name"]) in printed


def test_texts_stand_in_one_column() -> None:
    entries = [Entry("a", "remark", ("says",), (("x", "one"), ("longer", "two"))), Entry("b", rows=(("y", ""),))]
    assert text(entries).splitlines() == [
        "a  (remark)",
        "  says",
        "    x       one",
        "    longer  two",
        "",
        "b",
        "    y",
    ]


def test_an_unknown_list_is_refused_with_what_there_is() -> None:
    result = CliRunner().invoke(list_command, ["pods"])
    assert result.exit_code == 2
    assert "'components', 'machines', 'properties', 'faults', 'switches', 'constants'" in result.output
