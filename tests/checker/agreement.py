"""What every explorer must agree on about one system: for the tests, and for ``benchmarks/gate.py`` on thousands.

The naive explorer and brute force are the reference (design §7). Each function raises ``AssertionError`` where
something differs, and says whether there was anything to compare: systems that are too large are left out.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import attrs
import pytest
from kubemodel.checker.exploration import Stopped, Task
from kubemodel.checker.kernel import compiled
from kubemodel.checker.naive import explore
from kubemodel.checker.result import NO_LIMITS, Explorer, Limits, Path, SearchResult
from kubemodel.checker.search import search
from kubemodel.checker.tabled import TabledExploration
from kubemodel.engine.lasso import closes, unrolled_lasso
from kubemodel.engine.pools import EMPTY, State
from kubemodel.engine.successors import transitions
from kubemodel.engine.symmetry import up_to_symmetry
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.engine.verdicts import Category, Verdict
from kubemodel.spec.language.model import Model, TimeMode
from kubemodel.spec.language.property import TemporalProperty

from .naive_liveness import violated, world
from .test_kernel import WAYS, explored
from .test_symmetry_gate import orbit

MODES: dict[str, dict[str, Any]] = {
    "tables": {"explorer": Explorer.TABLES},
}
"""Ways to explore that are compared with the naive explorer: what ``search`` is asked for besides.

The kernel is compared with tables, in all that it reports, and so with the naive explorer too."""

MOST_CLAIMS = 5
"""Strongly fair claims up to which brute force, which guesses every subset of them, is worth waiting for."""


_asked: deque[tuple[Model, int, bool, bool]] = deque(maxlen=2)


def small_enough(model: Model, most: int, *, positional: bool) -> bool:
    """Whether a system has no more states than ``most``; what was asked last is known."""
    for known, *rest, answer in _asked:
        if known is model and rest == [most, positional]:
            return answer
    system = TransitionSystem(attrs.evolve(model, properties=(), machines=()), positional=positional)
    exploration = TabledExploration(Task(system, (system.initial_state(),), Limits(max_states=most), None, True))
    try:
        exploration.explore()
        small = True
    except Stopped:
        small = False
    _asked.append((model, most, positional, small))
    return small


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
    compared = False
    for positional in (False, True):
        if not small_enough(model, most, positional=positional):
            continue
        compared = True
        for keep_going, limits in ((False, NO_LIMITS), (True, NO_LIMITS), (True, Limits(max_states=3))):
            given: dict[str, Any] = {"positional": positional, "keep_going": keep_going, "limits": limits}
            assert explored(model, Explorer.KERNEL, **given) == explored(model, Explorer.TABLES, **given), f"{given}"
    return compared


def neither_cores_nor_fingerprints_matter(model: Model, most: int) -> bool:
    """All that the kernel reports, however many cores look and however states are known."""
    compared = False
    for positional in (False, True):
        if not small_enough(model, most, positional=positional):
            continue
        compared = True
        expected = explored(model, Explorer.KERNEL, positional=positional, keep_going=True)
        for way in WAYS:
            with pytest.MonkeyPatch.context() as patch:
                # Small models, too, are then looked at by several workers.
                patch.setattr(compiled, "MANY", 0)
                found = explored(model, Explorer.KERNEL, positional=positional, keep_going=True, **way)
            assert found == expected, f"positional {positional}, {way}"
    return compared


def paths_are_made_of_transitions(model: Model, most: int) -> bool:
    """Counterexamples begin at the beginning; each step is a transition, and a loop's way back one of a component."""
    if not small_enough(model, most, positional=False):
        return False
    system = TransitionSystem(model)
    for path in search(system, keep_going=True).paths:
        assert path.states[0] == system.initial_state()
        for before, after in zip(path.states, path.states[1:], strict=False):
            assert after in [transition.successor for transition in transitions(system, before)]
        if path.loop is not None:
            back = [t.successor for t in transitions(system, path.states[-1]) if not t.group.environment]
            assert path.states[path.loop] in back
    return True


def multisets_are_positional_sets_quotiented(model: Model, most: int) -> bool:
    """What interchangeable objects leave out is their order and nothing else.

    Where a step only has two of them trade what they hold, it is one by position, and none of a multiset; timers wait
    for the one and not for the other, so that such systems are left out.
    """
    if not small_enough(model, most, positional=True):
        return False
    bare = attrs.evolve(model, properties=(), machines=())
    expected = _reachable(bare, positional=True)
    if expected != _reachable(bare, positional=False):
        assert _some_only_trade(TransitionSystem(bare, positional=True)), "other states are reached by position"
        return False
    return True


def _some_only_trade(system: TransitionSystem) -> bool:
    """Whether there are timers, and steps after which a state is the same but for the order of what it holds."""
    timed = any(group.rank for group in system.groups)
    return timed and any(
        _by_value(system, state) == _by_value(system, transition.successor)
        for state in _states(system)
        for transition in transitions(system, state)
        if transition.successor is not None
    )


def _reachable(model: Model, *, positional: bool) -> set[Any]:
    """What every reachable state holds, by value, without the order of interchangeable objects."""
    system = TransitionSystem(model, positional=positional)
    return {_by_value(system, state) for state in _states(system)}


def _states(system: TransitionSystem) -> set[State]:
    seen = {system.initial_state()}
    frontier = list(seen)
    while frontier:
        following = [t.successor for state in frontier for t in transitions(system, state) if t.successor is not None]
        frontier = list(dict.fromkeys(state for state in following if state not in seen))
        seen.update(frontier)
    return seen


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
    if not small_enough(model, most, positional=False):
        return False
    by_tables = search(TransitionSystem(model), explorer=Explorer.TABLES, keep_going=True)
    by_kernel = search(TransitionSystem(model), explorer=Explorer.KERNEL, keep_going=True)
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


def symmetry_is_the_naive_set_quotiented(model: Model, most: int) -> bool:
    """Up to who is who, by brute force, the states are those of the naive explorer, at the same depths."""
    symmetry = up_to_symmetry(TransitionSystem(model)).symmetry
    if symmetry is None or not small_enough(model, most, positional=True):
        return False
    for positional in (False, True):
        system = TransitionSystem(model, positional=positional)
        expected = explore(system, keep_going=True)
        orbits = {orbit(system, state, symmetry.groups[0]) for state in _states(system)}
        explorers = (Explorer.TABLES, Explorer.KERNEL)
        for explorer in explorers[:1] if model.time is TimeMode.PROMPT else explorers:
            reduced = up_to_symmetry(TransitionSystem(model, positional=positional))
            found = search(reduced, explorer=explorer, keep_going=True)
            where = f"{explorer.value}, positional {positional}"
            assert (found.states, found.depth) == (len(orbits), expected.depth), where
            bad = [prop for prop in found.properties if prop.verdict is Verdict.VIOLATED]
            assert {prop.name: found.paths[prop.trace or 0].length for prop in bad} == expected.violations, where
    return True


SAFETY = (
    modes_agree_with_the_naive_explorer,
    kernel_agrees_with_tables,
    neither_cores_nor_fingerprints_matter,
    paths_are_made_of_transitions,
    multisets_are_positional_sets_quotiented,
)
PROMPT = (
    modes_agree_with_the_naive_explorer,
    paths_are_made_of_transitions,
    multisets_are_positional_sets_quotiented,
)
"""In prompt time, which the kernel does not know."""

SYMMETRY = (symmetry_is_the_naive_set_quotiented,)
LIVENESS = (loops_agree_with_brute_force, kernel_finds_the_same_loops, lassos_are_fair_runs_that_close)
PROMPT_LIVENESS = (loops_agree_with_brute_force, lassos_are_fair_runs_that_close)
