"""Walks through the jobs of a request: a swarm of seeds over the cores, the first violation made short and told."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import attrs

from ..checker.minimising import minimised
from ..checker.result import RuleName
from ..checker.simulation import Simulated, Walk, Walking, path_of, policy, summed, walk
from ..engine.pools import State
from ..engine.trace_building import build
from ..engine.traces import Trace
from ..engine.transition_system import TransitionSystem
from ..spec.manifests.scenarios import Job
from ..spec.manifests.settings import as_document
from .checking import model_of, starts
from .naming import NAMING

BATCH = 16
"""Walks between two looks at what was found: the same for every number of processes, so that the result is too."""


@attrs.frozen
class Swarm:
    """How many walks of how many steps, from which seed on, chosen how, in how many processes."""

    walks: int
    steps: int
    seed: int
    walking: Walking
    processes: int


@attrs.frozen
class Wandered:
    """A job with what its walks came to. ``met_after``: steps of the walk that met the violation, before it was made
    short; ``rules``, ``arrows``: all that the model declares."""

    job: Job
    result: Simulated
    rules: frozenset[RuleName]
    arrows: frozenset[tuple[str, str, str, str]]
    trace: Trace | None = None
    interrupted: bool = False


@attrs.frozen
class Reached:
    """How far a swarm is: ``walks`` of ``of``, and how many of all rules and arrows they have come by."""

    walks: int
    of: int
    rules: int
    of_rules: int
    arrows: int
    of_arrows: int


# Rules are functions and cannot be sent to another process; a forked one has the system already.
_shared: dict[str, tuple[TransitionSystem, tuple[State, ...]]] = {}


def _one(steps: int, walking: Walking, seed: int) -> Walk:
    system, initial = _shared["system"]
    start = initial[seed % len(initial)]
    return walk(system, start, policy(walking, seed, steps), seed=seed, steps=steps)


def _walks(swarm: Swarm) -> Iterator[Walk]:
    """The walks in the order of their seeds; nothing is begun after a batch in which one met a violation."""
    one = partial(_one, swarm.steps, swarm.walking)
    last = swarm.seed + swarm.walks
    if swarm.processes == 1:
        for seed in range(swarm.seed, last):
            yield one(seed)
        return
    with ProcessPoolExecutor(swarm.processes, multiprocessing.get_context("fork")) as pool:
        for first in range(swarm.seed, last, BATCH):
            batch = list(pool.map(one, range(first, min(first + BATCH, last))))
            yield from batch
            if any(each.met is not None for each in batch):
                return


def processes() -> int:
    """How many walks can go on at once on this machine."""
    return len(os.sched_getaffinity(0)) if "fork" in multiprocessing.get_all_start_methods() else 1


def run(job: Job, swarm: Swarm, progress: Callable[[Reached], None]) -> Wandered:
    """The walks of one job; ``progress`` is told of each."""
    model = model_of(job.scenario)
    system = TransitionSystem(model)
    initial = starts(system, job.scenario)
    _shared["system"] = (system, initial)
    rules = frozenset((component.name, rule.name) for component in model.components for rule in component.rules)
    arrows = frozenset(
        (machine.name, arrow.source, arrow.dest, arrow.component)
        for machine in model.machines
        for arrow in machine.arrows
    )
    done: list[Walk] = []
    fired: set[RuleName] = set()
    taken: set[tuple[str, str, str, str]] = set()
    interrupted = False
    try:
        for each in _walks(swarm):
            done.append(each)
            fired |= each.fired & rules
            taken |= each.arrows & arrows
            progress(Reached(len(done), swarm.walks, len(fired), len(rules), len(taken), len(arrows)))
    except KeyboardInterrupt:
        interrupted = True
    result = summed(done)
    trace = _told(system, initial, job, result.found) if result.found is not None else None
    return Wandered(job, result, rules, arrows, trace, interrupted)


def _told(system: TransitionSystem, initial: tuple[State, ...], job: Job, found: Walk) -> Trace:
    assert found.met is not None
    start = initial[found.seed % len(initial)]
    states, taken = path_of(system, start, found.choices)
    short = minimised(system, start, states, taken, found.met)
    return build(
        system,
        short.states,
        naming=NAMING,
        scenario=as_document(job.settings),
        violated=short.met.property,
        text=short.met.text,
        taken=short.taken,
    )
