"""Clients of a node that balances by ipvs: its endpoints take turns (kube-proxy §5).

Each node has a place of its own in the list of a Service's endpoints, which all its clients move on. In what order the
endpoints stand there is not kept: each is taken once before any is taken again, and none twice in a row while there is
another one.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..kinds import POD, SERVICE, PodRuntime
from ..language.component import Key, Rule
from ..language.plan import KEY, Alternative, Chosen, Set, Step, Sweep, Write
from ..language.query import DISTINCT, ONLY, Query
from ..node.heartbeat import MACHINE_RUNS
from ..node.kube_proxy import Proxy, Rules
from ..node.kube_proxy_decisions import is_proxied
from ..objects.service import Service
from .traffic import ANSWERED, LOST, REFUSED, Connecting, backend_of, policy_parameter, service_of_client

EARLIER, LAST = "earlier", "last"
"""When an endpoint was taken in this round: before the last one, or last; not marked: not yet."""

Turns = tuple[tuple[str, str, str], ...]
"""Whose turn it was: (node, Service, EARLIER or LAST), in order."""


@attrs.frozen(cache_hash=True)
class Taken:
    """An endpoint that the rules of a node lead to. ``turn``: when it was taken, "" if not in this round."""

    answers: bool
    turn: str


def _turn(node: str, service: str, turns: Turns) -> str:
    return next((when for *whose, when in turns if whose == [node, service]), "")


def _taken(wanted: tuple[str, str, str, str], runtime: PodRuntime | None, rules: Rules, turns: Turns) -> Taken | None:
    found = backend_of(wanted, runtime, rules)
    return Taken(found.answers, _turn(wanted[0], wanted[1], turns)) if found is not None else None


@attrs.frozen(cache_hash=True)
class _Place:
    """The list of a Service's endpoints on a node; ``anew``: a round is over, and the next one begins."""

    node: str
    service: str
    anew: bool


def _move_on(place: _Place, turns: Turns) -> tuple[Turns]:
    """What was last becomes earlier; at the end of a round what was earlier is free again."""
    mine = _turn(place.node, place.service, turns)
    others = tuple(each for each in turns if each[:2] != (place.node, place.service))
    kept = mine == LAST or (mine == EARLIER and not place.anew)
    return (tuple(sorted((*others, *(((place.node, place.service, EARLIER),) if kept else ())))),)


@attrs.frozen(cache_hash=True)
class _Take:
    """The edit by which an endpoint becomes the one that was taken last."""

    node: str
    service: str

    def __call__(self, turns: Turns, /) -> Turns:
        others = (each for each in turns if each[:2] != (self.node, self.service))
        return tuple(sorted((*others, (self.node, self.service, LAST))))


def _next(backends: Iterable[Taken]) -> tuple[tuple[Taken, ...], bool]:
    """Those whose turn it may be, and whether a new round begins."""
    found = tuple(backends)
    fresh = tuple(each for each in found if not each.turn)
    return (fresh, False) if fresh else (tuple(each for each in found if each.turn == EARLIER), True)


def _connect(key: Connecting, service: Service | None, backends: tuple[Taken, ...]) -> Iterable[Alternative]:
    if service is not None and not is_proxied(service):
        return
    if not backends:
        if key.state != REFUSED:
            yield Alternative((Write(KEY, "state", Set(REFUSED)),), f"{key.node} has no rule to an endpoint")
        return
    turn, anew = _next(backends)
    place = _Place(key.node, key.client.service, anew)
    for each in turn or backends:
        state = Write(KEY, "state", Set(ANSWERED if each.answers else LOST))
        moves: tuple[Step, ...] = (
            Sweep(POD, ("turns",), _move_on, place),
            Write(Chosen("backends", each), "turns", _Take(key.node, key.client.service)),
        )
        # A single endpoint has every turn.
        if turn or state.change(key.state) != key.state:
            yield Alternative((state, *(moves if turn else ())), f"it is that endpoint's turn on {key.node}")


def connect_in_turn(key: Key) -> Rule:
    """The rule by which clients connect through a node that balances by ipvs; ``key`` says which clients."""
    return Rule(
        name="connect in turn",
        key=key,
        decide=_connect,
        queries={"service": Query(SERVICE, ("object",), service_of_client, ONLY)},
        stages=({"backends": Query(POD, ("runtime", "rules", "turns"), _taken, DISTINCT, policy_parameter)},),
        guards=(MACHINE_RUNS,),
        reference="kube-proxy §5",
        meaning="a client opens a connection to a Service, and gets the endpoint whose turn it is on its node",
    )


def _forget(node: str, rules: Rules, turns: Turns) -> tuple[Rules, Turns]:
    led = {service for name, service, _ in rules if name == node}
    return rules, tuple(each for each in turns if each[0] != node or each[1] in led)


def with_turns(sync: Rule) -> Rule:
    """The rule by which a node loads its rules: an endpoint that goes has no turn any more."""

    def decide(key: Proxy, **answers: object) -> Iterable[Alternative]:
        for each in sync.decide(key, **answers):
            yield attrs.evolve(each, plan=(*each.plan, Sweep(POD, ("rules", "turns"), _forget, key.node)))

    return attrs.evolve(sync, decide=decide)
