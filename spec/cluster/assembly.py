"""Puts the parts of a cluster together: components, kinds and slots, the start, the assumptions; a scenario's model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs

from ..constants import with_constants
from ..control_plane.apiserver.incarnations import incarnation
from ..environment import faults, process_supervisor, users, watch_faults
from ..kinds import (
    ENDPOINT_SLICE,
    FAULT,
    KUBE_CONTROLLER_MANAGER,
    KUBE_SCHEDULER,
    POD,
    POD_FIELDS,
    PROCESS,
    USER,
    named,
    pods,
)
from ..language.component import Component
from ..language.machine import Machine
from ..language.model import INFORMER, Assumption, Kind, Model, TimeMode
from ..language.property import TemporalProperty
from ..language.scenario import Scenario
from ..language.witness import with_witness
from ..node.old_lists import servers_behind
from ..objects.pod import Pod
from ..properties.catalogue import chosen_properties
from . import api_evictions, further_schedulers, leaders, namespaces, outages, persistent_volumes, stateful_sets, unread
from .addon_management import ADDON_MANAGEMENT
from .admission import QUOTAS, WEBHOOKS, api_reads
from .admitting import ApiServer, admission_reads, admitted
from .api_evictions import API_EVICTIONS
from .attachments import ATTACHMENTS
from .autoscaling import AUTOSCALING
from .control_plane_simplifications import CONTROL_PLANE_SIMPLIFICATIONS
from .cron_jobs import CRON_JOBS
from .daemon_sets import DAEMON_SETS
from .deletions import applies_services
from .deployments import DEPLOYMENTS, MIN_READY
from .descheduling import DESCHEDULING
from .disruption_budgets import DISRUPTION_BUDGETS
from .etcd_space import ETCD_SPACE
from .finished_jobs import FINISHED_JOBS
from .further_schedulers import FURTHER_SCHEDULERS
from .garbage_collection import GARBAGE_COLLECTION
from .ghost_counters import CREATIONS, REMOVALS
from .interchangeable import interchangeable
from .jobs import JOBS
from .leaders import LEADER_ELECTION
from .master_leases import MASTER_LEASES
from .name_resolution import DNS_SERVERS, NAMES, with_readiness
from .namespaces import NAMESPACES
from .node_agents import NODE_AGENTS, NODE_FEATURES, fused, old_lists
from .node_controllers import EVICTION_ENTRIES, EVICTION_TIMERS, EVICTIONS, NODE_CONTROLLERS
from .node_pressures import has_soft_thresholds
from .node_shutdowns import NODE_SHUTDOWN, shutdown_grace
from .node_simplifications import NODE_SIMPLIFICATIONS
from .outages import CONTROL_PLANE_OUTAGES
from .over_time import toleration_seconds as toleration_seconds
from .part import Part, given
from .persistent_volumes import PERSISTENT_VOLUMES
from .proxying import FLOWS, TURNS
from .replication_controllers import MIN_READY as MIN_READY_OF_REPLICATION_CONTROLLERS
from .replication_controllers import REPLICATION_CONTROLLERS
from .scheduling import SCHEDULING, SCHEDULING_BACK_OFF
from .service_accounts import SERVICE_ACCOUNTS
from .services import AFFINITY, CLIENTS, LATE_SLICES, SERVICES, SERVICES_LEFT_OUT
from .stateful_sets import STATEFUL_SETS
from .watches import WATCH_HISTORY

PARTS: tuple[Part, ...] = (
    DEPLOYMENTS,
    MIN_READY,
    REPLICATION_CONTROLLERS,
    MIN_READY_OF_REPLICATION_CONTROLLERS,
    AUTOSCALING,
    CRON_JOBS,
    JOBS,
    FINISHED_JOBS,
    DAEMON_SETS,
    STATEFUL_SETS,
    PERSISTENT_VOLUMES,
    ATTACHMENTS,
    SCHEDULING,
    FURTHER_SCHEDULERS,
    SCHEDULING_BACK_OFF,
    NODE_AGENTS,
    *NODE_FEATURES,
    NODE_CONTROLLERS,
    EVICTIONS,
    NODE_SHUTDOWN,
    NODE_SIMPLIFICATIONS,
    CONTROL_PLANE_SIMPLIFICATIONS,
    GARBAGE_COLLECTION,
    API_EVICTIONS,
    DISRUPTION_BUDGETS,
    DESCHEDULING,
    ADDON_MANAGEMENT,
    EVICTION_TIMERS,
    EVICTION_ENTRIES,
    CREATIONS,
    REMOVALS,
    LEADER_ELECTION,
    SERVICES,
    CLIENTS,
    LATE_SLICES,
    AFFINITY,
    TURNS,
    FLOWS,
    NAMES,
    DNS_SERVERS,
    SERVICES_LEFT_OUT,
    QUOTAS,
    WEBHOOKS,
    SERVICE_ACCOUNTS,
    NAMESPACES,
    CONTROL_PLANE_OUTAGES,
    MASTER_LEASES,
    WATCH_HISTORY,
    ETCD_SPACE,
)
"""Every part, in the order in which their components' rules are tried."""

MACHINES = (
    *(machine for part in (NODE_AGENTS, SCHEDULING) for machine in part.machines),
    *(machine for part in PARTS if part not in (NODE_AGENTS, SCHEDULING) for machine in part.machines),
    process_supervisor.MACHINE_MACHINE,
    process_supervisor.PROCESS_MACHINE,
)
"""The machines of every object and process, a pod's first."""


def needed(scenario: Scenario) -> tuple[Part, ...]:
    """The parts that something in the scenario can trigger."""
    return tuple(part for part in PARTS if part.needed(scenario))


def machines(scenario: Scenario) -> tuple[Machine, ...]:
    """Those of ``MACHINES`` of which there is something to see: a part that is not needed keeps nothing of pods."""
    unused = {machine.name for part in PARTS if not part.needed(scenario) for machine in part.machines}
    return tuple(machine for machine in MACHINES if machine.name not in unused)


def pod_slots(scenario: Scenario) -> int:
    """How many pods the model holds at once at most: room for every replica, its successor and its terminating self."""
    if scenario.pod_slots is not None:
        return scenario.pod_slots
    return sum(part.pods(scenario) for part in needed(scenario)) + 2


def components(scenario: Scenario) -> tuple[Component, ...]:
    """The components that something in the scenario can trigger, in the order in which their rules are tried."""
    found = with_readiness(scenario, _of_kubernetes(scenario))
    several = leaders.candidates(scenario)
    everybody = tuple(name for names in several.values() for name in names)
    lag, once = _lag(scenario, found), found
    found = leaders.in_all_instances(scenario, found, _own_kinds(scenario)) if several else found
    clients = _clients_by_process(found)
    found = outages.guarded(scenario, found)
    of_all = further_schedulers.watches(scenario, scenario.resettable)
    resettable = {
        watch: servers_behind(scenario.lag, watch[1]) for watch in leaders.in_every_instance(scenario, once, of_all)
    }
    static = bool(scenario.static_pods)
    found.append(
        process_supervisor.supervisor(
            scenario.faults,
            clients,
            everybody,
            old_lists=old_lists(scenario),
            resettable=resettable,
        )
    )
    found.append(
        faults.component(
            scenario.faults,
            lag,
            several.items(),
            static_pods=static,
            shutdown_grace=shutdown_grace(scenario),
            softly=has_soft_thresholds(scenario),
            resettable=resettable,
            reachable=outages.reachable_guards(scenario),
        )
    )
    found.append(
        users.component(
            drains=api_evictions.needed(scenario),
            identities=stateful_sets.needed(scenario),
            evict_by_uid=scenario.switches.get("eviction-by-uid", "off") == "on",
            claims=persistent_volumes.needed(scenario),
            services=applies_services(scenario),
        )
    )
    there = {kind.name for kind in kinds(scenario)} | {INFORMER}
    return tuple(component for component in _about(found, there) if component.rules)


def _about(found: Iterable[Component], kinds: Collection[str]) -> Iterator[Component]:
    """The components, without faults of what the scenario has not got: static pods, if there are none."""
    for component in found:
        if component.name == faults.NAME:
            component = attrs.evolve(component, rules=tuple(it for it in component.rules if it.key.kind in kinds))
        yield component


def _of_kubernetes(scenario: Scenario) -> list[Component]:
    """What the parts bring, each process once."""
    found = (component for part in needed(scenario) for component in part.components(scenario))
    about = namespaces.components_about(found, {kind.name for kind in _own_kinds(scenario)})
    return list(with_constants((component for component in about if component.rules), scenario.constants))


def _lag(scenario: Scenario, found: Iterable[Component]) -> Mapping[tuple[str, str], int]:
    """The caches of which the engine keeps what they show: all but those of EndpointSlices, which their part keeps."""
    lag = further_schedulers.lag(scenario, leaders.lag(scenario, found))
    return {(client, kind): changes for (client, kind), changes in lag.items() if kind != ENDPOINT_SLICE}


def _clients_by_process(found: Iterable[Component]) -> Mapping[str, tuple[str, ...]]:
    clients: dict[str, tuple[str, ...]] = {}
    for component in found:
        clients[component.process] = (*clients.get(component.process, ()), component.name)
    return clients


def kinds(scenario: Scenario) -> tuple[Kind, ...]:
    """The kinds of the model, with their names and slots."""
    return leaders.with_memories(scenario, _own_kinds(scenario))


def _own_kinds(scenario: Scenario) -> tuple[Kind, ...]:
    """The kinds, each process once."""
    found = needed(scenario)
    fields = (*POD_FIELDS, *(field for part in found for field in part.pod_fields))
    return further_schedulers.with_memories(
        scenario,
        (
            pods(pod_slots(scenario), fields, tuple(name for part in found for name in part.pod_names(scenario))),
            *(kind for part in found for kind in part.kinds(scenario)),
            named(PROCESS, _processes(scenario)),
            named(FAULT, (*_faults(scenario), users.DISRUPTION, *(event for part in found for event in part.events))),
            named(USER, tuple(f"user {number}" for number in range(1, len(scenario.users) + 1)) or ("nobody",)),
        ),
    )


def _processes(scenario: Scenario) -> tuple[str, ...]:
    further = (*leaders.further_processes(scenario), *further_schedulers.names(scenario))
    return (KUBE_CONTROLLER_MANAGER, KUBE_SCHEDULER, *further)


def _faults(scenario: Scenario) -> tuple[str, ...]:
    return tuple(sorted(name for name, budget in scenario.faults.items() if budget))


def initial(scenario: Scenario) -> dict[str, tuple[Mapping[str, Any], ...]]:
    """The bundles that stand at the start; all others are empty."""
    reads = admission_reads(scenario)
    found: dict[str, tuple[Mapping[str, Any], ...]] = {
        POD: tuple({"object": admitted(pod, reads)} for pod in given(scenario, Pod)),
        FAULT: tuple({"name": name, "left": budget} for name, budget in scenario.faults.items() if budget),
        USER: tuple({"name": f"user {number}", "todo": todo} for number, todo in enumerate(scenario.users, start=1)),
    }
    trimmed = unread.trimmed(scenario)
    for part in needed(scenario):
        for kind, bundles in part.initial(scenario).items():
            kept = ({**it, "object": trimmed(it["object"])} if "object" in it else it for it in bundles)
            found[kind] = (*found.get(kind, ()), *kept)
    return found


ASSUMPTIONS = (
    Assumption(
        "min-ready-seconds",
        "a pod is available as soon as it is ready, but for those of ReplicaSets with minReadySeconds",
        "controllers-workloads, definitions",
    ),
    Assumption("one-worker", "each controller works on one request at a time for one object", "00-index §4"),
    Assumption(
        "refusals-take-no-time",
        "after a request that failed and changed nothing, the next request of its plan follows in the same step",
        "docs/decisions/0002",
    ),
    Assumption(
        "one-api-server",
        "an API server answers whenever a component can reach one, and refuses no request for being one too many;"
        " service accounts and namespaces exist, and with them the tokens and the ConfigMap kube-root-ca.crt that"
        " their controllers make",
        "kube-apiserver §6, §8",
    ),
    Assumption(
        "room-between-groups",
        "groups share nodes, but never run short of room: replicas and surge are counted, terminating pods are not",
        "design §6",
    ),
    Assumption("object-ages", "ages of objects are not kept: where Kubernetes ranks by age, every order is tried"),
    Assumption(
        "changed-back",
        "an object that is changed and changed back between two requests of one plan counts as unchanged",
        "docs/decisions/0008",
    ),
)
"""What every model of a cluster simplifies; a verdict prints it."""


APPLIED_WITHOUT_CONFLICT = Assumption(
    "applied-without-conflict",
    "what a user applies takes the place of the whole spec: which manager owns which field is not followed, so that"
    " server-side apply conflicts with nobody",
    "kube-apiserver §3",
)
"""What is left out of manifests that are applied."""

FAIRNESS = (
    Assumption(
        "weak-fairness",
        "in what goes on for ever, faults and users are over at some time, and a component that can act on an object"
        " all the time acts some time; which of several outcomes comes is left open, for ever",
        "design §5",
    ),
)
"""What properties of endless runs take for granted of those who act."""


EXACT_TIME = (
    Assumption(
        "timers-anew",
        "a timer that its component keeps in memory counts anew after the component could not act for a while; one"
        " whose beginning is stored goes on",
        "docs/decisions/0024",
    ),
    Assumption(
        "counted-once",
        "where several things of one object wait for the same time, such as entries of one budget, the time is counted"
        " from the first of them",
        "docs/decisions/0024",
    ),
    Assumption(
        "whole-delays",
        "delays that Kubernetes draws at random (jitter, election timeouts) last as long as their constant says;"
        " back-offs grow only where a switch asks for it",
        "docs/decisions/0024",
    ),
)
"""What exact durations take for granted besides."""


def assumptions(scenario: Scenario) -> tuple[Assumption, ...]:
    """The named assumptions of a model of this scenario."""
    endless = any(isinstance(prop, TemporalProperty) for prop in chosen_properties(scenario))
    applied = (APPLIED_WITHOUT_CONFLICT,) if any(map(users.applies, _actions(scenario))) else ()
    of_parts = (assumption for part in needed(scenario) for assumption in part.assumptions(scenario))
    exact = EXACT_TIME if scenario.time is TimeMode.PROMPT else ()
    common = (*ASSUMPTIONS, *applied, *exact, *(FAIRNESS if endless else ()))
    return (*common, *of_parts, *unread.assumptions(scenario))


def _actions(scenario: Scenario) -> Iterator[users.Action]:
    return (action for todo in scenario.users for action in todo)


def build(scenario: Scenario) -> Model:
    """The model of a scenario. Raises ``KeyError`` on an unknown fault or property."""
    once = _of_kubernetes(scenario)
    there = kinds(scenario)
    model = Model(
        name=scenario.name,
        kinds=there,
        components=components(scenario),
        initial=initial(scenario),
        machines=leaders.with_arrows(scenario, further_schedulers.machines(scenario, machines(scenario)), once),
        properties=namespaces.properties_about(chosen_properties(scenario), {kind.name for kind in there}),
        api_server=ApiServer(admission_reads(scenario), unread.trimmed(scenario)),
        incarnation=incarnation,
        lag=_lag(scenario, once),
        told=unread.told(scenario),
        history=WATCH_HISTORY.needed(scenario),
        api_reads=api_reads(scenario),
        rpc=scenario.rpc,
        fused=fused(scenario),
        time=scenario.time,
        slow=scenario.slow,
        losses=watch_faults.losses(scenario.faults, FAULT),
        interchangeable=interchangeable(scenario),
        assumptions=assumptions(scenario),
    )
    return with_witness(model, always=scenario.switches.get("witness") == "always")
