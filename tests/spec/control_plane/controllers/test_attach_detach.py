"""Attachment of volumes: who has one, who has to wait for it, and for how long (controllers-cluster §12)."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec import cluster
from kubemodel.spec.control_plane.controllers.attach_detach import NAME, for_one_node, used_on
from kubemodel.spec.kinds import SANDBOX_NOT_READY, PodRuntime
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.node.volumes import START
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.storage import PersistentVolume
from kubemodel.spec.properties.attachments_followed import (
    attachable,
    attaches_to_one_node,
    claims_by_pod,
    follows_attachments,
)

from ...exploration import Data, Found, bare_pod, deployment, explore, pod_spec, scenario, without
from ...volume_scenarios import BY_HAND, WAITS, claim, claiming, storage_class, volume

DISKS = storage_class(WAITS)
CLAIMING = pod_spec(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])
MOVING: Any = {"switches": {"claims": "moving"}}
OUT_OF_SERVICE = "node-1 node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"
BY_FORCE = {"force-delete": "pod/db-0"}
ASKED = ["volume-attached-to-one-node", "volume-written-by-one-node"]


def lost(fault: str, *todo: Data, **settings: Any) -> Scenario:
    """The node of a StatefulSet's pod goes, and a user does something about it."""
    return scenario(claiming(), DISKS, nodes=2, faults={fault: 1}, users=[list(todo)], properties=ASKED, **settings)


def fired(found: Found) -> set[str]:
    return {rule for component, rule in found.rules if component == NAME}


def rolled(**settings: Any) -> Scenario:
    """A Deployment with a disk is updated."""
    after = {**CLAIMING, **pod_spec("web:2")}
    users: Any = {"users": [[{"apply": "0.yaml"}]], "applied": {"0.yaml": [deployment(1, after, **settings)]}}
    return scenario(deployment(1, CLAIMING, **settings), claim("data"), DISKS, nodes=2, **MOVING, **users)


def test_a_pod_of_a_dead_node_that_is_gone_leaves_its_disk_after_six_minutes() -> None:
    found = explore(lost("node-crash", BY_FORCE))
    assert "force detach volume" in fired(found)
    assert found.violated == {}


def test_a_node_that_is_out_of_service_lets_go_at_once() -> None:
    """Nothing else takes the disk from it: nobody waits for six minutes."""
    found = explore(lost("node-crash", {"taint": OUT_OF_SERVICE}))
    assert "detach volume" in fired(found)
    assert "force detach volume" not in fired(found)


def test_a_pod_that_is_still_there_keeps_the_disk_of_a_silent_node() -> None:
    """It is deleted, but its object stays until its kubelet is heard again and confirms its end."""
    found = explore(scenario(claiming(), DISKS, nodes=2, faults={"link-cut": 1}, properties=ASKED))
    assert "force detach volume" not in fired(found)
    assert found.violated == {}


@pytest.mark.parametrize("todo", [BY_FORCE, {"taint": OUT_OF_SERVICE}], ids=["six minutes", "out of service"])
def test_a_node_that_runs_on_has_its_disk_taken_away(todo: Data) -> None:
    found = explore(lost("link-cut", todo))
    assert set(found.violated) == {"volume-written-by-one-node"}


def test_a_rollout_waits_for_ever_for_the_disk_of_the_old_pod() -> None:
    assert "deployment-eventually-complete" in explore(rolled()).violated
    assert explore(rolled(strategy={"type": "Recreate"})).violated == {}


@pytest.mark.parametrize("rule", ["attach volume", "begin to detach", "detach volume"])
def test_without_one_of_its_rules_the_next_pod_never_runs(rule: str) -> None:
    found = explore(rolled(strategy={"type": "Recreate"}), without(NAME, rule))
    assert "deployment-eventually-complete" in found.violated


def test_without_the_rule_of_the_kubelet_nothing_starts() -> None:
    wanted = rolled(strategy={"type": "Recreate"})
    assert "deployment-eventually-complete" in explore(wanted, without("kubelet", START)).violated


def test_without_the_timer_a_dead_node_keeps_its_disk() -> None:
    wanted = lost("node-crash", BY_FORCE)
    took = ("volume attachment", "Detaching", "Detached", NAME)
    assert took in explore(wanted).arrows
    blind = explore(wanted, without(NAME, "force detach volume"))
    states = explore(wanted).result.states
    assert blind.result.states < states


def test_volumes_that_many_nodes_may_have() -> None:
    def modes(*found: str) -> bool:
        return for_one_node(PersistentVolume(ObjectMeta("disk", ""), access_modes=found))

    assert modes("ReadWriteOnce")
    assert modes("ReadWriteOncePod")
    assert not modes("ReadWriteMany")
    assert not modes("ReadWriteOnce", "ReadOnlyMany")
    assert not modes()


def test_what_runs_of_a_pod_whose_object_is_gone_still_uses_its_claims() -> None:
    mine, other = ("default", "data-db-0"), ("default", "data-db-1")
    runs = PodRuntime("node-1", name="db-0")
    claims = {"db-0": {mine}}
    assert used_on(claims, mine, None, runs) == "node-1"
    assert used_on(claims, other, None, runs) is None
    assert used_on(claims, other, None, PodRuntime("node-1")) == "node-1"
    assert used_on(claims, mine, None, PodRuntime("node-1", SANDBOX_NOT_READY, name="db-0")) is None


def test_which_volumes_have_to_be_attached() -> None:
    found = attachable(scenario(claiming(), DISKS))
    assert found(PersistentVolume(storage_class_name="disks"))
    assert found(PersistentVolume(driver="disks.example.com"))
    assert not found(PersistentVolume(storage_class_name="by-hand"))
    assert not attachable(scenario(claiming(), storage_class(WAITS, BY_HAND), volume("disk")))(
        PersistentVolume(storage_class_name="disks")
    )


def test_whose_claims_are_known_by_the_name_of_the_pod() -> None:
    wanted = scenario(claiming(2), DISKS, bare_pod(CLAIMING), claim("data"))
    assert claims_by_pod(wanted) == {
        "db-0": {("default", "data-db-0")},
        "db-1": {("default", "data-db-1")},
        "web": {("default", "data")},
    }


CUT: Any = {"nodes": 2, "faults": {"link-cut": 1}}


@pytest.mark.parametrize(
    ("wanted", "follows"),
    [
        (scenario(claiming(), DISKS), False),
        (scenario(claiming(), DISKS, **CUT), True),
        (scenario(claiming(), DISKS, users=[[BY_FORCE]]), True),
        (scenario(claiming(), DISKS, users=[[{"delete": "node/node-1"}]]), True),
        (scenario(claiming(), DISKS, users=[[{"taint": OUT_OF_SERVICE}]]), True),
        (scenario(claiming(), DISKS, users=[[{"delete": "pod/db-0"}]]), False),
        (scenario(claiming(), DISKS, switches={"attachments": "at-once"}, **CUT), False),
        (scenario(claiming(), storage_class(WAITS, BY_HAND), volume("disk"), **CUT), False),
        (scenario(claiming(), **CUT), False),
        (scenario(deployment(1, CLAIMING), claim("data"), DISKS, **MOVING), True),
        (scenario(deployment(1, CLAIMING), claim("data"), DISKS), False),
    ],
)
def test_where_it_is_followed(wanted: Scenario, follows: bool) -> None:
    """Nothing of it is in a model where it is not, and that verdict says so."""
    assert follows_attachments(wanted) == attaches_to_one_node(wanted) == follows
    assert (NAME in {component.name for component in cluster.components(wanted)}) == follows
    said = {it.name for it in cluster.assumptions(wanted)}
    assert ("volumes-attached" in said) == follows
    assert "volumes-follow-pods" not in said or not follows
