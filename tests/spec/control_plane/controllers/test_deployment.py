"""The Deployment controller in a tiny cluster: a user, the controller, and ReplicaSets whose status follows at once.

Every scenario is explored in full. ``Explored`` holds what was seen, so that a test can name what it looks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import pytest
from frozendict import frozendict
from kubemodel.checker.naive import explore
from kubemodel.engine.judging import UNDECLARED_TRANSITION, StepJudges
from kubemodel.engine.pools import State
from kubemodel.engine.successors import transitions
from kubemodel.engine.transition_system import TransitionSystem
from kubemodel.spec.control_plane.controllers import deployment
from kubemodel.spec.control_plane.controllers.deployment import replica_set_name
from kubemodel.spec.control_plane.controllers.deployment_machine import (
    COMPLETE,
    MACHINE,
    PAUSED,
    TIMED_OUT,
    rollout_state,
)
from kubemodel.spec.control_plane.controllers.deployment_replica_sets import (
    new_replica_set,
    owned_by,
    revision,
)
from kubemodel.spec.kinds import (
    DEPLOYMENT,
    KUBE_CONTROLLER_MANAGER,
    PROCESS,
    REPLICA_SET,
    STOPPED,
    USER,
    named,
    pods,
)
from kubemodel.spec.kinds import POD as POD_KIND
from kubemodel.spec.language.component import Component, Key, Rule
from kubemodel.spec.language.model import Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, Named, Set, Write
from kubemodel.spec.language.request import ApiCall, DeleteOptions, Outcome, Preconditions, Response, Verb
from kubemodel.spec.objects.conditions import find_condition
from kubemodel.spec.objects.containers import Container
from kubemodel.spec.objects.metadata import ObjectMeta, OwnerReference
from kubemodel.spec.objects.pod import Pod, PodSpec, PodStatus, PodTemplateSpec
from kubemodel.spec.objects.selectors import LabelSelector
from kubemodel.spec.objects.workloads import (
    RECREATE,
    Deployment,
    DeploymentSpec,
    DeploymentStrategy,
    ReplicaSet,
    ReplicaSetStatus,
    RollingUpdateDeployment,
)

WEB = frozendict({"app": "web"})
BROKEN = "broken"


def template(image: str) -> PodTemplateSpec:
    return PodTemplateSpec(ObjectMeta(labels=WEB), PodSpec(containers=(Container("main", image=image),)))


def web(image: str = "v1", replicas: int = 2, surge: int = 1, unavailable: int = 0, **spec: Any) -> Deployment:
    strategy = DeploymentStrategy(rolling_update=RollingUpdateDeployment(surge, unavailable))
    return Deployment(
        ObjectMeta(name="web"),
        DeploymentSpec(
            **{
                "replicas": replicas,
                "selector": LabelSelector(WEB),
                "template": template(image),
                "strategy": strategy,
                **spec,
            }
        ),
    )


def recreate(image: str, **spec: Any) -> Deployment:
    return web(image, strategy=DeploymentStrategy(RECREATE), **spec)


def name_of(image: str) -> str:
    return replica_set_name(web(image))


NAMES = tuple(sorted(name_of(image) for image in ("v1", "v2", "v3", BROKEN)))


@attrs.frozen(cache_hash=True)
class Become:
    spec: DeploymentSpec

    def __call__(self, stored: Deployment, /) -> Deployment:
        return attrs.evolve(stored, spec=self.spec)


@attrs.frozen(cache_hash=True)
class Finalizers:
    names: tuple[str, ...]

    def __call__(self, stored: Deployment, /) -> Deployment:
        return attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, finalizers=self.names))


@attrs.frozen(cache_hash=True)
class Report:
    status: ReplicaSetStatus

    def __call__(self, stored: ReplicaSet, /) -> ReplicaSet:
        return attrs.evolve(stored, status=self.status)


def create(item: Deployment) -> ApiCall:
    return ApiCall(Verb.CREATE, DEPLOYMENT, item)


def apply(item: Deployment) -> ApiCall:
    return ApiCall(Verb.UPDATE, DEPLOYMENT, Become(item.spec))


DELETE = ApiCall(Verb.DELETE, DEPLOYMENT, DeleteOptions())
HOLD = ApiCall(Verb.UPDATE, DEPLOYMENT, Finalizers(("example.com/hold",)))
RELEASE = ApiCall(Verb.UPDATE, DEPLOYMENT, Finalizers(()))


def api_server(call: ApiCall, stored: Any, *, current: bool) -> Response:
    """As much of an API server as these scenarios need."""
    if call.verb is Verb.CREATE:
        return Response(Outcome.ALREADY_EXISTS, stored) if stored is not None else Response(Outcome.DONE, call.body)
    if stored is None:
        return Response(Outcome.NOT_FOUND, None)
    if not current:
        return Response(Outcome.CONFLICT, stored)
    if call.verb is Verb.DELETE:
        held = attrs.evolve(stored, metadata=attrs.evolve(stored.metadata, deletion_timestamp=0.0))
        return Response(Outcome.DONE, held if stored.metadata.finalizers else None)
    changed = call.body(stored)
    if changed.metadata.terminating and not changed.metadata.finalizers:
        return Response(Outcome.DONE, None)
    if changed.spec != stored.spec:
        generation = stored.metadata.generation + 1
        changed = attrs.evolve(changed, metadata=attrs.evolve(changed.metadata, generation=generation))
    return Response(Outcome.DONE if changed != stored else Outcome.UNCHANGED, changed)


def follow(replica_set: ReplicaSet) -> Iterable[Alternative]:
    count = replica_set.spec.replicas
    works = replica_set.spec.template.spec.containers[0].image != BROKEN
    status = ReplicaSetStatus(
        observed_generation=replica_set.metadata.generation,
        replicas=count,
        ready_replicas=count if works else 0,
        available_replicas=count if works else 0,
    )
    if status != replica_set.status:
        seen = Preconditions(seen=replica_set)
        yield Alternative((Call(KEY, ApiCall(Verb.UPDATE, REPLICA_SET, Report(status), "status", seen)),))


def lose(replica_set: ReplicaSet) -> Iterable[Alternative]:
    """A pod of a ReplicaSet stops being available; the fake controller brings it back."""
    if replica_set.status.available_replicas == 2:
        status = attrs.evolve(replica_set.status, available_replicas=1)
        yield Alternative((Call(KEY, ApiCall(Verb.UPDATE, REPLICA_SET, Report(status), "status")),))


def act(todo: tuple[ApiCall, ...]) -> Iterable[Alternative]:
    yield Alternative((Call(Named(DEPLOYMENT, "web"), todo[0]), Write(KEY, "todo", Set(todo[1:]))))


REPLICA_SETS = Component(
    "replicaset-controller", (Rule("follow", Key(REPLICA_SET, ("object",), lambda rs: rs), follow),)
)
LOSSES = Component("fault", (Rule("lose", Key(REPLICA_SET, ("object",), lambda rs: rs), lose),), environment=True)
USERS = Component("user", (Rule("act", Key(USER, ("todo",), lambda todo: todo or None), act),), environment=True)


def without(rule: str) -> Component:
    controller = deployment.component((600,))
    kept = tuple(one for one in controller.rules if one.name != rule)
    assert len(kept) == len(controller.rules) - bool(rule)
    return attrs.evolve(controller, rules=kept)


def cluster(
    *todo: ApiCall,
    start: Iterable[Any] = (),
    missing: str = "",
    lag: int = 0,
    losses: bool = False,
    running: bool = True,
) -> Model:
    objects = tuple(start)
    process = {"name": KUBE_CONTROLLER_MANAGER} if running else {"name": KUBE_CONTROLLER_MANAGER, "state": STOPPED}
    return Model(
        name="web",
        kinds=(
            pods(1),
            named(REPLICA_SET, NAMES),
            named(DEPLOYMENT, ("web",)),
            named(PROCESS, (KUBE_CONTROLLER_MANAGER,)),
            named(USER, ("user 1",)),
        ),
        components=(without(missing), REPLICA_SETS, *((LOSSES,) if losses else ()), USERS),
        initial={
            POD_KIND: tuple({"object": one} for one in objects if isinstance(one, Pod)),
            REPLICA_SET: tuple(_bundle(one) for one in objects if isinstance(one, ReplicaSet)),
            DEPLOYMENT: tuple(_bundle(one) for one in objects if isinstance(one, Deployment)),
            PROCESS: (process,),
            USER: ({"name": "user 1", "todo": todo},),
        },
        machines=(MACHINE,),
        api_server=api_server,
        lag={(deployment.NAME, REPLICA_SET): lag} if lag else {},
    )


def _bundle(item: Deployment | ReplicaSet) -> dict[str, Any]:
    return {"name": item.metadata.name, "object": item}


Stored = tuple[Deployment | None, dict[str, ReplicaSet]]


@attrs.define
class Explored:
    """All states, those in which nothing is left to do, the rules that fired and the arrows that were taken."""

    states: list[Stored] = attrs.field(factory=list)
    ends: list[Stored] = attrs.field(factory=list)
    rules: set[str] = attrs.field(factory=set)
    arrows: set[tuple[str, str, str]] = attrs.field(factory=set)
    undeclared: list[str] = attrs.field(factory=list)


def stored(system: TransitionSystem, state: State) -> Stored:
    sets, one = system.pool_index[REPLICA_SET], system.pool_index[DEPLOYMENT]
    found = [system.pools[sets].bundles[bundle][1] for bundle in state[sets]]
    return system.pools[one].bundles[state[one][0]][1], {rs.metadata.name: rs for rs in found if rs is not None}


def exploration(model: Model) -> Explored:
    system = TransitionSystem(model)
    steps = StepJudges(system)
    seen = {system.initial_state()}
    todo = list(seen)
    result = Explored()
    while todo:
        state = todo.pop()
        result.states.append(stored(system, state))
        enabled = transitions(system, state)
        if not enabled:
            result.ends.append(stored(system, state))
        for transition in enabled:
            assert transition.effects is not None and transition.successor is not None
            result.rules.add(transition.group.rule.name)
            for (pool, _, before), after in zip(transition.chosen, transition.effects.bundles, strict=True):
                for _, source, dest in steps.arrows(transition.group, pool, before, after):
                    result.arrows.add((source, dest, transition.group.component.name))
                result.undeclared += [
                    finding.text
                    for name, finding in steps.judge(transition.group, pool, before, after)
                    if name == UNDECLARED_TRANSITION and finding.text
                ]
            if transition.successor not in seen:
                seen.add(transition.successor)
                todo.append(transition.successor)
    return result


def sizes(end: Stored) -> dict[str, int]:
    """Replicas by image."""
    return {rs.spec.template.spec.containers[0].image: rs.spec.replicas for rs in end[1].values()}


def progress(end: Stored) -> str:
    assert end[0] is not None
    condition = find_condition(end[0].status.conditions, "Progressing")
    return condition.reason if condition is not None else ""


def complete(end: Stored) -> bool:
    return rollout_state(end[0]) == COMPLETE and progress(end) == "NewReplicaSetAvailable"


def orphan(image: str) -> ReplicaSet:
    made = new_replica_set(web(image), ())
    return attrs.evolve(made, metadata=attrs.evolve(made.metadata, owner_references=()))


def old_pod(phase: str) -> Pod:
    owner = OwnerReference(REPLICA_SET, name_of("v1"), controller=True)
    return Pod(ObjectMeta(labels=WEB, owner_references=(owner,)), status=PodStatus(phase))


def newest(end: Stored, image: str) -> bool:
    """Whether the ReplicaSet of the image has the highest revision."""
    return max(end[1].values(), key=revision).metadata.name == name_of(image)


def scenario(rule: str) -> tuple[dict[str, Any], tuple[ApiCall, ...], Any]:
    """What is needed to see a rule at work: what stands at the start, what the user does, how it must end."""
    v1, v2 = web("v1"), web("v2")
    match rule:
        case "adopt ReplicaSet":
            return {"start": [orphan("v1")]}, (create(v1),), lambda end: owned_by(v1, end[1][name_of("v1")])
        case "create ReplicaSet" | "report status":
            return {}, (create(v1),), lambda end: complete(end) and sizes(end) == {"v1": 2}
        case "revise ReplicaSet":
            return {}, (create(v1), apply(v2), apply(v1)), lambda end: complete(end) and newest(end, "v1")
        case "share out scaling":
            return {}, (create(v1), apply(web("v1", 3))), lambda end: complete(end) and sizes(end) == {"v1": 3}
        case "scale up new ReplicaSet" | "scale down old ReplicaSets":
            return {}, (create(v1), apply(v2)), lambda end: complete(end) and sizes(end)["v2"] == 2
        case "stop old ReplicaSets":
            steps = (create(recreate("v1")), apply(recreate("v2")))
            return {}, steps, lambda end: complete(end) and sizes(end)["v2"] == 2
        case "start new ReplicaSet":
            steps = (create(recreate("v1")), apply(recreate("v2")), apply(recreate("v1")))
            return {}, steps, lambda end: complete(end) and sizes(end)["v1"] == 2
        case "clean up history":
            steps = (create(v1), apply(web("v2", revision_history_limit=0)))
            return {}, steps, lambda end: complete(end) and sizes(end) == {"v2": 2}
        case "progress deadline 600 s":
            return {}, (create(web(BROKEN)),), lambda end: rollout_state(end[0]) == TIMED_OUT
    raise AssertionError(f"no scenario shows the rule {rule!r}")


RULES = tuple(rule.name for rule in deployment.component().rules)


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_does_its_part(rule: str) -> None:
    setup, todo, ends_well = scenario(rule)
    found = exploration(cluster(*todo, **setup))
    assert rule in found.rules
    assert found.ends and all(map(ends_well, found.ends))
    assert not found.undeclared


@pytest.mark.parametrize("rule", RULES)
def test_without_a_rule_its_part_is_missing(rule: str) -> None:
    setup, todo, ends_well = scenario(rule)
    found = exploration(cluster(*todo, missing=rule, **setup))
    assert not all(map(ends_well, found.ends))


def test_every_declared_arrow_is_taken() -> None:
    v1, v2 = web("v1"), web("v2")
    broken = web(BROKEN, 1)
    pause, resume = web(BROKEN, 1, paused=True), web(BROKEN, 1)
    taken: set[tuple[str, str, str]] = set()
    here: set[str] = {"watch"}
    for model in (
        cluster(create(v1), apply(v2), apply(web("v2", paused=True)), apply(v2), DELETE),
        cluster(create(v1), apply(web("v2", paused=True)), HOLD, DELETE, RELEASE),
        cluster(create(v1), HOLD, DELETE, RELEASE),
        cluster(create(broken), apply(pause), apply(resume), DELETE),
        cluster(create(broken), HOLD, DELETE, RELEASE),
        cluster(create(broken), apply(web("v1", 1))),
        cluster(create(broken), apply(web(BROKEN, 0))),
        cluster(create(v1), apply(web("v1", paused=True)), DELETE),
        cluster(create(v1), losses=True),
    ):
        found = exploration(model)
        assert not found.undeclared
        taken |= found.arrows
        here |= {component.name for component in model.components}
    declared = {(arrow.source, arrow.dest, arrow.component) for arrow in MACHINE.arrows if arrow.component in here}
    assert taken == declared


def settled(*todo: ApiCall) -> list[Any]:
    """What stands once each action, one after the other, has been dealt with."""
    objects: list[Any] = []
    for action in todo:
        (end,) = exploration(cluster(action, start=objects)).ends
        objects = [end[0], *end[1].values()] if end[0] is not None else list(end[1].values())
    return objects


def test_a_rolling_update_has_exactly_these_states() -> None:
    counts = explore(TransitionSystem(cluster(apply(web("v2")), start=settled(create(web("v1"))))))
    # Quiescent: before the user acts, and at the end.
    assert (counts.states, counts.transitions, counts.depth, counts.quiescent) == (72, 125, 12, 2)
    assert counts.violation is None


@pytest.mark.parametrize(("surge", "unavailable"), [(1, 0), (0, 1), (1, 1), (2, 2)])
def test_a_rolling_update_keeps_its_bounds(surge: int, unavailable: int) -> None:
    before, after = web("v1", 3, surge, unavailable), web("v2", 3, surge, unavailable)
    found = exploration(cluster(apply(after), start=settled(create(before))))
    for _, sets in found.states:
        assert sum(rs.spec.replicas for rs in sets.values()) <= 3 + surge
        assert sum(min(rs.spec.replicas, rs.status.available_replicas) for rs in sets.values()) >= 3 - unavailable
    assert found.ends and all(sizes(end) == {"v1": 0, "v2": 3} for end in found.ends)


def test_a_stale_cache_only_delays_a_rolling_update() -> None:
    found = exploration(cluster(apply(web("v2")), start=settled(create(web("v1"))), lag=1))
    assert found.ends and all(complete(end) and sizes(end) == {"v1": 0, "v2": 2} for end in found.ends)


def test_a_broken_template_stops_the_rolling_update_where_the_promise_ends() -> None:
    found = exploration(cluster(apply(web(BROKEN)), start=settled(create(web("v1")))))
    assert [(sizes(end), rollout_state(end[0])) for end in found.ends] == [({"v1": 2, BROKEN: 1}, TIMED_OUT)]


def test_without_a_deadline_nothing_is_reported_as_failed() -> None:
    found = exploration(cluster(create(web(BROKEN, progress_deadline_seconds=None))))
    assert [progress(end) for end in found.ends] == [""]


def test_scaling_in_the_middle_of_a_rollout_is_shared_out() -> None:
    stuck = settled(create(web("v1", 4, 2)), apply(web(BROKEN, 4, 2)))
    found = exploration(cluster(apply(web(BROKEN, 8, 2)), start=stuck))
    assert [sizes(end) for end in found.ends] == [{"v1": 7, BROKEN: 3}]


def test_a_paused_deployment_is_scaled_but_not_rolled_out() -> None:
    found = exploration(cluster(apply(web("v2", 3, paused=True)), start=settled(create(web("v1")))))
    assert [(sizes(end), rollout_state(end[0]), progress(end)) for end in found.ends] == [
        ({"v1": 3}, PAUSED, "DeploymentPaused")
    ]


def test_recreate_never_has_two_templates_at_once() -> None:
    found = exploration(cluster(apply(recreate("v2")), start=settled(create(recreate("v1")))))
    for _, sets in found.states:
        assert sum(rs.spec.replicas > 0 or rs.status.replicas > 0 for rs in sets.values()) <= 1
    assert [sizes(end) for end in found.ends] == [{"v1": 0, "v2": 2}]


@pytest.mark.parametrize(
    ("phase", "waits"), [("Running", True), ("Unknown", True), ("Failed", False), ("Succeeded", False)]
)
def test_recreate_waits_for_old_pods(phase: str, waits: bool) -> None:
    start = [*settled(create(recreate("v1"))), old_pod(phase)]
    found = exploration(cluster(apply(recreate("v2")), start=start))
    assert [sizes(end) for end in found.ends] == [{"v1": 0} if waits else {"v1": 0, "v2": 2}]


def test_nothing_happens_while_the_controller_manager_is_down() -> None:
    found = exploration(cluster(create(web("v1")), running=False))
    assert [sizes(end) for end in found.ends] == [{}]


def test_a_deployment_that_is_being_deleted_gets_no_replica_set() -> None:
    deleting = attrs.evolve(web("v1"), metadata=ObjectMeta(name="web", deletion_timestamp=0.0, finalizers=("f",)))
    found = exploration(cluster(start=[deleting]))
    assert [sizes(end) for end in found.ends] == [{}]


def test_the_history_keeps_as_many_replica_sets_as_it_may() -> None:
    limited = [web(image, revision_history_limit=1) for image in ("v1", "v2", "v3")]
    objects = settled(create(limited[0]), apply(limited[1]), apply(limited[2]))
    assert sorted(rs.spec.template.spec.containers[0].image for rs in objects[1:]) == ["v2", "v3"]
