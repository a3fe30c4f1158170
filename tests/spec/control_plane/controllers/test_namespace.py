"""The namespace controller: what it tells, what holds a namespace, and what an API server that is behind lets in."""

from __future__ import annotations

from kubemodel.spec.control_plane.controllers.namespace import (
    CONTENT_REMAINING,
    DISCOVERY_FAILURE,
    FINALIZERS_REMAINING,
    Remains,
    conditions_of,
)

from ...exploration import explore, pod_spec, replica_set
from ...namespace_scenarios import deleted

ENDING, HELD = Remains(live=False, held=False), Remains(live=False, held=True)
CREATED_LATE, LEFT_BEHIND = "no-create-in-terminating-namespace", "namespace-empty-before-gone"


def told(*found: Remains, discovered: bool = True) -> dict[str, str]:
    return {condition.type: condition.status for condition in conditions_of((), found, discovered=discovered)}


def test_conditions_say_what_a_namespace_waits_for() -> None:
    nothing = {DISCOVERY_FAILURE: "False", CONTENT_REMAINING: "False", FINALIZERS_REMAINING: "False"}
    assert told() == nothing
    assert told(ENDING) == {**nothing, CONTENT_REMAINING: "True"}
    assert told(ENDING, HELD) == {**nothing, CONTENT_REMAINING: "True", FINALIZERS_REMAINING: "True"}
    assert told(discovered=False) == {**nothing, DISCOVERY_FAILURE: "True"}


def test_an_api_server_that_is_behind_lets_more_in_which_the_next_pass_deletes() -> None:
    found = explore(deleted(replica_set(1), lag={"kube-apiserver-2": {"Namespace": 1}}))
    assert set(found.violated) == {CREATED_LATE}
    assert LEFT_BEHIND in found.triggered


def test_five_seconds_are_too_short_for_an_api_server_that_is_slow_to_hear() -> None:
    wanted = deleted(
        replica_set(2, pod_spec(schedulingGates=[{"name": "example.com/gate"}])),
        lag={"kube-apiserver-2": {"Namespace": 3}},
        slow=["kube-apiserver-2/Namespace", "replicaset-controller"],
    )
    found = explore(wanted)
    assert LEFT_BEHIND in found.violated
