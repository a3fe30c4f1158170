"""What would have to be wrong with endpoints, rules and connections for their properties to be violated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
from kubemodel.spec.control_plane.controllers import endpointslice
from kubemodel.spec.control_plane.controllers.endpointslice import Selected
from kubemodel.spec.environment.traffic import Backend
from kubemodel.spec.language.component import Rule
from kubemodel.spec.language.model import Model
from kubemodel.spec.language.plan import Alternative, Chosen, Write
from kubemodel.spec.node.kube_proxy import Loaded


def _deceived(rule: Rule, deceive: Any) -> Rule:
    """The rule, which sees each pod as ``deceive`` says; its plans mean the pods as they are."""

    def decide(key: Any, pods: Any, **answers: Any) -> Iterable[Alternative]:
        real = {deceive(pod): pod for pod, _ in pods}
        for found in rule.decide(key, pods=tuple((deceive(pod), count) for pod, count in pods), **answers):
            yield attrs.evolve(found, plan=tuple(_meant(step, real) for step in found.plan))

    return attrs.evolve(rule, decide=decide)


def _meant(step: Any, real: Any) -> Any:
    if isinstance(step, Write) and isinstance(step.target, Chosen) and step.target.cls in real:
        return attrs.evolve(step, target=attrs.evolve(step.target, cls=real[step.target.cls]))
    return step


def listing_for_ever(rule: Rule) -> tuple[Rule, ...]:
    """What a slice lists stays as it is listed."""

    def as_before(pod: Selected) -> Selected:
        return attrs.evolve(pod, wanted=pod.seen[0][1]) if pod.seen else pod

    return (_deceived(rule, as_before),)


def listing_as_ready(rule: Rule) -> tuple[Rule, ...]:
    """Terminating pods are ready."""

    def ready(pod: Selected) -> Selected:
        return pod if pod.wanted is None else attrs.evolve(pod, wanted=attrs.evolve(pod.wanted, ready=True))

    return (_deceived(rule, ready),)


def with_large_slices(model: Model) -> Model:
    """The EndpointSlice controller of another scenario: one without a bound on slices that matters."""
    services = tuple(bundle["object"] for bundle in model.initial["Service"])
    large = endpointslice.component(services)
    return attrs.evolve(
        model, components=tuple(large if it.name == endpointslice.NAME else it for it in model.components)
    )


def all_local(rule: Rule) -> tuple[Rule, ...]:
    """Every endpoint is on the proxy's node."""

    def decide(key: Any, services: Any, pods: tuple[tuple[Loaded, int], ...]) -> Iterable[Alternative]:
        away = attrs.evolve(key, node=next((each.node_name for pod, _ in pods for _, each in pod.backends), key.node))
        for found in rule.decide(away, services=services, pods=pods):
            sweep = found.plan[0]
            yield attrs.evolve(
                found, plan=(attrs.evolve(sweep, parameter=attrs.evolve(sweep.parameter, node=key.node)),)
            )

    return (attrs.evolve(rule, decide=decide),)


def forgetful(rule: Rule) -> tuple[Rule, ...]:
    """The client gets another endpoint than it had, if there is one."""

    def decide(key: Any, service: Any, backends: tuple[Backend, ...]) -> Iterable[Alternative]:
        others = tuple(each for each in backends if not each.last)
        return rule.decide(key, service=service, backends=others or backends)

    return (attrs.evolve(rule, decide=decide),)


def at_once(rule: Rule) -> tuple[Rule, ...]:
    """Nothing is waited for."""
    return (attrs.evolve(rule, duration=0.0),)


def nowhere(service: str) -> Callable[[Rule], tuple[Rule, ...]]:
    """No node has rules for ``service``."""

    def mutate(rule: Rule) -> tuple[Rule, ...]:
        def decide(key: Any, services: tuple[Any, ...], **answers: Any) -> Iterable[Alternative]:
            others = tuple(each for each in services if each.metadata.name != service)
            return rule.decide(key, services=others, **answers)

        return (attrs.evolve(rule, decide=decide),)

    return mutate


def nameless(rule: Rule) -> tuple[Rule, ...]:
    """Whoever asks is told that there is no such Service."""

    def decide(key: Any, service: Any, **answers: Any) -> Iterable[Alternative]:
        return rule.decide(key, service=None, **answers)

    return (attrs.evolve(rule, decide=decide),)


def searching(rule: Rule) -> tuple[Rule, ...]:
    """Whatever a client asks for, the full name of its Service is among the names that are tried."""

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        return rule.decide(attrs.evolve(key, way=attrs.evolve(key.way, reaches=True)), **answers)

    return (attrs.evolve(rule, decide=decide),)


def out_of_turn(rule: Rule) -> tuple[Rule, ...]:
    """It may be any endpoint's turn, also of one that was taken before."""

    def decide(key: Any, backends: Any, **answers: Any) -> Iterable[Alternative]:
        for each in backends:
            fresh = attrs.evolve(each, turn="")
            for found in rule.decide(key, backends=(fresh,), **answers):
                yield attrs.evolve(found, plan=tuple(_meant(step, {fresh: each}) for step in found.plan))

    return (attrs.evolve(rule, decide=decide),)


def without_flushing(rule: Rule) -> tuple[Rule, ...]:
    """Rules are loaded, and nothing is flushed of connection tracking."""

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        for found in rule.decide(key, **answers):
            yield attrs.evolve(found, plan=found.plan[:1])

    return (attrs.evolve(rule, decide=decide),)


def without_hints(rule: Rule) -> tuple[Rule, ...]:
    """What slices list has no hints for the node."""

    def unhinted(pod: Loaded) -> Loaded:
        backends = tuple((name, attrs.evolve(each, zones=(), nodes=())) for name, each in pod.backends)
        return attrs.evolve(pod, backends=backends)

    def decide(key: Any, pods: tuple[tuple[Loaded, int], ...], **answers: Any) -> Iterable[Alternative]:
        real = {unhinted(pod).backends: pod.backends for pod, _ in pods}
        for found in rule.decide(key, pods=tuple((unhinted(pod), count) for pod, count in pods), **answers):
            sweep = found.plan[0]
            table = {real[backends]: programmed for backends, programmed in sweep.parameter.table.items()}
            load = attrs.evolve(sweep.parameter, table=type(sweep.parameter.table)(table))
            yield attrs.evolve(found, plan=(attrs.evolve(sweep, parameter=load),))

    return (attrs.evolve(rule, decide=decide),)
