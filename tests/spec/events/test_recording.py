"""Recordings as they are read, and what times and resourceVersions tell of the order of events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kubemodel.cli.whole_cluster import all_components
from kubemodel.spec.events.observing import READERS, UNREAD, UNRELATED, Own, observe
from kubemodel.spec.events.recording import Event, occurrences, parse
from kubemodel.spec.manifests.errors import InputError

OWN = Own({"Deployment": frozenset({"web"}), "Node": frozenset({"node-1"}), "Pod": frozenset()}, frozenset({"default"}))


def line(time: str = "2024-05-01T10:00:01Z", **changes: Any) -> dict[str, Any]:
    about = {"kind": "Pod", "namespace": "default", "name": "web-6d5-a", **changes.pop("object", {})}
    said = {"component": "kubelet", "host": "node-1", "reason": "Started", "message": "Started container web"}
    return {"time": time, "lastTime": time, "count": 1, "resourceVersion": "7", **said, **changes, "object": about}


def events(*lines: dict[str, Any]) -> tuple[Event, ...]:
    return parse("\n".join(map(json.dumps, lines)), "recording")


def test_kubectl_and_recordings_say_the_same() -> None:
    (told,) = events(line())
    item = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "web.1", "resourceVersion": "7", "creationTimestamp": "2024-05-01T10:00:01Z"},
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "web-6d5-a"},
        "reason": "Started",
        "message": "Started container web",
        "source": {"component": "kubelet", "host": "node-1"},
        "firstTimestamp": "2024-05-01T10:00:01Z",
        "lastTimestamp": "2024-05-01T10:00:01Z",
        "eventTime": None,
        "count": 1,
    }
    assert parse(json.dumps({"kind": "List", "items": [item]}), "events.json") == (told,)
    newer = {**item, "source": {}, "reportingComponent": "kubelet", "firstTimestamp": None, "lastTimestamp": None}
    (again,) = parse(json.dumps({"items": [{**newer, "eventTime": "2024-05-01T10:00:01.250000Z"}]}), "events.json")
    assert (again.component, again.whole, again.first - told.first) == ("kubelet", False, 0.25)


def order(first: dict[str, Any], second: dict[str, Any]) -> tuple[bool, bool]:
    one, other = (occurrences(event)[0] for event in events(first, second))
    return one.before(other), other.before(one)


def test_a_second_tells_no_order_within_itself() -> None:
    assert order(line("2024-05-01T10:00:01Z"), line("2024-05-01T10:00:01Z")) == (False, False)
    assert order(line("2024-05-01T10:00:01Z"), line("2024-05-01T10:00:02Z")) == (True, False)
    assert order(line("2024-05-01T10:00:01Z"), line("2024-05-01T10:00:01.5Z")) == (False, False)
    assert order(line("2024-05-01T10:00:01.2Z"), line("2024-05-01T10:00:01.5Z")) == (True, False)


def test_who_saw_a_younger_version_acted_after_an_older_event_was_written() -> None:
    later = line(object={"resourceVersion": "9"})
    assert order(line(resourceVersion="8"), later) == (True, False)
    assert order(line(resourceVersion="10"), later) == (False, False)


def test_repeats_are_seen_first_last_and_in_between() -> None:
    (event,) = events(line(count=4, lastTime="2024-05-01T10:00:09Z"))
    first, *between, last = occurrences(event)
    assert len(between) == 2
    assert first.before(last) and not last.before(first)
    assert not any(each.before(last) or first.before(each) for each in between if each.latest > last.earliest + 1)


def test_events_of_others_are_told_from_those_that_are_not_followed() -> None:
    found = observe(
        events(
            line(),
            line(object={"name": "other-6d5-a"}),
            line(object={"namespace": "elsewhere"}),
            line(reason="Unheard"),
            line(object={"kind": "Node", "name": "node-2", "namespace": ""}),
        ),
        OWN,
    )
    assert [each.subject for each in found.observations] == [("Pod", "web-6d5-a")]
    assert {left.why: len(left.events) for left in found.left_out} == {UNRELATED: 3, UNREAD: 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no events"),
        ("{", "1: is not JSON"),
        ("[]", "1: is no event"),
        ("{}", "1: is no event"),
        (json.dumps({"items": []}), "holds no events"),
        (json.dumps(line("yesterday")), "1: is no event"),
    ],
)
def test_what_is_no_recording(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "recording")
    assert said in str(caught.value)


def test_observations_name_rules_that_there_are() -> None:
    rules = {(component.name, rule.name) for component in all_components() for rule in component.rules}
    texts = {"Scheduled": "Successfully assigned default/web-6d5-a to node-1", "Killing": "Stopping container web"}
    texts |= {"SuccessfulCreate": "Created pod: web-6d5-a", "SuccessfulDelete": "Deleted pod: web-6d5-a"}
    texts |= {"ScalingReplicaSet": "Scaled up replica set web-6d5 to 2"}
    texts |= {"SuccessfulRescale": "New size: 2; reason: All metrics below target"}
    for (component, reason), reader in READERS.items():
        of = {"kind": "Deployment", "name": "web"} if reason in ("ScalingReplicaSet", "SuccessfulRescale") else {}
        message = texts.get(reason, "container web")
        (event,) = events(line(component=component, reason=reason, message=message, object=of))
        saying = reader(event)
        assert saying is not None
        named = any((saying.component, rule) in rules for rule in saying.rules)
        assert named or not saying.rules or saying.component not in {name for name, _ in rules}, (component, reason)


def test_what_an_autoscaler_says_is_said_of_its_target() -> None:
    about = {"kind": "HorizontalPodAutoscaler", "name": "scaler"}
    said = line(component="horizontal-pod-autoscaler", reason="SuccessfulRescale", object=about)
    names = {**OWN.names, "HorizontalPodAutoscaler": frozenset({"scaler"})}
    own = Own(names, OWN.namespaces, {"scaler": "web"})
    found = observe(events({**said, "message": "New size: 2; reason: All metrics below target"}), own)
    assert [each.subject for each in found.observations] == [("Deployment", "web")]
    assert found.fixed == {("Deployment", "web"): "web"}
