"""Clients of Services in scenarios: who they are, and what they bring into a model."""

from __future__ import annotations

import pytest
from kubemodel.spec import cluster
from kubemodel.spec.language.scenario import Client
from kubemodel.spec.manifests.errors import InputError

from ..exploration import CLIENT, deployment, scenario, service

NETWORK = {"endpointslice-controller", "kube-proxy", "client"}


def test_a_client_brings_endpoints_and_rules() -> None:
    wanted = scenario(deployment(), service(), **CLIENT)
    assert wanted.clients == (Client("web", "node-1"),)
    assert {each.name for each in cluster.components(wanted)} >= NETWORK
    assert "no-traffic" not in {each.name for each in cluster.build(wanted).assumptions}


def test_a_service_without_clients_is_left_out_and_the_verdict_says_so() -> None:
    wanted = scenario(deployment(), service())
    assert NETWORK.isdisjoint(each.name for each in cluster.components(wanted))
    assert "no-traffic" in {each.name for each in cluster.build(wanted).assumptions}


def test_a_property_of_endpoints_brings_them_without_clients() -> None:
    wanted = scenario(deployment(), service(), properties=["endpointslice-matches-pods"])
    names = {each.name for each in cluster.components(wanted)}
    assert names & NETWORK == {"endpointslice-controller", "kube-proxy"}


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ({"service": "cart", "node": "node-1"}, 'Service "cart", which does not exist'),
        ({"service": "web", "node": "node-9"}, 'Node "node-9", which does not exist'),
    ],
)
def test_a_client_of_what_does_not_exist_is_refused(client: dict[str, str], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        scenario(deployment(), service(), clients=[client])


def test_a_client_from_outside_has_a_name_of_its_own() -> None:
    assert Client("web", "node-1").name != Client("web", "node-1", outside=True).name
