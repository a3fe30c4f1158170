from __future__ import annotations

from typing import Any

import pytest
from kubemodel.spec.objects.decoding_pod import decode_pod
from kubemodel.spec.objects.pod_resources import host_ports, pod_requests


def container(cpu: str | None = None, **fields: Any) -> dict[str, Any]:
    return {**({"resources": {"requests": {"cpu": cpu}}} if cpu else {}), **fields}


def sidecar(cpu: str) -> dict[str, Any]:
    return container(cpu, restartPolicy="Always")


@pytest.mark.parametrize(
    ("init", "main", "milli_cpu"),
    [
        ([], [container("1"), container("500m")], 1500),
        ([container("3"), container("2")], [container("1")], 3000),
        ([container("1")], [container("1"), container("1")], 2000),
        ([sidecar("500m")], [container("1")], 1500),
        ([sidecar("500m"), container("2")], [container("1")], 2500),
        ([container("2"), sidecar("500m")], [container("1")], 2000),
        ([sidecar("1"), sidecar("1")], [container("1")], 3000),
        ([], [container()], 0),
    ],
)
def test_init_containers_sidecars_and_containers(init: list[Any], main: list[Any], milli_cpu: int) -> None:
    pod = decode_pod({"spec": {"initContainers": init, "containers": main}})
    assert pod_requests(pod).get("cpu", 0) == milli_cpu


def test_overhead_comes_on_top() -> None:
    pod = decode_pod({"spec": {"containers": [container("1")], "overhead": {"cpu": "250m", "memory": "1Ki"}}})
    assert pod_requests(pod) == {"cpu": 1250, "memory": 1024}


def test_a_limit_stands_in_for_a_missing_request() -> None:
    resources = {"requests": {"memory": "1Ki"}, "limits": {"memory": "2Ki", "cpu": "1"}}
    pod = decode_pod({"spec": {"containers": [{"resources": resources}]}})
    assert pod_requests(pod) == {"cpu": 1000, "memory": 1024}


@pytest.mark.parametrize(
    ("pod_level", "milli_cpu"),
    [
        ({"requests": {"cpu": "4"}}, 4000),
        ({"limits": {"cpu": "4"}}, 1000),
        ({"limits": {"memory": "1Gi"}}, 1000),
        ({"requests": {"example.com/gpu": 1}}, 1000),
    ],
)
def test_pod_level_requests_take_the_place_of_the_containers(pod_level: dict[str, Any], milli_cpu: int) -> None:
    pod = decode_pod({"spec": {"containers": [container("1")], "resources": pod_level}})
    assert pod_requests(pod)["cpu"] == milli_cpu
    assert "example.com/gpu" not in pod_requests(pod)


def test_a_pod_level_limit_counts_where_nothing_is_requested() -> None:
    pod = decode_pod({"spec": {"containers": [container()], "resources": {"limits": {"memory": "1Ki"}}}})
    assert pod_requests(pod) == {"memory": 1024}


def test_host_ports_of_containers_and_sidecars() -> None:
    def port(number: int) -> list[dict[str, int]]:
        return [{"containerPort": number, "hostPort": number}, {"containerPort": number + 1}]

    spec = {
        "containers": [{"ports": port(80)}],
        "initContainers": [{"ports": port(90), "restartPolicy": "Always"}, {"ports": port(100)}],
    }
    assert [claimed.host_port for claimed in host_ports(decode_pod({"spec": spec}))] == [80, 90]
    on_host = decode_pod({"spec": {**spec, "hostNetwork": True}})
    assert [claimed.host_port for claimed in host_ports(on_host)] == [80, 81, 90, 91]
