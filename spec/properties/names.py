"""Properties of names: what clients are told who look Services up (invariants 92; dns-addons §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..addons.dns.server import RECORDS, Headless, Held, named_headless
from ..environment.name_lookup import FOUND, NO_SUCH_NAME, UNANSWERED
from ..kinds import CONNECTION
from ..language.component import Key
from ..language.property import (
    HOLDS,
    IDLE,
    Finding,
    Property,
    Shape,
    StateProperty,
    TemporalProperty,
    suspended,
    violated,
)
from ..language.scenario import Scenario
from .assumptions import PODS_LOST_OTHERWISE, disturbed


def _correct(key: Headless, pods: tuple[Held, ...]) -> Finding:
    for pod in pods:
        if pod.wanted and not pod.held:
            return violated(f"{key.name} has a ready endpoint whose address is not among its records")
        if pod.held and not pod.wanted:
            return violated(f"a record of {key.name} names a pod that is no ready endpoint of it")
    return HOLDS if pods else IDLE


def dns_eventually_correct(names: frozenset[str] = frozenset()) -> TemporalProperty:
    """The records of the headless Services that are called ``names`` come to be those of their ready endpoints."""
    return TemporalProperty(
        name="dns-eventually-correct",
        statement="in the end the name of a headless Service stands for the addresses of its ready endpoints",
        key=named_headless(names),
        queries={"pods": RECORDS},
        judge=_correct,
        shape=Shape.EVENTUALLY_ALWAYS,
        reference="invariants 92",
        advice="look at whether a pod of the DNS server runs and reaches the API server",
    )


def _held(lookup: str) -> str:
    return lookup


def _answered(lookup: str, losses: tuple[str, ...]) -> Finding:
    if lookup == UNANSWERED:
        problem = "a client looked the name of a Service up, and no DNS server answered"
        return suspended(f"{problem}; {disturbed(losses)}") if losses else violated(problem)
    return HOLDS if lookup in (FOUND, NO_SUCH_NAME) else IDLE


LOOKUPS_ANSWERED = StateProperty(
    name="lookups-answered",
    statement="whenever a client looks the name of a Service up, a DNS server answers",
    key=Key(CONNECTION, ("lookup",), _held),
    queries={"losses": PODS_LOST_OTHERWISE},
    judge=_answered,
    reference="dns-addons §5",
    assumes="no fault takes pods away, and no user deletes or scales",
    advice="keep a DNS server ready all the time: two replicas that are not on one node, an update that takes one away"
    " only when another is ready, and an end that answers until every node has new rules",
)


def looked_up(scenario: Scenario) -> frozenset[str]:
    """The Services that some client knows by name."""
    return frozenset(client.service for client in scenario.clients if client.by_name)


TAILORED: Mapping[str, Callable[[Scenario], Property]] = {
    "dns-eventually-correct": lambda scenario: dns_eventually_correct(looked_up(scenario)),
}
"""Properties that read settings of the scenario, by name."""
