"""What restarts processes that ended, and the machines of processes and nodes (design §4).

A process that starts lists all that it watches; a kubelet lists the pods of its node, from an API server that may be
behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import attrs
from frozendict import frozendict

from ..kinds import (
    CANDIDATE,
    DOWN,
    KUBE_CONTROLLER_MANAGER,
    KUBE_SCHEDULER,
    NODE,
    PROCESS,
    RUNNING,
    STOPPED,
    UP,
)
from ..language.component import Component, Key, Rule
from ..language.machine import Arrow, Machine, State
from ..language.plan import KEY, Alternative, Named, Relist, Set, Step, Write
from ..node.old_lists import list_from_behind, list_stored
from . import outages, space_faults
from .faults import CONTROLLER_MANAGER_CRASH, KUBELET_CRASH, NAME, SCHEDULER_CRASH, START_KUBELET, process_key

SUPERVISOR = "process-supervisor"


def _restart(
    process: str, clients: tuple[str, ...], *, follows: bool, resettable: Mapping[tuple[str, str], tuple[str, ...]]
) -> Rule:
    """``follows``: it is one of several candidates, and starts as one that does not lead.

    ``resettable``: for the caches (client, kind) that API servers may fill that are behind, which servers.
    """
    relists: tuple[Step, ...] = tuple(Relist(client) for client in clients)
    anew = (Write(Named(CANDIDATE, process), field, Set(False)) for field in ("leads", "paused"))
    plan: tuple[Step, ...] = (Write(KEY, "state", Set(RUNNING)), *(anew if follows else ()), *relists)
    older = {
        server: tuple(
            Relist(client, server, kind)
            for (client, kind), sources in sorted(resettable.items())
            if client in clients and server in sources
        )
        for server in dict.fromkeys(server for _, sources in sorted(resettable.items()) for server in sources)
    }

    def decide(name: str) -> Iterable[Alternative]:
        yield Alternative(plan, f"{name} had ended; it lists all it watches")
        for server, lists in older.items():
            if lists:
                kinds = ", ".join(dict.fromkeys(step.kind for step in lists))
                because = f"{name} had ended; it lists all it watches, {kinds} from {server}, which may be behind"
                yield Alternative((*plan, *lists), because)

    return Rule(
        name=f"restart {process}",
        key=process_key(process, STOPPED),
        decide=decide,
        reference="00-index §4 reflector",
        meaning="starts a process that ended; it lists all that it watches",
    )


_RESTART_KUBELET = Rule(
    name="restart kubelet",
    key=Key(
        NODE,
        ("name", "machine", "kubelet"),
        lambda name, machine, kubelet: name if (machine, kubelet) == (UP, STOPPED) else None,
    ),
    decide=lambda node: [Alternative(START_KUBELET, f"the kubelet of {node} had ended")],
    reference="kubelet §3",
    meaning="starts a kubelet that ended, on a node that has power",
)


def _start_with_old_list(servers: tuple[str, ...], node: str) -> list[Alternative]:
    newest = Alternative(
        (*START_KUBELET, list_stored(node)), f"the kubelet of {node} had ended; it lists what is stored"
    )
    return [newest, *(_listing_from(server, node) for server in servers)]


def _listing_from(server: str, node: str) -> Alternative:
    because = f"the kubelet of {node} had ended; it lists from {server}"
    return Alternative((*START_KUBELET, list_from_behind(node, server)), because)


def supervisor(
    budgets: Mapping[str, int],
    clients: Mapping[str, tuple[str, ...]],
    candidates: tuple[str, ...] = (),
    *,
    old_lists: tuple[str, ...] = (),
    resettable: Mapping[tuple[str, str], tuple[str, ...]] = frozendict(),
) -> Component:
    """What restarts processes that faults may end. ``clients``: process -> its components, which list again.

    ``candidates``: processes that end by themselves when they find that they do not lead any more. ``old_lists``: the
    API servers that are behind from which a kubelet that restarts may list; ``resettable``: for each cache (client,
    kind) that may go back in time the servers from which it may list.
    """
    rules = []
    if budgets.get(KUBELET_CRASH, 0):
        old = attrs.evolve(_RESTART_KUBELET, decide=partial(_start_with_old_list, old_lists))
        rules.append(old if old_lists else _RESTART_KUBELET)
    for fault, process in (
        (CONTROLLER_MANAGER_CRASH, KUBE_CONTROLLER_MANAGER),
        (SCHEDULER_CRASH, KUBE_SCHEDULER),
    ):
        if budgets.get(fault, 0) and process not in candidates:
            rules.append(_restart(process, clients.get(process, ()), follows=False, resettable=resettable))
    rules += [
        _restart(process, clients.get(process, ()), follows=True, resettable=resettable) for process in candidates
    ]
    rules += outages.ends_of_outages(budgets)
    rules += space_faults.ends(budgets)
    return Component(SUPERVISOR, tuple(rules), place="environment", duty="restarts processes that ended")


PROCESS_MACHINE = Machine(
    name="process",
    kind=PROCESS,
    fields=("state",),
    states=(
        State("Running", lambda state: state == RUNNING, "the process runs"),
        State("Stopped", lambda state: state == STOPPED, "the process has ended and its memory is lost"),
    ),
    initial="Running",
    arrows=(
        Arrow("crash", "Running", "Stopped", NAME, "design §4"),
        Arrow("exit", "Running", "Stopped", "leader-election", "controllers-cluster §11"),
        Arrow("restart", "Stopped", "Running", SUPERVISOR, "design §4"),
    ),
    meaning="a control-plane process",
)

MACHINE_MACHINE = Machine(
    name="node-machine",
    kind=NODE,
    fields=("machine", "kubelet", "link"),
    states=(
        State("Connected", lambda machine, kubelet, link: (machine, kubelet, link) == (UP, RUNNING, UP), "all is well"),
        State("Kubelet down", lambda machine, kubelet, _link: (machine, kubelet) == (UP, STOPPED), "no kubelet runs"),
        State(
            "Cut off",
            lambda machine, kubelet, link: (machine, kubelet, link) == (UP, RUNNING, DOWN),
            "runs on, but cannot reach the API server",
        ),
        State("Down", lambda machine, _kubelet, _link: machine == DOWN, "no power: nothing runs"),
    ),
    initial="Connected",
    arrows=(
        Arrow("power lost", "Connected", "Down", NAME, "design §4"),
        Arrow("power lost", "Cut off", "Down", NAME, "design §4"),
        Arrow("power lost", "Kubelet down", "Down", NAME, "design §4"),
        Arrow("power back", "Down", "Connected", NAME, "design §4"),
        Arrow("power back", "Down", "Cut off", NAME, "design §4"),
        Arrow("kubelet crash", "Connected", "Kubelet down", NAME, "design §4"),
        Arrow("kubelet crash", "Cut off", "Kubelet down", NAME, "design §4"),
        Arrow("kubelet restart", "Kubelet down", "Connected", SUPERVISOR, "kubelet §3"),
        Arrow("kubelet restart", "Kubelet down", "Cut off", SUPERVISOR, "kubelet §3"),
        Arrow("link cut", "Connected", "Cut off", NAME, "design §4"),
        Arrow("link heals", "Cut off", "Connected", NAME, "design §4"),
    ),
    meaning="the machine, the kubelet and the link of one node",
)
