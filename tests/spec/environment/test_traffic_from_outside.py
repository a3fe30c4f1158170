"""Who comes from outside the cluster, and what a node does that has no rules (kube-proxy §4, §5)."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.environment.traffic import (
    ANSWERED,
    IDLE,
    REFUSED,
    Backend,
    Connecting,
    connect,
    connections,
    policy_of,
)
from kubemodel.spec.language.plan import Set, Write
from kubemodel.spec.language.scenario import Client
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.service import Service, ServiceSpec

from ..exploration import CLIENT, bare_pod, explore, pod_spec, scenario, service

RANGED = Service(ObjectMeta("web"), ServiceSpec(type="LoadBalancer", load_balancer_source_ranges=("203.0.113.0/24",)))


@pytest.mark.parametrize(("address", "state"), [("203.0.113.9", ANSWERED), ("198.51.100.9", REFUSED), ("", ANSWERED)])
def test_packets_from_elsewhere_are_dropped(address: str, state: str) -> None:
    client = Client("web", "node-1", outside=True, address=address)
    rule = connect(connections((client,)))
    (found,) = rule.decide(Connecting(client, IDLE), service=RANGED, backends=(Backend(True, False),))
    (step,) = found.plan
    assert isinstance(step, Write)
    assert step.change == Set(state)


@pytest.mark.parametrize("said", [{"address": "203.0.113.9"}, {"address": "somewhere", "outside": True}])
def test_an_address_is_that_of_a_client_from_outside(said: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="whether a load balancer admits it"):
        scenario(bare_pod(), service(), clients=[{**CLIENT["clients"][0], **said}])


def _with_ipvs(support: str) -> frozenset[str]:
    asked = scenario(
        bare_pod(),
        service(),
        switches={"proxy-mode": "ipvs", "ipvs-support": support},
        properties=["proxy-converges"],
        **CLIENT,
    )
    found = explore(asked)
    fired = (rule for component, rule in found.rules if component in ("client", "kube-proxy"))
    return frozenset({*found.violated, *fired})


def test_a_kernel_without_ipvs() -> None:
    assert _with_ipvs("there") == {"sync rules", "connect in turn"}
    assert _with_ipvs("missing-falls-back") == {"sync rules", "connect"}
    assert _with_ipvs("missing") == {"connect", "proxy-converges"}


@pytest.mark.parametrize(
    ("said", "policy"),
    [({"outside": True}, "Local"), ({"external": True}, "Cluster"), ({}, "Local")],
    ids=["outside", "inside, by the external address", "inside"],
)
def test_policy_local_does_not_bind_who_is_inside_and_uses_the_external_address(
    said: dict[str, bool], policy: str
) -> None:
    local = ServiceSpec(type="NodePort", external_traffic_policy="Local", internal_traffic_policy="Local")
    assert policy_of(Service(ObjectMeta("web"), local), Client("web", "node-1", **said)) == policy


def _reached(**client: bool) -> frozenset[str]:
    """What is violated where the only endpoint is on another node than the client's, whose policy is Local."""
    asked = scenario(
        bare_pod(pod_spec(nodeName="node-2")),
        service(type="NodePort", externalTrafficPolicy="Local", internalTrafficPolicy="Local"),
        nodes=2,
        clients=[{**CLIENT["clients"][0], **client}],
    )
    return explore(asked).triggered


def test_it_reaches_an_endpoint_on_another_node() -> None:
    assert "connection-reaches-serving-backend" in _reached(external=True)
    assert "connection-reaches-serving-backend" not in _reached()


def test_a_service_without_an_external_address_has_no_such_clients() -> None:
    with pytest.raises(InputError, match="which has none"):
        scenario(bare_pod(), service(), clients=[{**CLIENT["clients"][0], "external": True}])
