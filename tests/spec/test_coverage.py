"""Nothing in the specification is idle: every rule fires and every declared arrow is taken, by the declared component.

The rules stand here once more by name, so that taking any of them away makes a test fail.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

import pytest
from kubemodel.cli.diagram_command import SEEN
from kubemodel.cli.whole_cluster import all_components
from kubemodel.engine.judging import UNDECLARED_TRANSITION
from kubemodel.engine.transition_system import CONTINUE
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec import cluster
from kubemodel.spec.control_plane.scheduler.back_off import rule_name
from kubemodel.spec.environment.faults import FAULTS
from kubemodel.spec.environment.leader_faults import CLOCK_SKEW
from kubemodel.spec.environment.users import VERBS, Edit
from kubemodel.spec.environment.watch_faults import REQUEST_FAULTS, WATCH_FAULTS
from kubemodel.spec.language.machine import Machine
from kubemodel.spec.node.cri_replies import LOST as CRI_REPLY_LOST
from kubemodel.spec.node.post_start import POST_START_ERROR

from .coverage_scenarios import FURTHER_SCHEDULER, SCENARIOS
from .exploration import Found, explore

# All scenarios are explored for the first test, in minutes: too close to the limit of a test on a busy machine.
pytestmark = pytest.mark.timeout(1200)

_OWNERS = ("ReplicaSet", "ReplicationController", "Deployment", "Job", "StatefulSet")

RULES: Mapping[str, frozenset[str]] = {
    "deployment-controller": frozenset(
        {
            "adopt ReplicaSet",
            "create ReplicaSet",
            "revise ReplicaSet",
            "share out scaling",
            "scale up new ReplicaSet",
            "scale down old ReplicaSets",
            "stop old ReplicaSets",
            "start new ReplicaSet",
            "clean up history",
            "report status",
            "progress deadline 600 s",
        }
    ),
    "replicaset-controller": frozenset(
        {
            "adopt",
            "manage replicas",
            "update status",
            "expectation expires",
            "drop expectations",
            "minReadySeconds 20 s pass",
        }
    ),
    "replicationcontroller-controller": frozenset(
        {
            "adopt",
            "manage replicas",
            "update status",
            "expectation expires",
            "drop expectations",
            "minReadySeconds 20 s pass",
        }
    ),
    "daemonset-controller": frozenset(
        {
            "manage daemon pods",
            "rolling update",
            "update status",
            "failed-pod back-off ends",
            "expectation expires",
            "drop expectations",
        }
    ),
    "statefulset-controller": frozenset({"sync", "update status"}),
    "job-controller": frozenset(
        {"sync", "back-off is over", "active deadline 30 s", "release orphan", "drop expectations"}
    ),
    "ttl-after-finished-controller": frozenset(
        {"delete Job 0 s after it finished", "delete Job 60 s after it finished"}
    ),
    "cronjob-controller": frozenset({"sync"}),
    "starting-deadlines": frozenset({"starting deadline 30 s passes"}),
    "clock": frozenset({"scheduled time comes"}),
    "garbage-collector": frozenset(
        {
            "collect Pod",
            "collect ReplicaSet",
            "collect PersistentVolumeClaim",
            "collect EndpointSlice",
            *(f"finish foreground deletion of {kind}" for kind in _OWNERS),
            *(f"orphan dependents of {kind}" for kind in _OWNERS),
        }
    ),
    "resourcequota-controller": frozenset({"recalculate usage"}),
    "serviceaccount-controller": frozenset({"create default account"}),
    "namespace-controller": frozenset(
        {
            "deletion is due",
            "sync",
            *(
                f"delete {kind}"
                for kind in (
                    "CronJob",
                    "DaemonSet",
                    "Deployment",
                    "EndpointSlice",
                    "HorizontalPodAutoscaler",
                    "Job",
                    "PersistentVolumeClaim",
                    "Pod",
                    "PodDisruptionBudget",
                    "ReplicaSet",
                    "ReplicationController",
                    "ResourceQuota",
                    "Service",
                    "ServiceAccount",
                    "StatefulSet",
                )
            ),
        }
    ),
    "webhook-client": frozenset({"reach webhook"}),
    "kube-apiserver": frozenset({"evict", "evict on retry"}),
    "addon-manager": frozenset({"put addon back"}),
    "descheduler": frozenset({"RemoveDuplicates", "RemovePodsViolatingTopologySpreadConstraint"}),
    "disruption-controller": frozenset(
        {"update budget status", "granted eviction expires", "reset stale DisruptionTarget"}
    ),
    "horizontal-pod-autoscaler-controller": frozenset(
        {
            "sync Deployment",
            "sync ReplicaSet",
            "sync ReplicationController",
            "sync StatefulSet",
            "recommendation leaves window of 120 s",
            "recommendation leaves window of 300 s",
            "change leaves period of 60 s",
        }
    ),
    "metrics-server": frozenset({"collect first sample", "collect whole window", "initialization period ends"}),
    "application": frozenset({"step of life after 120 s"}),
    "load": frozenset({"load changes"}),
    "endpointslice-controller": frozenset({"sync Service", "give up", "see own write"}),
    "kube-proxy": frozenset({"sync rules"}),
    "cluster-dns": frozenset({"load records", "fill caches", "hear of Services", "hear of endpoints", "lose caches"}),
    "client": frozenset(
        {
            "connect",
            "affinity ends",
            "look up",
            "connect to address found",
            "connect to pod",
            "read environment",
            "connect to address in environment",
            "connect in turn",
            "send",
        }
    ),
    "resolver": frozenset({"answer expires"}),
    "kube-scheduler": frozenset(
        {
            "schedule",
            "requeue",
            "flush unschedulable pod",
            "requeue without back-off",
            "pop from back-off early",
            *(rule_name(number, 5, verb) for number in range(5) for verb in ("completes", "passes")),
            "bind with volumes",
            "forget pod without volumes",
            "volumes are not bound in time",
        }
    ),
    "persistentvolume-controller": frozenset({"bind claim", "release volume", "reclaim volume"}),
    "pvc-protection-controller": frozenset({"let claim go"}),
    "pv-protection-controller": frozenset({"let volume go"}),
    "attachdetach-controller": frozenset(
        {"attach volume", "begin to detach", "keep attached", "detach volume", "force detach volume"}
    ),
    "external-provisioner": frozenset({"provision volume", "give claim back"}),
    "kubelet": frozenset(
        {
            "register node",
            "post Ready",
            "admit pod",
            "adopt pod",
            "restart containers",
            "restart containers after back-off",
            *(f"restart containers after back-off of {seconds} s" for seconds in (20, 40, 80, 160, 300)),
            "forget crashes",
            "start next containers",
            "restart container",
            "restart container after back-off",
            "stop sidecars",
            "readiness probe succeeds",
            "readiness probe fails",
            "startup probe succeeds",
            "startup probe fails",
            "sidecar's startup probe fails",
            "sidecar's liveness probe fails",
            "postStart hook returns",
            "postStart hook returns after 5 s",
            "liveness probe fails",
            "post NotReady",
            "post NotReady for PLEG",
            "terminate for shutdown",
            "release shutdown",
            "release shutdown at last",
            "post pressure",
            "post relief",
            "reclaim disk",
            "evict for node pressure",
            "soft threshold is overdue",
            "evict past soft threshold",
            "evict past soft threshold after preStop 10 s",
            "active deadline 30 s",
            "make room for critical pod",
            "relist sandboxes",
            "ask for sandbox again",
            "tear down sandboxes",
            "send TERM",
            "send TERM after preStop 10 s",
            "read static pods",
            "read static pods again",
            "start static pod",
            "stop static pod",
            "create mirror pod",
            "delete mirror pod",
            "report status of mirror pod",
            "ensure images",
            "back off image pull",
            "pull images again",
            "report status",
            "stop pod",
            "stop pod after preStop 10 s",
            "complete deletion",
            "start pod that an old list shows",
            "start pod with volumes",
            "stop waiting for volumes",
        }
    ),
    "container-runtime": frozenset(
        {
            "application serves",
            "program finishes",
            "init container finishes",
            "images are pulled",
            "program ends on TERM",
        }
        | {f"kill after {seconds} s" for seconds in (1, 2, 20, 30)}
    ),
    "node-lifecycle-controller": frozenset(
        {
            "mark node unknown",
            "mark new node unknown",
            "taint by condition",
            "taint NoExecute",
            "master disruption",
            "mark pod not ready",
        }
    ),
    "taint-eviction-controller": frozenset(
        {"evict now", "evict after 300 s", "evict after 60 s", "schedule eviction", "cancel queued eviction"}
    ),
    "pod-garbage-collector": frozenset(
        {"collect pod of missing node", "collect terminating pod", "collect finished pod"}
    ),
    "leader-election": frozenset(
        {
            "acquire kube-controller-manager",
            "take over kube-controller-manager",
            "stop leading kube-controller-manager",
        }
    ),
    "etcd": frozenset({"elect leader", "step down", "masterlease expires"}),
    "endpoint-reconciler": frozenset({"write masterlease", "reconcile endpoints"}),
    "watch-cache": frozenset({"compact", "send bookmark"}),
    "process-supervisor": frozenset(
        {
            "kube-apiserver returns at last",
            "etcd member returns at last",
            "space is freed at last",
            "restart kube-controller-manager-2",
            "restart kubelet",
            "restart kube-controller-manager",
            "restart kube-scheduler",
        }
    ),
    "fault": frozenset(
        {
            *(set(FAULTS) - set(WATCH_FAULTS) - set(REQUEST_FAULTS) - {CLOCK_SKEW, CRI_REPLY_LOST, POST_START_ERROR}),
            f"{CLOCK_SKEW} kube-controller-manager",
            "leader resumes",
            "kube-apiserver returns",
            "etcd member returns",
            *(f"{fault} replicaset-controller/Pod" for fault in WATCH_FAULTS),
            "node returns",
            "node goes off",
            "runtime answers",
            "pressure ends",
            "pressure grows",
            "space is freed",
            "link heals",
            "cut heals",
        }
    ),
    "user": frozenset({"act"}),
    "watch": frozenset(
        {
            "deliver Pod to job-controller",
            "deliver Pod to kube-scheduler",
            "deliver Pod to replicaset-controller",
            "deliver Pod to statefulset-controller",
            "deliver Pod to kube-apiserver-2",
        }
    ),
}
"""All rules by component. Those of faults are called as the faults are; what is lost of requests, and of replies of the
container runtime, and hooks that fail are no rules of their own, but another end of the request's, or the hook's."""


_SECOND = " (2)"
"""Behind the names of the components of a second instance, whose rules are those of the first."""


def _again(component: str) -> bool:
    """Whether a component has the rules of another one, over a memory of its own."""
    return component.endswith(_SECOND) or component == FURTHER_SCHEDULER


@pytest.fixture(scope="session")
def found() -> Mapping[str, Found]:
    return {name: explore(scenario) for name, scenario in SCENARIOS.items()}


def test_every_rule_fires(found: Mapping[str, Found]) -> None:
    fired = {(component, rule) for each in found.values() for component, rule in each.rules if rule != CONTINUE}
    fired = {(component, rule) for component, rule in fired if not _again(component)}
    assert fired == {(component, rule) for component, rules in RULES.items() for rule in rules}


def test_the_picture_of_the_architecture_tells_all_that_was_seen(found: Mapping[str, Found]) -> None:
    """To write it anew: WRITE_PAGES=1 ./test tests/spec/test_coverage.py."""
    seen = sorted({fact for each in found.values() for fact in each.seen if not _again(fact[0])})
    text = "[\n" + ",\n".join(json.dumps(fact) for fact in seen) + "\n]\n"
    if os.environ.get("WRITE_PAGES"):
        SEEN.write_text(text, encoding="utf-8")
    assert SEEN.read_text(encoding="utf-8") == text


def test_the_rules_are_those_that_the_code_declares() -> None:
    components = [it for scenario in SCENARIOS.values() for it in cluster.components(scenario)]
    components = [it for it in components if not _again(it.name)]
    declared = {(it.name, rule.name) for it in (*components, *all_components()) for rule in it.rules}
    listed = {(component, rule) for component, rules in RULES.items() for rule in rules if component != "watch"}
    assert declared == listed


@pytest.mark.parametrize("machine", cluster.MACHINES, ids=lambda machine: machine.name)
def test_every_arrow_is_taken_by_the_declared_component(machine: Machine, found: Mapping[str, Found]) -> None:
    taken = {arrow for each in found.values() for arrow in each.arrows}
    declared = {(machine.name, arrow.source, arrow.dest, arrow.component) for arrow in machine.arrows}
    assert sorted(declared - taken) == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_change_is_a_declared_arrow(name: str, found: Mapping[str, Found]) -> None:
    assert UNDECLARED_TRANSITION not in found[name].violated, found[name].violated[UNDECLARED_TRANSITION]


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_checked_by_default_is_never_vacuous_where_all_else_holds(
    name: str, found: Mapping[str, Found]
) -> None:
    idle = [prop.name for prop in found[name].result.properties if prop.verdict is Verdict.VACUOUS]
    assert idle == [] or found[name].violated


def test_every_fault_comes_in_some_scenario() -> None:
    assert {fault for scenario in SCENARIOS.values() for fault in scenario.faults} == set(FAULTS)


def test_users_do_everything_that_they_can() -> None:
    actions = [action for scenario in SCENARIOS.values() for todo in scenario.users for action in todo]
    words = {_word(action.text) for action in actions}
    assert words >= {*VERBS, "patch"}
    assert any(isinstance(action, Edit) and action.new is not None for action in actions)


def _word(command: str) -> str:
    _, verb, *rest = command.split()
    if verb == "rollout":
        return rest[0]
    return "force-delete" if "--force" in rest else verb
