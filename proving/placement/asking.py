"""What the pods of one document ask for, item by item, each with the line of the field that asks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from frozendict import frozendict

from ...spec.manifests.fields import FieldPath, format_path
from ...spec.manifests.loading import Document
from ...spec.objects.affinity import DO_NOT_SCHEDULE, PodAffinity, PodAffinityTerm
from ...spec.objects.node import Node
from ...spec.objects.pod import Pod, PodSpec
from ...spec.objects.pod_resources import spec_host_ports, spec_requests
from ...spec.objects.quantities import amount_text
from ...spec.objects.selectors import LabelSelector, NodeSelector, Requirement
from ...spec.objects.taints import NO_EXECUTE, NO_SCHEDULE, TAINT_UNSCHEDULABLE, Taint, tolerates
from .dropping import port_name
from .problem import Ask, Item, Place

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_MOST_NAMES = 3


def place(document: Document | None, path: FieldPath) -> Place:
    """Where a field of a document stands; of what encloses it, where it is not written."""
    if document is None:
        return Place(field=format_path(path))
    return Place(document.source, document.lines.line_of(path), format_path(path))


def listed(names: Sequence[str]) -> str:
    """The first of ``names``, and how many more there are."""
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"


def asked(
    title: str,
    pod: Pod,
    document: Document,
    template: FieldPath,
    nodes: Sequence[Node],
    node_documents: Mapping[str, Document],
    *,
    daemon: bool,
) -> tuple[Item, ...]:
    """The items of a kind but for its number of pods. ``template``: where its pod template stands.

    What a DaemonSet says of nodes only selects those on which it wants a pod, so it is no item.
    """
    spec = pod.spec
    path = (*template, "spec")
    items = [*_gates(spec, path)]
    if not daemon:
        items += [*_node_name(spec, path), *_nodes(spec, path)]
    items += [
        *_requests(spec, path, document),
        *_ports(spec, path, document),
        *_volumes(spec, path),
        *_terms(spec.affinity.pod_affinity, Ask.POD_AFFINITY, (*path, "affinity", "podAffinity", _REQUIRED)),
        *_terms(spec.affinity.pod_anti_affinity, Ask.ANTI_AFFINITY, (*path, "affinity", "podAntiAffinity", _REQUIRED)),
        *_spread(spec, path),
    ]
    found = [Item(title, ask, what, f"{title}: {text}", place(document, where)) for ask, what, text, where in items]
    if not daemon:
        found += _taints(title, spec, nodes, node_documents)
    return tuple(found)


_Asked = tuple[Ask, str | int, str, FieldPath]


def _gates(spec: PodSpec, path: FieldPath) -> Iterator[_Asked]:
    if spec.scheduling_gates:
        names = ", ".join(spec.scheduling_gates)
        yield Ask.GATE, "", f"scheduling gates {names} keep its pods out of the queue", (*path, "schedulingGates")


def _node_name(spec: PodSpec, path: FieldPath) -> Iterator[_Asked]:
    if spec.node_name:
        yield Ask.NODE_NAME, "", f"nodeName {spec.node_name}", (*path, "nodeName")


def _nodes(spec: PodSpec, path: FieldPath) -> Iterator[_Asked]:
    for key, value in sorted(spec.node_selector.items()):
        yield Ask.NODE_SELECTOR, key, f"nodeSelector {key}={value}", (*path, "nodeSelector", key)
    affinity = spec.affinity.node_affinity
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    if required is not None:
        where = (*path, "affinity", "nodeAffinity", _REQUIRED)
        yield Ask.NODE_AFFINITY, "", f"required node affinity to {_node_selector_text(required)}", where


def _node_selector_text(selector: NodeSelector) -> str:
    terms = (
        " and ".join(map(_expression, (*term.match_expressions, *term.match_fields))) or "no node"
        for term in selector.node_selector_terms
    )
    return ", or ".join(terms)


def _expression(requirement: Requirement) -> str:
    values = f" ({', '.join(requirement.values)})" if requirement.values else ""
    return f"{requirement.key} {requirement.operator}{values}"


def selector_text(selector: LabelSelector | None) -> str:
    """A label selector in one line."""
    if selector is None:
        return "no pods"
    pairs = [f"{key}={value}" for key, value in sorted(selector.match_labels.items())]
    return "pods " + (", ".join([*pairs, *map(_expression, selector.match_expressions)]) or "of any label")


def _requests(spec: PodSpec, path: FieldPath, document: Document) -> Iterator[_Asked]:
    for resource, amount in sorted(spec_requests(spec).items()):
        if amount:
            where = request_path(document, path, resource) or path
            yield Ask.REQUEST, resource, f"each pod requests {resource} {amount_text(resource, amount)}", where


def request_path(document: Document, path: FieldPath, resource: str) -> FieldPath | None:
    """The first field of a pod spec that requests a resource, or limits it where nothing requests it.

    One that somebody has written: a request that the API server takes from the limit stands at the limit.
    """
    spec: Any = document.data
    for step in path:
        spec = (spec or {}).get(step)
    holders = [
        (*path, field, number)
        for field in ("containers", "initContainers")
        for number, _ in enumerate((spec or {}).get(field) or ())
    ]
    for amounts in ("requests", "limits"):
        for holder in (*holders, path):
            field = (*holder, "resources", amounts, resource)
            if document.lines.find(format_path(field)) is not None:
                return field
    return None


def _ports(spec: PodSpec, path: FieldPath, document: Document) -> Iterator[_Asked]:
    seen = set()
    for port in spec_host_ports(spec):
        name = port_name(port, port.host_port)
        if name not in seen:
            seen.add(name)
            yield Ask.HOST_PORT, name, f"host port {name}", _port_path(document, path, port.container_port)


def _port_path(document: Document, path: FieldPath, container_port: int) -> FieldPath:
    spec: Any = document.data
    for step in path:
        spec = (spec or {}).get(step)
    for field in ("containers", "initContainers"):
        for number, container in enumerate((spec or {}).get(field) or ()):
            for position, port in enumerate(container.get("ports") or ()):
                if port.get("containerPort") == container_port:
                    here = (*path, field, number, "ports", position)
                    return (*here, "hostPort") if port.get("hostPort") else here
    return path


_DISKS = ("persistentVolumeClaim", "gcePersistentDisk", "awsElasticBlockStore", "iscsi", "rbd")
"""The sources of volumes that some filter reads."""


def _volumes(spec: PodSpec, path: FieldPath) -> Iterator[_Asked]:
    for number, volume in enumerate(spec.volumes):
        if not isinstance(volume, frozendict):
            continue
        source = next((name for name in _DISKS if name in volume), None)
        if source is None:
            continue
        claim = volume[source].get("claimName", "") if source == "persistentVolumeClaim" else ""
        text = f"claim {claim}" if claim else source
        yield Ask.VOLUME, str(volume.get("name")), f"volume {volume.get('name')} ({text})", (*path, "volumes", number)


def required(affinity: PodAffinity | None) -> tuple[PodAffinityTerm, ...]:
    """The required terms of pod affinity, or anti-affinity."""
    return affinity.required_during_scheduling_ignored_during_execution if affinity else ()


def _terms(affinity: PodAffinity | None, ask: Ask, path: FieldPath) -> Iterator[_Asked]:
    for number, term in enumerate(required(affinity)):
        what = "affinity" if ask is Ask.POD_AFFINITY else "anti-affinity"
        text = f"required {what} on {term.topology_key} to {selector_text(term.label_selector)}"
        yield ask, number, text, (*path, number)


def _spread(spec: PodSpec, path: FieldPath) -> Iterator[_Asked]:
    for number, constraint in enumerate(spec.topology_spread_constraints):
        if constraint.when_unsatisfiable != DO_NOT_SCHEDULE:
            continue
        least = f", minDomains {constraint.min_domains}" if constraint.min_domains else ""
        text = (
            f"topology spread over {constraint.topology_key} of {selector_text(constraint.label_selector)}, maxSkew "
            f"{constraint.max_skew}{least}, DoNotSchedule"
        )
        yield Ask.SPREAD, number, text, (*path, "topologySpreadConstraints", number)


def taint_name(taint: Taint) -> str:
    """How an item calls a taint."""
    return f"{taint.key}={taint.value}:{taint.effect}"


def _taints(title: str, spec: PodSpec, nodes: Sequence[Node], documents: Mapping[str, Document]) -> Iterator[Item]:
    tainted: dict[Taint, list[str]] = {}
    where: dict[Taint, Place] = {}
    for node in nodes:
        for number, taint in enumerate(node.spec.taints):
            if taint.effect in (NO_SCHEDULE, NO_EXECUTE) and not tolerates(spec.tolerations, taint):
                plain = Taint(taint.key, taint.value, taint.effect)
                tainted.setdefault(plain, []).append(node.metadata.name)
                path = ("spec", "taints", number)
                where.setdefault(plain, place(documents.get(node.metadata.name), path))
    for taint, names in tainted.items():
        shown = f"{taint.key}={taint.value}" if taint.value else taint.key
        text = f"{title}: does not tolerate the taint {shown}:{taint.effect} of {listed(names)}"
        yield Item(title, Ask.TAINT, taint_name(taint), text, where[taint])
    cordoned = [node.metadata.name for node in nodes if node.spec.unschedulable]
    if cordoned and not tolerates(spec.tolerations, Taint(TAINT_UNSCHEDULABLE, effect=NO_SCHEDULE)):
        text = f"{title}: may not go to {listed(cordoned)}, which {'are' if len(cordoned) > 1 else 'is'} cordoned"
        yield Item(title, Ask.CORDON, "", text, place(documents.get(cordoned[0]), ("spec", "unschedulable")))


def pod_limit(nodes: Sequence[Node], documents: Mapping[str, Document], limits: Iterable[int]) -> tuple[Item, ...]:
    """The item of the nodes: how many pods each takes."""
    found = sorted(limits)
    if not found:
        return ()
    least, most = found[0], found[-1]
    many = f"{least}" if least == most else f"{least} to {most}"
    where = place(documents.get(nodes[0].metadata.name), ("status", "allocatable", "pods"))
    return (Item("", Ask.POD_LIMIT, "", f"a node takes at most {many} pods", where),)
