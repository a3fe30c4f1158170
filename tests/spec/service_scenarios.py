"""Small scenarios of Services, and of who connects to them: a part of those that together make everything happen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kubemodel.spec.control_plane.controllers.endpointslice_decisions import ZONE_LABEL
from kubemodel.spec.language.scenario import Scenario

from .exploration import (
    BY_NAME,
    CLIENT,
    PROBED,
    Data,
    bare_pod,
    deployment,
    dns_server,
    node,
    pod_spec,
    pre_stop,
    replica_set,
    scenario,
    service,
)

OUTSIDE = {
    "clients": [{"service": "web", "node": "node-1", "byName": True, "asksFor": "web.com", "meansOutside": True}]
}
"""The setting of a scenario with a client that means a host outside by a name that a Service could have."""


def addon(mode: str = "Reconcile", **spec: Any) -> Data:
    """The Deployment web as an addon."""
    found = deployment(1, **spec)
    return {**found, "metadata": {**found["metadata"], "labels": {"addonmanager.kubernetes.io/mode": mode}}}


def served() -> Mapping[str, Scenario]:
    """Services, and who connects to them."""
    late = {"lag": {"endpointslice-controller": {"EndpointSlice": 1}}}
    endpoints = {"properties": ["endpointslice-matches-pods"]}
    return {
        "a client connects during a rollout": scenario(
            deployment(1, pod_spec(container=PROBED)),
            service(),
            users=[[{"scale": "web=0"}]],
            start="created",
            **CLIENT,
        ),
        "pods behind a Service sleep before they end": scenario(
            deployment(1, pod_spec(container=pre_stop(10))), service(), users=[[{"scale": "web=0"}]], **CLIENT
        ),
        "a client comes back to its endpoint": scenario(
            bare_pod(),
            bare_pod(name="web-2"),
            service(sessionAffinity="ClientIP"),
            users=[[{"delete": "pod/web"}]],
            start="created",
            **CLIENT,
        ),
        "an endpoint stops answering": scenario(
            deployment(1, pod_spec(container=PROBED)), service(), faults={"probe-failure": 1}, **CLIENT
        ),
        "a client looks a Service up, and its DNS server goes": scenario(
            bare_pod(pod_spec(container=PROBED)),
            service(),
            *dns_server(),
            users=[[{"delete": "pod/coredns"}]],
            faults={"probe-failure": 1},
            start="created",
            **BY_NAME,
        ),
        "a client looks a headless Service up, and its pod goes": scenario(
            bare_pod(),
            service(clusterIP="None"),
            *dns_server(),
            users=[[{"delete": "pod/web"}]],
            start="created",
            **BY_NAME,
        ),
        "a Service is deleted and made anew, and clients hold what it was": scenario(
            bare_pod(),
            service(),
            *dns_server(),
            users=[[{"delete": "service/web"}, {"apply": "0.yaml"}]],
            applied={"0.yaml": [service()]},
            start="running",
            clients=[*BY_NAME["clients"], {"service": "web", "node": "node-1", "byEnvironment": True}],
        ),
        "a Service is deleted before it has endpoints, or while they end": scenario(
            bare_pod(pod_spec(container={**PROBED, **pre_stop(10)})),
            service(),
            users=[[{"delete": "service/web"}], [{"delete": "pod/web"}]],
            start="created",
            **CLIENT,
        ),
        "a DNS server is cut off, and another one starts anew": scenario(
            bare_pod(pod_spec(nodeName="node-2")),
            service(clusterIP="None"),
            dns_server(pod_spec("coredns:1", PROBED, nodeName="node-1"))[0],
            *dns_server(pod_spec("coredns:1", nodeName="node-2"), name="coredns-2"),
            nodes=2,
            users=[[{"delete": "pod/coredns-2"}, {"delete": "service/web"}]],
            start="running",
            switches={"dns-servers": "apart"},
            **BY_NAME,
        ),
        "a name that is meant for a host outside gets to a Service": scenario(
            {**bare_pod(), "metadata": {"name": "web", "namespace": "com", "labels": {"app": "web"}}},
            {**service(), "metadata": {"name": "web", "namespace": "com"}},
            *dns_server(pod_spec(container=PROBED)),
            users=[[{"delete": "service/web"}, {"apply": "0.yaml"}]],
            applied={"0.yaml": [{**service(), "metadata": {"name": "web", "namespace": "com"}}]},
            start="created",
            **OUTSIDE,
        ),
        "traffic stays in its zone while an endpoint is there": scenario(
            bare_pod(pod_spec(nodeName="node-1")),
            bare_pod(pod_spec(nodeName="node-2"), name="web-2"),
            service(trafficDistribution="PreferClose"),
            nodes=[node(name, labels={ZONE_LABEL: zone}) for name, zone in (("node-1", "a"), ("node-2", "b"))],
            users=[[{"delete": "pod/web"}]],
            **CLIENT,
        ),
        "an addon is scaled and put back": scenario(addon(), addonManager={}, users=[[{"scale": "web=2"}]]),
        "an addon is deleted and made anew": scenario(addon(), addonManager={}, users=[[{"delete": "deployment/web"}]]),
        "clients get the endpoint whose turn it is": scenario(
            bare_pod(),
            bare_pod(name="web-2"),
            service(),
            users=[[{"delete": "pod/web"}]],
            start="created",
            switches={"proxy-mode": "ipvs"},
            **CLIENT,
        ),
        "a UDP flow goes on after its endpoint": scenario(
            bare_pod(),
            bare_pod(name="web-2"),
            service(ports=[{"port": 53, "protocol": "UDP"}]),
            users=[[{"delete": "pod/web"}]],
            start="created",
            clients=[{**CLIENT["clients"][0], "keepsFlow": True}],
        ),
        "a DNS server fills its caches before it is ready": scenario(
            bare_pod(),
            service(),
            *dns_server(pod_spec(container=PROBED)),
            start="created",
            switches={"dns-servers": "apart"},
            **BY_NAME,
        ),
        "slices are seen late": scenario(replica_set(2), service(), **late, **endpoints),
        "slices are seen late and written at once": scenario(
            replica_set(2), service(), switches={"endpoint-tracker": "off"}, **late, **endpoints
        ),
        "slices are seen so late that the controller gives up": scenario(
            replica_set(1), service(), slow=["endpointslice-controller/EndpointSlice"], **late, **endpoints
        ),
    }
