"""What users do, as scenarios and flags say it: verbs and what follows them (design §4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..control_plane.apiserver.strategies import BACKGROUND, FOREGROUND, ORPHAN
from ..control_plane.controllers.statefulset_identity import claims, pod_name
from ..environment import users
from ..kinds import (
    DEPLOYMENT,
    JOB,
    NAMESPACE,
    NODE,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
)
from ..node.static_pods import name_in_api
from ..objects import job as objects_job
from ..objects.daemon_set import DaemonSet
from ..objects.pod import Pod
from ..objects.service import Service
from ..objects.service_account import DEFAULT_ACCOUNT
from ..objects.stateful_set import StatefulSet
from ..objects.storage import PersistentVolumeClaim
from ..objects.workloads import Deployment, ReplicaSet, ReplicationController
from .errors import COMMAND_LINE, InputError
from .settings import Settings

Workload = Deployment | DaemonSet | StatefulSet | objects_job.Job | Service
"""What a user can apply a changed manifest of."""


def actions(
    todo: list[tuple[str, str]],
    objects: Sequence[Any],
    changed: Mapping[str, tuple[Workload, ...]],
) -> tuple[users.Action, ...]:
    """What one user does of a list, as far as it concerns ``objects``; ``changed``: what is applied, by its path."""
    names = _names(objects)
    found: list[users.Action] = []
    for verb, argument in todo:
        if verb == "apply":
            known = [item for item in changed[argument] if item.metadata.name in names[item.kind]]
            found += [users.apply(item, argument, len(found) + 1) for item in known]
        else:
            for action in _action(verb, argument):
                if action.kind == NODE or action.name in names[action.kind]:
                    found.append(action)
    # Cordoning alone concerns every group; what is meant for other Deployments concerns this one not at all.
    return tuple(found)


def _names(objects: Sequence[Any]) -> Mapping[str, set[str]]:
    """What users can name, by the kind that they act on; for pods also the workload that has them."""
    deployments = {item.metadata.name for item in objects if isinstance(item, Deployment)}
    daemon_sets = {item.metadata.name for item in objects if isinstance(item, DaemonSet)}
    replica_sets = {item.metadata.name for item in objects if isinstance(item, ReplicaSet)}
    replication_controllers = {item.metadata.name for item in objects if isinstance(item, ReplicationController)}
    stateful_sets = {item.metadata.name: item.spec for item in objects if isinstance(item, StatefulSet)}
    ordinals = {pod_name(name, spec.start + i) for name, spec in stateful_sets.items() for i in range(spec.replicas)}
    sets = [item for item in objects if isinstance(item, StatefulSet)]
    made = {name for it in sets for i in range(it.spec.replicas) for name in claims(it, it.spec.start + i)}
    given_claims = {item.metadata.name for item in objects if isinstance(item, PersistentVolumeClaim)}
    pods = {name_in_api(item) for item in objects if isinstance(item, Pod)}
    pods |= {item.metadata.name for item in objects if item.kind == JOB}
    return {
        "Deployment": deployments,
        "DaemonSet": daemon_sets,
        REPLICA_SET: replica_sets,
        REPLICATION_CONTROLLER: replication_controllers,
        STATEFUL_SET: set(stateful_sets),
        NAMESPACE: {item.metadata.namespace for item in objects if item.metadata.namespace},
        JOB: {item.metadata.name for item in objects if item.kind == JOB},
        SERVICE: {item.metadata.name for item in objects if isinstance(item, Service)},
        SERVICE_ACCOUNT: {f"{item.metadata.namespace}/{DEFAULT_ACCOUNT}" for item in objects},
        PERSISTENT_VOLUME_CLAIM: {*given_claims, *made},
        POD: deployments | daemon_sets | replication_controllers | set(stateful_sets) | ordinals | pods,
    }


def _action(verb: str, argument: str) -> tuple[users.Action, ...]:
    """The actions, in order, that one thing on a user's list comes to. Raises ``InputError`` where it is none."""
    if verb == "drain":
        return users.drain(argument)
    if verb == "taint":
        node, _, text = argument.partition(" ")
        try:
            return (users.taint(node, text.strip()),)
        except ValueError:
            expected = "NODE KEY=VALUE:EFFECT, with - behind it to remove the taint"
            raise InputError(f'cannot taint "{argument}"', source=COMMAND_LINE, expected=expected) from None
    return (_single_action(verb, argument),)


_SCALABLE = {
    "": DEPLOYMENT,
    "deployment": DEPLOYMENT,
    "statefulset": STATEFUL_SET,
    "replicationcontroller": REPLICATION_CONTROLLER,
}


def _single_action(verb: str, argument: str) -> users.Action:
    if verb == "scale":
        target, _, replicas = argument.partition("=")
        prefix, _, name = target.rpartition("/")
        kind = _SCALABLE.get(prefix)
        if kind is None or not name or not replicas.isdigit() or int(replicas) > 10_000:
            expected = "DEPLOYMENT=REPLICAS, statefulset/NAME=REPLICAS or replicationcontroller/NAME=REPLICAS"
            raise InputError(f'cannot scale "{argument}"', source=COMMAND_LINE, expected=expected)
        return users.scale(name, int(replicas), kind)
    if verb in ("pause", "resume"):
        return users.pause(argument, paused=verb == "pause")
    if verb in ("cordon", "uncordon"):
        return users.cordon(argument, unschedulable=verb == "cordon")
    target, _, cascade = argument.partition(" --cascade=")
    kind, _, name = target.partition("/")
    known = {
        "pod": POD,
        "deployment": DEPLOYMENT,
        "replicaset": REPLICA_SET,
        "replicationcontroller": REPLICATION_CONTROLLER,
        "node": NODE,
        "service": SERVICE,
        "serviceaccount": SERVICE_ACCOUNT,
        "statefulset": STATEFUL_SET,
        "persistentvolumeclaim": PERSISTENT_VOLUME_CLAIM,
        "namespace": NAMESPACE,
        "job": JOB,
    }
    if kind not in known or not name:
        raise InputError(f'cannot {verb} "{argument}"', source=COMMAND_LINE, expected="pod/DEPLOYMENT, node/NODE, …")
    policies = {policy.lower(): policy for policy in (BACKGROUND, FOREGROUND, ORPHAN)}
    policy = policies.get(cascade or BACKGROUND.lower())
    if policy is None:
        raise InputError(f'cannot {verb} "{argument}"', source=COMMAND_LINE, expected=f"one of {', '.join(policies)}")
    return users.delete(known[kind], name, force=verb == "force-delete", policy=policy)


def check_actions(
    settings: Settings,
    objects: Sequence[Any],
    nodes: Sequence[Mapping[str, Any]],
    changed: Mapping[str, tuple[Workload, ...]],
) -> None:
    """Raises ``InputError`` where a user acts on something that does not exist."""
    node_names = {str(node["metadata"]["name"]) for node in nodes}
    names = {
        **_names(objects),
        NODE: node_names,
    }
    for verb, argument in (action for todo in settings.users for action in todo):
        if verb == "apply":
            # A trace carries what was applied whole, and of the workloads only those of its own group.
            if argument not in settings.applied:
                _check_applied(argument, changed[argument], names)
            continue
        action, *_ = _action(verb, argument)
        known = names[action.kind]
        if action.name not in known:
            raise InputError(
                f'a user wants to {verb} "{action.name}", which does not exist',
                source=COMMAND_LINE,
                expected=f"one of {', '.join(sorted(known)) or 'nothing'}",
            )


def _check_applied(path: str, applied: Sequence[Workload], names: Mapping[str, Collection[str]]) -> None:
    """Raises ``InputError`` on a workload that would be new: users change what is there, they bring nothing."""
    for workload in applied:
        if workload.metadata.name not in names[workload.kind]:
            raise InputError(
                f'a user applies {workload.kind} "{workload.metadata.name}", which is not among the manifests',
                source=path,
                expected=f"one of {', '.join(sorted(names[workload.kind])) or 'none'}, changed",
            )
