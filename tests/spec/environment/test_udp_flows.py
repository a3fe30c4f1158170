"""Where the packets of a UDP flow go, before and after its endpoint went (kube-proxy §5)."""

from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.environment.traffic import ANSWERED, IDLE, LOST, REFUSED, Connecting
from kubemodel.spec.environment.udp_flows import Led, send
from kubemodel.spec.language.plan import Write
from kubemodel.spec.language.scenario import Client
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.node.conntrack import Flush, flushed

from ..exploration import CLIENT, bare_pod, explore, pod_spec, pre_stop, scenario, service

SENDER = Client("web", "node-1", keeps_flow=True)
UDP: dict[str, Any] = {"ports": [{"port": 53, "protocol": "UDP"}]}


@pytest.mark.parametrize(
    ("backends", "states"),
    [
        ((), [REFUSED]),
        ((Led(True, False), Led(False, False)), [ANSWERED, LOST]),
        ((Led(False, True), Led(True, False)), [LOST]),
        ((Led(True, True),), [ANSWERED]),
    ],
    ids=["no rule", "the first packet", "an endpoint that is gone", "its endpoint"],
)
def test_packets_go(backends: tuple[Led, ...], states: list[str]) -> None:
    found = send((SENDER,)).decide(Connecting(SENDER, IDLE), service=None, backends=backends)
    steps = [step for each in found for step in each.plan if isinstance(step, Write) and step.field == "state"]
    assert [step.change(IDLE) for step in steps] == states


def test_what_no_rule_of_the_node_leads_there_is_flushed() -> None:
    flush = Flush("node-1", (("web in one flow from node-1", "web"),))
    flows = ("web in one flow from node-1", "web in one flow from node-2")
    assert flushed(flush, (("node-1", "web", "Cluster"),), flows)[1] == flows
    assert flushed(flush, (("node-2", "web", "Cluster"),), flows)[1] == ("web in one flow from node-2",)


def _after_its_endpoint(**settings: Any) -> dict[str, str]:
    asked = scenario(
        bare_pod(pod_spec(container=pre_stop(10))),
        bare_pod(name="web-2"),
        service(**UDP),
        users=[[{"delete": "pod/web"}]],
        clients=[{**CLIENT["clients"][0], "keepsFlow": True}],
        **settings,
    )
    return dict(explore(asked).violated)


def test_a_flow_that_is_not_flushed_goes_to_nowhere_for_ever() -> None:
    assert _after_its_endpoint() == {}
    assert "udp-flows-follow-endpoints" in _after_its_endpoint(switches={"conntrack-flush": "missed"})


def test_a_tcp_connection_is_no_flow() -> None:
    with pytest.raises(InputError, match="has no UDP port"):
        scenario(bare_pod(), service(), clients=[{**CLIENT["clients"][0], "keepsFlow": True}])
