"""Scenarios of small clusters, for tests that tie the engine to what it was built for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import attrs
from kubemodel.checker.prompt import expansion as expansion_of
from kubemodel.engine.pools import State
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.manifests.fields import Lines
from kubemodel.spec.manifests.loading import Document
from kubemodel.spec.manifests.scenarios import plan
from kubemodel.spec.manifests.settings import settings_of
from kubemodel.spec.manifests.settings_schema import API_VERSION, KIND

Data = dict[str, Any]


def deployment(replicas: int = 1, image: str = "web:1", **spec: Any) -> Data:
    """A Deployment ``web``."""
    pod = {"containers": [{"name": "web", "image": image}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod},
            **spec,
        },
    }


def scenario(*objects: Data, **settings: Any) -> Scenario:
    """The scenario of some manifests, with settings as a `kind: Scenario` document has them."""
    data = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": "small"}, **settings}
    read = settings_of(Document(data, "small.yaml", Lines(1)))
    (job,) = plan([Document(dict(item), "small.yaml", Lines(1)) for item in objects], read).jobs
    return job.scenario


@attrs.frozen
class Reachable:
    """All that can be reached: every state, and those in which nothing but the environment acts."""

    states: tuple[State, ...]
    quiescent: tuple[State, ...]


def reachable(system: TransitionSystem) -> Reachable:
    """Everything that is reached from the initial state of a system."""
    expansion = expansion_of(system)
    first = expansion.pack(system.initial_state())
    seen, open_, quiescent = {first}, [first], []
    while open_:
        state = open_.pop()
        own, environment, progress = expansion.steps(state)
        quiescent += [] if progress else [state]
        new = {state + delta for delta in (*own, *environment)} - seen
        seen |= new
        open_ += new
    return Reachable(tuple(map(expansion.unpack, seen)), tuple(map(expansion.unpack, quiescent)))


Projection = frozenset[tuple[str, frozenset[tuple[Any, int]]]]


def projected(system: TransitionSystem, states: Iterable[State], hidden: Collection[str] = ()) -> set[Projection]:
    """States as values, the same for every system that has these fields; ``hidden`` fields are left out."""
    places = [[place for place, field in enumerate(pool.fields) if field not in hidden] for pool in system.pools]

    def content(number: int, bundles: tuple[int, ...]) -> frozenset[tuple[Any, int]]:
        pool = system.pools[number]
        seen = Counter(tuple(pool.bundles[bundle][place] for place in places[number]) for bundle in bundles)
        if not pool.names:
            # An object of which only hidden fields are left is not there for who cannot see them.
            del seen[tuple(pool.initial[place] for place in places[number])]
        return frozenset(seen.items())

    return {
        frozenset((system.pools[number].name, content(number, bundles)) for number, bundles in enumerate(state))
        for state in states
    }
