"""Documents and settings to scenarios: checked, defaulted, decoded, split into groups (design §6)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from ..addons.dns.server import DNS_SERVICE
from ..control_plane.controllers.node_labels import reconciled_labels
from ..control_plane.scheduler.profiles import Scoring, profiles, serving
from ..control_plane.scheduler.views import DEFAULT_SCHEDULER
from ..environment.faults import PRESSURES
from ..environment.leader_faults import LEADER_FAULTS
from ..environment.load import Load
from ..environment.watch_faults import WATCH_FAULTS
from ..kinds import (
    NODE,
)
from ..language.model import informer_name
from ..language.scenario import NodeSetup, Scenario, Start
from ..node.registration import node_name
from ..node.static_pods import without_static_pods
from ..objects.conditions import Condition, with_condition
from ..objects.decoding import decode
from ..objects.horizontal_pod_autoscaler import HorizontalPodAutoscaler
from ..objects.node import Node
from ..objects.quantities import milli_value
from ..properties.services import NETWORK
from .addons import addons_of, check_addons, without_replicas
from .changed_services import check_changed_services
from .clients import check_clients, clients_of, looked_up
from .consistency import lags, resettable
from .coverage import TEMPLATES, NotModelled, is_modelled, not_modelled
from .defaulting import with_defaults
from .errors import COMMAND_LINE as COMMAND_LINE
from .errors import InputError
from .fields import Lines
from .groups import Group, split
from .kustomize_base import assumption, completed, is_unbuilt
from .loading import Document, load
from .removed_versions import removed_in
from .schema import schema_errors
from .settings import Settings, of_version
from .user_actions import Workload, actions, check_actions
from .validation import validate

DEFAULT_NODES = 2
DEFAULT_ALLOCATABLE = {"cpu": "4", "memory": "16Gi", "pods": "110"}
DEFAULT_LABELS = {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}
"""The cluster that is assumed where none is given: this many nodes, each of this size, with a kubelet's own labels."""


@attrs.frozen
class Job:
    """One scenario to check, with what the report says about it besides."""

    scenario: Scenario
    group: Group
    documents: tuple[Document, ...]
    settings: Settings


@attrs.frozen
class Plan:
    """All that one input comes to: a job for each group; what of it the model leaves out; the nodes as plain objects.

    ``not_checked``: groups without any workload of a kind that is modelled. ``assumptions``: of how the input is read.
    """

    jobs: tuple[Job, ...]
    not_modelled: tuple[NotModelled, ...]
    nodes: tuple[Mapping[str, Any], ...]
    assumed_nodes: bool
    not_checked: tuple[Group, ...] = ()
    assumptions: tuple[str, ...] = ()


def checked(documents: Sequence[Document]) -> tuple[Document, ...]:
    """The documents with defaults, if Kubernetes would accept them; raises the first ``InputError`` otherwise.

    Documents in versions that are not served any more must have been taken out.
    """
    for document in documents:
        for problem in schema_errors(document) or ():
            raise problem
    for problem in validate(documents):
        raise problem
    return tuple(_defaulted(document) for document in documents)


def _defaulted(document: Document) -> Document:
    return Document(dict(with_defaults(document.data)), document.source, document.lines)


def default_nodes(count: int) -> tuple[Mapping[str, Any], ...]:
    """``count`` plain Node objects of the default size, called node-1, node-2, …"""
    return tuple(_plain_node(f"node-{number}") for number in range(1, count + 1))


def _plain_node(name: str) -> Mapping[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **DEFAULT_LABELS}},
        "status": {"allocatable": dict(DEFAULT_ALLOCATABLE), "capacity": dict(DEFAULT_ALLOCATABLE)},
    }


def plan(documents: Sequence[Document], settings: Settings, folder: str = "") -> Plan:
    """The jobs that ``documents`` (and the manifests that the settings name, relative to ``folder``) come to."""
    settings = of_version(settings)
    everything = (*documents, *_named(settings, folder), *_inline(settings))
    unbuilt = tuple(document for document in everything if is_unbuilt(document))
    written = tuple(map(completed, _served(everything)))
    given = checked(written)
    nodes, assumed = _nodes(given, settings, folder)
    crashes = settings.faults.get("node-crash", 0) + settings.faults.get("node-shutdown", 0)
    shortage = any(settings.faults.get(fault, 0) for fault in PRESSURES)
    schedulers = serving(settings.profiles, settings.schedulers) if settings.schedulers else {}
    found = split(given, nodes, crashes, looked_up(settings), shortage=shortage, schedulers=schedulers)
    groups = [group for group in found if any(map(_has_pods, group.documents))]
    setups = tuple(_setup(node, settings) for node in nodes)
    applied = _applied(settings, folder)
    lag = lags(settings, settings.name or COMMAND_LINE)
    changed = {path: _workloads(path, objects) for path, objects in applied.items()}
    unsaid = without_replicas(settings, written)
    jobs = []
    for group in groups:
        objects = tuple(item for item in (decode(d.data) for d in group.documents) if item is not None)
        objects = tuple(item for item in objects if not isinstance(item, Node))
        _one_namespace(group)
        todo = tuple(actions(list(one), objects, changed) for one in settings.users)
        if settings.users and not any(todo) and len(groups) > 1:
            todo = ()
        in_api, static = without_static_pods(objects)
        scenario = Scenario(
            name=group.name if len(groups) > 1 or not settings.name else settings.name,
            objects=in_api,
            static_pods=static,
            nodes=setups,
            faults={name: budget for name, budget in settings.faults.items() if budget},
            users=tuple(one for one in todo if one),
            clients=clients_of(settings, objects),
            descheduler=settings.descheduler,
            addons=addons_of(settings, in_api, unsaid),
            lag=lag,
            resettable=resettable(settings),
            slow=frozenset(settings.slow),
            candidates=settings.candidates,
            api_servers=settings.api_servers,
            time=settings.time,
            rpc=settings.rpc,
            start=settings.start or (Start.RUNNING if any(todo) else Start.CREATED),
            pod_slots=settings.pod_slots,
            constants=settings.constants,
            loads=_loads(settings, objects),
            scheduled_times=settings.scheduled_times,
            switches=settings.switches,
            profiles=settings.profiles,
            schedulers=settings.schedulers,
            properties=settings.properties,
            extra_properties=settings.also_check,
            expect=settings.expect,
        )
        jobs.append(Job(scenario, group, group.documents, _self_contained(settings, group, nodes, applied, unsaid)))
    known = [it for job in jobs for it in (*job.scenario.objects, *job.scenario.static_pods)]
    check_actions(settings, known, nodes, changed)
    _check_load(settings, jobs)
    _check_watches(settings)
    check_addons(settings, [addon for job in jobs for addon in job.scenario.addons])
    check_changed_services([job.scenario for job in jobs])
    check_clients(settings, [job.scenario for job in jobs], nodes)
    gone = [document for document in everything if removed_in(document) is not None]
    return Plan(
        tuple(jobs),
        not_modelled((*written, *gone), scoring=_scores(settings), services=_modelled_services(settings, written)),
        nodes,
        assumed,
        not_checked=tuple(group for group in found if group not in groups),
        assumptions=tuple(map(assumption, unbuilt)),
    )


def _loads(settings: Settings, objects: Sequence[Any]) -> Mapping[tuple[str, str], Load]:
    """The load of the group's autoscalers, by autoscaler and metric."""
    here = {item.metadata.name for item in objects if isinstance(item, HorizontalPodAutoscaler)}
    return {
        (name, metric): Load(
            tuple(map(milli_value, said.get("total", (0,)))),
            tuple((milli_value(it["usage"]), it.get("seconds", 0)) for it in said.get("byPodAge", ({"usage": 0},))),
        )
        for name, metrics in settings.load.items()
        for metric, said in metrics.items()
        if name in here
    }


def _check_load(settings: Settings, jobs: Sequence[Job]) -> None:
    """Raises ``InputError`` where a load is meant for an autoscaler, or a metric, that does not exist."""
    read = {
        item.metadata.name: {metric.name for metric in item.spec.metrics}
        for job in jobs
        for item in job.scenario.objects
        if isinstance(item, HorizontalPodAutoscaler)
    }
    for name, metrics in settings.load.items():
        if name not in read:
            raise InputError(
                f'there is no HorizontalPodAutoscaler "{name}" for the load',
                source=settings.name or COMMAND_LINE,
                expected=f"one of {', '.join(sorted(read)) or 'none'}",
            )
        for metric in metrics:
            if metric not in read[name]:
                raise InputError(
                    f'HorizontalPodAutoscaler "{name}" reads no metric "{metric}"',
                    source=settings.name or COMMAND_LINE,
                    expected=f"one of {', '.join(sorted(read[name]))}",
                )


def _modelled_services(settings: Settings, documents: Sequence[Document]) -> frozenset[str]:
    """The Services that have clients; all of them where a property speaks of endpoints."""
    if {*settings.properties, *settings.also_check} & set(NETWORK):
        return frozenset(document.name for document in documents if document.kind == "Service")
    dns = {DNS_SERVICE} if looked_up(settings) else set()
    return frozenset(client.service for client in settings.clients) | dns


def _served(documents: Sequence[Document]) -> tuple[Document, ...]:
    return tuple(document for document in documents if removed_in(document) is None)


def _has_pods(document: Document) -> bool:
    """Whether it is a workload of a kind that is modelled."""
    return document.kind in TEMPLATES and is_modelled(document)


def _scores(settings: Settings) -> bool:
    scoring = settings.switches.get("scoring", Scoring.ANY_FEASIBLE.value)
    schedulers = {DEFAULT_SCHEDULER: settings.profiles, **settings.schedulers}
    served = (profiles(said, name, scoring) for name, said in schedulers.items())
    return all(found.scores is not None for each in served for found in each.values())


def _named(settings: Settings, folder: str) -> tuple[Document, ...]:
    return load([os.path.join(folder, path) for path in settings.manifests]) if settings.manifests else ()


def _inline(settings: Settings) -> tuple[Document, ...]:
    return tuple(Document(dict(data), settings.name or COMMAND_LINE, Lines(1)) for data in settings.objects)


def _nodes(
    documents: Sequence[Document], settings: Settings, folder: str
) -> tuple[tuple[Mapping[str, Any], ...], bool]:
    inside = tuple(document.data for document in documents if document.kind == NODE)
    wanted = settings.nodes
    if wanted is None:
        return (inside, False) if inside else (default_nodes(DEFAULT_NODES), True)
    if isinstance(wanted, int):
        return default_nodes(wanted), False
    if isinstance(wanted, str):
        found = checked(_served(load([os.path.join(folder, wanted)])))
        nodes = tuple(document.data for document in found if document.kind == NODE)
        if not nodes:
            raise InputError("no Node in it", source=wanted, expected="a list of Nodes")
        return nodes, False
    return tuple(wanted), False


def _setup(data: Mapping[str, Any], settings: Settings) -> NodeSetup:
    node = decode(data)
    assert isinstance(node, Node), "the schema check lets only Nodes through"
    hostname = node.metadata.name
    override = settings.hostname_overrides.get(hostname, "")
    # The controller does this as soon as it sees a node, long before anything is scheduled there.
    labels = reconciled_labels(node)
    metadata = attrs.evolve(node.metadata, name=node_name(hostname, override), labels=labels)
    ready = with_condition(node.status.conditions, Condition("Ready", "True", "KubeletReady"))
    conditions = tuple(Condition(c.type, c.status, c.reason) for c in ready) if settings.registered else ()
    node = attrs.evolve(node, metadata=metadata, status=attrs.evolve(node.status, conditions=conditions))
    return NodeSetup(node, hostname, override, settings.registered)


def _one_namespace(group: Group) -> None:
    names: dict[tuple[str, str], Document] = {}
    for document in group.documents:
        first = names.setdefault((document.kind, document.name), document)
        if first.namespace != document.namespace:
            raise document.error(
                f"{document.kind} {document.name} stands in two namespaces of one group",
                ("metadata", "name"),
                "different names, or separate runs",
            )


def _applied(settings: Settings, folder: str) -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    """The plain objects of every manifest that a user applies, by its path as given."""
    given = {path: _plain(path, objects) for path, objects in settings.applied.items()}
    for verb, path in (action for todo in settings.users for action in todo):
        if verb == "apply" and path not in given:
            given[path] = load([os.path.join(folder, path)])
    return {
        path: tuple(document.data for document in checked(tuple(map(completed, _served(documents)))))
        for path, documents in given.items()
    }


def _plain(path: str, objects: Sequence[Mapping[str, Any]]) -> tuple[Document, ...]:
    return tuple(Document(dict(data), path, Lines(1)) for data in objects)


def _workloads(path: str, objects: Sequence[Mapping[str, Any]]) -> tuple[Workload, ...]:
    found = tuple(item for item in map(decode, objects) if isinstance(item, Workload))
    if not found:
        raise InputError(
            "no Deployment, DaemonSet, StatefulSet, Job or Service in it",
            source=path,
            expected="a changed one to apply",
        )
    return found


def _self_contained(
    settings: Settings,
    group: Group,
    nodes: tuple[Mapping[str, Any], ...],
    applied: Mapping[str, tuple[Mapping[str, Any], ...]],
    unsaid: tuple[str, ...],
) -> Settings:
    """Settings that say all that a job needs, so that a trace can be replayed without the files it came from."""
    return attrs.evolve(
        settings,
        name=settings.name or group.name,
        manifests=(),
        objects=tuple(document.data for document in group.documents if document.kind != NODE),
        nodes=nodes,
        applied=applied,
        addon_manager=None if settings.addon_manager is None else unsaid,
    )


def _check_watches(settings: Settings) -> None:
    """Raises ``InputError`` where a fault, or slowness, is asked for of a watch cache that does not lag."""
    lagging = [informer_name(client, kind) for client, kind in sorted(lags(settings, COMMAND_LINE))]
    for fault in WATCH_FAULTS:
        if settings.faults.get(fault, 0) and not lagging:
            raise InputError(f'no watch cache lags, so "{fault}" cannot come', source=COMMAND_LINE, expected="a lag")
    for fault in LEADER_FAULTS:
        if settings.faults.get(fault, 0) and not settings.candidates:
            expected = "candidates: several of a process"
            raise InputError(f'nobody is elected, so "{fault}" cannot come', source=COMMAND_LINE, expected=expected)
    for name in settings.slow:
        if "/" in name and name not in lagging:
            raise InputError(
                f'the watch "{name}" does not lag, so it cannot be slow', source=COMMAND_LINE, expected="a lag of it"
            )
