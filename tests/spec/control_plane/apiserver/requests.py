"""Objects and calls that the tests of the API server share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from kubemodel.spec.control_plane.apiserver.admission import AdmissionReads
from kubemodel.spec.control_plane.apiserver.handling import NO_READS, handle
from kubemodel.spec.language.request import ApiCall, Binding, DeleteOptions, Preconditions, Response, Verb
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.pod import RUNNING, Pod, PodSpec, PodStatus
from kubemodel.spec.objects.selectors import LabelSelector
from kubemodel.spec.objects.workloads import Deployment, DeploymentSpec, ReplicaSet, ReplicaSetSpec

NO_PRECONDITIONS = Preconditions()

BOUND = Pod(ObjectMeta("web", uid=7), PodSpec(node_name="n1", priority=0), PodStatus(RUNNING))
UNBOUND = Pod(ObjectMeta("web", uid=7), PodSpec(priority=0))
NODE = Node(ObjectMeta("n1", ""))
DEPLOYMENT = Deployment(ObjectMeta("web"), DeploymentSpec(selector=LabelSelector()))
REPLICA_SET = ReplicaSet(ObjectMeta("web-1"), ReplicaSetSpec(selector=LabelSelector()))


def with_metadata(item: Any, **fields: Any) -> Any:
    return attrs.evolve(item, metadata=attrs.evolve(item.metadata, **fields))


def with_spec(item: Any, **fields: Any) -> Any:
    return attrs.evolve(item, spec=attrs.evolve(item.spec, **fields))


def with_status(item: Any, **fields: Any) -> Any:
    return attrs.evolve(item, status=attrs.evolve(item.status, **fields))


def create(new: Any, stored: Any = None, reads: AdmissionReads = NO_READS) -> Response:
    return handle(ApiCall(Verb.CREATE, new.kind, new), stored, current=True, admission=reads)


def write(
    verb: Verb,
    change: Callable[[Any], Any],
    stored: Any,
    subresource: str = "",
    preconditions: Preconditions = NO_PRECONDITIONS,
    current: bool = True,
    kind: str = "",
) -> Response:
    call = ApiCall(verb, kind or stored.kind, change, subresource, preconditions)
    return handle(call, stored, current=current)


def update(change: Callable[[Any], Any], stored: Any, subresource: str = "") -> Response:
    return write(Verb.UPDATE, change, stored, subresource)


def bind(pod: Any, node: str = "n1", preconditions: Preconditions = NO_PRECONDITIONS) -> Response:
    return handle(ApiCall(Verb.BIND, "Pod", Binding(node), preconditions=preconditions), pod, current=True)


def delete(
    stored: Any,
    period: int | None = None,
    policy: str | None = None,
    now: float = 0.0,
    preconditions: Preconditions = NO_PRECONDITIONS,
    current: bool = True,
    kind: str = "",
) -> Response:
    call = ApiCall(Verb.DELETE, kind or stored.kind, DeleteOptions(period, policy), preconditions=preconditions)
    return handle(call, stored, current=current, admission=AdmissionReads(now=now))
