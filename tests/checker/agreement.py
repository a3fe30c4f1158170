"""What every explorer must agree on about one system: for the tests, and for ``benchmarks/gate.py`` on thousands.

The naive explorer and brute force are the reference (design §7). Each function raises ``AssertionError`` where
something differs, and says whether there was anything to compare: systems that are too large are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from kubemodel.checker.naive import explore
from kubemodel.checker.result import NO_LIMITS, Explorer, Limits, Path, SearchResult
from kubemodel.checker.search import search
from kubemodel.engine.lasso import closes, unrolled_lasso
from kubemodel.engine.pools import EMPTY, State
from kubemodel.engine.successors import transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Category, Verdict
from kubemodel.spec.language.model import Model
from kubemodel.spec.language.property import TemporalProperty

from .naive_liveness import violated, world
from .test_kernel import explored

Mode = Callable[..., SearchResult]
MODES: dict[str, dict[str, Any]] = {
    "tables": {"explorer": Explorer.TABLES},
    "kernel": {"explorer": Explorer.KERNEL},
}
"""Ways to explore that must find every state: what `search` is asked for besides."""

MOST_CLAIMS = 5
"""Strongly fair claims up to which brute force, which guesses every subset of them, is worth waiting for."""


def small_enough(model: Model, most: int, *, positional: bool) -> bool:
    """Whether a system has fewer states than ``most``."""
    found = search(TransitionSystem(model, positional=positional), Limits(max_states=most), keep_going=True)
    return all(bound.name != "max-states" for bound in found.bounds)


def modes_agree_with_the_naive_explorer(model: Model, most: int) -> bool:
    """States, transitions, depth, rest, violations with their lengths, what holds, what is full: in every mode."""
    compared = False
    for positional in (False, True):
        if not small_enough(model, most, positional=positional):
            continue
        compared = True
        for keep_going in (False, True):
            expected = explore(TransitionSystem(model, positional=positional), keep_going=keep_going)
            for name, options in MODES.items():
                found = search(TransitionSystem(model, positional=positional), keep_going=keep_going, **options)
                where = f"{name}, positional {positional}, keep_going {keep_going}"
                counts = (found.states, found.transitions, found.depth, found.quiescent)
                assert counts == (expected.states, expected.transitions, expected.depth, expected.quiescent), where
                bad = [prop for prop in found.properties if prop.verdict is Verdict.VIOLATED]
                assert {prop.name: found.paths[prop.trace or 0].length for prop in bad} == expected.violations, where
                if found.complete:
                    holds = {prop.name for prop in found.properties if prop.verdict is Verdict.HOLDS}
                    assert holds == expected.triggered - expected.violations.keys(), where
                assert sum(bound.name == "slots" for bound in found.bounds) == len(expected.full), where
    return compared


def kernel_agrees_with_tables(model: Model, most: int) -> bool:
    """All that is reported, the order of states and cut-off searches included."""
    for positional in (False, True):
        for keep_going in (False, True):
            given: dict[str, Any] = {"positional": positional, "keep_going": keep_going}
            for limits in (Limits(max_states=3), Limits(max_states=most)):
                tables = explored(model, Explorer.TABLES, limits=limits, **given)
                assert explored(model, Explorer.KERNEL, limits=limits, **given) == tables, f"{given}, {limits}"
            if tables[0].states < most:
                # Without a bound the kernel looks at several states at a time.
                assert explored(model, Explorer.KERNEL, limits=NO_LIMITS, **given) == tables, f"{given}, no limits"
    return True


def paths_are_made_of_transitions(model: Model, most: int) -> bool:
    """Counterexamples begin at the beginning; each step is a transition, and a loop's way back one of a component."""
    system = TransitionSystem(model)
    for path in search(system, Limits(max_states=most), keep_going=True).paths:
        assert path.states[0] == system.initial_state()
        for before, after in zip(path.states, path.states[1:], strict=False):
            assert after in [transition.successor for transition in transitions(system, before)]
        if path.loop is not None:
            back = [t.successor for t in transitions(system, path.states[-1]) if not t.group.environment]
            assert path.states[path.loop] in back
    return True


def multisets_are_positional_sets_quotiented(model: Model, most: int) -> bool:
    """What interchangeable objects leave out is their order and nothing else."""
    bare = attrs.evolve(model, properties=(), machines=())
    if not small_enough(bare, most, positional=True):
        return False
    assert _reachable(bare, positional=True) == _reachable(bare, positional=False)
    return True


def _reachable(model: Model, *, positional: bool) -> set[Any]:
    """What every reachable state holds, by value, without the order of interchangeable objects."""
    system = TransitionSystem(model, positional=positional)
    seen = {system.initial_state()}
    frontier = list(seen)
    while frontier:
        following = [t.successor for state in frontier for t in transitions(system, state) if t.successor is not None]
        frontier = list(dict.fromkeys(state for state in following if state not in seen))
        seen.update(frontier)
    return {_by_value(system, state) for state in seen}


def _by_value(system: TransitionSystem, state: State) -> tuple[Any, ...]:
    found: list[tuple[str, ...]] = []
    for pool, content in zip(system.pools, state, strict=True):
        values = [repr(pool.bundles[bundle]) for bundle in content if bundle != EMPTY]
        found.append(tuple(sorted(values)))
    return tuple(found)


def loops_agree_with_brute_force(model: Model, most: int) -> bool:
    """Temporal properties are violated where a fair cycle says so, by brute force."""
    system = TransitionSystem(model)
    whole = world(system, most)
    if whole is None or len(whole.strong) > MOST_CLAIMS:
        return False
    found = search(system, NO_LIMITS, keep_going=True)
    assert found.complete and found.states == len(whole.states)
    for prop, verdict in zip(system.model.properties, found.properties, strict=True):
        assert isinstance(prop, TemporalProperty) and prop.name == verdict.name
        expected = violated(whole, prop)
        if verdict.verdict is Verdict.UNDETERMINED:
            timeless = "asynchronous" in verdict.text
            assert expected is not timeless
            assert not timeless or violated(whole, prop, graded=True)
        else:
            assert (verdict.verdict is Verdict.VIOLATED) is expected
            if not expected and system.graded:
                assert not violated(whole, prop, graded=True)
    return True


def kernel_finds_the_same_loops(model: Model, most: int) -> bool:
    """Verdicts, and the shape of every lasso."""
    options: dict[str, Any] = {"keep_going": True, "limits": Limits(max_states=most)}
    by_tables = search(TransitionSystem(model), explorer=Explorer.TABLES, **options)
    by_kernel = search(TransitionSystem(model), explorer=Explorer.KERNEL, **options)
    assert by_kernel.properties == by_tables.properties
    assert [(path.length, path.loop) for path in by_kernel.paths] == [(p.length, p.loop) for p in by_tables.paths]
    return True


def lassos_are_fair_runs_that_close(model: Model, most: int) -> bool:
    """Each lasso, walked with every object as itself: its steps can be taken, it closes, nobody in it is starved."""
    system = TransitionSystem(model)
    if world(system, most) is None:
        return False
    found = search(system, NO_LIMITS, keep_going=True)
    for prop in found.properties:
        if prop.verdict is not Verdict.VIOLATED or prop.category is not Category.LIVENESS:
            continue
        path = _path(found, prop.name)
        assert path.loop is not None
        stem, loop = path.taken[: path.loop], path.taken[path.loop :]
        assert path.states[0] == system.initial_state()
        following = (*path.states[1:], path.states[path.loop])
        for state, transition, after in zip(path.states, path.taken, following, strict=True):
            assert after == transition.successor != state
        assert not any(transition.group.environment for transition in loop)
        lasso = unrolled_lasso(system, path.states[0], stem, loop)
        assert lasso is not None and closes(lasso) and not lasso.starved
    return True


def _path(found: SearchResult, name: str) -> Path:
    (number,) = [prop.trace for prop in found.properties if prop.name == name]
    assert number is not None
    return found.paths[number]


SAFETY = (
    modes_agree_with_the_naive_explorer,
    kernel_agrees_with_tables,
    paths_are_made_of_transitions,
    multisets_are_positional_sets_quotiented,
)
LIVENESS = (loops_agree_with_brute_force, kernel_finds_the_same_loops, lassos_are_fair_runs_that_close)
