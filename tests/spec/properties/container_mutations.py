"""What would have to be wrong with the kubelet's order of containers for its properties to be violated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
from kubemodel.spec.kinds import (
    EXITED,
    INIT,
    MAIN,
    NODE,
    PRESENT,
    RUNNING,
    STOPPED,
    ContainerRuntime,
    PodRuntime,
    PodWorker,
)
from kubemodel.spec.language.component import Key, Rule
from kubemodel.spec.language.model import Model
from kubemodel.spec.language.plan import KEY, Alternative, Named, RuntimeCall, Set, Write
from kubemodel.spec.node.container_runtime import Known, StopContainer
from kubemodel.spec.node.critical_pods import critical, endable
from kubemodel.spec.node.static_pods import GONE
from kubemodel.spec.node.termination import STOP_POD
from kubemodel.spec.objects.pod import CRITICAL_PRIORITY, Pod

from ..exploration import edited


def _seeing(change: Callable[[ContainerRuntime], ContainerRuntime]) -> Callable[[Rule], tuple[Rule, ...]]:
    """The rule, which takes containers for something else than they are."""

    def edit(rule: Rule) -> tuple[Rule, ...]:
        def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Any:
            if runtime is not None:
                runtime = attrs.evolve(runtime, each=tuple(map(change, runtime.each)))
            return rule.key.view(pod, runtime, worker)

        return (attrs.evolve(rule, key=Key(rule.key.kind, rule.key.fields, view)),)

    return edit


def _ended(container: ContainerRuntime, role: str) -> ContainerRuntime:
    runs = container.role == role and container.state == RUNNING
    return attrs.evolve(container, state=EXITED, exit_code=0) if runs else container


init_containers_done = _seeing(lambda container: _ended(container, INIT))
"""Init containers count as done as soon as they run."""

main_containers_done = _seeing(lambda container: _ended(container, MAIN))
"""Main containers count as ended as soon as they run."""


def heedless_of_startup(rule: Rule) -> tuple[Rule, ...]:
    """The kubelet takes every container for started."""

    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Any:
        if worker is not None and pod is not None:
            worker = attrs.evolve(worker, started=tuple(it.name for it in pod.spec.containers))
        return rule.key.view(pod, runtime, worker)

    return (attrs.evolve(rule, key=Key(rule.key.kind, rule.key.fields, view)),)


def stopping_all(rule: Rule) -> tuple[Rule, ...]:
    """The kubelet stops all main containers of the pod besides."""

    def decide(key: Any) -> Iterable[Alternative]:
        for found in rule.decide(key):
            mains = RuntimeCall(KEY, "runtime", StopContainer(), "StopContainer")
            yield attrs.evolve(found, plan=(mains, *found.plan))

    return (attrs.evolve(rule, decide=decide),)


def heedless_of_hooks(rule: Rule) -> tuple[Rule, ...]:
    """The kubelet takes every postStart hook for one that has returned."""

    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Any:
        if worker is not None:
            worker = attrs.evolve(worker, hook="")
        return rule.key.view(pod, runtime, worker)

    return (attrs.evolve(rule, key=Key(rule.key.kind, rule.key.fields, view)),)


def heedless_of_images(rule: Rule) -> tuple[Rule, ...]:
    """The kubelet takes every image for present."""

    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Any:
        if runtime is not None and runtime.pull:
            runtime = attrs.evolve(runtime, pull=PRESENT)
        return rule.key.view(pod, runtime, worker)

    return (attrs.evolve(rule, key=Key(rule.key.kind, rule.key.fields, view)),)


def ending_what_is_declared(rule: Rule) -> tuple[Rule, ...]:
    """The kubelet takes every static pod for one that its source does not declare."""

    def view(_known: Any, runtime: Any) -> Any:
        return rule.key.view(GONE, runtime)

    return (attrs.evolve(rule, key=Key(rule.key.kind, rule.key.fields, view)),)


def ending_foreign_containers(rule: Rule) -> tuple[Rule, ...]:
    """The kubelet ends whatever else runs on the node, too."""

    def decide(key: Any) -> Iterable[Alternative]:
        for found in rule.decide(key):
            yield attrs.evolve(found, plan=(Write(Named(NODE, key.node), "foreign", Set(STOPPED)), *found.plan))

    return (attrs.evolve(rule, decide=decide),)


def evicting_any(rule: Rule) -> tuple[Rule, ...]:
    """The kubelet evicts whichever pod it comes upon."""

    def decide(key: Any, pressure: str | None, others: Any) -> Iterable[Alternative]:
        return rule.decide(key, pressure, ())

    return (attrs.evolve(rule, decide=decide),)


def impatient(rule: Rule) -> tuple[Rule, ...]:
    """The kubelet takes every threshold for overdue."""

    def decide(key: Any, *, overdue: bool, **answers: Any) -> Iterable[Alternative]:
        return rule.decide(key, overdue=True, **answers)

    return (attrs.evolve(rule, decide=decide),)


def ending_any(rule: Rule) -> tuple[Rule, ...]:
    """The kubelet ends whichever pod it comes upon."""

    def decide(key: Any, ending: bool, others: bool) -> Iterable[Alternative]:
        return rule.decide(key, ending=ending, others=False)

    return (attrs.evolve(rule, decide=decide),)


def taken_for_two(rule: Rule) -> tuple[Rule, ...]:
    """The runtime makes another sandbox while the kubelet lists."""

    def decide(_key: Any) -> Iterable[Alternative]:
        yield Alternative((Write(KEY, "runtime", Known(2)),), "there are two")

    return (attrs.evolve(rule, decide=decide),)


def killing_at_once(_rule: Rule) -> tuple[Rule, ...]:
    """The kubelet stops containers with KILL."""
    return (STOP_POD,)


def ending_critical_pods(model: Model) -> Model:
    """The kubelet ends whichever pod has to go to make room."""

    def any_of_node(node: str, pod: Pod | None, runtime: PodRuntime | None) -> Any:
        urgent = pod is not None and critical(pod.spec)
        if pod is not None and urgent:
            pod = attrs.evolve(pod, spec=attrs.evolve(pod.spec, priority=0))
        found = endable(node, pod, runtime)
        return attrs.evolve(found, priority=CRITICAL_PRIORITY + 1000) if found is not None and urgent else found

    def edit(rule: Rule) -> tuple[Rule, ...]:
        query = attrs.evolve(rule.queries["endable"], classify=any_of_node)
        return (attrs.evolve(rule, queries={**rule.queries, "endable": query}),)

    for name in ("make room for critical pod", "admit pod"):
        model = edited("kubelet", name, edit)(model)
    return model
