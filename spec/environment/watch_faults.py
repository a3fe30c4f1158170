"""Faults of watches and of requests: what the network does to a client of the API server (design §4).

A watch that ends is resumed at what its client saw last. Where that is older than the history that is kept, the answer
is 410 Gone, and the client lists again: what was on its way is skipped (00-index §4 reflector, etcd §3). A watch that
breaks does so in any case, without asking how much of history is kept. An event that is lost without a list is what
Kubernetes rules out by design, and what it has done by mistake: nothing tells the client. All of them can only befall a
cache that lags: what is on its way to the others has arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from frozendict import frozendict

from ..language.component import Key, Rule
from ..language.model import BEYOND, INFORMER, LossBudget, informer_name
from ..language.plan import Alternative, Loss, Miss, Relist, Step
from ..language.query import Query
from .budgets import left, spend

WATCH_END = "watch-end"
WATCH_BREAK = "watch-break"
WATCH_EVENT_LOST = "watch-event-lost"
REQUEST_LOST = "request-lost"
REPLY_LOST = "reply-lost"

WATCH_FAULTS: Mapping[str, str] = {
    WATCH_END: "a watch with a lagging cache ends; its client resumes it, or gets 410 Gone if what it saw last is older"
    " than the history that is kept, and lists again",
    WATCH_BREAK: "a watch with a lagging cache ends with 410 Gone; its client lists again and skips what it has missed",
    WATCH_EVENT_LOST: "an event never reaches a lagging cache, whose client does not notice and does not list again",
}
"""The faults that come to a client's watch of one kind."""

REQUEST_FAULTS: Mapping[str, str] = {
    REQUEST_LOST: "a request is lost before the API server applies it; its sender gets an error",
    REPLY_LOST: "a request is applied, but its reply is lost; its sender gets an error and does not know",
}
"""The faults that come to a component's request to the API server."""

_LOSSES = {REQUEST_LOST: Loss.REQUEST, REPLY_LOST: Loss.REPLY}


def losses(budgets: Mapping[str, int], kind: str) -> tuple[LossBudget, ...]:
    """What may be lost of requests, as far as there are budgets, which stand in objects of ``kind``."""
    return tuple(LossBudget(loss, kind, name) for name, loss in _LOSSES.items() if budgets.get(name, 0))


def _rule(fault: str, client: str, kind: str, servers: tuple[str, ...] = ()) -> Rule:
    """``servers``: those that are behind from which the list may come, also if the client has missed nothing."""
    name = informer_name(client, kind)
    breaks = fault == WATCH_BREAK
    step: Step = Relist(client, kind=kind) if breaks else Miss(client, kind)

    def decide(pending: int, left: bool) -> Iterable[Alternative]:
        if left:
            missed = f"{pending} change{'s' if pending > 1 else ''} of {kind}"
            ends = f"the watch of {client} ends; it lists {kind} again, and skips {missed}"
            lost = f"an event of {kind} never reaches {client}"
            if pending:
                yield Alternative((step, *spend(fault)), ends if breaks else lost)
            for server in servers:
                older = f"the watch of {client} ends; it lists {kind} from {server}, which may be behind"
                yield Alternative((Relist(client, server, kind), *spend(fault)), older)

    def watched(found: str, pending: int) -> int | None:
        return pending if found == name and (pending or servers) else None

    return Rule(
        f"{fault} {name}",
        Key(INFORMER, ("name", "pending"), watched),
        decide,
        {"left": left(fault)},
        reference="00-index §4 reflector, etcd §3",
        meaning=WATCH_FAULTS[fault],
    )


def _gone(client: str, kind: str, guards: tuple[Query, ...]) -> Rule:
    """The watch ends when it is too old to be resumed; where it is not, nothing changes, so that is no step.

    The list is one from the last known resourceVersion on: it never goes back in time, whichever API server answers.
    """
    name = informer_name(client, kind)

    def too_old(found: str, pending: int, beyond: int) -> tuple[int, int] | None:
        return (pending, beyond) if found == name and beyond else None

    def decide(key: tuple[int, int], left: bool) -> Iterable[Alternative]:
        pending, _ = key
        if left:
            skips = f", and skips {pending} change{'s' if pending > 1 else ''}" if pending else "; it has missed none"
            because = f"the watch of {client} ends, and what it saw last is too old: it lists {kind} again{skips}"
            yield Alternative((Relist(client, kind=kind), *spend(WATCH_END)), because)

    return Rule(
        f"{WATCH_END} {name}",
        Key(INFORMER, ("name", "pending", BEYOND), too_old),
        decide,
        {"left": left(WATCH_END)},
        guards=guards,
        reference="00-index §4 reflector, kube-apiserver §2",
        meaning=WATCH_FAULTS[WATCH_END],
    )


def rules(
    budgets: Mapping[str, int],
    lag: Iterable[tuple[str, str]],
    resettable: Mapping[tuple[str, str], tuple[str, ...]] = frozendict(),
    guards: tuple[Query, ...] = (),
) -> tuple[Rule, ...]:
    """The rules of the watch faults with a budget, for every lagging cache (client, kind).

    ``resettable``: those that may go back in time, with the API servers from which they may list. ``guards``: of what
    needs an API server that answers.
    """
    lag = tuple(lag)
    wanted = [fault for fault in WATCH_FAULTS if budgets.get(fault, 0) and fault != WATCH_END]
    ends = tuple(_gone(client, kind, guards) for client, kind in sorted(lag)) if budgets.get(WATCH_END, 0) else ()
    return ends + tuple(
        _rule(fault, client, kind, resettable.get((client, kind), ()) if fault == WATCH_BREAK else ())
        for fault in wanted
        for client, kind in sorted(lag)
    )
