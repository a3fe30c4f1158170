"""CrashLoopBackOff that doubles: how long a container that keeps ending waits until it starts again (kubelet §6).

Only where a scenario asks for it (switch ``crash-back-off``); otherwise every restart but the first waits for 10 s. The
kubelet remembers of each pod how often it has started its containers again: the first time at once, then after 10 s,
20 s, 40 s, 80 s, 160 s, and from then on after 300 s each. Containers that have run for 600 s are forgiven, and a
kubelet that ends has forgotten all of them. The longest wait bounds the exponent, so that what is remembered is finite.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..kinds import EXITED, POD, RUNNING, SANDBOX_READY, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, states_by
from ..language.plan import KEY, Alternative, Write
from ..objects.pod import Pod
from .heartbeat import KUBELET_RUNS
from .startup import Unfinished

KUBELET, FAULT = "kubelet", "fault"

FIRST, LONGEST = 10, 300
"""Seconds of the first wait, and of the longest."""

DELAYS = (0, 10, 20, 40, 80, 160, LONGEST)
"""Seconds that a container waits, by how often it was started again already."""

FORGIVEN_AFTER = 2.0 * LONGEST
"""Seconds for which a container has to run until it counts as one that never crashed."""

MOST = len(DELAYS) - 1
"""Stands for so many crashes, and for more."""


def delay(worker: PodWorker | None) -> int:
    """Seconds that containers which have ended now wait."""
    return DELAYS[worker.crashes if worker is not None else 0]


@attrs.frozen(cache_hash=True)
class Crashed:
    """The edit by which the kubelet remembers that it starts containers again; no probe of them has succeeded yet."""

    def __call__(self, worker: PodWorker, /) -> PodWorker:
        """What it remembers afterwards."""
        return PodWorker(worker.node, crashes=min(worker.crashes + 1, MOST))


@attrs.frozen(cache_hash=True)
class Forgiven:
    """The edit by which the kubelet forgets how often it started containers again."""

    def __call__(self, worker: PodWorker, /) -> PodWorker:
        """What it remembers afterwards."""
        return attrs.evolve(worker, crashes=0)


@attrs.frozen(cache_hash=True)
class InNewSandbox:
    """The edit by which containers start in a new sandbox, which is no crash of theirs."""

    def __call__(self, worker: PodWorker, /) -> PodWorker:
        """What the kubelet remembers afterwards."""
        return PodWorker(worker.node, crashes=worker.crashes)


def rule_name(name: str, seconds: int) -> str:
    """What the rule is called by which a container starts again after so many seconds."""
    waits = " after back-off" if seconds else ""
    return f"{name}{waits} of {seconds} s" if seconds > FIRST else f"{name}{waits}"


View = Callable[[Pod | None, PodRuntime | None, PodWorker | None], Unfinished | None]


def _exited(runtime: PodRuntime) -> bool:
    return runtime.sandbox == SANDBOX_READY and runtime.containers == EXITED


def _after(view: View, seconds: int) -> View:
    """The view of pods whose containers have ended, and wait for so many seconds now; a new sandbox waits for none."""

    def waiting(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Unfinished | None:
        key = view(pod, runtime, worker)
        if key is None or (delay(worker) if _exited(key.runtime) else 0) != seconds:
            return None
        return key

    return waiting


def _counting(rule: Rule) -> Callable[[Unfinished, bool], list[Alternative]]:
    """The decisions of ``rule``, by which the kubelet remembers besides that containers that have ended start again."""

    def decide(key: Unfinished, connected: bool) -> list[Alternative]:
        change = Crashed() if _exited(key.runtime) else InNewSandbox()
        return [
            attrs.evolve(found, plan=(Write(KEY, "worker", change), *found.plan[1:]))
            for found in rule.decide(key, connected=connected)
        ]

    return decide


def doubling(rule: Rule, view: View) -> tuple[Rule, ...]:
    """The rules in the place of ``rule``, by which ended containers start again, one for each wait.

    ``view``: of pods of which something has ended, whatever they wait for.
    """
    return tuple(
        attrs.evolve(
            rule,
            name=rule_name(rule.name, seconds),
            key=Key(rule.key.kind, rule.key.fields, _after(view, seconds)),
            decide=_counting(rule),
            duration=float(seconds),
        )
        for seconds in DELAYS
    )


@attrs.frozen(cache_hash=True)
class Steady:
    """A pod of ``node`` whose containers were started again, and run."""

    node: str


def _steady(runtime: PodRuntime | None, worker: PodWorker | None) -> Steady | None:
    if runtime is None or worker is None or not worker.crashes or runtime.containers != RUNNING:
        return None
    return Steady(worker.node)


FORGIVE = Rule(
    name="forget crashes",
    key=Key(POD, ("runtime", "worker"), _steady),
    decide=lambda _key: [Alternative((Write(KEY, "worker", Forgiven()),), f"it has run for {FORGIVEN_AFTER:g} s")],
    guards=(KUBELET_RUNS,),
    duration=FORGIVEN_AFTER,
    reference="kubelet §6",
    meaning="the kubelet forgets how often it started containers again that have run for ten minutes since",
)


def _stage(worker: PodWorker | None) -> str:
    if worker is None or not worker.crashes:
        return "None"
    return "Longest" if worker.crashes == MOST else "Doubling"


MACHINE = Machine(
    name="crash back-off",
    kind=POD,
    fields=("worker",),
    states=states_by(
        _stage,
        {
            "None": "containers that end start again at once",
            "Doubling": "they wait twice as long each time",
            "Longest": "they wait for five minutes each time",
        },
    ),
    initial="None",
    arrows=(
        Arrow("restart", "None", "Doubling", KUBELET, "kubelet §6"),
        Arrow("restart", "Doubling", "Longest", KUBELET, "kubelet §6"),
        Arrow("run for ten minutes, or stop", "Doubling", "None", KUBELET, "kubelet §6"),
        Arrow("run for ten minutes, or stop", "Longest", "None", KUBELET, "kubelet §6"),
        Arrow("kubelet ends", "Doubling", "None", FAULT, "kubelet §3"),
        Arrow("kubelet ends", "Longest", "None", FAULT, "kubelet §3"),
    ),
    meaning="how long the containers of one pod wait if they end, as its kubelet knows it",
    reference="kubelet §6",
)

__all__ = [
    "DELAYS",
    "FORGIVE",
    "FORGIVEN_AFTER",
    "MACHINE",
    "MOST",
    "Crashed",
    "Forgiven",
    "InNewSandbox",
    "Steady",
    "delay",
    "doubling",
    "rule_name",
]
