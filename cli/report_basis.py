"""What a verdict rests on, in sentences: nodes, budgets, bounds and assumptions; and what was not checked at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..spec.language.model import TimeMode
from ..spec.language.plan import Rpc
from ..spec.language.scenario import Alike, Consistency, Start
from ..spec.manifests.consistency import lags
from ..spec.manifests.groups import Group
from ..spec.manifests.settings import Settings
from ..spec.manifests.templates import WORKLOAD_TEMPLATES
from ..spec.objects.quantities import ResourceList
from ..spec.switches import constants_of, switches_of, version_of
from .checking import Checked
from .inputs import Request

BOUND_FLAGS: Mapping[str, str] = {
    "max-states": "--max-states",
    "max-depth": "--max-depth",
    "timeout": "--timeout",
    "memory": "--max-memory",
    "slots": "--pod-slots",
    "first-violation": "--keep-going",
}
"""The flag that takes a search further, by the name of the bound that it stopped at."""


_RPC: Mapping[Rpc, str] = {
    Rpc.RECONCILE: "a whole plan is one step: what happens between two requests of one plan, a crash above all, is not"
    " found",
    Rpc.MESSAGE: "a request is sent, applied and answered in three steps: it may be applied late, or after its sender"
    " has ended, its reply may come late, and others act between; what a plan does is as slow as it likes. A client all"
    " of whose requests would be refused sends none of them once nothing else goes on",
    Rpc.REQUEST: "a request and its response are one step: what happens between two requests of one plan is found, what"
    " happens while one is on its way only as far as lost requests and replies are asked for",
}
"""What is one step, and what can be found then and what not."""


def _watch(item: tuple[tuple[str, str], Consistency]) -> tuple[str, str]:
    return item[0]


def counted(number: int, noun: str) -> str:
    """``1 state``, ``1,200 states``."""
    return f"{number:,} {noun}{'s' if number != 1 else ''}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def not_checked(request: Request) -> Iterator[tuple[Group, str]]:
    """The groups of which nothing was checked, and why."""
    for group in request.plan.not_checked:
        names = [f"{d.kind} {d.name}" for d in group.documents if (d.group, d.kind) in WORKLOAD_TEMPLATES]
        if len(names) == 1:
            yield group, f"its only workload, {names[0]}, is of a kind that is not modelled"
        else:
            yield group, f"its workloads, {listed(names)}, are of kinds that are not modelled"


def basis(request: Request, checked: Sequence[Checked]) -> Iterator[str]:
    """What the verdict rests on: nodes, budgets, consistency, time, bounds and named assumptions, a line each."""
    settings = request.settings
    names = ", ".join(str(node["metadata"]["name"]) for node in request.plan.nodes)
    given = "assumed, none were given: " if request.plan.assumed_nodes else ""
    yield f"nodes: {given}{names}{_size(checked)}"
    budgets = ", ".join(f"{name} at most {budget}" for name, budget in sorted(settings.faults.items()) if budget)
    yield f"faults: {budgets or 'none'}"
    todo = "; ".join(", then ".join(f"{verb} {what}" for verb, what in user) for user in settings.users)
    yield f"users: {todo or 'none'}"
    lag = ", ".join(
        f"{client} up to {counted(n, 'change')} of {kind}"
        for (client, kind), n in sorted(lags(settings, settings.name).items())
    )
    yield f"watch caches behind: {lag + '; all others up to date' if lag else 'none, all are up to date'}"
    levels = [
        (f"{'/'.join(watch)} {level.value}", level) for watch, level in sorted(settings.consistency.items(), key=_watch)
    ]
    if levels:
        back = any(level is Consistency.RESETTABLE for _, level in levels)
        older = "; what is resettable may list from an older API server when its process restarts or its watch breaks"
        yield f"consistency: {', '.join(name for name, _ in levels)}{older if back else ''}"
    if settings.slow:
        yield f"slow: {listed(settings.slow)}; no timer waits for it, however short it is"
    if settings.candidates:
        yield "candidates: " + ", ".join(
            f"{number} of {process}" for process, number in sorted(settings.candidates.items())
        )
    if settings.kubernetes:
        yield f"kubernetes {settings.kubernetes}: {_changed_since(settings) or 'as today, as far as the model goes'}"
    if settings.constants:
        yield "timers changed: " + ", ".join(
            f"{name} {value:g} s" for name, value in sorted(settings.constants.items())
        )
    if settings.time is TimeMode.GRADED:
        yield "time graded: a timer fires only when nothing faster can happen; faults and users come at any moment"
    elif settings.time is TimeMode.PROMPT:
        yield (
            "time prompt: a timer fires when its seconds are over and nothing else happens at once, so that the"
            " earliest deadline comes first; faults and users come at any moment, between two deadlines too"
        )
    else:
        yield "time asynchronous: a timer that is armed may fire at any moment, whoever has to be slow for that"
    yield f"rpc {settings.rpc.value}: {_RPC[settings.rpc]}"
    starts = sorted({(one.job.scenario.start, one.starts) for one in checked}, key=repr)
    for start, count in starts:
        if start is Start.RUNNING:
            ways = counted(count, "state")
            yield f"start: the manifests run already, in every way in which they can come to rest ({ways})"
        else:
            yield "start: the manifests have just been applied to ready nodes"
    if settings.symmetry is Alike.NODES:
        yield f"symmetry nodes: {_alike(checked)}"
    slots = sorted({kind.slots for one in checked for kind in one.model.kinds if kind.slots})
    if slots:
        yield f"room for at most {listed([str(most) for most in slots], 'or')} pods at once in a group"
    yield from _fingerprints(checked)
    yield from request.plan.assumptions
    known: dict[str, str] = {}
    for one in checked:
        for assumption in one.model.assumptions:
            source = f" ({assumption.source})" if assumption.source else ""
            known.setdefault(assumption.name, f"{assumption.name}: {assumption.text}{source}")
    yield from known.values()


def _alike(checked: Sequence[Checked]) -> str:
    """Which nodes nothing tells apart."""
    groups = dict.fromkeys(listed(names) for one in checked for names in one.alike)
    if not groups:
        return "something tells any two nodes apart, so each is looked at as itself"
    told = "; ".join(groups)
    return f"nothing tells {told} apart, so states that differ only in who is who of them count as one"


def _fingerprints(checked: Sequence[Checked]) -> Iterator[str]:
    """That no two states had one fingerprint, where states were known by nothing else."""
    odds = [one.result.collisions for one in checked if one.result.collisions is not None]
    if odds:
        yield (
            "fingerprints: no two states have the same 64 bits; the odds that two do, and that a state was therefore "
            f"missed, are {sum(odds):.1E} (calculated as TLC does: states times steps to known states, through 2^64)"
        )


def _changed_since(settings: Settings) -> str:
    """The switches and timers that the version which the settings name has at another value than today."""
    minor = version_of(settings.kubernetes)
    switches = [f"{name} {value}" for name, value in switches_of(minor).items()]
    return ", ".join([*switches, *(f"{name} {value:g} s" for name, value in constants_of(minor).items())])


def _size(checked: Sequence[Checked]) -> str:
    sizes: dict[ResourceList, None] = {}
    for one in checked:
        for setup in one.job.scenario.nodes:
            sizes.setdefault(setup.node.status.allocatable)
    if len(sizes) != 1:
        return ""
    allocatable = next(iter(sizes))
    memory = allocatable.get("memory", 0) / 2**30
    return f" (each {allocatable.get('cpu', 0) / 1000:g} cpu, {memory:g} Gi memory)"
