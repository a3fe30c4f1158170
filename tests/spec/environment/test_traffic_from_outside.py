"""Who comes from outside the cluster, and what a node does that has no rules (kube-proxy §4, §5)."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.environment.traffic import ANSWERED, IDLE, REFUSED, Backend, Connecting, connect, connections
from kubemodel.spec.language.plan import Set, Write
from kubemodel.spec.language.scenario import Client
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.service import Service, ServiceSpec

from ..exploration import CLIENT, bare_pod, explore, scenario, service

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
