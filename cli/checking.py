"""Works through the jobs of a request: builds the model, finds where it starts, searches, tells the story."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import attrs

from ..checker.rest import RestlessError, rest_states
from ..checker.result import Limits, Progress, SearchResult
from ..checker.search import search
from ..engine.pools import State
from ..engine.trace_building import build
from ..engine.traces import Trace
from ..engine.transition_system import TransitionSystem
from ..engine.verdicts import Verdict
from ..spec import cluster
from ..spec.language.model import Model
from ..spec.language.scenario import Scenario, Start
from ..spec.manifests.errors import InputError
from ..spec.manifests.scenarios import COMMAND_LINE, Job
from ..spec.manifests.settings import as_document
from ..spec.properties.catalogue import PROPERTIES
from .naming import NAMING


@attrs.frozen
class Checked:
    """A job with what came of it: the search's result and, for each violated property, its counterexample.

    ``cycle``: the trace of a cycle because of which properties of states at rest stay undetermined, if there is one.
    """

    job: Job
    model: Model
    result: SearchResult
    starts: int
    traces: dict[str, Trace]
    cycle: Trace | None = None


def model_of(scenario: Scenario, seed: int = 0) -> Model:
    """The model of a scenario. ``seed`` shuffles the order in which components are tried: equal verdicts, but of
    several shortest counterexamples another one may come first."""
    try:
        model = cluster.build(scenario)
    except KeyError as error:
        known = ", ".join(PROPERTIES)
        raise InputError(f"unknown property {error}", source=COMMAND_LINE, expected=f"one of {known}") from error
    except cluster.RejectedError as error:
        raise InputError(str(error), source=scenario.name) from error
    if seed:
        shuffled = list(model.components)
        random.Random(seed).shuffle(shuffled)
        model = attrs.evolve(model, components=tuple(shuffled))
    return model


def starts(system: TransitionSystem, scenario: Scenario) -> tuple[State, ...]:
    """The states that the scenario begins with. Raises ``InputError`` if it must begin at rest and never rests."""
    if scenario.start is Start.CREATED:
        return (system.initial_state(),)
    try:
        return rest_states(system)
    except RestlessError as error:
        raise InputError(str(error), source=scenario.name, expected="start: created") from error


def run(
    job: Job,
    limits: Limits,
    *,
    seed: int = 0,
    keep_going: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Checked:
    """Checks one job."""
    model = model_of(job.scenario, seed)
    system = TransitionSystem(model)
    initial = starts(system, job.scenario)
    result = search(system, limits, progress, keep_going=keep_going, initial=initial)
    stories = dict(_stories(system, job, result))
    cycle = stories.pop("", None)
    return Checked(job, model, result, len(initial), stories, cycle)


def _stories(system: TransitionSystem, job: Job, result: SearchResult) -> Iterator[tuple[str, Trace]]:
    """The trace of every counterexample, by property; that of a cycle, which violates nothing, under ""."""
    document = as_document(job.settings)
    told = set()
    for prop in result.properties:
        if prop.trace is None or prop.trace in told:
            continue
        told.add(prop.trace)
        path = result.paths[prop.trace]
        violated = prop.name if prop.verdict is Verdict.VIOLATED else ""
        states = path.states if path.loop is None else (*path.states, path.states[path.loop])
        yield (
            violated,
            build(system, states, naming=NAMING, scenario=document, violated=violated, text=prop.text, loop=path.loop),
        )
