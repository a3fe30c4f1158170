"""Users: what each action does, in which order, and what of it breaks the assumptions of properties."""

from __future__ import annotations

import attrs
import pytest
from kubemodel.spec import cluster
from kubemodel.spec.environment import users
from kubemodel.spec.environment.users import DISRUPTION, Action
from kubemodel.spec.kinds import DEPLOYMENT, FAULT, NODE, POD, USER
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.manifests.errors import InputError
from kubemodel.spec.objects.decoding import decode
from kubemodel.spec.objects.metadata import ObjectMeta
from kubemodel.spec.objects.node import Node, NodeSpec
from kubemodel.spec.objects.pod import FAILED
from kubemodel.spec.objects.taints import Taint
from kubemodel.spec.objects.workloads import Deployment

from ..exploration import RECREATE, Data, bare_pod, deployment, pod_spec, replica_set, rolling, scenario
from .walking import Walk, begin, until

_V2 = pod_spec("web:2")


def _doing(*actions: Action, before: Data | None = None, nodes: int = 1) -> Scenario:
    wanted = scenario(before or deployment(), nodes=nodes)
    # The components that stand in a model depend on what users do, which the scenario has to say.
    return attrs.evolve(wanted, users=(actions,))


def _decoded(data: Data) -> Deployment:
    found = decode(data)
    assert isinstance(found, Deployment)
    return found


def _acted(*actions: Action, before: Data | None = None) -> tuple[Walk, Walk]:
    """A cluster at rest, and the same after the first of the actions."""
    calm = begin(_doing(*actions, before=before)).settled()
    return calm, calm.one(users.NAME)


def _disrupted(walk: Walk) -> bool:
    return bool(dict(zip(walk.see(FAULT, "name"), walk.see(FAULT, "used"), strict=True))[DISRUPTION])


def test_apply_replaces_the_spec_and_nothing_else() -> None:
    wanted = _decoded(deployment(2, _V2))
    calm, acted = _acted(users.apply(wanted, "web.yaml"))
    ((before,), (after,)) = calm.see(DEPLOYMENT), acted.see(DEPLOYMENT)
    assert after.spec == wanted.spec
    assert after.status == before.status
    assert after.metadata.generation == 2, "the controller has yet to observe it"


def test_apply_creates_what_was_deleted() -> None:
    wanted = _decoded(deployment(1, _V2))
    _, deleted = _acted(users.delete(DEPLOYMENT, "web"), users.apply(wanted, "web.yaml"))
    assert deleted.see(DEPLOYMENT) == (None,)
    (created,) = deleted.one(users.NAME).see(DEPLOYMENT)
    assert created.spec == wanted.spec
    assert created.status.replicas == 0


def test_scale_changes_the_count_alone() -> None:
    calm, acted = _acted(users.scale("web", 3))
    ((before,), (after,)) = calm.see(DEPLOYMENT), acted.see(DEPLOYMENT)
    assert after.spec == attrs.evolve(before.spec, replicas=3)


def test_a_rollout_is_paused_and_resumed() -> None:
    calm, paused = _acted(users.pause("web"), users.pause("web", paused=False))
    assert paused.see(DEPLOYMENT)[0].spec.paused
    assert paused.one(users.NAME).see(DEPLOYMENT)[0].spec == calm.see(DEPLOYMENT)[0].spec


def test_a_node_is_cordoned_and_uncordoned() -> None:
    _, cordoned = _acted(users.cordon("node-1"), users.cordon("node-1", unschedulable=False))
    assert cordoned.see(NODE)[0].spec.unschedulable
    assert not cordoned.one(users.NAME).see(NODE)[0].spec.unschedulable


def test_deletion_of_a_pod_gives_it_its_grace_period() -> None:
    _, acted = _acted(users.delete(POD, "web"))
    (pod,) = acted.see(POD)
    assert pod.metadata.terminating
    assert pod.metadata.deletion_grace_period_seconds == 30


def test_forced_deletion_removes_a_pod_while_its_containers_run_on() -> None:
    calm, acted = _acted(users.delete(POD, "web", force=True))
    assert acted.see(POD) == (None,)
    assert acted.see(POD, "runtime") == calm.see(POD, "runtime")


def _phases(walk: Walk) -> set[str]:
    return {pod.status.phase for pod in walk.see(POD) if pod is not None}


def test_a_finished_pod_is_removed_at_once() -> None:
    once = bare_pod(pod_spec(restartPolicy="Never"))
    wanted = attrs.evolve(_doing(users.delete(POD, "web"), before=once), faults={"container-exit": 1})
    ended = until(begin(wanted), lambda walk: walk.see(USER, "todo") != ((),) and _phases(walk) == {FAILED})
    assert not any(ended.one(users.NAME).see(POD))


def test_deletion_of_a_pod_of_a_deployment_means_any_of_its_pods() -> None:
    calm = begin(_doing(users.delete(POD, "web"), before=deployment(3), nodes=3)).settled()
    different = set(calm.see(POD))
    assert len(calm.after(users.NAME)) == len(different)


def test_deletion_of_a_pod_waits_for_one_that_there_is() -> None:
    first = begin(_doing(users.delete(POD, "web")))
    assert first.see(POD) == ()
    assert first.steps(users.NAME) == []
    assert until(first, lambda walk: bool(walk.steps(users.NAME))).see(POD) != ()


def test_a_bare_pod_is_deleted_by_its_name() -> None:
    _, acted = _acted(users.delete(POD, "lonely"), before=bare_pod(name="lonely", app="lonely"))
    assert acted.see(POD)[0].metadata.terminating


def test_pods_of_others_are_left_alone() -> None:
    calm = begin(_doing(users.delete(POD, "web"), before=replica_set(name="other-7"))).settled()
    assert calm.see(POD) != ()
    assert calm.steps(users.NAME) == []


def test_deletion_of_a_deployment_leaves_its_pods() -> None:
    calm, acted = _acted(users.delete(DEPLOYMENT, "web"))
    assert acted.see(DEPLOYMENT) == (None,)
    assert acted.see(POD) == calm.see(POD)


def test_a_deployment_that_a_finalizer_holds_goes_when_that_is_taken_off() -> None:
    held = deployment(finalizers=["example.com/held"])
    _, deleted = _acted(users.delete(DEPLOYMENT, "web"), users.release("web"), before=held)
    assert deleted.see(DEPLOYMENT)[0].metadata.terminating
    assert deleted.one(users.NAME).see(DEPLOYMENT) == (None,)


def test_a_node_that_is_deleted_comes_back_only_when_its_kubelet_is_started_again() -> None:
    wanted = attrs.evolve(_doing(users.delete(NODE, "node-1")), faults={"kubelet-crash": 1})
    deleted = begin(wanted).settled().one(users.NAME)
    assert deleted.see(NODE) == (None,)
    assert deleted.settled().see(NODE) == (None,)
    assert deleted.one("fault", "kubelet-crash").settled().see(NODE) != (None,)


def test_a_node_that_is_deleted_while_its_kubelet_is_down_comes_back_with_it() -> None:
    wanted = attrs.evolve(_doing(users.delete(NODE, "node-1")), faults={"kubelet-crash": 1})
    down = begin(wanted).settled().one("fault", "kubelet-crash")
    deleted = down.one(users.NAME)
    assert deleted.see(NODE) == (None,)
    assert deleted.settled().see(NODE) != (None,)


def test_an_action_on_what_is_gone_does_nothing_and_the_user_goes_on() -> None:
    _, deleted = _acted(users.delete(DEPLOYMENT, "web"), users.scale("web", 2), users.cordon("node-1"))
    scaled = deleted.one(users.NAME)
    assert scaled.see(DEPLOYMENT) == (None,)
    assert scaled.one(users.NAME).see(NODE)[0].spec.unschedulable


def test_a_user_acts_in_order_and_several_users_at_any_moment() -> None:
    wanted = scenario(deployment())
    mine = (users.pause("web"), users.pause("web", paused=False))
    yours = (users.cordon("node-1"),)
    first = begin(attrs.evolve(wanted, users=(mine, yours)))
    assert first.see(USER, "todo") == (mine, yours)
    assert {walk.see(USER, "todo") for walk in first.after(users.NAME)} == {(mine[1:], yours), (mine, ())}


def test_a_user_with_nothing_to_do_is_left_out() -> None:
    assert users.NAME in [component.name for component in cluster.components(scenario(deployment()))]
    assert begin(scenario(deployment())).settled().steps(users.NAME) == []


_LIMITS = rolling(0, 1)


@pytest.mark.parametrize(
    ("action", "disturbs"),
    [
        (users.scale("web", 1), False),
        (users.scale("web", 2), True),
        (users.apply(_decoded(deployment(1, _V2)), ""), False),
        (users.apply(_decoded(deployment(2, _V2)), ""), True),
        (users.apply(_decoded(deployment(1, _V2, strategy=_LIMITS)), ""), False),
        (users.apply(_decoded(deployment(1, _V2, strategy=RECREATE)), ""), True),
        (users.pause("web"), False),
        (users.release("web"), False),
        (users.cordon("node-1"), False),
        (users.delete(POD, "web"), True),
        (users.delete(POD, "web", force=True), True),
        (users.delete(DEPLOYMENT, "web"), True),
        (users.delete(NODE, "node-1"), True),
    ],
    ids=lambda value: value.text if not isinstance(value, bool) else "",
)
def test_what_takes_pods_away_or_moves_the_limits_is_remembered(action: Action, disturbs: bool) -> None:
    calm, acted = _acted(action)
    assert not _disrupted(calm)
    assert _disrupted(acted) is disturbs


def test_other_limits_in_the_middle_of_a_rollout_disturb_it() -> None:
    update = users.apply(_decoded(deployment(1, _V2)), "")
    limits = users.apply(_decoded(deployment(1, _V2, strategy=_LIMITS)), "")
    _, updated = _acted(update, limits)
    assert not _disrupted(updated)
    assert _disrupted(updated.one(users.NAME))


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (users.apply(_decoded(deployment()), "new.yaml"), "kubectl apply -f new.yaml"),
        (users.scale("web", 3), "kubectl scale deployment/web --replicas=3"),
        (users.pause("web"), "kubectl rollout pause deployment/web"),
        (users.pause("web", paused=False), "kubectl rollout resume deployment/web"),
        (users.cordon("node-1"), "kubectl cordon node-1"),
        (users.cordon("node-1", unschedulable=False), "kubectl uncordon node-1"),
        (users.delete(NODE, "node-1"), "kubectl delete node/node-1"),
        (users.delete(DEPLOYMENT, "web"), "kubectl delete deployment/web"),
        (users.delete(POD, "web"), "kubectl delete pod/<one of web>"),
        (users.delete(POD, "web", force=True), "kubectl delete pod/<one of web> --grace-period=0 --force"),
        (users.release("web"), """kubectl patch deployment/web --patch='{"metadata":{"finalizers":null}}'"""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_action_is_told_as_it_would_be_typed(action: Action, text: str) -> None:
    assert action.text == text


@pytest.mark.parametrize(
    ("verb", "argument"),
    [
        ("scale", "shop=2"),
        ("pause", "shop"),
        ("resume", "shop"),
        ("cordon", "node-9"),
        ("uncordon", "node-9"),
        ("delete", "deployment/shop"),
        ("delete", "pod/shop"),
        ("force-delete", "pod/shop"),
        ("delete", "node/node-9"),
    ],
)
def test_a_user_can_not_act_on_what_is_not_there(verb: str, argument: str) -> None:
    with pytest.raises(InputError, match="does not exist"):
        scenario(deployment(), users=[[{verb: argument}]])


def test_a_pod_can_not_be_scaled() -> None:
    with pytest.raises(InputError, match="does not exist"):
        scenario(bare_pod(), users=[[{"scale": "web=2"}]])


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("broken:NoExecute", (Taint("other"), Taint("broken", "", "NoExecute"))),
        ("broken=yes:NoSchedule", (Taint("other"), Taint("broken", "yes", "NoSchedule"))),
        ("other=new:NoSchedule", (Taint("other", "new"),)),
        ("other:NoSchedule-", ()),
        ("other:NoExecute-", (Taint("other"),)),
    ],
)
def test_taints_change_as_kubectl_changes_them(change: str, after: tuple[Taint, ...]) -> None:
    before = Node(ObjectMeta(name="node-1"), NodeSpec(taints=(Taint("other"),)))
    assert users.taint("node-1", change).change(before).spec.taints == after


@pytest.mark.parametrize("change", ["", "broken", "broken:", ":NoExecute", "broken:Never"])
def test_what_is_no_taint_is_refused(change: str) -> None:
    with pytest.raises(ValueError):
        users.taint("node-1", change)
