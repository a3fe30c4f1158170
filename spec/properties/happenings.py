"""What can happen in a scenario: what users, faults and load do to pods, nodes and workloads in the course of it.

Predicates on scenarios, from which ``occasions`` are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import attrs

from ..control_plane.controllers.daemonset_decisions import Eligible, eligible
from ..control_plane.controllers.deployment_replica_sets import same_template
from ..control_plane.controllers.deployment_rollout import min_available
from ..control_plane.controllers.endpointslice_decisions import is_managed
from ..control_plane.controllers.pod_failure_policy import IGNORE
from ..control_plane.controllers.statefulset_decisions import ordered
from ..control_plane.controllers.taint_eviction import eviction_delay
from ..environment.drain import EvictAll
from ..environment.faults import (
    APPLICATION_HANG,
    CONTAINER_COMPLETION,
    CONTAINER_EXIT,
    CONTROL_PLANE_CUT,
    DISK_SHORTAGE,
    KUBELET_CRASH,
    LINK_CUT,
    MEMORY_SHORTAGE,
    NODE_CRASH,
    PID_SHORTAGE,
    PROBE_FAILURE,
    SANDBOX_EXIT,
)
from ..environment.users import Action, Delete, Edit, SetTaint, SetUnschedulable
from ..environment.watch_faults import WATCH_END
from ..kinds import DEPLOYMENT, ENDPOINT_SLICE, NAMESPACE, NODE, POD, REPLICA_SET, SERVICE, SERVICE_ACCOUNT
from ..language.scenario import Client, Scenario, Start
from ..node.node_shutdown import GRACE_PERIOD, SHUTDOWN
from ..node.pod_status import has_readiness_probe
from ..node.probes import has_startup_probe
from ..node.restart_policy import ALWAYS
from ..node.runtime_health import SILENT
from ..objects.affinity import DO_NOT_SCHEDULE
from ..objects.cron_job import CronJob
from ..objects.daemon_set import DaemonSet
from ..objects.disruption import PodDisruptionBudget
from ..objects.horizontal_pod_autoscaler import HorizontalPodAutoscaler
from ..objects.job import INDEXED, Job
from ..objects.pod import Pod, PodSpec
from ..objects.pod_resources import spec_requests
from ..objects.quantities import PODS as PODS_RESOURCE
from ..objects.service import Service
from ..objects.stateful_set import RollingUpdateStatefulSet, StatefulSet
from ..objects.taints import NO_EXECUTE, Taint
from ..objects.workloads import ROLLING_UPDATE, Deployment, ReplicaSet, ReplicationController


def deletes_service(scenario: Scenario) -> bool:
    """Whether a user deletes a Service."""
    return any(isinstance(action, Delete) and action.kind == SERVICE for action in actions(scenario))


def actions(scenario: Scenario) -> Iterator[Action]:
    """Everything that users do."""
    return (action for todo in scenario.users for action in todo)


def faults(scenario: Scenario, *names: str) -> bool:
    """Whether one of these faults may come."""
    return any(scenario.faults.get(name, 0) for name in names)


def watches_end(scenario: Scenario) -> bool:
    """Whether watches of caches that lag may end, of which the engine keeps what they show."""
    return faults(scenario, WATCH_END) and any(kind != ENDPOINT_SLICE for _, kind in scenario.lag)


def tells_apart(scenario: Scenario) -> bool:
    """Whether containers of pods are told apart where a pod has several."""
    return scenario.switches.get("containers", "apart") == "apart"


def probes_after_start(spec: PodSpec) -> bool:
    """Whether a pod has a readiness probe that has to wait for a startup probe."""
    return has_startup_probe(spec) and has_readiness_probe(spec)


def histories(scenario: Scenario, kind: type[Any]) -> tuple[tuple[Any, ...], ...]:
    """Of each object of a kind, its versions as users change it, one user after the other."""
    histories: dict[str, list[Any]]
    histories = {item.metadata.name: [item] for item in scenario.objects if isinstance(item, kind)}
    for action in actions(scenario):
        if isinstance(action, Edit) and action.kind == kind.kind and action.name in histories:
            histories[action.name].append(action.change(histories[action.name][-1]))
    return tuple(map(tuple, histories.values()))


def versions(scenario: Scenario) -> tuple[Deployment, ...]:
    """Every version of every Deployment, as users change it."""
    return tuple(version for history in histories(scenario, Deployment) for version in history)


def steps(scenario: Scenario) -> tuple[tuple[Deployment, Deployment], ...]:
    """Every change that users make of a Deployment: before and after."""
    return tuple(step for history in histories(scenario, Deployment) for step in pairwise(history))


def daemon_sets(scenario: Scenario) -> tuple[DaemonSet, ...]:
    """Every version of the DaemonSets that some node of the scenario gets a pod of."""
    return tuple(
        version
        for history in histories(scenario, DaemonSet)
        for version in history
        if any(eligible(version.spec, setup.node).runs for setup in scenario.nodes)
    )


def daemon_steps(scenario: Scenario) -> Iterator[tuple[Eligible, Eligible, bool]]:
    """For each node, what users' changes of DaemonSets do: eligible before, and after, and whether its pod is old."""
    for before, after in (step for history in histories(scenario, DaemonSet) for step in pairwise(history)):
        rolls = before.spec.template != after.spec.template and after.spec.update_strategy.type == ROLLING_UPDATE
        for setup in scenario.nodes:
            yield eligible(before.spec, setup.node), eligible(after.spec, setup.node), rolls


def pod_specs(scenario: Scenario) -> tuple[PodSpec, ...]:
    """The specs of all pods that can get a node at some time; nobody takes scheduling gates away."""
    found = (*movable_specs(scenario), *daemon_specs(scenario))
    return tuple(spec for spec in found if not spec.scheduling_gates)


def movable_specs(scenario: Scenario) -> tuple[PodSpec, ...]:
    """Those of all pods that do not stay on a silent node for ever: all but daemon pods."""
    return (*controlled_specs(scenario), *(pod.spec for pod in scenario.objects if isinstance(pod, Pod)))


def controlled_specs(scenario: Scenario) -> tuple[PodSpec, ...]:
    """Those of them that a controller creates anew."""
    found = [version.spec.template.spec for version in versions(scenario) if version.spec.replicas]
    found += [rs.spec.template.spec for rs in scenario.objects if isinstance(rs, ReplicaSet) and rs.spec.replicas]
    found += [version.spec.template.spec for version in replication_controllers(scenario) if version.spec.replicas]
    found += [version.spec.template.spec for version in stateful_sets(scenario)]
    found += [item.spec.template.spec for item in jobs(scenario) if runs_pods(item)]
    return tuple(found)


def replication_controllers(scenario: Scenario) -> tuple[ReplicationController, ...]:
    """Every version of every ReplicationController, as users change it."""
    return tuple(version for history in histories(scenario, ReplicationController) for version in history)


def replication_steps(scenario: Scenario) -> Iterator[tuple[ReplicationController, ReplicationController]]:
    """Every change that users make of a ReplicationController: before and after."""
    return (step for history in histories(scenario, ReplicationController) for step in pairwise(history))


def daemon_specs(scenario: Scenario) -> tuple[PodSpec, ...]:
    """The specs of all daemon pods."""
    return tuple(version.spec.template.spec for version in daemon_sets(scenario))


def stateful_sets(scenario: Scenario) -> Iterator[StatefulSet]:
    """Every version of the StatefulSets that ask for pods."""
    found = (version for history in histories(scenario, StatefulSet) for version in history)
    return (version for version in found if version.spec.replicas)


def stateful_steps(scenario: Scenario) -> Iterator[tuple[StatefulSet, StatefulSet]]:
    """Every change that users make of a StatefulSet: before and after."""
    return (step for history in histories(scenario, StatefulSet) for step in pairwise(history))


def replaces(before: StatefulSet, after: StatefulSet) -> bool:
    """Whether a change of a StatefulSet makes its controller replace pods."""
    strategy = after.spec.update_strategy
    partition = strategy.rolling_update.partition if strategy.rolling_update is not None else 0
    return (
        strategy.type == ROLLING_UPDATE
        and before.spec.template != after.spec.template
        and partition < min(before.spec.replicas, after.spec.replicas)
    )


def can_run(stateful_set: StatefulSet) -> bool:
    """Whether its pods may get a node: nobody takes scheduling gates away."""
    return not stateful_set.spec.template.spec.scheduling_gates


def starts_in_order(scenario: Scenario) -> bool:
    """Whether a pod of an ordered StatefulSet is created, at the start or in the place of another."""
    created = scenario.start is Start.CREATED or any(
        after.spec.replicas > before.spec.replicas or (replaces(before, after) and can_run(before))
        for before, after in stateful_steps(scenario)
    )
    deleted = any(isinstance(action, Delete) and action.kind in (POD, NODE) for action in actions(scenario))
    return (created or deleted) and any(ordered(version.spec) for version in stateful_sets(scenario))


def updates_in_order(scenario: Scenario) -> bool:
    """Whether a user makes a StatefulSet replace its pods, the highest ordinal first."""
    return any(
        replaces(before, after) and (can_run(before) or not ordered(after.spec))
        for before, after in stateful_steps(scenario)
    )


def stateful_progress(scenario: Scenario) -> bool:
    """Whether a StatefulSet has an update to bring to an end."""
    return any(
        version.spec.update_strategy.type == ROLLING_UPDATE
        and (version.spec.update_strategy.rolling_update or RollingUpdateStatefulSet()).partition
        < version.spec.replicas
        for version in stateful_sets(scenario)
    )


def jobs(scenario: Scenario) -> Iterator[Job]:
    """Every version of the Jobs that are given, as users change them, and for each CronJob one that it creates."""
    for history in histories(scenario, Job):
        yield from history
    for item in scenario.objects:
        if isinstance(item, CronJob) and not item.spec.suspend:
            yield item.spec.job_template


def runs_pods(job: Job) -> bool:
    """Whether the Job asks for any pod."""
    return not job.spec.suspend and job.spec.parallelism > 0 and job.spec.completions != 0


def has_jobs(scenario: Scenario) -> bool:
    """Whether there is a Job that is not suspended."""
    return any(not item.spec.suspend for item in jobs(scenario))


def lists_pods(scenario: Scenario) -> bool:
    """Whether pods of a Job are counted by a list: succeeded ones that have no indexes, and failed ones."""
    placeable = (item for item in jobs(scenario) if runs_pods(item) and not item.spec.template.spec.scheduling_gates)
    return any(item.spec.completion_mode != INDEXED or faults(scenario, CONTAINER_EXIT) for item in placeable)


def ignores_failures(job: Job) -> bool:
    """Whether the Job does not count some pods that failed."""
    policy = job.spec.pod_failure_policy
    return policy is not None and any(rule.action == IGNORE for rule in policy.rules)


def has_kept_jobs(scenario: Scenario) -> bool:
    """Whether there is a Job that is not suspended, and stays when it has finished."""
    return any(not it.spec.suspend and it.spec.ttl_seconds_after_finished is None for it in jobs(scenario))


def jobs_run_pods(scenario: Scenario) -> bool:
    """Whether a Job has pods that may get a node."""
    placeable = (item for item in jobs(scenario) if runs_pods(item))
    return any(not item.spec.template.spec.scheduling_gates for item in placeable)


def has_pods(scenario: Scenario) -> bool:
    """Whether pods are asked for that can get a node."""
    return bool(pod_specs(scenario))


def deletes_nodes(scenario: Scenario) -> bool:
    """Whether a user deletes a Node, and there are pods that may be bound to it."""
    return has_pods(scenario) and any(isinstance(it, Delete) and it.kind == NODE for it in actions(scenario))


def loses_nodes(scenario: Scenario) -> bool:
    """Whether a node can go silent beside another one: the pods of the only node are never driven off."""
    return faults(scenario, NODE_CRASH, SHUTDOWN, LINK_CUT) and len(scenario.nodes) > 1


def loses_nodes_suddenly(scenario: Scenario) -> bool:
    """As ``loses_nodes``, with pods on it: a kubelet that is given time has ended them before."""
    sudden = faults(scenario, NODE_CRASH, LINK_CUT) or GRACE_PERIOD not in scenario.constants
    return sudden and loses_nodes(scenario)


def drains(scenario: Scenario) -> bool:
    """Whether a user drains a node, and there are pods that this evicts: daemon pods stay."""
    evicts = any(isinstance(action, EvictAll) for action in actions(scenario))
    return evicts and any(not spec.scheduling_gates for spec in controlled_specs(scenario))


def descheduled(scenario: Scenario) -> bool:
    """Whether a descheduler finds pods that controllers would replace."""
    return scenario.descheduler is not None and any(not spec.scheduling_gates for spec in controlled_specs(scenario))


def budgeted_drains(scenario: Scenario) -> bool:
    """Whether a user drains a node, and there are budgets."""
    return drains(scenario) and any(isinstance(item, PodDisruptionBudget) for item in scenario.objects)


def executing(scenario: Scenario) -> Iterator[Taint]:
    """The NoExecute taints that nodes have, or get from users."""
    given = [taint for setup in scenario.nodes for taint in setup.node.spec.taints]
    changes = [action.change for action in actions(scenario) if isinstance(action, Edit)]
    given += [change.taint for change in changes if isinstance(change, SetTaint) and not change.remove]
    return (taint for taint in given if taint.effect == NO_EXECUTE)


def for_a_while(spec: PodSpec, taint: Taint) -> bool:
    """Whether such a pod tolerates the taint, but not for ever."""
    return bool(eviction_delay(spec.tolerations, (taint,)))


def deletes_owner(*policies: str) -> Callable[[Scenario], bool]:
    """Whether a user deletes an owner of pods with one of these propagation policies."""

    def arises(scenario: Scenario) -> bool:
        own = {it.metadata.name for it in scenario.objects if isinstance(it, ReplicaSet) and it.spec.replicas}
        return any(
            isinstance(action, Delete)
            and (action.kind == DEPLOYMENT or (action.kind == REPLICA_SET and action.name in own))
            and action.policy in policies
            for action in actions(scenario)
        )

    return arises


def deletes_account(scenario: Scenario) -> bool:
    """Whether a user deletes a ServiceAccount."""
    return any(isinstance(action, Delete) and action.kind == SERVICE_ACCOUNT for action in actions(scenario))


def deletes_namespace(scenario: Scenario) -> bool:
    """Whether a user deletes a namespace, and all that stands in it."""
    return any(isinstance(action, Delete) and action.kind == NAMESPACE for action in actions(scenario))


def rolls(before: Deployment, after: Deployment) -> bool:
    """Whether the change makes a rollout in which pods are replaced."""
    return bool(before.spec.replicas and after.spec.replicas) and not same_template(
        before.spec.template, after.spec.template
    )


def deletes_pods(scenario: Scenario) -> bool:
    """Whether running pods are asked to end: in rollouts, by users, as a node is silent, to make room."""
    shrinks = any(
        rolls(before, after) or after.spec.replicas < before.spec.replicas for before, after in steps(scenario)
    ) or any(
        can_run(before) and (replaces(before, after) or after.spec.replicas < before.spec.replicas)
        for before, after in stateful_steps(scenario)
    )
    shrinks = shrinks or any(
        after.spec.replicas < before.spec.replicas and not before.spec.template.spec.scheduling_gates
        for before, after in replication_steps(scenario)
    )
    by_hand = any(
        isinstance(action, Delete) and action.kind == POD and not action.force for action in actions(scenario)
    )
    off = loses_nodes_suddenly(scenario) or (faults(scenario, SILENT) and len(scenario.nodes) > 1)
    driven_off = off and any(not spec.scheduling_gates for spec in movable_specs(scenario))
    leave = any(old.runs and (rolls or not new.continues) for old, new, rolls in daemon_steps(scenario))
    pushed = drains(scenario) or may_preempt(scenario) or deletes_namespace(scenario)
    return has_pods(scenario) and (shrinks or by_hand or leave or driven_off or pushed)


def ends_pods(scenario: Scenario) -> bool:
    """Whether pods get Succeeded or Failed: by being deleted, with their node, or because they may not restart."""
    by_node = any(isinstance(action, Delete) and action.kind == NODE for action in actions(scenario))
    mortal = any(spec.restart_policy != ALWAYS for spec in pod_specs(scenario))
    ends = mortal and faults(scenario, CONTAINER_EXIT, CONTAINER_COMPLETION)
    return deletes_pods(scenario) or (has_pods(scenario) and by_node) or ends or jobs_run_pods(scenario)


def schedules_pods(scenario: Scenario) -> bool:
    """Whether pods are without a node at some time: new ones, and those that stand in for others."""
    if all(spec.node_name for spec in pod_specs(scenario)):
        return False
    grows = any(rolls(before, after) or after.spec.replicas > before.spec.replicas for before, after in steps(scenario))
    grows = grows or any(
        after.spec.replicas > before.spec.replicas or (replaces(before, after) and can_run(before))
        for before, after in stateful_steps(scenario)
    )
    grows = grows or any(after.spec.replicas > before.spec.replicas for before, after in replication_steps(scenario))
    replaced = any(isinstance(action, Delete) and action.kind in (POD, NODE) for action in actions(scenario))
    driven_off = loses_nodes(scenario) and bool(movable_specs(scenario))
    come = any(new.runs and (rolls or not old.runs) for old, new, rolls in daemon_steps(scenario))
    return scenario.start is Start.CREATED or grows or replaced or come or driven_off or drains(scenario)


def several_priorities(scenario: Scenario) -> bool:
    """Whether pods of several priorities get a node."""
    found = {(spec.priority or 0, spec.priority_class_name) for spec in pod_specs(scenario)}
    return len(found) > 1 and schedules_pods(scenario)


def may_preempt(scenario: Scenario) -> bool:
    """Whether all pods together ask for more than the nodes have, and some may make others go."""
    if not several_priorities(scenario):
        return False
    for resource in ("cpu", "memory", PODS_RESOURCE):
        offered = sum(setup.node.status.allocatable.get(resource, 0) for setup in scenario.nodes)
        asked = sum(
            number * (1 if resource == PODS_RESOURCE else spec_requests(spec).get(resource, 0))
            for spec, number in replicated(scenario)
        )
        if asked > offered:
            return True
    return False


def critical_pods_crowd_in(scenario: Scenario) -> bool:
    """Whether a critical pod that names its node may have to be made room for there."""
    if scenario.start is not Start.CREATED:
        return False
    for setup in scenario.nodes:
        bound = [spec for spec in pod_specs(scenario) if spec.node_name == setup.node.metadata.name]
        urgent = [spec for spec in bound if spec.priority_class_name in _CRITICAL]
        for resource in ("cpu", "memory") if urgent and len(urgent) < len(bound) else ():
            asked = sum(spec_requests(spec).get(resource, 0) for spec in bound)
            if asked > setup.node.status.allocatable.get(resource, 0):
                return True
    return False


_CRITICAL = ("system-node-critical", "system-cluster-critical")


def replicated(scenario: Scenario) -> Iterator[tuple[PodSpec, int]]:
    """Pod specs with how many pods of them there are at most; daemon pods aside."""
    for history in histories(scenario, Deployment):
        yield history[-1].spec.template.spec, max(version.spec.replicas for version in history)
    for item in scenario.objects:
        if isinstance(item, ReplicaSet | ReplicationController):
            yield item.spec.template.spec, item.spec.replicas
        elif isinstance(item, Pod):
            yield item.spec, 1
        elif isinstance(item, Job):
            yield item.spec.template.spec, item.spec.parallelism


def keeps_away(spec: PodSpec) -> bool:
    """Whether the pod must not be beside some others."""
    anti = spec.affinity.pod_anti_affinity
    return anti is not None and bool(anti.required_during_scheduling_ignored_during_execution)


def spreads(spec: PodSpec) -> bool:
    """Whether the pod has a spread constraint that may keep it from a node."""
    return any(it.when_unsatisfiable == DO_NOT_SCHEDULE for it in spec.topology_spread_constraints)


def may_wait(scenario: Scenario) -> bool:
    """Whether a pod may have to wait for a node."""
    cordons = any(
        isinstance(action, Edit) and isinstance(action.change, SetUnschedulable) for action in actions(scenario)
    )
    return schedules_pods(scenario) and (cordons or several_priorities(scenario))


def moves_pods(scenario: Scenario) -> bool:
    """Whether anything happens to pods that have a node."""
    shaken = faults(
        scenario,
        NODE_CRASH,
        SHUTDOWN,
        SILENT,
        LINK_CUT,
        CONTROL_PLANE_CUT,
        KUBELET_CRASH,
        CONTAINER_EXIT,
        CONTAINER_COMPLETION,
        PROBE_FAILURE,
        APPLICATION_HANG,
        DISK_SHORTAGE,
        MEMORY_SHORTAGE,
        PID_SHORTAGE,
        SANDBOX_EXIT,
    )
    moved = schedules_pods(scenario) or deletes_pods(scenario) or scenario.start is Start.CREATED
    return has_pods(scenario) and (moved or shaken)


def some_version(condition: Callable[[Deployment], bool]) -> Callable[[Scenario], bool]:
    """The predicate that some version of some Deployment meets the condition."""
    return lambda scenario: any(condition(version) for version in versions(scenario))


def rolling(version: Deployment) -> bool:
    """Whether the Deployment asks for pods and replaces them by and by."""
    return version.spec.strategy.type == ROLLING_UPDATE and version.spec.replicas > 0


def disturbed(scenario: Scenario) -> bool:
    """Whether users or faults do anything at all."""
    return bool(scenario.users) or any(scenario.faults.values())


def keeps_available(scenario: Scenario) -> bool:
    """Whether a rolling Deployment that must keep pods available is disturbed."""
    keeps = some_version(lambda version: rolling(version) and min_available(version.spec) > 0)
    return disturbed(scenario) and keeps(scenario)


def has_replica_sets(scenario: Scenario) -> bool:
    """Whether there is a Deployment or a ReplicaSet."""
    return any(isinstance(item, Deployment | ReplicaSet) for item in scenario.objects)


def owns_pods(scenario: Scenario) -> bool:
    """Whether a Deployment or a ReplicaSet asks for pods."""
    own = any(isinstance(item, ReplicaSet) and item.spec.replicas for item in scenario.objects)
    return own or some_version(lambda version: version.spec.replicas > 0)(scenario)


SCALABLE: tuple[type[Any], ...] = (Deployment, ReplicaSet, ReplicationController, StatefulSet)
"""The kinds with a subresource scale, whose replica count an autoscaler can keep (controllers-cluster §10)."""


def autoscaled(scenario: Scenario) -> Iterator[tuple[HorizontalPodAutoscaler, Any]]:
    """Every autoscaler with each version of what it scales."""
    for item in scenario.objects:
        if isinstance(item, HorizontalPodAutoscaler):
            for kind in SCALABLE:
                if item.spec.scale_target_ref.kind == kind.kind:
                    found = (version for history in histories(scenario, kind) for version in history)
                    yield from ((item, version) for version in found if version.metadata.name == target_name(item))


def most_asked_for(scenario: Scenario, autoscaler: HorizontalPodAutoscaler) -> int:
    """The largest count that the autoscaler may ask for where its target does not have it already."""
    loaded = {name for name, _ in scenario.loads}
    return autoscaler.spec.max_replicas if autoscaler.metadata.name in loaded else autoscaler.spec.min_replicas


def enlarged_sets(scenario: Scenario) -> tuple[StatefulSet, ...]:
    """StatefulSets as autoscalers may make them: with the largest count that one asks for."""
    found = ((item, most_asked_for(scenario, autoscaler)) for autoscaler, item in autoscaled(scenario))
    return tuple(
        attrs.evolve(item, spec=attrs.evolve(item.spec, replicas=most))
        for item, most in found
        if isinstance(item, StatefulSet) and most > item.spec.replicas
    )


def target_name(autoscaler: HorizontalPodAutoscaler) -> str:
    """The name of what the autoscaler scales."""
    return autoscaler.spec.scale_target_ref.name


def rescales(scenario: Scenario) -> bool:
    """Whether some autoscaler has a reason to change a count: out of bounds, or a load to follow."""
    loaded = {name for name, _ in scenario.loads}
    return any(
        item.metadata.name in loaded
        or (version.spec.replicas and not item.spec.min_replicas <= version.spec.replicas <= item.spec.max_replicas)
        for item, version in autoscaled(scenario)
    )


def clients(scenario: Scenario, condition: Callable[[Service, Client], bool]) -> bool:
    """Whether some client meets a Service in the scenario that has pods behind it, and ``condition`` holds of both."""
    found = {item.metadata.name: item for item in scenario.objects if isinstance(item, Service)}
    pairs = ((found[client.service], client) for client in scenario.clients if client.service in found)
    return has_pods(scenario) and any(is_managed(service) and condition(service, client) for service, client in pairs)
