"""What a client meets that holds an address, and what its container's environment tells it (dns-addons §6)."""

from __future__ import annotations

import pytest
from kubemodel.spec.environment.dns_answers import FOUND, NO_SUCH_NAME
from kubemodel.spec.environment.held_addresses import Holding, read_environment
from kubemodel.spec.environment.name_lookup import to_address_found
from kubemodel.spec.environment.traffic import ANSWERED, IDLE, REFUSED, Backend, Connecting
from kubemodel.spec.language.plan import KEY, Set, Write
from kubemodel.spec.language.scenario import Client
from kubemodel.spec.node.kube_proxy_decisions import ProxyMode
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.service import HEADLESS, Service, ServiceSpec

from ..exploration import BY_NAME, bare_pod, dns_server, explore, scenario, service

CLIENT = Client("web", "node-1", by_environment=True)
ADDRESSED, PODS_ONLY = Service(ObjectMeta("web")), Service(ObjectMeta("web"), ServiceSpec(cluster_ip=HEADLESS))


@pytest.mark.parametrize(("leads", "state"), [(True, ANSWERED), (False, REFUSED)])
def test_an_address_that_no_rule_matches_leads_nowhere(leads: bool, state: str) -> None:
    rule = to_address_found((CLIENT,), mode=ProxyMode.IPTABLES, affinity=False, moving=True)
    holding = Holding(CLIENT, IDLE, "10.96.0.7")
    (found,) = rule.decide(holding, leads=leads, service=ADDRESSED, backends=(Backend(True, False),))
    assert found.plan == (Write(KEY, "state", Set(state)),)


@pytest.mark.parametrize(
    ("of", "lookup", "address"),
    [(ADDRESSED, FOUND, ADDRESSED.address), (PODS_ONLY, NO_SUCH_NAME, None), (None, NO_SUCH_NAME, None)],
    ids=["an address", "headless", "no Service yet"],
)
def test_variables_are_those_of_services_with_an_address(of: Service | None, lookup: str, address: str | None) -> None:
    (found,) = read_environment((CLIENT,), moving=True).decide(Connecting(CLIENT, IDLE), service=of)
    written = {
        step.field: step.change.value for step in found.plan if isinstance(step, Write) and isinstance(step.change, Set)
    }
    assert (written["lookup"], written.get("address")) == (lookup, address)


def test_a_new_incarnation_has_another_address() -> None:
    again = Service(ObjectMeta("web", uid=2))
    assert again.address != ADDRESSED.address


def _remade(**settings: object) -> dict[str, str]:
    asked = scenario(
        bare_pod(),
        service(clusterIP="10.96.0.7"),
        *dns_server(),
        users=[[{"delete": "service/web"}, {"apply": "0.yaml"}]],
        applied={"0.yaml": [service(**settings)]},
        start="running",
        properties=["answers-current"],
        **BY_NAME,
    )
    return dict(explore(asked).violated)


def test_who_asked_too_early_does_not_find_a_service_that_is_there_even_with_its_old_address() -> None:
    """Negative caching: with the same clusterIP only who was told that there is no such name holds something else."""
    assert _remade(clusterIP="10.96.0.7") == {
        "answers-current": "a client holds that there is no name web, although the Service exists"
    }


def test_who_asked_before_goes_on_to_the_old_address() -> None:
    assert "10.96.0.7 for web, which has 10.96.0.8" in _remade(clusterIP="10.96.0.8")["answers-current"]
