"""Holds a recording against a scenario: is there an execution that explains it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from ..engine.trace_building import build
from ..engine.traces import Trace
from ..engine.transition_system import TransitionSystem
from ..spec.environment.users import NAME as USER_COMPONENT
from ..spec.events.observing import LeftOut, Observed, Own, observe, telling
from ..spec.events.recording import Event
from ..spec.kinds import FAULT, HORIZONTAL_POD_AUTOSCALER, PROCESS, USER
from ..spec.language.model import INFORMER
from ..spec.manifests.scenarios import Job
from ..spec.manifests.settings import as_document
from ..validation.explaining import Budgets, Explanation, explain
from ..validation.refusals import Refusal, allowed, refusals
from .checking import model_of, starts
from .inputs import Request
from .naming import NAMING

_NO_OBJECTS = (FAULT, PROCESS, USER, INFORMER)

PATIENT_USERS = frozenset({USER_COMPONENT})
"""Users who wait until nothing but timers is left to happen."""


@attrs.frozen(eq=False)
class Validated:
    """What came of one group of workloads.

    ``trace``: the witness, or the longest prefix that explains anything. ``violated``: the properties that do not hold
    along it, each with the number of the step (0: at the start) and what is said of it. ``refused`` and ``instead``:
    why nothing more is explained, and what the model allows there.
    """

    job: Job
    observed: Observed
    explanation: Explanation
    trace: Trace
    violated: tuple[tuple[str, int, str], ...]
    refused: tuple[Refusal, ...] = ()
    instead: tuple[str, ...] = ()


def validate(request: Request, job: Job, events: Sequence[Event], budgets: Budgets) -> Validated:
    """Searches for an execution of a job's scenario that explains the events that are about its objects.

    Raises ``InputError`` as ``checking.starts`` does.
    """
    system = TransitionSystem(model_of(job.scenario))
    observed = observe(events, _own(system))
    found = explain(system, starts(system, job.scenario), observed.observations, telling, observed.fixed, budgets)
    trace = build(system, found.path, naming=NAMING, scenario=as_document(job.settings))
    return Validated(
        job,
        observed,
        found,
        trace,
        tuple(_violated(trace)),
        refusals(system, found.furthest, found.next),
        allowed(system, found.furthest, budgets.patient) if found.next else (),
    )


def _own(system: TransitionSystem) -> Own:
    names: dict[str, frozenset[str]] = {}
    namespaces: set[str] = set()
    targets: dict[str, str] = {}
    state = system.initial_state()
    for number, pool in enumerate(system.pools):
        if pool.name in _NO_OBJECTS:
            continue
        names[pool.name] = frozenset(pool.names)
        for bundle in state[number]:
            stored = dict(zip(pool.fields, pool.bundles[bundle], strict=True)).get("object")
            if stored is not None and pool.name != "Node":
                namespaces.add(stored.metadata.namespace)
            if pool.name == HORIZONTAL_POD_AUTOSCALER and stored is not None:
                targets[stored.metadata.name] = stored.spec.scale_target_ref.name
    return Own(names, frozenset(namespaces), targets)


def _violated(trace: Trace) -> list[tuple[str, int, str]]:
    found: dict[str, tuple[str, int, str]] = {}
    for number, truth in enumerate((trace.start.properties, *(step.properties for step in trace.steps))):
        said = {remark.property: remark.text for remark in truth.remarks}
        for name, judgement in truth.judgements.items():
            if judgement == "violated":
                found.setdefault(name, (name, number, said.get(name, "")))
    return list(found.values())


def left_out_everywhere(results: Sequence[Validated]) -> tuple[LeftOut, ...]:
    """The events that no group of workloads looks at, by why."""
    common: Mapping[str, set[Event]] | None = None
    for result in results:
        mine = {left.why: set(left.events) for left in result.observed.left_out}
        common = mine if common is None else {why: events & mine.get(why, set()) for why, events in common.items()}
    return tuple(
        LeftOut(tuple(sorted(events, key=lambda event: event.number)), why)
        for why, events in (common or {}).items()
        if events
    )
