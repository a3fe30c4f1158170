"""The explorations that the benchmark times, each a function of plain values, so that it can run in a new process."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from frozendict import frozendict
from kubemodel.benchmarks import handwritten, lagging, rollout
from kubemodel.checker.naive import explore
from kubemodel.checker.result import Explorer
from kubemodel.checker.search import search
from kubemodel.cli.checking import model_of, starts
from kubemodel.cli.inputs import Flags, requests
from kubemodel.engine.symmetry import up_to_symmetry
from kubemodel.engine.transition_system import TransitionSystem

Instance = tuple[int, int, int, int]
"""Nodes, pod slots, replicas, crashes."""

MANIFESTS = Path(__file__).parent / "kubernetes"


class Run(NamedTuple):
    """One exploration. ``seconds`` of processor time; ``stored``: bytes a state in the tables of states, 0 if unknown;
    ``grown``: by how many bytes a state the process grew; ``tables``: what the search says of them; ``wall``: seconds
    that went by."""

    states: int
    transitions: int
    seconds: float
    stored: float = 0
    grown: float = 0
    tables: Mapping[str, int] = frozendict()
    wall: float = 0

    @property
    def rate(self) -> float:
        """States a second."""
        return self.states / self.seconds


def naive(instance: Instance, positional: bool = False) -> Run:
    """The naive explorer on the benchmark."""
    return _timed(lambda: explore(TransitionSystem(rollout.model(*instance), positional=positional)))


def hand_written(instance: Instance) -> Run:
    """The benchmark explored by hand-written Python."""
    before, start = _peak_bytes(), time.process_time()
    states, transitions = handwritten.explore(*instance)
    seconds = time.process_time() - start
    return Run(states, transitions, seconds, 0, (_peak_bytes() - before) / states)


def searched(explorer: str, instance: Instance, positional: bool = False, nodes: bool = False) -> Run:
    """A search of the benchmark by tables or by the kernel. ``nodes``: up to who is who of nodes."""
    system = TransitionSystem(rollout.model(*instance), positional=positional)
    reduced = up_to_symmetry(system) if nodes else system
    return _timed(lambda: search(reduced, explorer=Explorer(explorer)))


def lags(explorer: str, instance: Instance, clients: int) -> Run:
    """The benchmark where some clients lag; by the naive explorer, too."""
    system = TransitionSystem(lagging.model(*instance, lagging.CLIENTS[:clients]))
    if explorer == "naive":
        return _timed(lambda: explore(system))
    return _timed(lambda: search(system, explorer=Explorer(explorer)))


def kubernetes(explorer: str, replicas: int, positional: bool = False, nodes: bool = False, cores: int = 1) -> Run:
    """A Deployment that starts on two nodes, of which one may crash and return. ``nodes``: up to who is who of them."""
    given = requests([str(MANIFESTS / f"web-{replicas}.yaml")], Flags(nodes="2", faults=("node-crash=1",)))
    (job,) = given[0].plan.jobs
    system = TransitionSystem(model_of(job.scenario), positional=positional)
    initial = starts(system, job.scenario)
    reduced = up_to_symmetry(system) if nodes else system
    return _timed(lambda: search(reduced, explorer=Explorer(explorer), initial=initial, cores=cores))


def _timed(explores: Callable[[], Any]) -> Run:
    before, start, began = _peak_bytes(), time.process_time(), time.monotonic()
    found = explores()
    seconds, wall = time.process_time() - start, time.monotonic() - began
    measured = getattr(found, "measured", None)
    assert measured is None or found.complete, found.bounds
    grown = (_peak_bytes() - before) / found.states
    if measured is None:
        return Run(found.states, found.transitions, seconds, 0, grown, wall=wall)
    return Run(found.states, found.transitions, seconds, measured.bytes_per_state, grown, dict(measured.tables), wall)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def alone(exploration: Callable[..., Run], *given: Any) -> Run:
    """The run in a new process: none profits from another's memory."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(exploration, *given).result()
