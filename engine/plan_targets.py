"""The targets in a plan, wherever they stand: in its steps, and in the steps that follow a response (``Call.on``).

Branches of a plan share steps, so that walking each path would take exponential time; every step is visited once.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..spec.language.plan import Call, Step, Target

Replace = Callable[[Target], Target]


def targets(steps: tuple[Step, ...]) -> tuple[Target, ...]:
    """Every target in ``steps``, each once, in the order in which it is first met."""
    found: dict[Target, None] = {}

    def note(target: Target) -> Target:
        found[target] = None
        return target

    with_targets(steps, note)
    return tuple(found)


def with_targets(steps: tuple[Step, ...], replace: Replace, branch: Replace | None = None) -> tuple[Step, ...]:
    """``steps`` with every target replaced; ``branch`` replaces those in branches, if they are treated otherwise."""
    inner = branch or replace
    done: dict[int, tuple[Step, Step]] = {}

    def follow(step: Step) -> Step:
        # The original is kept beside its replacement, so that its id stays its own.
        if id(step) not in done:
            done[id(step)] = (step, one(step, inner))
        return done[id(step)][1]

    def one(step: Step, change: Replace) -> Step:
        target = getattr(step, "target", None)
        if target is None:
            return step
        new = change(target)
        changed = step if new is target else attrs.evolve(step, target=new)  # type: ignore[arg-type]
        if not isinstance(changed, Call) or not changed.on:
            return changed
        branches = tuple((outcome, tuple(follow(it) for it in then)) for outcome, then in changed.on)
        same = all(
            a is b for (_, x), (_, y) in zip(branches, changed.on, strict=True) for a, b in zip(x, y, strict=True)
        )
        return changed if same else attrs.evolve(changed, on=branches)

    return tuple(one(step, replace) for step in steps)
