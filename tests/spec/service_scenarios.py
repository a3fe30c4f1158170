"""Small scenarios of Services, and of who connects to them: a part of those that together make everything happen."""

from __future__ import annotations

from collections.abc import Mapping

from kubemodel.spec.language.scenario import Scenario

from .exploration import (
    BY_NAME,
    CLIENT,
    PROBED,
    bare_pod,
    deployment,
    dns_server,
    pod_spec,
    pre_stop,
    replica_set,
    scenario,
    service,
)


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
        "slices are seen late": scenario(replica_set(2), service(), **late, **endpoints),
        "slices are seen late and written at once": scenario(
            replica_set(2), service(), switches={"endpoint-tracker": "off"}, **late, **endpoints
        ),
        "slices are seen so late that the controller gives up": scenario(
            replica_set(1), service(), slow=["endpointslice-controller/EndpointSlice"], **late, **endpoints
        ),
    }
