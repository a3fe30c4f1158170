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
from kubemodel.spec.language.plan import Alternative, Named, Set, Write
from kubemodel.spec.node.static_pods import GONE
from kubemodel.spec.objects.pod import Pod


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
