"""The benchmark `rollout` explored by hand-written Python, without any library: the fixed denominator of speed ratios.

Pods are a sorted tuple, so interchangeable pods are one state, as in the canonical counts of README.md. It is written
as one would write it for this one model: rules inlined, what several rules need computed once a state.
"""

from __future__ import annotations

PENDING, BOUND, RUNNING = 0, 1, 2
OLD, NEW = 0, 1

Pod = tuple[int, int, int, bool]
"""Owner, phase, node (-1: none), deleting."""

Node = tuple[bool, bool]
"""Up, ready."""

State = tuple[tuple[Pod, ...], tuple[Node, ...], int, int, int]
"""Pods in order, nodes, replicas asked of old and of new, crashes left."""


def _with(pods: tuple[Pod, ...], index: int, pod: Pod) -> tuple[Pod, ...]:
    return tuple(sorted((*pods[:index], pod, *pods[index + 1 :])))


def _on(nodes: tuple[Node, ...], index: int, node: Node) -> tuple[Node, ...]:
    return (*nodes[:index], node, *nodes[index + 1 :])


def successors(state: State, slots: int, replicas: int) -> list[State]:
    """The states one step away: one for each rule and each distinct pod, or node, that it can act on."""
    pods, nodes, old, new, crashes = state
    asked = (old, new)
    found: list[State] = []
    active = [0, 0]
    first = [RUNNING, RUNNING]
    load = [0] * len(nodes)
    available = 0
    for owner, phase, node, deleting in pods:
        if node >= 0:
            load[node] += 1
        if not deleting:
            active[owner] += 1
            available += phase == RUNNING
            if phase < first[owner]:
                first[owner] = phase
    if len(pods) < slots:
        for owner in (OLD, NEW):
            if active[owner] < asked[owner]:
                found.append((tuple(sorted((*pods, (owner, PENDING, -1, False)))), nodes, old, new, crashes))
    if new < replicas and old + new < replicas + 1:
        found.append((pods, nodes, old, new + 1, crashes))
    elif old > 0 and available > replicas - 1:
        found.append((pods, nodes, old - 1, new, crashes))
    least = min((load[n] for n, (_, ready) in enumerate(nodes) if ready), default=slots)
    places = [n for n, (_, ready) in enumerate(nodes) if ready and load[n] == least < (slots + 1) // 2 + 1]
    previous = None
    for index, pod in enumerate(pods):
        if pod == previous:
            continue
        previous = pod
        owner, phase, node, deleting = pod
        if deleting:
            if nodes[node][0]:
                found.append(((*pods[:index], *pods[index + 1 :]), nodes, old, new, crashes))
            continue
        if active[owner] > asked[owner] and phase == first[owner]:
            rest = (*pods[:index], *pods[index + 1 :]) if node < 0 else _with(pods, index, (owner, phase, node, True))
            found.append((rest, nodes, old, new, crashes))
        if node < 0:
            for place in places:
                found.append((_with(pods, index, (owner, BOUND, place, False)), nodes, old, new, crashes))
            continue
        up, ready = nodes[node]
        if phase == BOUND and up:
            found.append((_with(pods, index, (owner, RUNNING, node, False)), nodes, old, new, crashes))
        if not ready:
            found.append((_with(pods, index, (owner, phase, node, True)), nodes, old, new, crashes))
    for index, (up, ready) in enumerate(nodes):
        if up != ready:
            found.append((pods, _on(nodes, index, (up, up)), old, new, crashes))
        if not up:
            found.append((pods, _on(nodes, index, (True, ready)), old, new, crashes))
        elif crashes:
            found.append((pods, _on(nodes, index, (False, ready)), old, new, crashes - 1))
    return found


def explore(nodes: int, slots: int, replicas: int, crashes: int) -> tuple[int, int]:
    """The canonical numbers of states and of transitions, by breadth-first search."""
    initial: State = ((), ((True, True),) * nodes, replicas, 0, crashes)
    seen = {initial}
    frontier = [initial]
    transitions = 0
    while frontier:
        level = []
        for state in frontier:
            following = successors(state, slots, replicas)
            transitions += len(following)
            for after in following:
                if after not in seen:
                    seen.add(after)
                    level.append(after)
        frontier = level
    return len(seen), transitions
