"""Whether the API server reaches the webhooks that it has to ask: a ready pod must stand behind their Service.

The API server calls a webhook through the cluster IP of its Service. Here a backend is reachable as soon as one of its
pods is ready, and no longer than that: the way by EndpointSlices and the rules of kube-proxy takes no time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ...kinds import POD, WEBHOOK_BACKEND
from ...language.component import Component, Key, Rule
from ...language.machine import Arrow, Machine, State
from ...language.plan import KEY, Alternative, Set, Write
from ...language.query import ANY, Query
from ...objects.pod import Pod, is_ready
from ...objects.service import Service
from .evicting import NAME as API_SERVER

NAME = "webhook-client"


@attrs.frozen(cache_hash=True)
class Backend:
    """A Service behind a webhook, as the API server last found it."""

    name: str
    reachable: bool


def _answers(services: Mapping[str, Service]) -> Query:
    def classify(key: Backend, pod: Pod | None) -> bool | None:
        service = services[key.name]
        if pod is None or pod.metadata.namespace != service.metadata.namespace or not service.spec.selector:
            return None
        selected = all(pod.metadata.labels.get(name) == value for name, value in service.spec.selector.items())
        return True if selected and is_ready(pod) and not pod.metadata.terminating else None

    return Query(POD, ("object",), classify, ANY)


def _notice(key: Backend, answers: bool) -> Iterable[Alternative]:
    if answers != key.reachable:
        because = f"{key.name} has {'a' if answers else 'no'} ready pod"
        yield Alternative((Write(KEY, "reachable", Set(answers)),), because)


def component(services: Mapping[str, Service]) -> Component:
    """The part of the API server that calls webhooks. ``services``: those behind them, by NAMESPACE/NAME."""
    rule = Rule(
        name="reach webhook",
        key=Key(WEBHOOK_BACKEND, ("name", "reachable"), Backend),
        decide=_notice,
        queries={"answers": _answers(services)},
        reference="kube-apiserver §6",
        meaning="a webhook can be called while a ready pod stands behind its Service",
    )
    return Component(
        name=NAME,
        rules=(rule,),
        process=API_SERVER,
        duty="calls the webhooks that must admit a request",
        reference="kube-apiserver §6",
    )


MACHINE = Machine(
    name="webhook",
    kind=WEBHOOK_BACKEND,
    fields=("reachable",),
    states=(
        State("Unreachable", lambda reachable: not reachable, "nobody answers: failurePolicy decides"),
        State("Reachable", lambda reachable: bool(reachable), "a ready pod answers"),
    ),
    initial="Unreachable",
    arrows=(
        Arrow("pod ready", "Unreachable", "Reachable", NAME, "kube-apiserver §6"),
        Arrow("no pod ready", "Reachable", "Unreachable", NAME, "kube-apiserver §6"),
    ),
    meaning="whether the API server reaches the Service behind a webhook",
    reference="kube-apiserver §6",
)
