"""For how long a preStop hook sleeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from kubemodel.spec.node.termination import longest_sleep, pre_stop_seconds
from kubemodel.spec.objects.decoding_pod import decode_pod, pre_stop_sleep


@pytest.mark.parametrize(
    ("hook", "seconds"),
    [
        ({"sleep": {"seconds": 5}}, 5),
        ({"exec": {"command": ["sleep", "10"]}}, 10),
        ({"exec": {"command": ["/bin/sleep", "10s"]}}, 10),
        ({"exec": {"command": ["/bin/sh", "-c", "sleep 15"]}}, 15),
        ({"exec": {"command": ["sh", "-c", "nginx -s quit; sleep 15"]}}, None),
        ({"exec": {"command": ["sleep", "forever"]}}, None),
        ({"httpGet": {"path": "/drain", "port": 80}}, None),
        (None, None),
    ],
)
def test_a_hook_that_does_nothing_but_sleep_is_understood(hook: Mapping[str, Any] | None, seconds: int | None) -> None:
    assert pre_stop_sleep(hook) == seconds


def _pod(grace: int, *sleeps: int) -> Any:
    containers = [
        {"name": f"c{n}", "lifecycle": {"preStop": {"sleep": {"seconds": sleep}}}} for n, sleep in enumerate(sleeps)
    ]
    return decode_pod({"spec": {"containers": containers, "terminationGracePeriodSeconds": grace}})


def test_containers_are_stopped_together_after_the_longest_sleep() -> None:
    assert longest_sleep(_pod(30, 5, 10).spec) == 10
    assert longest_sleep(_pod(30).spec) == 0


def test_a_hook_never_holds_a_pod_beyond_its_grace_period() -> None:
    assert pre_stop_seconds(_pod(30, 60)) == 30
    assert pre_stop_seconds(_pod(30, 10)) == 10
