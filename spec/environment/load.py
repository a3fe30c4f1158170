"""Load: what pods use, as the metrics API reports it (design §4; controllers-cluster §10.2).

Load comes from outside. What all pods of a workload share is divided among those that serve; what each has of its own
depends on its age only, as of a program that is busy while it starts. Metrics follow in steps: a pod has no sample
at first, then one that reaches back before it was ready, then one of its own; in the end it counts as started for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ..kinds import HORIZONTAL_POD_AUTOSCALER, LOAD, POD, RUNNING, PodRuntime
from ..language.component import Component, Countdown, Key, Rule
from ..language.plan import KEY, Alternative, Set, Sweep, Write
from ..objects.conditions import condition_is_true
from ..objects.pod import Pod

METRICS_SERVER = "metrics-server"
APPLICATION = "application"
NAME = "load"

NO_SAMPLE, EARLY, FULL, SETTLED = "", "early", "full", "settled"
"""How far metrics of a pod have come, in its field ``metrics``: no sample; one that reaches back before the pod was
ready; one since it is ready; the initialization period is over, and any sample counts."""

RESOLUTION, WINDOW, INITIALIZATION = 15.0, 60.0, 300.0
"""Seconds between two samples; that a sample covers; for which a pod counts as starting."""


@attrs.frozen(cache_hash=True)
class Load:
    """What is used of one metric, in thousandths.

    ``total``: shared by all pods that serve; several amounts follow each other, each change at any moment.
    ``by_age``: what each pod uses besides: (amount, seconds for which it does), the last for ever (0 seconds).
    """

    total: tuple[int, ...] = (0,)
    by_age: tuple[tuple[int, int], ...] = ((0, 0),)


Loads = Mapping[tuple[str, str], Load]
"""Loads by the autoscaler that reads them and the name of the metric."""


def load_name(autoscaler: str, metric: str) -> str:
    """The name under which it is kept how far a load has changed."""
    return f"{autoscaler}/{metric}"


def own_usage(load: Load, age: int) -> int:
    """What a pod uses of its own, at the ``age``-th step of its life."""
    return load.by_age[min(age, len(load.by_age) - 1)][0]


def shared_usage(load: Load, at: int, serving: int) -> int:
    """What each of ``serving`` pods uses of what all share; nobody uses what nobody serves."""
    return load.total[at] // serving if serving else 0


def _sampled(pod: Pod | None, runtime: PodRuntime | None, metrics: str) -> bool | None:
    runs = pod is not None and runtime is not None and runtime.containers == RUNNING
    return True if runs and metrics == NO_SAMPLE else None


def _covered(pod: Pod | None, metrics: str) -> bool | None:
    ready = pod is not None and condition_is_true(pod.status.conditions, "Ready")
    return True if ready and metrics == EARLY else None


def _started(pod: Pod | None, metrics: str) -> bool | None:
    return True if pod is not None and metrics in (EARLY, FULL) else None


def _becomes(stage: str, because: str) -> Any:
    return lambda _key: [Alternative((Write(KEY, "metrics", Set(stage)),), because)]


SAMPLE = Rule(
    name="collect first sample",
    key=Key(POD, ("object", "runtime", "metrics"), _sampled),
    decide=_becomes(EARLY, "the container has run long enough for a sample of what it uses"),
    duration=RESOLUTION,
    countdown=Countdown(periodic=True),
    reference="controllers-cluster §10.2",
    meaning="a running pod appears in the metrics API",
)

WINDOW_PASSES = Rule(
    name="collect whole window",
    key=Key(POD, ("object", "metrics"), _covered),
    decide=_becomes(FULL, "the sample covers only time in which the pod was ready"),
    duration=WINDOW,
    reference="controllers-cluster §10.2",
    meaning="the newest sample of a ready pod no longer reaches back to before it was ready",
)

STARTED = Rule(
    name="initialization period ends",
    key=Key(POD, ("object", "metrics"), _started),
    decide=_becomes(SETTLED, "the pod was started longer ago than the initialization period"),
    duration=INITIALIZATION,
    reference="controllers-cluster §10.2",
    meaning="a pod does not count as starting any more",
)


def metrics_server() -> Component:
    """The metrics API."""
    return Component(
        METRICS_SERVER,
        (SAMPLE, WINDOW_PASSES, STARTED),
        place="addons",
        duty="reports what pods use",
        reference="controllers-cluster §10.2",
    )


def aging(loads: Iterable[Load]) -> tuple[Rule, ...]:
    """The rules by which pods use less, or more, as they grow older: one for each time that a step of life takes."""
    steps: dict[int, set[int]] = {}
    for load in loads:
        for age, (_, seconds) in enumerate(load.by_age[:-1]):
            steps.setdefault(seconds, set()).add(age)
    return tuple(_aging(seconds, frozenset(ages)) for seconds, ages in sorted(steps.items()))


def _aging(seconds: int, ages: frozenset[int]) -> Rule:
    def view(pod: Pod | None, runtime: PodRuntime | None, age: int) -> int | None:
        runs = pod is not None and runtime is not None and runtime.containers == RUNNING
        return age if runs and age in ages else None

    return Rule(
        name=f"step of life after {seconds} s",
        key=Key(POD, ("object", "runtime", "age"), view),
        decide=lambda age: [Alternative((Write(KEY, "age", Set(age + 1)),), f"the program has run for {seconds} s")],
        duration=float(seconds),
        reference="design §4",
        meaning="what a program uses changes with its age",
    )


def application(loads: Iterable[Load]) -> Component:
    """The programs in pods, whose own use changes with their age."""
    return Component(APPLICATION, aging(loads), place="node", duty="uses more or less as it grows older")


def _no_turns(_parameter: None, _turns: tuple[int, int]) -> tuple[tuple[int, int]]:
    return ((0, 0),)


def changing(loads: Loads) -> Component:
    """The load that changes: to the next amount, at any moment."""
    most = {load_name(*key): len(load.total) - 1 for key, load in loads.items()}

    def view(name: str, at: int) -> int | None:
        return at if at < most[name] else None

    start_again = Sweep(HORIZONTAL_POD_AUTOSCALER, ("turns",), _no_turns)
    rule = Rule(
        name="load changes",
        key=Key(LOAD, ("name", "at"), view),
        decide=lambda at: [Alternative((Write(KEY, "at", Set(at + 1)), start_again), "there is more to do, or less")],
        reference="design §4",
        meaning="what all pods share becomes the next amount",
    )
    rules = (rule,) if any(most.values()) else ()
    return Component(NAME, rules, place="environment", environment=True, duty="what is asked of the pods")
