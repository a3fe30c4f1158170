"""Tiny clusters for the tests of node and controllers: a few pods and nodes, the API server, a user, faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
from frozendict import frozendict
from kubemodel.checker.naive import Counts, explore
from kubemodel.engine.judging import StepJudges
from kubemodel.engine.successors import changes, transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec import kinds
from kubemodel.spec.control_plane.apiserver.handling import handle
from kubemodel.spec.control_plane.controllers import node_lifecycle
from kubemodel.spec.environment import faults, process_supervisor
from kubemodel.spec.kinds import FAULT, NODE, POD, PROCESS, PodRuntime
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, Named, Rpc, Set, Write
from kubemodel.spec.language.query import ANY, Query, no_parameter
from kubemodel.spec.language.request import ApiCall, DeleteOptions, Verb
from kubemodel.spec.node import container_runtime, kubelet
from kubemodel.spec.node.container_runtime import Exit
from kubemodel.spec.node.pod_life import POD_LIFE
from kubemodel.spec.objects.conditions import Condition
from kubemodel.spec.objects.containers import Container, Probe, ResourceRequirements
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.node import Node, NodeSpec, NodeStatus
from kubemodel.spec.objects.pod import Pod, PodSpec
from kubemodel.spec.objects.quantities import resource_list
from kubemodel.spec.objects.taints import Taint

MACHINES = (POD_LIFE, *container_runtime.MACHINES, *kubelet.MACHINES, *node_lifecycle.MACHINES)
DELETE, FORCE_DELETE, SUCCESS, DELETE_NODE = "delete", "force delete", "containers succeed", "delete node"


def pod(
    node: str = "a", policy: str = "Always", *, probe: bool = False, cpu: str = "", phase: str = "Pending", **spec: Any
) -> Pod:
    """A pod with one container, bound to ``node``."""
    requests = resource_list({"cpu": cpu}) if cpu else frozendict()
    container = Container("main", resources=ResourceRequirements(requests), readiness_probe=Probe() if probe else None)
    made = Pod(spec=PodSpec(containers=(container,), node_name=node, restart_policy=policy, **spec))
    return attrs.evolve(made, status=attrs.evolve(made.status, phase=phase))


def terminating(stored: Pod) -> Pod:
    """The pod after a graceful DELETE."""
    metadata = attrs.evolve(stored.metadata, deletion_timestamp=0.0, deletion_grace_period_seconds=30)
    return attrs.evolve(stored, metadata=metadata)


def node(
    name: str = "a",
    ready: str | None = "True",
    *,
    cpu: str = "4",
    labels: Mapping[str, str] = frozendict(),
    taints: tuple[Taint, ...] = (),
) -> Node:
    """A node with room for ten pods; ``ready`` None: the condition was never posted."""
    conditions = () if ready is None else (Condition("Ready", ready),)
    return Node(
        ObjectMeta(name=name, namespace="", labels=frozendict(labels)),
        NodeSpec(taints=taints),
        NodeStatus(allocatable=resource_list({"cpu": cpu, "pods": 10}), conditions=conditions),
    )


def _act(name: str, key: Key, plan: Callable[[Any], tuple[Any, ...]]) -> Rule:
    def decide(found: Any, left: bool) -> list[Alternative]:
        return [Alternative((*plan(found), Write(Named(FAULT, name), "left", Set(0))))] if left else []

    def left(_parameter: None, other: str, budget: int) -> bool | None:
        return True if other == name and budget else None

    return Rule(name, key, decide, {"left": Query(FAULT, ("name", "left"), left, ANY, no_parameter)})


def _delete(kind: str, grace: int | None) -> Callable[[Any], tuple[Any, ...]]:
    return lambda _found: (Call(KEY, ApiCall(Verb.DELETE, kind, DeleteOptions(grace))),)


_ANY_POD = Key(POD, ("object",), lambda stored: "pod" if stored is not None else None)
_LIVE_POD = Key(
    POD, ("object",), lambda stored: "pod" if stored is not None and not stored.metadata.terminating else None
)
_ANY_NODE = Key(NODE, ("name", "object"), lambda name, stored: name if stored is not None else None)
_RUNNING = Key(POD, ("runtime",), lambda runtime: "pod" if runtime and runtime.containers == kinds.RUNNING else None)

_USER = Component(
    "user",
    (
        _act(DELETE, _LIVE_POD, _delete(POD, None)),
        _act(FORCE_DELETE, _ANY_POD, _delete(POD, 0)),
        _act(DELETE_NODE, _ANY_NODE, _delete(NODE, None)),
    ),
    environment=True,
)
_SUCCESS = Component(
    "fault", (_act(SUCCESS, _RUNNING, lambda _found: (Write(KEY, "runtime", Exit(0)),)),), environment=True
)


def cluster(
    *components: Component,
    pods: tuple[Mapping[str, Any], ...] = (),
    nodes: Mapping[str, Mapping[str, Any]] = frozendict(),
    may: Mapping[str, int] = frozendict(),
    rpc: Rpc = Rpc.REQUEST,
) -> Model:
    """A model of some components. ``pods``, ``nodes``: bundles; ``may``: budgets of faults and of the user's acts."""
    known = {name: budget for name, budget in may.items() if name in faults.FAULTS}
    environment = [_USER, _SUCCESS]
    if known:
        environment += [faults.component(known), process_supervisor.supervisor(known, {})]
    names = (*faults.FAULTS, DELETE, FORCE_DELETE, SUCCESS, DELETE_NODE)
    return Model(
        name="small cluster",
        kinds=(
            kinds.pods(max(1, len(pods))),
            kinds.named(NODE, tuple(nodes)),
            kinds.named(PROCESS, (kinds.KUBE_CONTROLLER_MANAGER,)),
            kinds.named(FAULT, names),
        ),
        components=(*components, *environment),
        initial={
            POD: pods,
            NODE: tuple({"name": name, **bundle} for name, bundle in nodes.items()),
            FAULT: tuple({"name": name, "left": may.get(name, 0)} for name in names),
        },
        machines=MACHINES,
        api_server=handle,
        rpc=rpc,
    )


@attrs.frozen
class Reached:
    """What a complete search met: counts, rules, arrows with drivers, pod values, and all ends: what stands still."""

    counts: Counts
    rules: frozenset[str]
    arrows: frozenset[tuple[str, str, str, str]]
    pods: frozenset[tuple[Any, ...]]
    ends: frozenset[tuple[Any, ...]]

    @property
    def end_pods(self) -> frozenset[tuple[str, ...]]:
        """What can have become of the pods where all stands still, as states of the machine ``pod``."""
        return frozenset(tuple(sorted(POD_LIFE.classify(item) for item in objects)) for objects, _, _ in self.ends)

    @property
    def end_runtimes(self) -> frozenset[tuple[PodRuntime, ...]]:
        """What the runtimes can hold where all stands still."""
        return frozenset(runtimes for _, runtimes, _ in self.ends)


def search(model: Model) -> Reached:
    """Searches ``model`` completely and fails on a change that no machine declares."""
    system = TransitionSystem(model)
    judges = StepJudges(system)
    counts = explore(system)
    assert counts.violation is None
    initial = system.initial_state()
    seen, frontier = {initial}, [initial]
    rules: set[str] = set()
    arrows: set[tuple[str, str, str, str]] = set()
    ends: set[tuple[Any, ...]] = set()
    while frontier:
        state = frontier.pop()
        enabled = transitions(system, state)
        if all(step.group.environment for step in enabled):
            ends.add(_end(system, state))
        for step in enabled:
            assert step.effects is not None and step.successor is not None
            rules.add(step.group.rule.name)
            for pool, before, after in changes(system, lambda p, s=state: s[p], step.chosen, step.effects):
                for _, finding in judges.judge(step.group, pool, before, after):
                    assert finding.judgement.value != "violated", finding.text
                arrows.update(
                    (*arrow, step.group.component.name) for arrow in judges.arrows(step.group, pool, before, after)
                )
            if step.successor not in seen:
                seen.add(step.successor)
                frontier.append(step.successor)
    pool = system.pools[system.pool_index[POD]]
    held = {bundle for state in seen for bundle in state[system.pool_index[POD]]}
    values = frozenset(pool.bundles[bundle] for bundle in held)
    return Reached(counts, frozenset(rules), frozenset(arrows), values, frozenset(ends))


def _end(system: TransitionSystem, state: tuple[tuple[int, ...], ...]) -> tuple[Any, ...]:
    number = system.pool_index[POD]
    pods = [system.pools[number].bundles[bundle] for bundle in state[number]]
    place = system.pools[number].position
    nodes = system.pool_index[NODE]
    stored = [system.pools[nodes].bundles[bundle] for bundle in state[nodes]]
    return (
        tuple(sorted((values[place["object"]] for values in pods), key=repr)),
        tuple(sorted((values[place["runtime"]] for values in pods), key=repr)),
        tuple(values[system.pools[nodes].position["object"]] for values in stored),
    )


def without(component: Component, rule: str) -> Component:
    """The component without one of its rules."""
    kept = tuple(item for item in component.rules if item.name != rule)
    assert len(kept) + 1 == len(component.rules), f"{component.name} has no rule {rule!r}"
    return attrs.evolve(component, rules=kept)
