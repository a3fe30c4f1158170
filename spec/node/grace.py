"""The grace period of a pod that ends: TERM, the program's own end, and KILL (kubelet §6, container-runtime §5).

Only where a scenario asks for it (switch ``termination``): StopContainer is otherwise one step, with KILL as its end.
A program handles TERM, and ends by itself with exit code 0, or ignores it, and is killed once its grace period is over.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..kinds import HANDLES, IGNORES, POD, RUNNING, PodRuntime, PodWorker
from ..language.component import Key, Rule
from ..language.machine import Arrow, Machine, State
from ..language.plan import KEY, Alternative, RuntimeCall, Set, Write
from ..objects.pod import Pod
from .container_runtime import Exit, StopContainer
from .heartbeat import KUBELET_CONNECTED, MACHINE_RUNS
from .termination import Condemned, condemned, pre_stop_seconds

KUBELET, RUNTIME, FAULT = "kubelet", "container-runtime", "fault"

LEAST = 2
"""Seconds that a container has at least between TERM and KILL, whatever its preStop hook took (kubelet §6)."""

WITHOUT_OBJECT = 1
"""Seconds of grace of a pod whose object is gone (kubelet §3)."""

KILL = "kill after"
"""How the names of the rules begin by which a container is killed when its grace period is over."""


def grace_seconds(pod: Pod | None) -> int:
    """Seconds between TERM and KILL of a pod that ends: what the preStop hooks leave of its grace period."""
    if pod is None:
        return WITHOUT_OBJECT
    grace = pod.metadata.deletion_grace_period_seconds
    if grace is None:
        grace = pod.spec.termination_grace_period_seconds
    return max(LEAST, grace - pre_stop_seconds(pod))


@attrs.frozen(cache_hash=True)
class Signal:
    """StopContainer sends TERM; ``answer``: HANDLES or IGNORES."""

    answer: str

    def __call__(self, runtime: PodRuntime, /) -> PodRuntime:
        """What the runtime holds afterwards."""
        return attrs.evolve(runtime, signalled=self.answer)


def _unsignalled(seconds: int) -> Callable[[Pod | None, PodRuntime | None], Condemned | None]:
    view = condemned(seconds)

    def to_signal(pod: Pod | None, runtime: PodRuntime | None) -> Condemned | None:
        if runtime is None or runtime.each or runtime.signalled:
            return None
        key = view(pod, runtime)
        return key if key is not None and key.runs else None

    return to_signal


def _signal(key: Condemned) -> list[Alternative]:
    def sent(answer: str) -> Alternative:
        term = RuntimeCall(KEY, "runtime", Signal(answer), "StopContainer")
        return Alternative((Write(KEY, "worker", Set(PodWorker(key.node))), term), f"the program {answer}")

    return [sent(HANDLES), sent(IGNORES)]


def send_term(seconds: int = 0) -> Rule:
    """The rule by which a pod's containers get TERM, once their preStop hooks have slept for ``seconds``."""
    return Rule(
        name=f"send TERM after preStop {seconds} s" if seconds else "send TERM",
        key=Key(POD, ("object", "runtime"), _unsignalled(seconds)),
        decide=_signal,
        guards=(KUBELET_CONNECTED,),
        duration=float(seconds),
        reference="kubelet §6",
        meaning="the kubelet has the runtime stop a pod's containers: they get TERM, and may handle it or not",
    )


@attrs.frozen(cache_hash=True)
class Signalled:
    """A pod of ``node`` whose containers got TERM and still run."""

    node: str


def _handles(runtime: PodRuntime | None) -> Signalled | None:
    if runtime is None or runtime.signalled != HANDLES or runtime.containers != RUNNING:
        return None
    return Signalled(runtime.node)


PROGRAM_ENDS = Rule(
    name="program ends on TERM",
    key=Key(POD, ("runtime",), _handles),
    decide=lambda _key: [Alternative((Write(KEY, "runtime", Exit(0)),), "the program has handled TERM")],
    guards=(MACHINE_RUNS,),
    reference="container-runtime §5",
    meaning="a program that handles TERM ends with exit code 0",
)


def kill(seconds: int) -> Rule:
    """The rule by which the runtime kills what still runs so many seconds after TERM."""

    def view(pod: Pod | None, runtime: PodRuntime | None) -> Signalled | None:
        if runtime is None or not runtime.signalled or runtime.containers != RUNNING:
            return None
        return Signalled(runtime.node) if grace_seconds(pod) == seconds else None

    return Rule(
        name=f"{KILL} {seconds} s",
        key=Key(POD, ("object", "runtime"), view),
        decide=lambda _key: [Alternative((Write(KEY, "runtime", StopContainer()),), "the grace period is over")],
        guards=(MACHINE_RUNS,),
        duration=float(seconds),
        reference="container-runtime §2",
        meaning="StopContainer kills what still runs when its timeout is over",
    )


def of_kubelet(pre_stops: tuple[int, ...]) -> tuple[Rule, ...]:
    """The kubelet's rules; ``pre_stops``: for how many seconds preStop hooks sleep."""
    return (send_term(), *map(send_term, pre_stops))


def of_runtime(graces: tuple[int, ...]) -> tuple[Rule, ...]:
    """The container runtime's rules; ``graces``: the seconds between TERM and KILL that pods can have."""
    return (PROGRAM_ENDS, *map(kill, sorted({*graces, WITHOUT_OBJECT})))


def _answer(answer: str) -> Callable[[PodRuntime | None], bool]:
    return lambda runtime: (runtime.signalled if runtime is not None else "") == answer


TERMINATION = Machine(
    name="termination",
    kind=POD,
    fields=("runtime",),
    states=(
        State("Undisturbed", _answer(""), "nothing runs, or nobody has asked it to end"),
        State("Ending", _answer(HANDLES), "it was sent TERM, and will end by itself"),
        State("Ignoring", _answer(IGNORES), "it was sent TERM, and goes on until it is killed"),
    ),
    initial="Undisturbed",
    arrows=(
        Arrow("TERM", "Undisturbed", "Ending", KUBELET, "kubelet §6"),
        Arrow("TERM", "Undisturbed", "Ignoring", KUBELET, "kubelet §6"),
        Arrow("end", "Ending", "Undisturbed", RUNTIME, "container-runtime §5"),
        Arrow("KILL", "Ignoring", "Undisturbed", RUNTIME, "container-runtime §2"),
        Arrow("lose machine", "Ending", "Undisturbed", FAULT, "container-runtime §8"),
        Arrow("lose machine", "Ignoring", "Undisturbed", FAULT, "container-runtime §8"),
    ),
    meaning="how the containers of one pod end once they are asked to",
    reference="kubelet §6",
)
