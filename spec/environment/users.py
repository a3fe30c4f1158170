"""Users: what people do to the cluster, in the order given, each step at any moment (design §4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from ..control_plane.apiserver.strategies import BACKGROUND, ORPHAN
from ..control_plane.controllers.deployment_status import is_complete
from ..control_plane.controllers.pod_garbage_collector import OUT_OF_SERVICE
from ..kinds import (
    CLAIM_DELETION,
    COLLECTED,
    DAEMON_SET,
    DEPLOYMENT,
    FAULT,
    FORCED,
    JOB,
    NAMESPACE,
    NODE,
    ORPHANED,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    REPLICA_SET,
    REPLICATION_CONTROLLER,
    SERVICE,
    STATEFUL_SET,
    USER,
)
from ..language.component import Component, Key, Rule
from ..language.plan import KEY, Alternative, Call, Chosen, Named, Set, Step, Write
from ..language.query import ANY, DISTINCT, ONLY, Query
from ..language.request import ApiCall, DeleteOptions, Verb
from ..objects.daemon_set import DaemonSet, DaemonSetSpec
from ..objects.job import Job, JobSpec
from ..objects.metadata import OwnerReference
from ..objects.node import Node
from ..objects.pod import Pod
from ..objects.service import Service, ServiceSpec
from ..objects.stateful_set import StatefulSet, StatefulSetSpec
from ..objects.taints import NO_EXECUTE, NO_SCHEDULE, PREFER_NO_SCHEDULE, Taint
from ..objects.workloads import Deployment, DeploymentSpec
from .drain import AWAITED, UNMANAGED, Await, EvictAll, ask, await_evictions, command, evict_all

NAME = "user"

EFFECTS = (NO_SCHEDULE, PREFER_NO_SCHEDULE, NO_EXECUTE)
"""Effects of taints."""

DISRUPTION = "a user's disruption"
"""Name under which it is remembered that a user deleted something, or changed what a rollout has to keep to: the
replica count, or, while the rollout was on its way, its strategy."""

VERBS = ("apply", "scale", "delete", "force-delete", "cordon", "uncordon", "drain", "taint", "pause", "resume")
"""What a user can do; a user of a scenario is a list of these with what they act on."""


@attrs.frozen(cache_hash=True)
class ApplySpec:
    """`kubectl apply` of a changed Deployment, DaemonSet, StatefulSet, Job or Service: its spec becomes ``spec``."""

    spec: DeploymentSpec | DaemonSetSpec | StatefulSetSpec | JobSpec | ServiceSpec

    def __call__(self, stored: Any, /) -> Any:
        """The object with the new spec. A Service keeps the address that it was given."""
        spec = self.spec
        if isinstance(spec, ServiceSpec) and not spec.cluster_ip:
            spec = attrs.evolve(spec, cluster_ip=stored.spec.cluster_ip)
        return attrs.evolve(stored, spec=spec)


@attrs.frozen(cache_hash=True)
class ScaleTo:
    """`kubectl scale --replicas` of a Deployment, StatefulSet or ReplicationController."""

    replicas: int

    def __call__(self, stored: Any, /) -> Any:
        """The object with the new replica count."""
        return attrs.evolve(stored, spec=attrs.evolve(stored.spec, replicas=self.replicas))


@attrs.frozen(cache_hash=True)
class SetPaused:
    """`kubectl rollout pause` and `resume`."""

    paused: bool

    def __call__(self, stored: Deployment, /) -> Deployment:
        """The Deployment, paused or not."""
        return attrs.evolve(stored, spec=attrs.evolve(stored.spec, paused=self.paused))


@attrs.frozen(cache_hash=True)
class SetUnschedulable:
    """`kubectl cordon` and `uncordon`."""

    unschedulable: bool

    def __call__(self, stored: Node, /) -> Node:
        """The node, cordoned or not."""
        return attrs.evolve(stored, spec=attrs.evolve(stored.spec, unschedulable=self.unschedulable))


@attrs.frozen(cache_hash=True)
class SetTaint:
    """`kubectl taint nodes`: the taint replaces one of its key and effect; ``remove``: such ones go."""

    taint: Taint
    remove: bool = False

    def __call__(self, stored: Node, /) -> Node:
        """The node with other taints. A taint to remove that names no effect means all of its key."""
        wanted = (self.taint.key, self.taint.effect)
        kept = tuple(
            taint
            for taint in stored.spec.taints
            if (taint.key, taint.effect if self.taint.effect or not self.remove else "") != wanted
        )
        taints = kept if self.remove else (*kept, self.taint)
        return attrs.evolve(stored, spec=attrs.evolve(stored.spec, taints=taints))


@attrs.frozen(cache_hash=True)
class DropFinalizers:
    """`kubectl patch` that takes the finalizers off a Deployment or namespace, so that its deletion can end."""

    def __call__(self, stored: Any, /) -> Any:
        """The object without finalizers."""
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, finalizers=()))


@attrs.frozen(cache_hash=True)
class Edit:
    """One action on an object with a name of its own; ``text`` is the command as a person would type it.

    ``new``: what is created where there is no such object, if anything.
    """

    text: str
    kind: str
    name: str
    change: ApplySpec | ScaleTo | SetPaused | SetUnschedulable | SetTaint | DropFinalizers
    new: Deployment | Service | None = None


@attrs.frozen(cache_hash=True)
class Delete:
    """`kubectl delete` of an object; ``force`` is `--grace-period=0 --force`.

    For a pod, ``name`` is its own, or that of the Deployment, DaemonSet, StatefulSet or Job whose pods are meant: any
    one of them is deleted. ``policy``: what becomes of dependents, `--cascade`.
    """

    text: str
    kind: str
    name: str
    force: bool = False
    policy: str = BACKGROUND


Action = Edit | Delete | EvictAll | Await


@attrs.frozen(cache_hash=True)
class NextAction:
    """The edit of a user's list of things to do when the first is done."""

    def __call__(self, todo: tuple[Action, ...], /) -> tuple[Action, ...]:
        """All but the first."""
        return todo[1:]


def apply(changed: Deployment | DaemonSet | StatefulSet | Job | Service, source: str, incarnation: int = 1) -> Edit:
    """The action that applies a changed manifest, read from ``source``. Only Deployments and Services are made anew.

    ``incarnation``: the uid of what it creates where there is none any more.
    """
    new = None
    if isinstance(changed, Deployment | Service):
        new = attrs.evolve(changed, metadata=attrs.evolve(changed.metadata, uid=incarnation))
    return Edit(f"kubectl apply -f {source}", changed.kind, changed.metadata.name, ApplySpec(changed.spec), new)


def applies(action: Action) -> bool:
    """Whether the action applies a manifest."""
    return isinstance(action, Edit) and isinstance(action.change, ApplySpec)


def scale(name: str, replicas: int, kind: str = DEPLOYMENT) -> Edit:
    """The action that scales a Deployment, a StatefulSet or a ReplicationController."""
    return Edit(f"kubectl scale {kind.lower()}/{name} --replicas={replicas}", kind, name, ScaleTo(replicas))


def pause(name: str, *, paused: bool = True) -> Edit:
    """The action that pauses a rollout, or resumes it."""
    word = "pause" if paused else "resume"
    return Edit(f"kubectl rollout {word} deployment/{name}", DEPLOYMENT, name, SetPaused(paused))


def cordon(name: str, *, unschedulable: bool = True) -> Edit:
    """The action that cordons a node, or uncordons it."""
    word = "cordon" if unschedulable else "uncordon"
    return Edit(f"kubectl {word} {name}", NODE, name, SetUnschedulable(unschedulable))


def drain(node: str) -> tuple[Action, ...]:
    """The actions that drain a node: one command, of which each part is a step."""
    cordoned = Edit(command(node), NODE, node, SetUnschedulable(True))
    return cordoned, evict_all(node), await_evictions(node)


def taint(node: str, text: str) -> Edit:
    """The action that taints a node, as kubectl reads it: ``KEY=VALUE:EFFECT``, with ``-`` behind it to remove.

    Raises ``ValueError`` where ``text`` is none of these.
    """
    remove = text.endswith("-")
    pair, _, effect = text.removesuffix("-").partition(":")
    key, _, value = pair.partition("=")
    if not key or (effect not in EFFECTS and not (remove and not effect)):
        raise ValueError(f"not a taint: {text!r}")
    change = SetTaint(Taint(key, value, effect), remove)
    return Edit(f"kubectl taint nodes {node} {text}", NODE, node, change)


def release(name: str, kind: str = DEPLOYMENT) -> Edit:
    """The action that takes the finalizers off a Deployment, or a namespace."""
    patch = '{"metadata":{"finalizers":null}}'
    return Edit(f"kubectl patch {kind.lower()}/{name} --patch='{patch}'", kind, name, DropFinalizers())


def delete(kind: str, name: str, *, force: bool = False, policy: str = BACKGROUND) -> Delete:
    """The action that deletes an object; see ``Delete`` for pods and for ``policy``."""
    flag = " --grace-period=0 --force" if force else ""
    flag += f" --cascade={policy.lower()}" if policy != BACKGROUND else ""
    target = f"pod/<one of {name}>" if kind == POD else f"{kind.lower()}/{name}"
    return Delete(f"kubectl delete {target}{flag}", kind, name, force, policy)


def _pods_meant(action: Action) -> str | None:
    return action.name if isinstance(action, Delete) and action.kind == POD else None


def _of_workload(name: str | None, pod: Pod | None) -> Pod | None:
    if name is None or pod is None:
        return None
    reference = pod.metadata.controller_reference
    owned = reference is not None and _workload(reference) == name
    return pod if owned or pod.metadata.name == name else None


_OWN_NAMES = (DAEMON_SET, STATEFUL_SET, JOB, REPLICATION_CONTROLLER)
"""Controllers of pods that are called as users call them."""


def _workload(controller: OwnerReference) -> str:
    """Name of the workload whose pods have this controller: ReplicaSets are called after their Deployment."""
    return controller.name if controller.kind in _OWN_NAMES else controller.name.rpartition("-")[0]


def _service_meant(action: Action) -> str | None:
    return action.name if isinstance(action, Edit) and action.kind == SERVICE else None


def _stands(name: str | None, service: Service | None) -> bool | None:
    return True if service is not None and service.metadata.name == name else None


SERVICE_THERE = Query(SERVICE, ("object",), _stands, ANY, _service_meant)
"""Whether the Service that a manifest is about is there."""


def _disturbs(change: Callable[[Deployment], Deployment], deployment: Deployment) -> bool:
    """Whether an edit breaks what properties of rollouts assume: nobody rescales, or moves the limits of a rollout."""
    after = change(deployment)
    if after.spec.replicas != deployment.spec.replicas:
        return True
    old, new = deployment.spec.strategy, after.spec.strategy
    # A status can be complete while old pods are still ending: other limits do not mind that, Recreate does.
    return new.type != old.type or (new != old and not is_complete(deployment, deployment.status))


def _deployment_meant(action: Action) -> Action | None:
    return action if isinstance(action, Edit) and action.kind == DEPLOYMENT else None


def _meets(action: Edit | None, deployment: Deployment | None) -> bool | None:
    """Whether the edit disturbs the Deployment that it is about; None for all others."""
    if action is None or deployment is None or deployment.metadata.name != action.name:
        return None
    assert not isinstance(action.change, SetUnschedulable | SetTaint), "only nodes are cordoned and tainted"
    return _disturbs(action.change, deployment)


def _drives_off(action: Edit) -> bool:
    """Whether the edit makes a node drive pods off."""
    change = action.change
    return isinstance(change, SetTaint) and not change.remove and change.taint.effect == NO_EXECUTE


def _forces(action: Action) -> bool:
    """Whether the action lets a pod's object go while its containers may still run (invariants 50, 77)."""
    if isinstance(action, Delete):
        return action.kind == NODE or (action.kind == POD and action.force)
    change = action.change if isinstance(action, Edit) else None
    return isinstance(change, SetTaint) and not change.remove and change.taint.key == OUT_OF_SERVICE


_FORCES = (Write(Named(FAULT, FORCED), "used", Set(True)),)
_DISTURBED = Write(Named(FAULT, DISRUPTION), "used", Set(True))


def _act(
    action: Action,
    pods: tuple[Pod, ...],
    meets: bool | None,
    unmanaged: bool = False,
    awaited: bool = False,
    service: bool = False,
) -> Iterable[Alternative]:
    done: tuple[Step, ...] = (Write(KEY, "todo", NextAction()),)
    if isinstance(action, EvictAll):
        if unmanaged:
            because = f"{action.text}: fails, cannot delete pods that declare no controller (use --force to override)"
            yield Alternative((*done, *done), because)
        else:
            yield Alternative((*done, ask(action)), f"{action.text}: evicting pods")
        return
    if isinstance(action, Await):
        if not awaited:
            yield Alternative(done, action.text)
        return
    if isinstance(action, Edit):
        if meets or _drives_off(action):
            done += (_DISTURBED,)
        call = ApiCall(Verb.PATCH, action.kind, action.change)
        if meets is None and not service and action.new is not None:
            call = ApiCall(Verb.CREATE, action.kind, action.new)
        yield Alternative((*done, Call(Named(action.kind, action.name), call)), action.text)
        return
    done += (_DISTURBED,)
    if action.kind in (DEPLOYMENT, REPLICA_SET, REPLICATION_CONTROLLER):
        done += (Write(Named(FAULT, ORPHANED if action.policy == ORPHAN else COLLECTED), "used", Set(True)),)
    if action.kind == PERSISTENT_VOLUME_CLAIM:
        done += (Write(Named(FAULT, CLAIM_DELETION), "used", Set(True)),)
    options = DeleteOptions(0 if action.force else None, action.policy)
    request = ApiCall(Verb.DELETE, action.kind, options)
    if action.kind == POD:
        for pod in pods:
            yield Alternative((*done, Call(Chosen("pods", pod), request)), action.text)
    else:
        yield Alternative((*done, Call(Named(action.kind, action.name), request)), action.text)


def component(
    *,
    drains: bool = False,
    identities: bool = False,
    evict_by_uid: bool = False,
    claims: bool = False,
    services: bool = False,
) -> Component:
    """The users of a scenario; each does what stands in its list, in order, each at any moment.

    ``drains``: one of them drains a node. ``identities``: pods have names that come again, so that force matters.
    ``evict_by_uid``: requests for evictions name the incarnation that was listed. ``claims``: claims come and go, so
    that it is remembered when they go with their namespace. ``services``: one of them applies Services.
    """

    def decide(action: Action, **answers: Any) -> Iterable[Alternative]:
        if evict_by_uid and isinstance(action, EvictAll):
            action = attrs.evolve(action, uid_precondition=True)
        noted: tuple[Step, ...] = _FORCES if identities and _forces(action) else ()
        if claims and isinstance(action, Delete) and action.kind == NAMESPACE:
            noted = (*noted, Write(Named(FAULT, CLAIM_DELETION), "used", Set(True)))
        return (attrs.evolve(found, plan=(*noted, *found.plan)) for found in _act(action, **answers))

    draining = {"unmanaged": UNMANAGED, "awaited": AWAITED} if drains else {}
    rule = Rule(
        name="act",
        key=Key(USER, ("todo",), lambda todo: todo[0] if todo else None),
        queries={
            "pods": Query(POD, ("object",), _of_workload, DISTINCT, _pods_meant),
            "meets": Query(DEPLOYMENT, ("object",), _meets, ONLY, _deployment_meant),
            **draining,
            **({"service": SERVICE_THERE} if services else {}),
        },
        decide=decide,
        reference="design §4",
        meaning="does the next thing on the list",
    )
    return Component(NAME, (rule,), place="environment", environment=True, duty="people who change the cluster")
