"""What a client holds of a name, and when it asks again (dns-addons §3, §5, §6)."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from kubemodel.spec.addons.dns.server import DNS_NAMESPACE, DNS_SERVICE
from kubemodel.spec.environment import name_lookup
from kubemodel.spec.environment.dns_answers import FOUND, NO_SUCH_NAME, UNANSWERED, UNASKED, Looking
from kubemodel.spec.environment.name_lookup import Answered
from kubemodel.spec.environment.traffic import UNRESOLVED, Backend
from kubemodel.spec.language.component import Rule
from kubemodel.spec.language.plan import Alternative, Set, Sweep, Write
from kubemodel.spec.language.scenario import Client
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.node.kube_proxy_decisions import ProxyMode
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.service import HEADLESS, Service, ServiceSpec

from ..exploration import BY_NAME, bare_pod, dns_server, explore, pod_spec, pre_stop, scenario, service

CLIENT = Client("web", "node-1", by_name=True)
DNS = Service(ObjectMeta(DNS_SERVICE, DNS_NAMESPACE))
ADDRESSED, PODS_ONLY = Service(ObjectMeta("web")), Service(ObjectMeta("web"), ServiceSpec(cluster_ip=HEADLESS))
UP, DOWN = Backend(True, False), Backend(False, False)


def _rule(name: str) -> Rule:
    rules = (
        *name_lookup.rules(DNS, (CLIENT,), frozenset({"web"}), mode=ProxyMode.IPTABLES, affinity=False),
        *name_lookup.resolver(DNS, (CLIENT,)).rules,
    )
    return next(rule for rule in rules if rule.name == name)


def _written(alternatives: Iterable[Alternative]) -> list[str]:
    return [
        str(step.change.value)
        for alternative in alternatives
        for step in alternative.plan
        if isinstance(step, Write) and step.field == "lookup" and isinstance(step.change, Set)
    ]


@pytest.mark.parametrize(
    ("of", "listed", "servers", "expected"),
    [
        (ADDRESSED, False, (UP,), [FOUND]),
        (PODS_ONLY, True, (UP,), [FOUND]),
        (PODS_ONLY, False, (UP,), [NO_SUCH_NAME]),
        (None, False, (UP,), [NO_SUCH_NAME]),
        (ADDRESSED, False, (), [UNANSWERED]),
        (ADDRESSED, False, (DOWN,), [UNANSWERED]),
        (ADDRESSED, False, (DOWN, UP), [FOUND, UNANSWERED]),
    ],
    ids=["an address", "pods", "no pods", "no Service", "no rule", "a dead server", "one of two is dead"],
)
def test_what_a_query_is_answered(
    of: Service | None, listed: bool, servers: tuple[Backend, ...], expected: list[str]
) -> None:
    key = Looking(CLIENT, UNASKED)
    assert _written(_rule("look up").decide(key, service=of, listed=listed, servers=servers)) == expected


def test_only_the_answer_for_pods_is_kept_with_pods() -> None:
    kept = {}
    for of in (ADDRESSED, PODS_ONLY):
        (found,) = _rule("look up").decide(Looking(CLIENT, UNASKED), service=of, listed=True, servers=(UP,))
        kept[of] = any(isinstance(step, Sweep) for step in found.plan)
    assert kept == {ADDRESSED: False, PODS_ONLY: True}


def test_who_is_told_no_address_comes_nowhere() -> None:
    (found,) = _rule("look up").decide(Looking(CLIENT, UNASKED), service=ADDRESSED, listed=False, servers=())
    assert any(isinstance(step, Write) and step.change == Set(UNRESOLVED) for step in found.plan)


@pytest.mark.parametrize(
    ("pods", "servers", "expires"),
    [
        ((Answered(True, True),), (UP,), False),
        ((Answered(True, True), Answered(True, False)), (UP,), True),
        ((Answered(False, True),), (UP,), True),
        ((Answered(True, True),), (), True),
    ],
    ids=["the same again", "one more pod", "its pod is gone", "nobody answers any more"],
)
def test_an_answer_expires_where_another_would_come(
    pods: tuple[Answered, ...], servers: tuple[Backend, ...], expires: bool
) -> None:
    key = Looking(CLIENT, FOUND)
    found = _rule("answer expires").decide(key, service=PODS_ONLY, pods=pods, servers=servers)
    assert _written(found) == ([UNASKED] if expires else [])


def _headless(hook: int, **settings: object) -> dict[str, object]:
    """How connections fare of a client that keeps addresses for 30 s, where pods answer for ``hook`` seconds more."""
    pod = pod_spec(container=pre_stop(hook), terminationGracePeriodSeconds=90)
    asked = scenario(
        bare_pod(pod),
        bare_pod(pod, name="web-2"),
        service(clusterIP="None"),
        *dns_server(),
        users=[[{"delete": "pod/web"}]],
        **BY_NAME,
        **settings,
    )
    found = explore(asked)
    return {**found.violated, **found.suspended}


def test_a_client_keeps_the_address_of_a_pod_that_has_gone_and_a_long_hook_helps() -> None:
    assert "connection-reaches-serving-backend" in _headless(10)
    assert "connection-reaches-serving-backend" not in _headless(45)


def test_a_shorter_time_to_live_helps_too() -> None:
    assert "connection-reaches-serving-backend" not in _headless(10, constants={"dns-ttl": 5})


def test_a_client_from_outside_does_not_ask_the_clusters_server() -> None:
    with pytest.raises(InputError, match="from outside the cluster"):
        scenario(
            bare_pod(),
            service(),
            *dns_server(),
            clients=[{"service": "web", "node": "node-1", "byName": True, "outside": True}],
        )


def test_somebody_must_answer() -> None:
    with pytest.raises(InputError, match="which nobody answers"):
        scenario(bare_pod(), service(), **BY_NAME)
