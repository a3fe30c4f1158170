"""Works through the jobs of a request: builds the model, finds where it starts, searches, tells the story."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from ..checker.kernel.checkpoint import CheckpointError
from ..checker.kernel.library import NoCompilerError
from ..checker.rest import RestlessError, rest_states
from ..checker.result import Bound, Explorer, Limits, Progress, RuleName, SearchResult
from ..checker.search import memory_mb, search
from ..checker.vacuity import Vacuity
from ..engine.pools import State
from ..engine.renaming import ToldApart
from ..engine.symmetry import up_to_symmetry
from ..engine.trace_building import build
from ..engine.traces import Trace
from ..engine.transition_system import TransitionSystem
from ..engine.verdicts import RunVerdict, Verdict
from ..spec import cluster
from ..spec.language.model import Model
from ..spec.language.scenario import Alike, Scenario, Start
from ..spec.manifests.errors import InputError
from ..spec.manifests.scenarios import COMMAND_LINE, Job
from ..spec.manifests.settings import as_document
from ..spec.properties.catalogue import PROPERTIES
from .naming import NAMING


@attrs.frozen
class Checked:
    """A job with what came of it: the search's result and, for each violated property, its counterexample.

    ``loops``: likewise for temporal properties that are undetermined because of a loop.
    ``files``: where the counterexamples were written, by property. ``alike``: groups of nodes of which it was left open
    who is who. ``vacuity``: what comes of what never happened.
    """

    job: Job
    model: Model
    result: SearchResult
    starts: int
    traces: dict[str, Trace]
    loops: Mapping[str, Trace] = attrs.field(factory=dict)
    files: Mapping[str, str] = attrs.field(factory=dict)
    alike: tuple[tuple[str, ...], ...] = ()
    vacuity: Vacuity = Vacuity()

    @property
    def never_fired(self) -> tuple[RuleName, ...]:
        """The rules that never fired of the components that the scenario needs.

        Faults and users are no components of Kubernetes: that they may do something, not that they must, is asked for.
        """
        own = {component.name for component in self.model.components if not component.environment}
        return tuple(rule for rule in self.result.never_fired if rule[0] in own)

    @property
    def verdict(self) -> RunVerdict:
        """The verdict of the job."""
        return self.vacuity.verdict(self.result.properties, self.never_fired)


def verdict_of(checked: Iterable[Checked]) -> RunVerdict:
    """The verdict of several jobs: the worst of theirs."""
    return RunVerdict.worst(one.verdict for one in checked)


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


class _Stopped(Exception):
    def __init__(self, bound: Bound) -> None:
        self.bound = bound


INTERRUPTED = Bound("interrupted", "the search was interrupted; let it run to its end")


def starts(
    system: TransitionSystem, scenario: Scenario, pause: Callable[[int], None] | None = None
) -> tuple[State, ...]:
    """The states that the scenario begins with. Raises ``InputError`` if it must begin at rest and never rests.

    ``pause`` is called now and then on the way there, with the number of states seen, and bounds it.
    """
    if scenario.start is Start.CREATED:
        return (system.initial_state(),)
    try:
        return rest_states(system) if pause is None else rest_states(system, sys.maxsize, pause)
    except RestlessError as error:
        raise InputError(str(error), source=scenario.name, expected="start: created") from error


def run(
    job: Job,
    limits: Limits,
    *,
    seed: int = 0,
    keep_going: bool = False,
    progress: Callable[[Progress], None] | None = None,
    interrupted: bool = False,
    explorer: Explorer = Explorer.AUTO,
    checkpoint: Path | None = None,
    resume: Path | None = None,
    diagnose: bool = False,
    cores: int = 1,
    fingerprint: bool = False,
) -> Checked:
    """Checks one job. ``interrupted``: an earlier job of the run was, so this one is not begun."""
    model = model_of(job.scenario, seed)
    system = TransitionSystem(model)
    began = time.monotonic()
    try:
        if interrupted:
            raise KeyboardInterrupt
        initial = starts(system, job.scenario, _pause(limits, began))
        if limits.seconds is not None:
            limits = attrs.evolve(limits, seconds=max(0.0, limits.seconds - (time.monotonic() - began)))
        options = _Options(
            limits, progress, keep_going, initial, explorer, checkpoint, resume, diagnose, cores, fingerprint
        )
        reduced = up_to_symmetry(system) if job.settings.symmetry is Alike.NODES else system
        try:
            result = options.search(reduced)
        except ToldApart:
            reduced = system
            result = options.search(reduced)
    except _Stopped as stopped:
        return Checked(job, model, _not_begun(system, stopped.bound), 0, {})
    except KeyboardInterrupt:
        return Checked(job, model, _not_begun(system, INTERRUPTED), 0, {})
    except (CheckpointError, OSError) as error:
        what = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{what}", source=COMMAND_LINE, field="--resume" if resume else "--checkpoint") from error
    except NoCompilerError as error:
        raise InputError(str(error), source=COMMAND_LINE, field="--explorer", expected="auto or tables") from error
    stories = dict(_stories(system, job, result))
    violated = {prop.name for prop in result.properties if prop.verdict is Verdict.VIOLATED}
    loops = {name: trace for name, trace in stories.items() if name not in violated}
    traces = {name: stories[name] for name in stories if name in violated}
    alike = () if reduced.symmetry is None else reduced.symmetry.groups
    return Checked(job, model, result, len(initial), traces, loops, alike=alike)


@attrs.frozen
class _Options:
    """What a search is to keep to."""

    limits: Limits
    progress: Callable[[Progress], None] | None
    keep_going: bool
    initial: tuple[State, ...]
    explorer: Explorer
    checkpoint: Path | None
    resume: Path | None
    diagnose: bool
    cores: int
    fingerprint: bool

    def search(self, system: TransitionSystem) -> SearchResult:
        """Searches ``system``."""
        return search(
            system,
            self.limits,
            self.progress,
            keep_going=self.keep_going,
            initial=self.initial,
            explorer=self.explorer,
            checkpoint=self.checkpoint,
            resume=self.resume,
            diagnose=self.diagnose,
            cores=self.cores,
            fingerprint=self.fingerprint,
        )


def _pause(limits: Limits, began: float) -> Callable[[int], None]:
    """Keeps the way to where the story begins within the limits of the search."""

    def pause(states: int) -> None:
        before = "before the manifests came to rest, where the story begins"
        if limits.max_states is not None and states > limits.max_states:
            raise _Stopped(Bound("max-states", f"{limits.max_states} states were seen {before}; allow more"))
        if limits.seconds is not None and time.monotonic() - began > limits.seconds:
            raise _Stopped(Bound("timeout", f"{limits.seconds:g} seconds had passed {before}; allow more"))
        if limits.max_memory_mb is not None and memory_mb() > limits.max_memory_mb:
            raise _Stopped(Bound("memory", f"{limits.max_memory_mb:g} MiB of memory were used {before}; allow more"))

    return pause


def _not_begun(system: TransitionSystem, bound: Bound) -> SearchResult:
    """The result of a search that stopped before its first step."""
    result = search(system, Limits(max_depth=0))
    undecided = [
        attrs.evolve(prop, verdict=Verdict.UNDETERMINED, text=bound.text, trace=None) for prop in result.properties
    ]
    return attrs.evolve(result, properties=tuple(undecided), bounds=(bound,), paths=(), explosion=None)


def _stories(system: TransitionSystem, job: Job, result: SearchResult) -> Iterator[tuple[str, Trace]]:
    """The trace of every counterexample, and of every loop that leaves something undetermined, by property."""
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
            prop.name,
            build(
                system,
                states,
                naming=NAMING,
                scenario=document,
                violated=violated,
                text=prop.text,
                loop=path.loop,
                taken=path.taken,
            ),
        )
