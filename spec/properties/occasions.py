"""When a property is checked by default: what must stand in a scenario for it to have anything to say.

A property that nothing in a scenario can trigger would be vacuous there, so each has its occasion: a sentence for the
user, and a predicate on scenarios. Occasions are found from what users and faults do to pods: whether some are added,
taken away, brought to an end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import attrs

from ..control_plane.apiserver.strategies import BACKGROUND, FOREGROUND, ORPHAN
from ..control_plane.controllers.daemonset_decisions import Eligible, eligible
from ..control_plane.controllers.deployment_replica_sets import same_template
from ..control_plane.controllers.deployment_rollout import min_available
from ..control_plane.controllers.endpointslice_decisions import is_managed
from ..control_plane.controllers.statefulset_decisions import ordered
from ..control_plane.controllers.taint_eviction import eviction_delay
from ..environment.drain import EvictAll
from ..environment.faults import (
    CONTAINER_COMPLETION,
    CONTAINER_EXIT,
    CONTROL_PLANE_CUT,
    KUBELET_CRASH,
    LINK_CUT,
    NODE_CRASH,
    PROBE_FAILURE,
)
from ..environment.users import Action, Delete, Edit, SetTaint, SetUnschedulable
from ..kinds import DEPLOYMENT, NODE, POD, REPLICA_SET, SERVICE_ACCOUNT
from ..language.scenario import Client, Scenario, Start
from ..node.kube_proxy_decisions import is_proxied, uses_local_endpoints
from ..node.restart_policy import ALWAYS
from ..objects.affinity import DO_NOT_SCHEDULE
from ..objects.cron_job import FORBID, CronJob
from ..objects.daemon_set import DaemonSet
from ..objects.disruption import PodDisruptionBudget
from ..objects.horizontal_pod_autoscaler import HorizontalPodAutoscaler
from ..objects.job import Job
from ..objects.pod import Pod, PodSpec
from ..objects.pod_resources import spec_requests
from ..objects.quantities import PODS as PODS_RESOURCE
from ..objects.quota import ResourceQuota
from ..objects.service import CLIENT_IP, Service
from ..objects.stateful_set import RollingUpdateStatefulSet, StatefulSet
from ..objects.taints import NO_EXECUTE, Taint
from ..objects.workloads import RECREATE, ROLLING_UPDATE, Deployment, ReplicaSet


@attrs.frozen(eq=False)
class Occasion:
    """When a property is checked by default: in words, and as a predicate."""

    text: str
    arises: Callable[[Scenario], bool]


ON_REQUEST = Occasion("only on request: Kubernetes does not promise it", lambda _scenario: False)


def _actions(scenario: Scenario) -> Iterator[Action]:
    return (action for todo in scenario.users for action in todo)


def _faults(scenario: Scenario, *names: str) -> bool:
    return any(scenario.faults.get(name, 0) for name in names)


def _histories(scenario: Scenario, kind: type[Any]) -> tuple[tuple[Any, ...], ...]:
    """Of each object of a kind, its versions as users change it, one user after the other."""
    histories: dict[str, list[Any]]
    histories = {item.metadata.name: [item] for item in scenario.objects if isinstance(item, kind)}
    for action in _actions(scenario):
        if isinstance(action, Edit) and action.kind == kind.kind and action.name in histories:
            histories[action.name].append(action.change(histories[action.name][-1]))
    return tuple(map(tuple, histories.values()))


def _versions(scenario: Scenario) -> tuple[Deployment, ...]:
    return tuple(version for history in _histories(scenario, Deployment) for version in history)


def _steps(scenario: Scenario) -> tuple[tuple[Deployment, Deployment], ...]:
    return tuple(step for history in _histories(scenario, Deployment) for step in pairwise(history))


def _daemon_sets(scenario: Scenario) -> tuple[DaemonSet, ...]:
    """Every version of the DaemonSets that some node of the scenario gets a pod of."""
    return tuple(
        version
        for history in _histories(scenario, DaemonSet)
        for version in history
        if any(eligible(version.spec, setup.node).runs for setup in scenario.nodes)
    )


def _daemon_steps(scenario: Scenario) -> Iterator[tuple[Eligible, Eligible, bool]]:
    """For each node, what users' changes of DaemonSets do: eligible before, and after, and whether its pod is old."""
    for before, after in (step for history in _histories(scenario, DaemonSet) for step in pairwise(history)):
        rolls = before.spec.template != after.spec.template and after.spec.update_strategy.type == ROLLING_UPDATE
        for setup in scenario.nodes:
            yield eligible(before.spec, setup.node), eligible(after.spec, setup.node), rolls


def _pod_specs(scenario: Scenario) -> tuple[PodSpec, ...]:
    """The specs of all pods that can get a node at some time; nobody takes scheduling gates away."""
    found = (*_movable_specs(scenario), *_daemon_specs(scenario))
    return tuple(spec for spec in found if not spec.scheduling_gates)


def _movable_specs(scenario: Scenario) -> tuple[PodSpec, ...]:
    """Those of all pods that do not stay on a silent node for ever: all but daemon pods."""
    return (*_controlled_specs(scenario), *(pod.spec for pod in scenario.objects if isinstance(pod, Pod)))


def _controlled_specs(scenario: Scenario) -> tuple[PodSpec, ...]:
    """Those of them that a controller creates anew."""
    found = [version.spec.template.spec for version in _versions(scenario) if version.spec.replicas]
    found += [rs.spec.template.spec for rs in scenario.objects if isinstance(rs, ReplicaSet) and rs.spec.replicas]
    found += [version.spec.template.spec for version in _stateful_sets(scenario)]
    found += [item.spec.template.spec for item in _jobs(scenario) if _runs_pods(item)]
    return tuple(found)


def _daemon_specs(scenario: Scenario) -> tuple[PodSpec, ...]:
    return tuple(version.spec.template.spec for version in _daemon_sets(scenario))


def _stateful_sets(scenario: Scenario) -> Iterator[StatefulSet]:
    """Every version of the StatefulSets that ask for pods."""
    found = (version for history in _histories(scenario, StatefulSet) for version in history)
    return (version for version in found if version.spec.replicas)


def _stateful_steps(scenario: Scenario) -> Iterator[tuple[StatefulSet, StatefulSet]]:
    return (step for history in _histories(scenario, StatefulSet) for step in pairwise(history))


def _replaces(before: StatefulSet, after: StatefulSet) -> bool:
    """Whether a change of a StatefulSet makes its controller replace pods."""
    strategy = after.spec.update_strategy
    partition = strategy.rolling_update.partition if strategy.rolling_update is not None else 0
    return (
        strategy.type == ROLLING_UPDATE
        and before.spec.template != after.spec.template
        and partition < min(before.spec.replicas, after.spec.replicas)
    )


def _can_run(stateful_set: StatefulSet) -> bool:
    return not stateful_set.spec.template.spec.scheduling_gates


def _starts_in_order(scenario: Scenario) -> bool:
    """Whether a pod of an ordered StatefulSet is created, at the start or in the place of another."""
    created = scenario.start is Start.CREATED or any(
        after.spec.replicas > before.spec.replicas or (_replaces(before, after) and _can_run(before))
        for before, after in _stateful_steps(scenario)
    )
    deleted = any(isinstance(action, Delete) and action.kind in (POD, NODE) for action in _actions(scenario))
    return (created or deleted) and any(ordered(version.spec) for version in _stateful_sets(scenario))


def _updates_in_order(scenario: Scenario) -> bool:
    return any(
        _replaces(before, after) and (_can_run(before) or not ordered(after.spec))
        for before, after in _stateful_steps(scenario)
    )


def _stateful_progress(scenario: Scenario) -> bool:
    return any(
        version.spec.update_strategy.type == ROLLING_UPDATE
        and (version.spec.update_strategy.rolling_update or RollingUpdateStatefulSet()).partition
        < version.spec.replicas
        for version in _stateful_sets(scenario)
    )


def _jobs(scenario: Scenario) -> Iterator[Job]:
    """The Jobs that are given, and for each CronJob one that it creates."""
    for item in scenario.objects:
        if isinstance(item, Job):
            yield item
        elif isinstance(item, CronJob) and not item.spec.suspend:
            yield item.spec.job_template


def _runs_pods(job: Job) -> bool:
    return not job.spec.suspend and job.spec.parallelism > 0 and job.spec.completions != 0


def _has_jobs(scenario: Scenario) -> bool:
    return any(not item.spec.suspend for item in _jobs(scenario))


def _jobs_run_pods(scenario: Scenario) -> bool:
    placeable = (item for item in _jobs(scenario) if _runs_pods(item))
    return any(not item.spec.template.spec.scheduling_gates for item in placeable)


def has_pods(scenario: Scenario) -> bool:
    """Whether pods are asked for that can get a node."""
    return bool(_pod_specs(scenario))


def loses_nodes(scenario: Scenario) -> bool:
    """Whether a node can go silent beside another one: the pods of the only node are never driven off."""
    return _faults(scenario, NODE_CRASH, LINK_CUT) and len(scenario.nodes) > 1


def drains(scenario: Scenario) -> bool:
    """Whether a user drains a node, and there are pods that this evicts: daemon pods stay."""
    evicts = any(isinstance(action, EvictAll) for action in _actions(scenario))
    return evicts and any(not spec.scheduling_gates for spec in _controlled_specs(scenario))


def _descheduled(scenario: Scenario) -> bool:
    return scenario.descheduler is not None and any(not spec.scheduling_gates for spec in _controlled_specs(scenario))


def _budgeted_drains(scenario: Scenario) -> bool:
    return drains(scenario) and any(isinstance(item, PodDisruptionBudget) for item in scenario.objects)


def _executing(scenario: Scenario) -> Iterator[Taint]:
    """The NoExecute taints that nodes have, or get from users."""
    given = [taint for setup in scenario.nodes for taint in setup.node.spec.taints]
    changes = [action.change for action in _actions(scenario) if isinstance(action, Edit)]
    given += [change.taint for change in changes if isinstance(change, SetTaint) and not change.remove]
    return (taint for taint in given if taint.effect == NO_EXECUTE)


def _for_a_while(spec: PodSpec, taint: Taint) -> bool:
    return bool(eviction_delay(spec.tolerations, (taint,)))


def _deletes_owner(*policies: str) -> Callable[[Scenario], bool]:
    def arises(scenario: Scenario) -> bool:
        own = {it.metadata.name for it in scenario.objects if isinstance(it, ReplicaSet) and it.spec.replicas}
        return any(
            isinstance(action, Delete)
            and (action.kind == DEPLOYMENT or (action.kind == REPLICA_SET and action.name in own))
            and action.policy in policies
            for action in _actions(scenario)
        )

    return arises


def _deletes_account(scenario: Scenario) -> bool:
    return any(isinstance(action, Delete) and action.kind == SERVICE_ACCOUNT for action in _actions(scenario))


def _rolls(before: Deployment, after: Deployment) -> bool:
    return bool(before.spec.replicas and after.spec.replicas) and not same_template(
        before.spec.template, after.spec.template
    )


def deletes_pods(scenario: Scenario) -> bool:
    """Whether running pods are asked to end: in rollouts, by users, as a node is silent, to make room."""
    shrinks = any(
        _rolls(before, after) or after.spec.replicas < before.spec.replicas for before, after in _steps(scenario)
    ) or any(
        _can_run(before) and (_replaces(before, after) or after.spec.replicas < before.spec.replicas)
        for before, after in _stateful_steps(scenario)
    )
    by_hand = any(
        isinstance(action, Delete) and action.kind == POD and not action.force for action in _actions(scenario)
    )
    driven_off = loses_nodes(scenario) and any(not spec.scheduling_gates for spec in _movable_specs(scenario))
    leave = any(old.runs and (rolls or not new.continues) for old, new, rolls in _daemon_steps(scenario))
    pushed = drains(scenario) or _may_preempt(scenario)
    return has_pods(scenario) and (shrinks or by_hand or leave or driven_off or pushed)


def ends_pods(scenario: Scenario) -> bool:
    """Whether pods get Succeeded or Failed: by being deleted, with their node, or because they may not restart."""
    by_node = any(isinstance(action, Delete) and action.kind == NODE for action in _actions(scenario))
    mortal = any(spec.restart_policy != ALWAYS for spec in _pod_specs(scenario))
    ends = mortal and _faults(scenario, CONTAINER_EXIT, CONTAINER_COMPLETION)
    return deletes_pods(scenario) or (has_pods(scenario) and by_node) or ends or _jobs_run_pods(scenario)


def schedules_pods(scenario: Scenario) -> bool:
    """Whether pods are without a node at some time: new ones, and those that stand in for others."""
    if all(spec.node_name for spec in _pod_specs(scenario)):
        return False
    grows = any(
        _rolls(before, after) or after.spec.replicas > before.spec.replicas for before, after in _steps(scenario)
    )
    grows = grows or any(
        after.spec.replicas > before.spec.replicas or (_replaces(before, after) and _can_run(before))
        for before, after in _stateful_steps(scenario)
    )
    replaced = any(isinstance(action, Delete) and action.kind in (POD, NODE) for action in _actions(scenario))
    driven_off = loses_nodes(scenario) and bool(_movable_specs(scenario))
    come = any(new.runs and (rolls or not old.runs) for old, new, rolls in _daemon_steps(scenario))
    return scenario.start is Start.CREATED or grows or replaced or come or driven_off or drains(scenario)


def _several_priorities(scenario: Scenario) -> bool:
    """Whether pods of several priorities get a node."""
    found = {(spec.priority or 0, spec.priority_class_name) for spec in _pod_specs(scenario)}
    return len(found) > 1 and schedules_pods(scenario)


def _may_preempt(scenario: Scenario) -> bool:
    """Whether all pods together ask for more than the nodes have, and some may make others go."""
    if not _several_priorities(scenario):
        return False
    for resource in ("cpu", "memory", PODS_RESOURCE):
        offered = sum(setup.node.status.allocatable.get(resource, 0) for setup in scenario.nodes)
        asked = sum(
            number * (1 if resource == PODS_RESOURCE else spec_requests(spec).get(resource, 0))
            for spec, number in _replicated(scenario)
        )
        if asked > offered:
            return True
    return False


def _replicated(scenario: Scenario) -> Iterator[tuple[PodSpec, int]]:
    """Pod specs with how many pods of them there are at most; daemon pods aside."""
    for history in _histories(scenario, Deployment):
        yield history[-1].spec.template.spec, max(version.spec.replicas for version in history)
    for item in scenario.objects:
        if isinstance(item, ReplicaSet):
            yield item.spec.template.spec, item.spec.replicas
        elif isinstance(item, Pod):
            yield item.spec, 1
        elif isinstance(item, Job):
            yield item.spec.template.spec, item.spec.parallelism


def _keeps_away(spec: PodSpec) -> bool:
    anti = spec.affinity.pod_anti_affinity
    return anti is not None and bool(anti.required_during_scheduling_ignored_during_execution)


def _spreads(spec: PodSpec) -> bool:
    return any(it.when_unsatisfiable == DO_NOT_SCHEDULE for it in spec.topology_spread_constraints)


def _may_wait(scenario: Scenario) -> bool:
    cordons = any(
        isinstance(action, Edit) and isinstance(action.change, SetUnschedulable) for action in _actions(scenario)
    )
    return schedules_pods(scenario) and (cordons or _several_priorities(scenario))


def moves_pods(scenario: Scenario) -> bool:
    """Whether anything happens to pods that have a node."""
    shaken = _faults(
        scenario,
        NODE_CRASH,
        LINK_CUT,
        CONTROL_PLANE_CUT,
        KUBELET_CRASH,
        CONTAINER_EXIT,
        CONTAINER_COMPLETION,
        PROBE_FAILURE,
    )
    moved = schedules_pods(scenario) or deletes_pods(scenario) or scenario.start is Start.CREATED
    return has_pods(scenario) and (moved or shaken)


def _some_version(condition: Callable[[Deployment], bool]) -> Callable[[Scenario], bool]:
    return lambda scenario: any(condition(version) for version in _versions(scenario))


def _rolling(version: Deployment) -> bool:
    return version.spec.strategy.type == ROLLING_UPDATE and version.spec.replicas > 0


def _disturbed(scenario: Scenario) -> bool:
    return bool(scenario.users) or any(scenario.faults.values())


def _keeps_available(scenario: Scenario) -> bool:
    keeps = _some_version(lambda version: _rolling(version) and min_available(version.spec) > 0)
    return _disturbed(scenario) and keeps(scenario)


def _has_replica_sets(scenario: Scenario) -> bool:
    return any(isinstance(item, Deployment | ReplicaSet) for item in scenario.objects)


def _owns_pods(scenario: Scenario) -> bool:
    own = any(isinstance(item, ReplicaSet) and item.spec.replicas for item in scenario.objects)
    return own or _some_version(lambda version: version.spec.replicas > 0)(scenario)


def _autoscaled(scenario: Scenario) -> Iterator[tuple[HorizontalPodAutoscaler, Deployment]]:
    for item in scenario.objects:
        if isinstance(item, HorizontalPodAutoscaler) and item.spec.scale_target_ref.kind == Deployment.kind:
            yield from (
                (item, version) for version in _versions(scenario) if version.metadata.name == _target_name(item)
            )


def _target_name(autoscaler: HorizontalPodAutoscaler) -> str:
    return autoscaler.spec.scale_target_ref.name


def _rescales(scenario: Scenario) -> bool:
    """Whether some autoscaler has a reason to change a count: out of bounds, or a load to follow."""
    loaded = {name for name, _ in scenario.loads}
    return any(
        item.metadata.name in loaded
        or (version.spec.replicas and not item.spec.min_replicas <= version.spec.replicas <= item.spec.max_replicas)
        for item, version in _autoscaled(scenario)
    )


PODS_MOVE = Occasion("where anything happens to pods that have a node", moves_pods)
PODS_SCHEDULED = Occasion("where pods get a node: new ones, and those that stand in for others", schedules_pods)
PRIORITIES = Occasion("where pods of several priorities get a node", _several_priorities)
PREEMPTIONS = Occasion("where a pod may fit nowhere, and others have a lower priority", _may_preempt)
ANTI_AFFINITY = Occasion(
    "where pods that keep away from others get a node", lambda scenario: any(map(_keeps_away, _pod_specs(scenario)))
)
SPREAD = Occasion(
    "where pods with a hard spread constraint get a node",
    lambda scenario: schedules_pods(scenario) and any(map(_spreads, _pod_specs(scenario))),
)
GATES = Occasion(
    "where a pod has a scheduling gate",
    lambda scenario: any(spec.scheduling_gates for spec in (*_movable_specs(scenario), *_daemon_specs(scenario))),
)
PODS_WAIT = Occasion(
    "where a pod may have to wait for a node: another is more urgent, or a user cordons a node",
    _may_wait,
)
PODS = Occasion("where there are pods that can get a node", has_pods)
PODS_DELETED = Occasion(
    "where running pods are asked to end: by a rollout, by scaling down, by users, because their node went silent, or"
    " to make room",
    deletes_pods,
)
PODS_STOPPED = Occasion(
    "where users delete pods, not by force, and nothing keeps their kubelets from it",
    lambda scenario: (
        any(isinstance(it, Delete) and it.kind == POD and not it.force for it in _actions(scenario))
        and has_pods(scenario)
        and not any(scenario.faults.values())
    ),
)
CONTAINERS_EXIT = Occasion(
    "where containers end by themselves or by a fault, and pods get a node",
    lambda scenario: (
        _jobs_run_pods(scenario) or (has_pods(scenario) and _faults(scenario, CONTAINER_EXIT, CONTAINER_COMPLETION))
    ),
)
CONTAINERS_EXIT_AGAIN = Occasion(
    "where no user acts, containers may end twice by a fault, and restartPolicy Always lets them start again",
    lambda scenario: (
        not scenario.users
        and any(spec.restart_policy == ALWAYS for spec in _pod_specs(scenario))
        and scenario.faults.get(CONTAINER_EXIT, 0) + scenario.faults.get(CONTAINER_COMPLETION, 0) > 1
    ),
)
PODS_END = Occasion("where pods are deleted, lose their node, or end and may not restart", ends_pods)
BUDGETED_DRAINS = Occasion("where a user drains a node, and there are PodDisruptionBudgets", _budgeted_drains)
DESCHEDULED = Occasion(
    "where a descheduler runs, and there are pods that it may evict",
    _descheduled,
)
PASSED_ON = Occasion("where a user deletes an owner, and what it owns with it", _deletes_owner(BACKGROUND, FOREGROUND))
OWNERS_DELETED = Occasion("where a user deletes an owner", _deletes_owner(BACKGROUND, FOREGROUND, ORPHAN))
IN_FOREGROUND = Occasion("where a user deletes an owner in the foreground", _deletes_owner(FOREGROUND))
QUOTAS = Occasion(
    "where there are ResourceQuotas, and controllers create pods",
    lambda scenario: (
        bool(_controlled_specs(scenario) or _daemon_specs(scenario))
        and any(isinstance(item, ResourceQuota) for item in scenario.objects)
    ),
)
ACCOUNTS = Occasion("where a user deletes a ServiceAccount", _deletes_account)
ACCOUNTS_OF_NEW_PODS = Occasion(
    "where a user deletes a ServiceAccount before controllers have created their pods",
    lambda scenario: (
        _deletes_account(scenario)
        and scenario.start is Start.CREATED
        and bool(_controlled_specs(scenario) or _daemon_specs(scenario))
    ),
)
ORPHANING = Occasion("where a user deletes an owner, and not what it owns", _deletes_owner(ORPHAN))
NODES_LOST = Occasion("where a node can crash or be cut off, beside another one", loses_nodes)
ALL_CUT_OFF = Occasion(
    "where all nodes can be cut off at once, and there are pods",
    lambda scenario: has_pods(scenario) and _faults(scenario, CONTROL_PLANE_CUT),
)
TIMES_TOLERATED = Occasion(
    "where a node has, or gets from a user, a NoExecute taint that pods tolerate for some time",
    lambda scenario: any(_for_a_while(spec, taint) for spec in _pod_specs(scenario) for taint in _executing(scenario)),
)
LEADERS = Occasion(
    "where there are several candidates for a control-plane process", lambda scenario: bool(scenario.candidates)
)
DAEMON_SETS = Occasion(
    "where there is a DaemonSet that some node gets a pod of", lambda scenario: bool(_daemon_sets(scenario))
)
DAEMONS_LOSE_NODES = Occasion(
    "where a node can crash or be cut off, beside another one, and some node gets a pod of a DaemonSet",
    lambda scenario: loses_nodes(scenario) and any(not it.scheduling_gates for it in _daemon_specs(scenario)),
)
STATEFUL_SETS = Occasion(
    "where a StatefulSet asks for pods", lambda scenario: any(True for _ in _stateful_sets(scenario))
)
STATEFUL_SETS_RUN = Occasion(
    "where a StatefulSet asks for pods that can get a node",
    lambda scenario: any(map(_can_run, _stateful_sets(scenario))),
)
STATEFUL_SETS_START = Occasion("where pods of an ordered StatefulSet are created", _starts_in_order)
STATEFUL_SETS_UPDATED = Occasion("where a user changes the template of a StatefulSet", _updates_in_order)
STATEFUL_SETS_PROGRESS = Occasion(
    "where a StatefulSet with strategy RollingUpdate asks for pods above its partition", _stateful_progress
)
REPLICA_SETS = Occasion("where there is a Deployment or a ReplicaSet", _has_replica_sets)
REPLICAS = Occasion("where a Deployment or a ReplicaSet asks for pods", _owns_pods)
DEPLOYMENTS = Occasion("where there is a Deployment that is not paused", _some_version(lambda it: not it.spec.paused))
ROLLOUTS = Occasion(
    "where a Deployment that is not paused asks for pods",
    _some_version(lambda it: not it.spec.paused and it.spec.replicas > 0),
)
ROLLING_UPDATES = Occasion("where a Deployment with strategy RollingUpdate asks for pods", _some_version(_rolling))
DISTURBED_UPDATES = Occasion(
    "where users or faults act on a Deployment with strategy RollingUpdate that may not lose all its pods",
    _keeps_available,
)
AUTOSCALED = Occasion(
    "where a HorizontalPodAutoscaler keeps the count of a Deployment that is not scaled to zero",
    lambda scenario: any(version.spec.replicas for _, version in _autoscaled(scenario)),
)
RESCALED = Occasion("where a HorizontalPodAutoscaler has a load to follow, or a count out of bounds", _rescales)
JOBS_COMPLETE = Occasion(
    "where there is a Job that is not suspended and can complete, because it wants no pods or may run them",
    lambda scenario: any(
        not item.spec.suspend
        and item.spec.active_deadline_seconds is None
        and (item.spec.completions == 0 or (_runs_pods(item) and not item.spec.template.spec.scheduling_gates))
        for item in _jobs(scenario)
    ),
)
CRON_JOBS = Occasion(
    "where there is a CronJob that is not suspended",
    lambda scenario: any(isinstance(item, CronJob) and not item.spec.suspend for item in scenario.objects),
)
EXCLUSIVE_CRON_JOBS = Occasion(
    "where there is a CronJob with concurrencyPolicy Forbid that is not suspended",
    lambda scenario: any(
        isinstance(item, CronJob) and item.spec.concurrency_policy == FORBID and not item.spec.suspend
        for item in scenario.objects
    ),
)
JOBS = Occasion("where there is a Job that is not suspended", _has_jobs)
JOBS_WITH_PODS = Occasion("where there is a Job that is not suspended and asks for pods", _jobs_run_pods)
RECREATIONS = Occasion(
    "where a Deployment with strategy Recreate asks for pods",
    _some_version(lambda it: it.spec.strategy.type == RECREATE and it.spec.replicas > 0),
)


def _clients(scenario: Scenario, condition: Callable[[Service, Client], bool]) -> bool:
    """Whether some client meets a Service in the scenario that has pods behind it, and ``condition`` holds of both."""
    found = {item.metadata.name: item for item in scenario.objects if isinstance(item, Service)}
    pairs = ((found[client.service], client) for client in scenario.clients if client.service in found)
    return has_pods(scenario) and any(is_managed(service) and condition(service, client) for service, client in pairs)


ENDPOINTS = Occasion(
    "where clients of a Service are given, and there are pods", lambda scenario: _clients(scenario, lambda *_: True)
)
ENDPOINTS_END = Occasion(
    "where clients of a Service are given, and running pods are asked to end",
    lambda scenario: deletes_pods(scenario) and _clients(scenario, lambda *_: True),
)
PROXIED_ENDPOINTS = Occasion(
    "where clients of a Service with an address are given, and there are pods",
    lambda scenario: _clients(scenario, lambda service, _client: is_proxied(service)),
)
TRAFFIC = PROXIED_ENDPOINTS
LOCAL_TRAFFIC = Occasion(
    "where clients are given of a Service with traffic policy Local",
    lambda scenario: _clients(scenario, lambda service, _client: uses_local_endpoints(service)),
)
STICKY_CLIENTS = Occasion(
    "where clients are given of a Service with session affinity ClientIP",
    lambda scenario: _clients(scenario, lambda service, _client: service.spec.session_affinity == CLIENT_IP),
)
