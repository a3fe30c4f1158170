"""Scenarios from short texts, and complete searches of them that keep all that the tests of `spec` ask about."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import attrs
from kubemodel.checker.rest import rest_states
from kubemodel.checker.result import Limits
from kubemodel.checker.search import search
from kubemodel.engine.executor import as_initial
from kubemodel.engine.pools import State
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Verdict
from kubemodel.spec import cluster
from kubemodel.spec.language.component import Rule
from kubemodel.spec.language.model import Model
from kubemodel.spec.language.scenario import Scenario, Start
from kubemodel.spec.manifests.loading import load
from kubemodel.spec.manifests.scenarios import plan
from kubemodel.spec.manifests.settings import is_scenario, settings_of

MOST_STATES = 60_000

Mutation = Callable[[Model], Model]


def scenario(*texts: str) -> Scenario:
    """The one scenario that YAML texts come to: manifests, and settings as a `kind: Scenario` document has them."""
    documents = load(["-"], io.StringIO("\n---\n".join(textwrap.dedent(text) for text in texts)))
    (settings,) = [settings_of(document) for document in documents if is_scenario(document)]
    (job,) = plan([document for document in documents if not is_scenario(document)], settings).jobs
    return job.scenario


@attrs.frozen
class Found:
    """What complete searches met, all together.

    ``rules``: (component, rule) of those that fired; ``arrows``: (machine, source, dest, component). ``violated``,
    ``suspended``: properties by name, with an explanation. ``triggered``: those that held of something.
    """

    states: int
    rules: frozenset[tuple[str, str]]
    arrows: frozenset[tuple[str, str, str, str]]
    triggered: frozenset[str]
    suspended: Mapping[str, str]
    violated: Mapping[str, str]


def at_start(model: Model, start: Start) -> list[Model]:
    """The model in each of the states that its exploration begins in."""
    if start is Start.CREATED:
        return [model]
    system = TransitionSystem(model)
    return [attrs.evolve(model, initial=as_initial(system, state)) for state in rest_states(system)]


def explore(wanted: Scenario, mutate: Mutation | None = None) -> Found:
    """All that can happen in a scenario, or in a mutation of its model."""
    model = cluster.build(wanted)
    models = at_start(mutate(model) if mutate is not None else model, wanted.start)
    results = [search(TransitionSystem(model), Limits(max_states=MOST_STATES), keep_going=True) for model in models]
    for result in results:
        assert result.complete, result.bounds
    verdicts = [verdict for result in results for verdict in result.properties]
    return Found(
        sum(result.states for result in results),
        frozenset(rule for result in results for rule in result.fired),
        frozenset(arrow for result in results for arrow in result.arrows),
        frozenset(verdict.name for verdict in verdicts if verdict.verdict is Verdict.HOLDS),
        {each.property: each.texts[0] for result in results for each in result.suspended},
        {verdict.name: verdict.text for verdict in verdicts if verdict.verdict is Verdict.VIOLATED},
    )


def ends(wanted: Scenario, kind: str, field: str = "object") -> list[tuple[Any, ...]]:
    """The values of a field of all objects of a kind, in each state in which the scenario can come to rest."""
    system = TransitionSystem(cluster.build(wanted))
    return [values(system, state, kind, field) for state in rest_states(system)]


def values(system: TransitionSystem, state: State, kind: str, field: str = "object") -> tuple[Any, ...]:
    """The values of a field of all objects of a kind in a state."""
    number = system.pool_index[kind]
    pool = system.pools[number]
    return tuple(pool.bundles[bundle][pool.position[field]] for bundle in state[number])


def replaced(component: str, rule: str, **changes: Any) -> Mutation:
    """The mutation that changes one rule of one component."""
    return _edited(component, rule, lambda found: (attrs.evolve(found, **changes),))


def without(component: str, rule: str) -> Mutation:
    """The mutation that takes one rule of one component away."""
    return _edited(component, rule, lambda _found: ())


def _edited(component: str, rule: str, edit: Callable[[Rule], tuple[Rule, ...]]) -> Mutation:
    def mutate(model: Model) -> Model:
        (owner,) = [item for item in model.components if item.name == component]
        assert rule in [item.name for item in owner.rules], f"{component} has no rule {rule!r}"
        rules = tuple(new for item in owner.rules for new in (edit(item) if item.name == rule else (item,)))
        changed = attrs.evolve(owner, rules=rules)
        return attrs.evolve(model, components=tuple(changed if it is owner else it for it in model.components))

    return mutate
