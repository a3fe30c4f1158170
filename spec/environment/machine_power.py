"""The power of a node's machine: what is lost with it, and how a node is shut down with or without notice (kubelet §8).

A node that is shut down gracefully waits for its kubelet, at most for shutdownGracePeriod; its service manager
(systemd) then lets the machine go off. Without that grace, or without a kubelet, it goes off as in a crash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..kinds import DOWN, EXITED, KUBELET, NODE, POD, STATIC_POD, STOPPED, UP, PodRuntime
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Forget, Set, Step, Sweep, Write
from ..node.container_runtime import machine_lost
from ..node.heartbeat import kubelet_acts
from ..node.node_shutdown import ENDING, OFF, RELEASED, SHUTDOWN
from ..node.static_pods import static_machine_lost
from .budgets import left, spend

POWER_FAULTS: Mapping[str, str] = {
    SHUTDOWN: "somebody shuts a node down: its kubelet has shutdown-grace-period seconds to end its pods, which are 0"
    " unless given; it may return at any time, or never",
}
"""The faults by which a machine goes off on request."""


def _all_stop(node: str, runtime: PodRuntime | None) -> tuple[PodRuntime | None]:
    return (machine_lost(runtime) if runtime is not None and runtime.node == node else runtime,)


def lose_power(node: str, *, static_pods: bool = False) -> tuple[Step, ...]:
    """The steps by which the machine of a node goes off; ``static_pods``: there are such, and foreign containers."""
    lost: tuple[Step, ...] = ()
    if static_pods:
        lost = (Sweep(STATIC_POD, ("runtime",), static_machine_lost, node), Write(KEY, "foreign", Set(EXITED)))
    return (
        Write(KEY, "machine", Set(DOWN)),
        Write(KEY, "kubelet", Set(STOPPED)),
        Sweep(POD, ("runtime",), _all_stop, node),
        Forget(KUBELET, node),
        *lost,
    )


def _to_shut_down(name: str, machine: str, kubelet: str, shutdown: str) -> tuple[str, bool] | None:
    return (name, kubelet_acts(machine, kubelet)) if machine == UP and not shutdown else None


def shut_down(grace: float, *, static_pods: bool) -> Rule:
    """The fault by which a node is shut down, with so many seconds of grace."""

    def decide(key: tuple[str, bool], left: bool) -> Iterable[Alternative]:
        name, acts = key
        if left and acts and grace:
            text = f"{name} is shut down, and waits for its kubelet for up to {grace:g} s"
            yield Alternative((Write(KEY, "shutdown", Set(ENDING)), *spend(SHUTDOWN)), text)
        elif left:
            plan = (Write(KEY, "shutdown", Set(OFF)), *lose_power(name, static_pods=static_pods), *spend(SHUTDOWN))
            yield Alternative(plan, f"{name} is shut down, and waits for nobody")

    return Rule(
        name=SHUTDOWN,
        key=Key(NODE, ("name", "machine", "kubelet", "shutdown"), _to_shut_down),
        decide=decide,
        queries={"left": left(SHUTDOWN)},
        reference="kubelet §8",
        meaning=POWER_FAULTS[SHUTDOWN],
    )


def go_off(*, static_pods: bool) -> Rule:
    """How a node that is shut down goes off, once its kubelet has released it, or does not run any more."""

    def view(name: str, machine: str, kubelet: str, shutdown: str) -> str | None:
        waits = shutdown == ENDING and kubelet_acts(machine, kubelet)
        return name if machine == UP and shutdown in (ENDING, RELEASED) and not waits else None

    def decide(node: str) -> Iterable[Alternative]:
        plan = (Write(KEY, "shutdown", Set(OFF)), *lose_power(node, static_pods=static_pods))
        yield Alternative(plan, f"{node} waits for nobody any more")

    return Rule(
        name="node goes off",
        key=Key(NODE, ("name", "machine", "kubelet", "shutdown"), view),
        decide=decide,
        reference="kubelet §8",
        meaning="a node that is shut down goes off once its kubelet has ended its pods, or has had its time",
    )
