"""Field selectors: what lists and watches of pods can be narrowed to (kube-apiserver §2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...objects.pod import Pod


def _node(pod: Pod) -> str:
    return pod.spec.node_name


FIELDS: Mapping[str, Callable[[Pod], str]] = {
    "metadata.name": lambda pod: pod.metadata.name,
    "metadata.namespace": lambda pod: pod.metadata.namespace,
    "spec.nodeName": _node,
    "spec.restartPolicy": lambda pod: pod.spec.restart_policy,
    "spec.schedulerName": lambda pod: pod.spec.scheduler_name,
    "spec.serviceAccountName": lambda pod: pod.spec.service_account_name,
    "spec.hostNetwork": lambda pod: str(pod.spec.host_network).lower(),
    "status.phase": lambda pod: pod.status.phase,
    "status.podIP": lambda pod: pod.status.pod_ip,
    "status.nominatedNodeName": lambda pod: pod.status.nominated_node_name,
}
"""The fields of pods that the API server can select by, as text."""


def matches(pod: Pod, selector: str) -> bool:
    """Whether the pod has what the selector asks for: terms ``field=value``, ``==`` or ``!=``, separated by commas.

    Raises ``ValueError`` for a term that is none, or a field that cannot be selected by.
    """
    return all(_matches(pod, term) for term in selector.split(",") if term)


def _matches(pod: Pod, term: str) -> bool:
    field, sign, value = term.partition("=")
    if not sign:
        raise ValueError(f"not a field selector: {term!r}")
    negated = field.endswith("!")
    field = field.removesuffix("!")
    if field not in FIELDS:
        raise ValueError(f"field label not supported: {field}")
    return (FIELDS[field](pod) == value.removeprefix("=")) is not negated


def on_node(pod: Pod, node: str) -> bool:
    """Whether a list of the pods of one node holds the pod."""
    return matches(pod, f"spec.nodeName={node}")
