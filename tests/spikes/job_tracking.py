"""Spike: a Job that counts its pods by way of finalizers, safe against crashes (controllers-workloads §6.4).

A finished pod is counted in three steps: its uid goes into ``status.uncountedTerminatedPods``; its finalizer is taken
away; its uid moves from the list to the counter. A crash may fall between any two requests. The controller's Pod cache
lags, its Job is read fresh: after the third step a stale pod looks as if it had never been counted, unless the
controller remembers which finalizers it took away.

Left out: creating pods, failures, indexes. The list of uids in the Job's status is kept with the pods that it names
(field ``uncounted``): pods have generated names and are interchangeable, so that there is no uid to list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from kubemodel.spec.language.component import Component, Handler, Key, Rule
from kubemodel.spec.language.model import Field, Kind, Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, Chosen, Forget, Named, Relist, Set, Step, Write
from kubemodel.spec.language.property import HOLDS, IDLE, Finding, StateProperty, StepProperty, When, violated
from kubemodel.spec.language.query import ANY, COUNT, MULTISET, Query, no_parameter
from kubemodel.spec.language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Verb

from .plain_api_server import serve

CONTROLLER = "job-controller"
MANAGER = "kube-controller-manager"

NEW, LISTED, FREED = "new", "listed", "freed"
"""What the controller takes a finished pod for: not yet in the list; listed, with finalizer; listed, without."""


@attrs.frozen(cache_hash=True)
class Job:
    """A Job: the succeeded pods that its status counts. The list of uids still to count stands with the pods."""

    succeeded: int = 0


@attrs.frozen(cache_hash=True)
class Pod:
    """A pod of the Job."""

    succeeded: bool = False
    finalizer: bool = True
    terminating: bool = False


@attrs.frozen(cache_hash=True)
class Count:
    """The edit of the Job's status that counts ``number`` pods, 0 to write the list alone."""

    number: int

    def __call__(self, job: Job, /) -> Job:
        return attrs.evolve(job, succeeded=job.succeeded + self.number)


@attrs.frozen(cache_hash=True)
class Succeed:
    """The edit that reports the end of a pod's containers."""

    def __call__(self, pod: Pod, /) -> Pod:
        return attrs.evolve(pod, succeeded=True)


@attrs.frozen(cache_hash=True)
class RemoveFinalizer:
    """The edit that takes the tracking finalizer away; a pod that only waited for that is removed."""

    def __call__(self, pod: Pod, /) -> Pod | None:
        return None if pod.terminating else attrs.evolve(pod, finalizer=False)


@attrs.frozen(cache_hash=True)
class Plus:
    """The edit that adds ``amount``."""

    amount: int

    def __call__(self, value: int, /) -> int:
        return value + self.amount


def _delete(pod: Pod, _options: DeleteOptions) -> Pod | None:
    return attrs.evolve(pod, terminating=True) if pod.finalizer else None


def _role(expects: bool, pod: Pod | None, uncounted: bool, removing: bool) -> str | None:
    has_finalizer = pod is not None and pod.finalizer and not (expects and removing)
    if uncounted:
        return LISTED if has_finalizer else FREED
    return NEW if has_finalizer and pod is not None and pod.succeeded else None


def _sync(job: Job, pods: tuple[tuple[str, int], ...], *, lists: bool) -> Iterable[Alternative]:
    if not pods:
        return
    by_role = {role: [Chosen("pods", role, label=n) for n in range(number)] for role, number in pods}
    new, listed, freed = (by_role.get(role, []) for role in (NEW, LISTED, FREED))
    steps: list[Step] = []
    if (new and lists) or freed:
        steps.append(_update(len(freed), seen=job))
        steps.extend(Write(pod, "uncounted", Set(True)) for pod in new if lists)
        steps.extend(_counted(freed))
    for pod in (*new, *listed):
        patch = ApiCall(Verb.PATCH, "Pod", RemoveFinalizer())
        steps.append(Call(pod, patch, memory=(("removing", Set(True)),), tolerates=(Outcome.NOT_FOUND,)))
    if new or listed:
        # This update builds on the Job that the first one answered with, not on what any cache shows.
        steps.append(_update(len(new) + len(listed), seen=Count(len(freed))(job)))
        steps.extend(_counted([*new, *listed]))
    yield Alternative(tuple(steps), f"{len(new)} to list, {len(listed)} to free, {len(freed)} to count")


def _counted(pods: list[Chosen]) -> Iterable[Step]:
    for pod in pods:
        yield Write(pod, "uncounted", Set(False))
        yield Write(pod, "counted", Plus(1))


def _update(number: int, *, seen: Job) -> Call:
    return Call(KEY, ApiCall(Verb.UPDATE, "Job", Count(number), "status", Preconditions(seen=seen)))


def _observed(removing: bool, _before: Pod | None, after: Pod | None) -> bool:
    """A removal is no longer expected once the controller has seen the pod without finalizer, or gone."""
    return removing and after is not None and after.finalizer


def _controller(*, expects: bool, lists: bool) -> Component:
    fields = ("object", "uncounted", "removing")
    sync = Rule(
        name="sync",
        key=Key("Job", ("object",), lambda job: job),
        queries={"pods": Query("Pod", fields, _role, MULTISET, lambda _job: expects)},
        decide=lambda job, pods: _sync(job, pods, lists=lists),
        several_requests=True,
        reference="controllers-workloads §6.4",
    )
    return Component(CONTROLLER, (sync,), process=MANAGER, handlers=(Handler("Pod", "removing", _observed),))


def _succeed(_pod: Pod) -> Iterable[Alternative]:
    report = ApiCall(Verb.PATCH, "Pod", Succeed(), "status")
    yield Alternative((Call(KEY, report, memory=(("ended", Set(True)),)),), "its containers have exited with 0")


KUBELET = Component(
    "kubelet",
    (Rule("end", Key("Pod", ("object",), lambda pod: pod if pod and not pod.succeeded else None), _succeed),),
)


def _environment(*, relist: bool) -> tuple[Component, ...]:
    def crash(_left: int) -> Iterable[Alternative]:
        listed: tuple[Step, ...] = (Relist(CONTROLLER),) if relist else ()
        yield Alternative((Write(KEY, "left", Plus(-1)), Forget(MANAGER), *listed), "the controller restarts")

    def delete(_pod: Pod, left: bool) -> Iterable[Alternative]:
        if left:
            request = Call(KEY, ApiCall(Verb.DELETE, "Pod", DeleteOptions()))
            yield Alternative((request, Write(Named("Fault", "delete"), "left", Plus(-1))), "someone cleans up")

    crashes = Key("Fault", ("name", "left"), lambda name, left: left if name == "crash" and left else None)
    deletes = Query(
        "Fault", ("name", "left"), lambda _, name, left: left if name == "delete" and left else None, ANY, no_parameter
    )
    finished = Key("Pod", ("object",), lambda pod: pod if pod and pod.succeeded and not pod.terminating else None)
    return (
        Component("fault", (Rule("crash", crashes, crash),), environment=True),
        Component("user", (Rule("delete", finished, delete, {"left": deletes}),), environment=True),
    )


ENDED = Query("Pod", ("ended",), lambda _parameter, ended: ended or None, COUNT, no_parameter)


def _not_above(job: Job, ended: int) -> Finding:
    if not job.succeeded:
        return IDLE
    return HOLDS if job.succeeded <= ended else violated(f"{job.succeeded} pods counted, {ended} have succeeded")


NOT_ABOVE = StateProperty(
    name="succeeded-at-most-distinct-pods",
    statement="a Job never counts more succeeded pods than have succeeded",
    key=Key("Job", ("object",), lambda job: job),
    queries={"ended": ENDED},
    judge=_not_above,
    reference="invariants 58",
)

ONCE = StateProperty(
    name="job-each-pod-counted-once",
    statement="each finished pod is counted at most once",
    key=Key("Pod", ("counted",), lambda counted: counted or None),
    judge=lambda counted: HOLDS if counted <= 1 else violated(f"a pod is counted {counted} times"),
    reference="invariants 58",
)


def _monotonic(_component: str, _rule: str, before: Any, after: Any, _answers: Any) -> Finding:
    (old,), (new,) = before, after
    return HOLDS if new.succeeded >= old.succeeded else violated("the counter went down")


MONOTONIC = StepProperty(
    name="job-counters-monotonic",
    statement="the counter of succeeded pods never goes down",
    kind="Job",
    fields=("object",),
    judge=_monotonic,
    reference="invariants 57",
)


def _recorded(_component: str, _rule: str, before: Any, after: Any, _answers: Any) -> Finding:
    (old, *_), (new, uncounted, counted) = before, after
    if old is None or not old.finalizer or (new is not None and new.finalizer):
        return IDLE
    return HOLDS if uncounted or counted else violated("a pod lost its finalizer, and its uid stands nowhere")


NOT_LOST = StepProperty(
    name="job-pod-not-lost-before-counting",
    statement="a pod loses its finalizer only after the Job's status has recorded it",
    kind="Pod",
    fields=("object", "uncounted", "counted"),
    judge=_recorded,
    reference="invariants 59",
)

ALL_COUNTED = StateProperty(
    name="every-pod-counted",
    statement="when all is quiet, every pod that succeeded has been counted",
    key=Key("Pod", ("ended", "counted"), lambda ended, counted: (counted,) if ended else None),
    judge=lambda key: HOLDS if key == (1,) else violated(f"a pod is counted {key[0]} times"),
    when=When.QUIESCENT,
    reference="invariants 58, 59",
)


def model(
    *,
    pods: int = 2,
    lag: int = 1,
    crashes: int = 0,
    deletes: int = 0,
    expects: bool = True,
    lists: bool = True,
    relist: bool = True,
) -> Model:
    """The spike. ``lag`` of the Pod cache; 0: none. ``expects``: the record of expected finalizer removals.

    ``lists`` False is the mutation that takes finalizers away before the status has recorded the pods. ``relist``
    False: a restarted controller is served the same stale pods again.
    """
    ghosts = (Field("ended", False), Field("counted", 0))
    fields = (Field("object"), Field("uncounted", False), Field("removing", False, memory_of=MANAGER), *ghosts)
    return Model(
        name="job tracking",
        kinds=(
            Kind("Job", (Field("object"),), names=("job",)),
            Kind("Pod", fields, slots=pods),
            Kind("Fault", (Field("left", 0),), names=("crash", "delete")),
        ),
        components=(_controller(expects=expects, lists=lists), KUBELET, *_environment(relist=relist)),
        initial={
            "Job": ({"name": "job", "object": Job()},),
            "Pod": ({"object": Pod()},) * pods,
            "Fault": ({"name": "crash", "left": crashes}, {"name": "delete", "left": deletes}),
        },
        properties=(NOT_ABOVE, ONCE, MONOTONIC, NOT_LOST, ALL_COUNTED),
        api_server=serve(_delete),
        lag={(CONTROLLER, "Pod"): lag} if lag else {},
    )
