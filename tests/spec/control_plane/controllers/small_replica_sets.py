"""A cluster of nothing but ReplicaSets, their controller and pods, for tests; the API server is the model's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs
from frozendict import frozendict
from kubemodel.engine.pools import State
from kubemodel.engine.successors import Transition, transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.control_plane.apiserver.handling import handle
from kubemodel.spec.control_plane.controllers import replicaset
from kubemodel.spec.control_plane.controllers.replicaset_requests import controller_reference
from kubemodel.spec.environment.faults import CONTROLLER_MANAGER_CRASH
from kubemodel.spec.kinds import FAULT, KUBE_CONTROLLER_MANAGER, POD, PROCESS, REPLICA_SET, PodRuntime, named, pods
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Model, TimeMode
from kubemodel.spec.language.plan import KEY, Alternative, Call, Forget, Relist, Set, Step, Write
from kubemodel.spec.language.request import ApiCall, DeleteOptions, Outcome, Response, Verb
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.containers import Container
from kubemodel.spec.objects.metadata import ObjectMeta, OwnerReference
from kubemodel.spec.objects.pod import RUNNING, Pod, PodSpec, PodStatus, PodTemplateSpec
from kubemodel.spec.objects.selectors import LabelSelector
from kubemodel.spec.objects.workloads import ReplicaSet, ReplicaSetSpec
from kubemodel.spec.properties.deployments import REPLICASET_NO_OVERSHOOT, REPLICASET_STABLE_COUNT
from kubemodel.spec.properties.objects import NODE_NAME_WRITE_ONCE

WEB = OwnerReference("Deployment", "web", controller=True)
READY = Condition("Ready", "True")


def labels(name: str) -> frozendict[str, str]:
    """The labels that the ReplicaSet ``name`` selects its pods by."""
    return frozendict({"app": "web", "pod-template-hash": name})


def replica_set(replicas: int, name: str = "web-1", owner: OwnerReference | None = WEB, **status: Any) -> ReplicaSet:
    spec = PodSpec(containers=(Container(name="main", image="web"),))
    template = PodTemplateSpec(ObjectMeta(labels=labels(name)), spec)
    meta = ObjectMeta(name=name, owner_references=(owner,) if owner else ())
    found = ReplicaSet(meta, ReplicaSetSpec(replicas, LabelSelector(labels(name)), template))
    return attrs.evolve(found, status=attrs.evolve(found.status, **status))


def pod(owner: ReplicaSet | None = None, node: str = "n1", *, ready: bool = True, **metadata: Any) -> Pod:
    """A running pod of ``owner``, or one without controller that ``web-1`` selects."""
    references = (controller_reference(owner),) if owner is not None else ()
    name = owner.metadata.name if owner is not None else "web-1"
    meta = ObjectMeta(labels=labels(name), owner_references=references, **metadata)
    spec = PodSpec(containers=(Container(name="main", image="web"),), node_name=node)
    return Pod(meta, spec, PodStatus(phase=RUNNING, conditions=(READY,) if ready else ()))


def running(it: Pod, restarts: int = 0) -> dict[str, Any]:
    """A bundle: a pod and what its node holds of it."""
    return {"object": it, "runtime": PodRuntime(it.spec.node_name, restarts=restarts)}


@attrs.define
class Server:
    """The API server, which may refuse calls; a test may change its mind between two steps."""

    refuses: frozenset[Verb] = frozenset()
    outcome: Outcome = Outcome.FORBIDDEN

    def __call__(self, call: ApiCall, stored: Any, *, current: bool) -> Response:
        if call.verb in self.refuses and call.kind == POD:
            return Response(self.outcome, stored, "refused")
        return handle(call, stored, current=current)


def _end(_pod: Pod) -> Iterable[Alternative]:
    yield Alternative((Call(KEY, ApiCall(Verb.DELETE, POD, DeleteOptions(0))),), "its containers have stopped")


KUBELET = Component(
    "kubelet", (Rule("end", Key(POD, ("object",), lambda it: it if it and it.metadata.terminating else None), _end),)
)


def crash(*, relist: bool, noted: bool) -> Component:
    """The end of kube-controller-manager and its return, in one step; ``noted``: properties may take it as a fault."""

    def restart(left: int) -> Iterable[Alternative]:
        steps: list[Step] = [Write(KEY, "left", Set(left - 1)), Forget(KUBE_CONTROLLER_MANAGER)]
        steps += [Relist(replicaset.NAME)] if relist else []
        steps += [Write(KEY, "used", Set(True))] if noted else []
        yield Alternative(tuple(steps), "kube-controller-manager restarts")

    return Component(
        "fault", (Rule("restart", Key(FAULT, ("left",), lambda left: left or None), restart),), environment=True
    )


def cluster(
    *replica_sets: ReplicaSet,
    found: Iterable[dict[str, Any]] = (),
    slots: int = 3,
    lag: int = 0,
    missing: str = "",
    expectations: bool = True,
    expiry: bool = True,
    crashes: Component | None = None,
    server: Server | None = None,
    time: TimeMode = TimeMode.GRADED,
) -> Model:
    """The model. ``found``: bundles of pods at the start. ``lag``: that of the controller's Pod cache.

    ``missing``: name of a rule that the controller has not.
    """
    controller = replicaset.component(expectations=expectations, expiry=expiry)
    rules = tuple(rule for rule in controller.rules if rule.name != missing)
    return Model(
        name="ReplicaSets",
        kinds=(
            pods(slots),
            named(REPLICA_SET, tuple(sorted(it.metadata.name for it in replica_sets))),
            named(PROCESS, (KUBE_CONTROLLER_MANAGER,)),
            named(FAULT, (CONTROLLER_MANAGER_CRASH,)),
        ),
        components=(attrs.evolve(controller, rules=rules), KUBELET, *((crashes,) if crashes else ())),
        initial={
            POD: tuple(found),
            REPLICA_SET: tuple({"name": it.metadata.name, "object": it} for it in replica_sets),
            FAULT: ({"name": CONTROLLER_MANAGER_CRASH, "left": 1 if crashes else 0},),
        },
        machines=(replicaset.MACHINE,),
        properties=(REPLICASET_STABLE_COUNT, REPLICASET_NO_OVERSHOOT, NODE_NAME_WRITE_ONCE),
        api_server=server or Server(),
        lag={(replicaset.NAME, POD): lag} if lag else {},
        time=time,
    )


def stored(system: TransitionSystem, state: State, kind: str = POD) -> list[Any]:
    """The objects of a kind that the store holds."""
    pool = system.pools[system.pool_index[kind]]
    found = (pool.bundles[bundle][pool.position["object"]] for bundle in state[system.pool_index[kind]])
    return [it for it in found if it is not None]


def ends(model: Model) -> Iterator[tuple[list[Any], list[Any]]]:
    """The ReplicaSets and the pods of each state in which the model comes to rest."""
    system = TransitionSystem(model)
    seen = {system.initial_state()}
    open_ = list(seen)
    while open_:
        state = open_.pop()
        following = [it.successor for it in transitions(system, state) if it.successor is not None]
        if not following:
            yield stored(system, state, REPLICA_SET), stored(system, state)
        open_.extend({it for it in following if it not in seen})
        seen.update(following)


def steps_of(system: TransitionSystem, state: State, *rules: str) -> list[Transition]:
    """The controller's enabled steps by these rules."""
    return [
        it
        for it in transitions(system, state)
        if it.group.component.name == replicaset.NAME and it.group.rule.name in rules
    ]
