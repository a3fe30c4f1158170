"""Laws of the API server under arbitrary calls (invariants A): whatever clients send, these hold of every answer."""

from __future__ import annotations

from typing import Any

import attrs
import hypothesis.strategies as st
from hypothesis import given, settings
from kubemodel.spec.control_plane.apiserver.admission import AdmissionReads
from kubemodel.spec.control_plane.apiserver.deletion import FOREGROUND_FINALIZER, ORPHAN_FINALIZER
from kubemodel.spec.control_plane.apiserver.handling import handle
from kubemodel.spec.language.request import ApiCall, Binding, DeleteOptions, Outcome, Preconditions, Response, Verb
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.pod import Pod, PodSpec, PodStatus, is_terminal

from .requests import update

FINALIZERS = st.lists(st.sampled_from(["a", "b", ORPHAN_FINALIZER, FOREGROUND_FINALIZER]), unique=True).map(tuple)
GATES = st.sampled_from([(), ("quota",)])
NODES = st.sampled_from(["", "n1", "n2"])
PHASES = st.sampled_from(["Pending", "Running", "Succeeded", "Failed"])
PERIODS = st.none() | st.integers(-2, 40)
DELETE_OPTIONS = st.builds(
    DeleteOptions, PERIODS, st.sampled_from([None, "Background", "Foreground", "Orphan", "Nonsense"])
)


@attrs.frozen
class Overwrite:
    """A client's edit: any of the fields that a client can send, whatever the rules say."""

    metadata: dict[str, Any]
    spec: dict[str, Any]
    phase: str

    def __call__(self, stored: Pod, /) -> Pod:
        return Pod(
            attrs.evolve(stored.metadata, **self.metadata),
            attrs.evolve(stored.spec, **self.spec),
            attrs.evolve(stored.status, phase=self.phase),
        )


@st.composite
def pods(draw: st.DrawFn) -> Pod:
    terminating = draw(st.booleans())
    finalizers = draw(FINALIZERS)
    period = draw(st.integers(0 if finalizers else 1, 40)) if terminating else None
    gates = draw(GATES)
    metadata = ObjectMeta(
        "web",
        uid=1,
        finalizers=finalizers,
        deletion_timestamp=draw(st.integers(0, 90).map(float)) if terminating else None,
        deletion_grace_period_seconds=period,
        generation=draw(st.integers(1, 3)),
    )
    spec = PodSpec(node_name="" if gates else draw(NODES), scheduling_gates=gates, priority=0)
    return Pod(metadata, spec, PodStatus(draw(PHASES)))


EDITS = st.builds(
    Overwrite,
    metadata=st.fixed_dictionaries(
        {},
        optional={
            "finalizers": FINALIZERS,
            "deletion_timestamp": st.none() | st.integers(0, 90).map(float),
            "deletion_grace_period_seconds": st.none() | st.integers(0, 40),
            "uid": st.sampled_from([None, 1, 2]),
            "generation": st.integers(0, 5),
        },
    ),
    spec=st.fixed_dictionaries({}, optional={"node_name": NODES, "scheduling_gates": GATES}),
    phase=PHASES,
)
PRECONDITIONS = st.builds(
    Preconditions, st.sampled_from([None, 1, 2]), st.sampled_from([None, "the version that the client saw"])
)
WRITES = st.tuples(st.sampled_from([Verb.UPDATE, Verb.PATCH]), EDITS, st.sampled_from(["", "status"]))
DELETES = st.tuples(st.just(Verb.DELETE), DELETE_OPTIONS, st.just(""))
BINDS = st.tuples(st.just(Verb.BIND), NODES.map(Binding), st.just(""))
CALLS = st.one_of(WRITES, DELETES, BINDS).flatmap(
    lambda parts: PRECONDITIONS.map(lambda preconditions: ApiCall(parts[0], "Pod", parts[1], parts[2], preconditions))
)


def answer(call: ApiCall, pod: Pod | None, current: bool, now: float) -> Response:
    return handle(call, pod, current=current, admission=AdmissionReads(now=now))


@settings(max_examples=600)
@given(pod=pods(), call=CALLS, current=st.booleans(), now=st.integers(0, 90).map(float))
def test_laws_of_one_request(pod: Pod, call: ApiCall, current: bool, now: float) -> None:
    response = answer(call, pod, current, now)
    after: Pod | None = response.stored

    if response.outcome is not Outcome.DONE:
        assert after == pod, "only DONE writes"
    else:
        assert after != pod, "DONE changes something"
    if call.preconditions.seen is not None and not current:
        assert response.outcome is Outcome.CONFLICT, "no-lost-update: a stale version never writes"
    if call.preconditions.uid == 2:
        assert response.outcome is Outcome.CONFLICT, "another incarnation is not touched"

    if after is None:
        held = set(pod.metadata.finalizers) - {ORPHAN_FINALIZER, FOREGROUND_FINALIZER}
        if call.verb is Verb.DELETE:
            assert not held, "finalizers-block-removal"
            asked = call.body.grace_period_seconds
            over = not pod.spec.node_name or is_terminal(pod) or pod.metadata.deletion_grace_period_seconds == 0
            assert asked == 0 or over, "graceful-pod-removed-only-with-zero-grace"
        else:
            assert pod.metadata.terminating, "an update removes nothing but what is being deleted"
            assert not pod.metadata.deletion_grace_period_seconds
            assert call.subresource or not call.body(pod).metadata.finalizers, "finalizers-block-removal"
        return

    assert after.metadata.uid == pod.metadata.uid, "uid-unique-and-stable"
    assert after.metadata.generation >= pod.metadata.generation
    if pod.metadata.terminating:
        before_timestamp, timestamp = pod.metadata.deletion_timestamp, after.metadata.deletion_timestamp
        assert before_timestamp is not None
        assert timestamp is not None
        assert timestamp <= before_timestamp, "deletion-timestamp-irrevocable"
        before_period, period = (
            pod.metadata.deletion_grace_period_seconds,
            after.metadata.deletion_grace_period_seconds,
        )
        assert before_period is not None
        assert period is not None
        assert period <= before_period
        if call.verb is not Verb.DELETE:
            assert set(after.metadata.finalizers) <= set(pod.metadata.finalizers), "no-finalizer-added-while-deleting"
    elif call.verb is not Verb.DELETE:
        assert not after.metadata.terminating, "only a DELETE begins a deletion"
    if pod.spec.node_name:
        assert after.spec.node_name == pod.spec.node_name, "node-name-write-once"
    elif after.spec.node_name:
        assert call.verb is Verb.BIND
        assert after.spec.scheduling_gates == (), "gated-pod-never-bound"
    if call.subresource == "status":
        assert attrs.evolve(after, status=pod.status) == pod, "a status write changes the status alone"
    elif call.verb in (Verb.UPDATE, Verb.PATCH):
        assert after.status == pod.status, "the status is written through its subresource alone"


@given(pod=pods(), calls=st.lists(CALLS, max_size=6), now=st.integers(0, 90).map(float))
def test_a_node_name_is_for_life(pod: Pod, calls: list[ApiCall], now: float) -> None:
    stored: Pod | None = pod
    names = {pod.spec.node_name}
    for call in calls:
        if stored is None:
            break
        stored = answer(call, stored, True, now).stored
        if stored is not None:
            names.add(stored.spec.node_name)
    assert len(names - {""}) <= 1


@given(pod=pods())
def test_what_was_created_is_there(pod: Pod) -> None:
    response = answer(ApiCall(Verb.CREATE, "Pod", pod), None, True, 0.0)
    assert response.outcome is Outcome.DONE
    stored = response.stored
    assert (stored.metadata.name, stored.metadata.generation) == (pod.metadata.name, 1)
    assert not stored.metadata.terminating
    assert stored.spec.node_name == pod.spec.node_name
    assert update(lambda item: item, stored).outcome is Outcome.UNCHANGED
    assert answer(ApiCall(Verb.CREATE, "Pod", pod), stored, True, 0.0).outcome is Outcome.ALREADY_EXISTS
    again = answer(ApiCall(Verb.CREATE, "Pod", stored), None, True, 0.0)
    assert again.stored == stored, "admission and defaulting are idempotent"


@given(edit=EDITS, pod=pods())
def test_an_update_and_a_patch_without_version_do_the_same(edit: Overwrite, pod: Pod) -> None:
    responses = [answer(ApiCall(verb, "Pod", edit), pod, False, 0.0) for verb in (Verb.UPDATE, Verb.PATCH)]
    assert responses[0] == responses[1]
