"""DNS servers with caches of their own: whom a client asks decides what it is told (dns-addons §1, §5)."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec import cluster
from kubemodel.spec.addons.dns.server_caches import Caches, Serving, component, own_records
from kubemodel.spec.environment.dns_answers import FOUND, NO_SUCH_NAME, UNANSWERED, UNASKED, Looking, Server, Told, told
from kubemodel.spec.kinds import NODE, POD
from kubemodel.spec.language.component import Key, Rule
from kubemodel.spec.language.plan import Set, Write
from kubemodel.spec.language.property import HOLDS, Finding, StateProperty, When, violated
from kubemodel.spec.language.query import DISTINCT, Query, no_parameter
from kubemodel.spec.language.scenario import Client, Start
from kubemodel.spec.objects.endpoint_slice import Endpoint
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.service import HEADLESS, Service

from ..exploration import (
    BY_NAME,
    PROBED,
    bare_pod,
    dns_server,
    explore,
    pod_spec,
    scenario,
    service,
    starts,
    values,
    without,
)

DNS = Service(ObjectMeta("kube-dns", "kube-system"))
KEY = Looking(Client("web", "node-1", by_name=True), UNASKED)
EMPTY, ADDRESSED = Server(True, None), Server(True, Caches(1, (("web", "10.96.0.7"),)))
UNKNOWING, PODS_ONLY = Server(True, Caches(2, ())), Server(True, Caches(3, (("web", HEADLESS),)))


def _rule(name: str) -> Rule:
    return next(rule for rule in component(DNS, frozenset({"web"})).rules if rule.name == name)


@pytest.mark.parametrize(
    ("servers", "listed", "expected"),
    [
        ((EMPTY,), (), [Told(UNANSWERED)]),
        ((UNKNOWING,), (), [Told(NO_SUCH_NAME)]),
        ((PODS_ONLY,), (2,), [Told(NO_SUCH_NAME)]),
        ((PODS_ONLY,), (2, 3), [Told(FOUND, "", 3)]),
        ((ADDRESSED, UNKNOWING), (), [Told(FOUND, "10.96.0.7"), Told(NO_SUCH_NAME)]),
        ((Server(False, None),), (), [Told(UNANSWERED)]),
    ],
    ids=["not filled", "not heard of", "no endpoint", "an endpoint", "two that differ", "dead"],
)
def test_each_server_says_what_it_knows(servers: tuple[Server, ...], listed: tuple[int, ...], expected: object) -> None:
    assert list(told(KEY, None, listed, servers)) == expected


def test_records_are_of_ready_endpoints_of_headless_services_that_the_server_knows() -> None:
    entries = (("web-1", Endpoint(ready=True)), ("db-1", Endpoint(ready=False)))
    assert own_records(2, ("web", "db"), entries) == ((2, "web"),)
    assert own_records(2, (), entries) == ()


def test_a_server_that_starts_takes_the_least_number_that_is_free() -> None:
    (found,) = _rule("fill caches").decide(Serving("node-1", None), services=(("web", HEADLESS),), taken=(1, 3))
    write = found.plan[0]
    assert isinstance(write, Write)
    assert write.change == Set(Caches(2, (("web", HEADLESS),)))


def test_hearing_the_same_again_is_no_step() -> None:
    caches = Caches(1, (("web", HEADLESS),))
    assert list(_rule("hear of Services").decide(Serving("node-1", caches), services=caches.services)) == []
    assert list(_rule("hear of endpoints").decide(Serving("node-1", caches), pods=())) == []


def test_a_server_is_ready_once_its_caches_are_filled() -> None:
    asked = scenario(
        bare_pod(),
        service(),
        *dns_server(pod_spec(container=PROBED)),
        start="running",
        switches={"dns-servers": "apart"},
        **BY_NAME,
    )
    model = cluster.build(asked)
    without_caches = TransitionSystem(without("cluster-dns", "fill caches")(model))
    ready = [_dns_ready(system, asked.start) for system in (TransitionSystem(model), without_caches)]
    assert ready == [True, False]


def _dns_ready(system: TransitionSystem, start: Start) -> bool:
    (state,) = starts(system, start)
    names = [pod.metadata.name if pod else "" for pod in values(system, state, "Pod")]
    workers = dict(zip(names, values(system, state, "Pod", "worker"), strict=True))
    return bool(workers["coredns"].ready)


def _deleted(servers: str) -> dict[str, str]:
    """What is violated where there are two DNS servers, and the Service of a client is deleted."""
    asked = scenario(
        bare_pod(pod_spec(nodeName="node-2")),
        service(clusterIP="10.96.0.7"),
        dns_server(pod_spec("coredns:1", nodeName="node-1"))[0],
        *dns_server(pod_spec("coredns:1", nodeName="node-2"), name="coredns-2"),
        nodes=2,
        users=[[{"delete": "service/web"}]],
        start="running",
        properties=["answers-eventually-current"],
        switches={"dns-servers": servers},
        **BY_NAME,
    )
    return dict(explore(asked).violated)


def test_servers_that_hear_late_come_to_say_what_is_so() -> None:
    assert _deleted("apart") == {}
    assert _deleted("shared") == {}


def _known(_parameter: None, server: Caches | None) -> tuple[tuple[str, str], ...] | None:
    return server.services if server is not None else None


def _agree(_key: str, known: tuple[object, ...]) -> Finding:
    return HOLDS if len(known) < 2 else violated("DNS servers say different things")


AGREE = StateProperty(
    name="servers-agree",
    statement="at rest all DNS servers say the same",
    key=Key(NODE, ("name",), lambda name: name if name == "node-1" else None),
    queries={"known": Query(POD, ("server",), _known, DISTINCT, no_parameter)},
    judge=_agree,
    when=When.QUIESCENT,
)


STAYING: dict[str, Any] = {"tolerations": [{"operator": "Exists"}]}
"""Fields of a pod that stays on its node whatever becomes of that."""


def test_stale_answers_differ_by_server_while_one_is_cut_off_and_only_then() -> None:
    found = []
    for cuts in (0, 1):
        asked = scenario(
            bare_pod(pod_spec(nodeName="node-2", **STAYING)),
            service(clusterIP="10.96.0.7"),
            dns_server(pod_spec("coredns:1", nodeName="node-1", **STAYING))[0],
            *dns_server(pod_spec("coredns:1", nodeName="node-2", **STAYING), name="coredns-2"),
            nodes=2,
            users=[[{"delete": "service/web"}]],
            faults={"link-cut": cuts},
            start="running",
            switches={"dns-servers": "apart"},
            properties=["lookups-answered"],
            **BY_NAME,
        )
        # Some seconds: a cluster that is cut comes to rest only after the timers of its nodes.
        result = explore(asked, lambda model: attrs.evolve(model, properties=(AGREE,)), most=20_000)
        found.append("servers-agree" in result.violated)
    assert found == [False, True]
