"""For each property a mutation of one rule that violates it, and a scenario in which its assumptions are broken.

The mutations are those that `docs/properties.md` names: what would have to be wrong for the property to be violated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
from kubemodel.engine.judging import UNDECLARED_TRANSITION
from kubemodel.spec import kinds
from kubemodel.spec.addons.descheduler_decisions import TOPOLOGY_SPREAD, Placed
from kubemodel.spec.control_plane.apiserver.endpoint_reconciler import as_leased
from kubemodel.spec.control_plane.controllers.autoscaling_proposals import Scale
from kubemodel.spec.control_plane.controllers.deployment_replica_sets import new_replica_set
from kubemodel.spec.control_plane.controllers.horizontal_pod_autoscaler import RESCALED, Keyed, SetReplicas, Turn
from kubemodel.spec.control_plane.controllers.job_requests import WriteJobStatus
from kubemodel.spec.control_plane.controllers.job_terminal import is_finished
from kubemodel.spec.control_plane.controllers.node_lifecycle import TAINT_NO_EXECUTE
from kubemodel.spec.control_plane.controllers.replicaset import NOTHING_EXPECTED
from kubemodel.spec.control_plane.scheduler.volumes import BIND_WITH_VOLUMES
from kubemodel.spec.environment import users
from kubemodel.spec.environment.drain import ask
from kubemodel.spec.kinds import (
    CANDIDATE,
    DEPLOYMENT,
    FAULT,
    JOB,
    LISTED,
    MASTER_LEASE,
    NODE,
    POD,
    POD_DISRUPTION_BUDGET,
    REPLICA_SET,
    REQUESTED,
    UNSCHEDULABLE,
    Eviction,
    PodRuntime,
    PodWorker,
)
from kubemodel.spec.language.component import Key, Rule
from kubemodel.spec.language.model import Model
from kubemodel.spec.language.plan import KEY, Alternative, Call, Chosen, Named, New, Set, Sweep, Write
from kubemodel.spec.language.query import ANY, MULTISET, Query, no_parameter
from kubemodel.spec.language.request import ApiCall, Binding, DeleteOptions, Outcome, Response, Verb
from kubemodel.spec.language.scenario import Scenario
from kubemodel.spec.node.admission import admit
from kubemodel.spec.node.pod_status import Report, ReportStatus
from kubemodel.spec.node.startup import Unfinished
from kubemodel.spec.node.termination import Ended
from kubemodel.spec.objects.conditions import Condition, condition_is_true
from kubemodel.spec.objects.horizontal_pod_autoscaler import HorizontalPodAutoscalerSpec
from kubemodel.spec.objects.job import COMPLETE
from kubemodel.spec.objects.node import Node
from kubemodel.spec.objects.pod import FAILED, RUNNING, Pod, bound_to, is_terminal
from kubemodel.spec.objects.stateful_set import ON_DELETE, RollingUpdateStatefulSet, StatefulSet
from kubemodel.spec.objects.workloads import ROLLING_UPDATE, Deployment, RollingUpdateDeployment

from ..container_scenarios import (
    GRACEFUL,
    INIT,
    LIVELY,
    SIDECAR,
    SLOW,
    SOFT,
    crowded,
    hooked,
    several,
    static_pod,
    with_agent,
)
from ..exploration import (
    BY_NAME,
    CLIENT,
    PROBED,
    RECREATE,
    SPREAD,
    SPREADING,
    Data,
    Mutation,
    autoscaler,
    bare_pod,
    budget,
    cron_job,
    daemon_set,
    deployment,
    dns_server,
    edited,
    job,
    loaded,
    needing,
    node,
    pod_spec,
    pre_stop,
    priority_class,
    quota,
    replaced,
    replica_set,
    rolling,
    scenario,
    service,
    stateful_set,
    without,
)
from ..indexed_scenarios import indexed
from ..namespace_scenarios import deleted
from ..replication_scenarios import replication_controller
from ..service_scenarios import OUTSIDE, served
from ..volume_scenarios import claimed
from . import container_mutations as containers
from . import job_mutations as job_indexes
from . import namespace_mutations as namespaces
from . import service_mutations as services
from . import volume_mutations as volumes
from . import watch_mutations as watches

ApiServer = Callable[..., Response]


@attrs.frozen
class Case:
    """How a property is tested.

    ``holds``: a scenario in which it is triggered and holds. ``mutation``: in words, and as an edit of the model, under
    which the same scenario violates it. ``broken``: a scenario in which its assumptions are broken. ``besides``: what
    the mutation cannot but violate too.
    """

    holds: Scenario
    mutation: str
    mutate: Mutation
    broken: Scenario | None = None
    besides: frozenset[str] = frozenset()


DEPLOYMENTS, REPLICA_SETS, DAEMON_SETS, SCHEDULER, KUBELET = (
    "deployment-controller",
    "replicaset-controller",
    "daemonset-controller",
    "kube-scheduler",
    "kubelet",
)
JOBS, NODES, STATEFUL = "job-controller", "node-lifecycle-controller", "statefulset-controller"
ENDPOINTS = "endpointslice-controller"
BUDGETS, API_SERVER, COLLECTOR = "disruption-controller", "kube-apiserver", "garbage-collector"
CRON_JOBS = "cronjob-controller"
CLAIMED = claimed()
EXPIRING = "ttl-after-finished-controller"
AUTOSCALER = "horizontal-pod-autoscaler-controller"
V2 = pod_spec("web:2")


def updated(before: Data, *after: Data) -> Scenario:
    """A user applies changed manifests, one after the other."""
    manifests = {f"{number}.yaml": [item] for number, item in enumerate(after)}
    return scenario(before, users=[[{"apply": path} for path in manifests]], applied=manifests)


def also(wanted: Scenario, name: str) -> Scenario:
    """The scenario, checked for one more property."""
    return attrs.evolve(wanted, extra_properties=(name,))


def api_server(edit: Callable[[ApiServer], ApiServer]) -> Mutation:
    """The mutation that changes the API server."""
    return lambda model: attrs.evolve(model, api_server=edit(model.api_server))


def deleting_once(counter: str, count: int) -> Rule:
    """Deletes a pod with a name of its own while a ghost counter says that it was not deleted before."""

    def runs(name: str, pod: Pod | None, counted: int) -> str | None:
        fresh = pod is not None and pod.status.phase == RUNNING and not pod.metadata.terminating
        return name if fresh and counted == count else None

    delete = Alternative((Call(KEY, ApiCall(Verb.DELETE, POD, DeleteOptions())),))
    return Rule("sync", Key(POD, ("name", "object", counter), runs), lambda _name: [delete])


def both(*mutations: Mutation) -> Mutation:
    """All the mutations at once."""

    def mutate(model: Model) -> Model:
        for mutation in mutations:
            model = mutation(model)
        return model

    return mutate


def key_seen(change: Callable[[Any], Any]) -> Callable[[Rule], tuple[Rule, ...]]:
    """The edit of a rule that deceives it about its key."""

    def edit(rule: Rule) -> tuple[Rule, ...]:
        def view(*values: Any) -> Any:
            found = rule.key.view(*values)
            return None if found is None else change(found)

        return (attrs.evolve(rule, key=Key(rule.key.kind, rule.key.fields, view)),)

    return edit


def _servers(name: str) -> Scenario:
    """Two instances of kube-apiserver that may go, and a property of who is listed behind the Service kubernetes."""
    return scenario(deployment(0), apiServers=2, faults={"api-server-down": 2}, properties=[name])


def _emptying(_name: str, servers: tuple[tuple[bool, bool], ...]) -> Iterable[Alternative]:
    if any(leased != listed for leased, listed in servers):
        yield Alternative((Sweep(kinds.API_SERVER, (MASTER_LEASE, LISTED), as_leased),))


def query_blind(name: str) -> Callable[[Rule], tuple[Rule, ...]]:
    """The edit of a rule after which one of its queries finds nothing."""

    def edit(rule: Rule) -> tuple[Rule, ...]:
        blind = attrs.evolve(rule.queries[name], classify=lambda *_values: None)
        return (attrs.evolve(rule, queries={**rule.queries, name: blind}),)

    return edit


# What is wrong with the autoscaler


def without_minimum(key: Keyed) -> Keyed:
    return attrs.evolve(key, autoscaler=attrs.evolve(key.autoscaler, spec=_free(key.autoscaler.spec)))


def _free(spec: HorizontalPodAutoscalerSpec) -> HorizontalPodAutoscalerSpec:
    return attrs.evolve(spec, min_replicas=1)


def always_rescaling(rule: Rule) -> tuple[Rule, ...]:
    def decide(_key: Keyed, scale: Scale, **_answers: Any) -> Iterable[Alternative]:
        replicas = 3 - scale.replicas
        request = ApiCall(Verb.UPDATE, DEPLOYMENT, SetReplicas(replicas), "scale")
        turn = Write(KEY, "turns", Turn(replicas - scale.replicas))
        marked = Write(Named(FAULT, RESCALED), "used", Set(True))
        yield Alternative((Call(Named(DEPLOYMENT, "web"), request), turn, marked))

    return (attrs.evolve(rule, decide=decide),)


# What is wrong with the API server


def binding_overwrites(serve: ApiServer) -> ApiServer:
    def mutant(call: ApiCall, stored: Any, *, current: bool) -> Response:
        if call.verb is Verb.BIND and stored is not None:
            assert isinstance(call.body, Binding)
            moved = attrs.evolve(stored, spec=bound_to(stored.spec, call.body.node_name))
            return Response(Outcome.DONE, moved)
        return serve(call, stored, current=current)

    return mutant


def status_report_undeletes(serve: ApiServer) -> ApiServer:
    def mutant(call: ApiCall, stored: Any, *, current: bool) -> Response:
        response = serve(call, stored, current=current)
        if call.subresource != "status" or not isinstance(response.stored, Pod):
            return response
        metadata = attrs.evolve(response.stored.metadata, deletion_timestamp=None, deletion_grace_period_seconds=None)
        return attrs.evolve(response, stored=attrs.evolve(response.stored, metadata=metadata))

    return mutant


def without_reads(serve: ApiServer) -> ApiServer:
    def mutant(call: ApiCall, stored: Any, *, current: bool, reads: Any = None) -> Response:
        return serve(call, stored, current=current)

    return mutant


def deletion_at_once(serve: ApiServer) -> ApiServer:
    def mutant(call: ApiCall, stored: Any, *, current: bool) -> Response:
        if call.verb is Verb.DELETE and isinstance(stored, Pod):
            return Response(Outcome.DONE, None)
        return serve(call, stored, current=current)

    return mutant


def deletion_ignores_finalizers(serve: ApiServer) -> ApiServer:
    def mutant(call: ApiCall, stored: Any, *, current: bool) -> Response:
        if call.verb is Verb.DELETE and stored is not None and stored.metadata.finalizers:
            return Response(Outcome.DONE, None)
        return serve(call, stored, current=current)

    return mutant


# What is wrong with a rule


def posting_without_names(rule: Rule) -> tuple[Rule, ...]:
    """The controller's pods find a place whatever their name is."""

    def anywhere(step: Any) -> Any:
        creates = isinstance(step, Call) and step.request.verb is Verb.CREATE
        return attrs.evolve(step, target=New(POD)) if creates else step

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        for found in rule.decide(key, **answers):
            yield attrs.evolve(found, plan=tuple(map(anywhere, found.plan)))

    return (attrs.evolve(rule, decide=decide),)


def remembering_another(rule: Rule) -> tuple[Rule, ...]:
    """Whoever drains a node has other pods in mind than those that are there."""

    def confused(step: Any) -> Any:
        return attrs.evolve(step, change=_another) if isinstance(step, Sweep) else step

    def _another(action: Any, pod: Any, eviction: Any) -> Any:
        same, asked = ask(action).change(action, pod, eviction)
        return same, attrs.evolve(asked, listed=99) if asked is not None and asked.listed else asked

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        for found in rule.decide(key, **answers):
            yield attrs.evolve(found, plan=tuple(map(confused, found.plan)))

    return (attrs.evolve(rule, decide=decide),)


def _partitioned(spec: Data | None = None) -> Data:
    return stateful_set(2, spec, updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 1}})


def _with_strategy(seen: StatefulSet, **changes: Any) -> StatefulSet:
    strategy = attrs.evolve(seen.spec.update_strategy, **changes)
    return attrs.evolve(seen, spec=attrs.evolve(seen.spec, update_strategy=strategy))


def without_partition(seen: StatefulSet) -> StatefulSet:
    return _with_strategy(seen, rolling_update=RollingUpdateStatefulSet())


def on_delete(seen: StatefulSet) -> StatefulSet:
    return _with_strategy(seen, type=ON_DELETE)


def without_first(seen: StatefulSet) -> StatefulSet:
    return attrs.evolve(seen, spec=attrs.evolve(seen.spec, start=1, replicas=seen.spec.replicas - 1))


def granting_for_nothing(rule: Rule) -> tuple[Rule, ...]:
    """The API server grants evictions and takes no disruption from the budget."""

    def uncharged(step: Any) -> Any:
        charges = isinstance(step, Call) and step.request.kind == POD_DISRUPTION_BUDGET
        return attrs.evolve(step, request=attrs.evolve(step.request, body=AsItIs())) if charges else step

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        for found in rule.decide(key, **answers):
            yield attrs.evolve(found, plan=tuple(map(uncharged, found.plan)))

    return (attrs.evolve(rule, decide=decide),)


@attrs.frozen(cache_hash=True)
class AsItIs:
    """The edit that changes nothing."""

    def __call__(self, stored: Any, /) -> Any:
        return stored


def collecting_all(rule: Rule) -> tuple[Rule, ...]:
    """The garbage collector deletes whatever has an owner."""

    def decide(_key: Any, **_answers: Any) -> Iterable[Alternative]:
        yield Alternative((Call(KEY, ApiCall(Verb.DELETE, POD, DeleteOptions())),), "it has an owner")

    return (attrs.evolve(rule, decide=decide),)


def letting_go(rule: Rule) -> tuple[Rule, ...]:
    """The garbage collector does not care what blocks a deletion."""

    def decide(key: Any, **_answers: Any) -> Iterable[Alternative]:
        return rule.decide(key)

    return (attrs.evolve(rule, decide=decide),)


def counting_pods_as(**changes: Any) -> Callable[[Rule], tuple[Rule, ...]]:
    """The disruption controller takes every pod for one of another kind."""

    def edit(rule: Rule) -> tuple[Rule, ...]:
        def decide(key: Any, pods: Any, **scales: Any) -> Iterable[Alternative]:
            for found in rule.decide(key, pods=tuple((attrs.evolve(pod, **changes), n) for pod, n in pods), **scales):
                # What the plan chose by the pods as they are not is not there to be chosen.
                yield attrs.evolve(
                    found, plan=tuple(s for s in found.plan if not isinstance(s, Write) or s.target is KEY)
                )

        return (attrs.evolve(rule, decide=decide),)

    return edit


def rebinding(rule: Rule) -> tuple[Rule, ...]:
    """The scheduler tries to move every pod that has a node to every other one, too."""

    def bound(pod: Pod | None) -> str | None:
        return pod.spec.node_name or None if pod is not None and not pod.metadata.terminating else None

    def move(found: str, nodes: tuple[str, ...]) -> Iterable[Alternative]:
        for name in nodes:
            if name != found:
                yield Alternative((Call(KEY, ApiCall(Verb.BIND, POD, Binding(name))),), f"moves from {found}")

    nodes = Query(
        NODE,
        ("object",),
        lambda _parameter, found: found.metadata.name if found is not None else None,
        attrs.evolve(MULTISET, of=lambda names: tuple(sorted(set(names)))),
        no_parameter,
    )
    return rule, Rule("rebind", Key(POD, ("object",), bound), move, {"nodes": nodes})


def finished_pods_run(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Report | None:
    """The view of a status report that takes Failed pods for Running ones."""
    if pod is None or pod.status.phase != FAILED or not pod.spec.node_name:
        return None
    return Report(pod.spec.node_name, None, ReportStatus(RUNNING, False))


def reporting_finished_pods_as_running(rule: Rule) -> tuple[Rule, ...]:
    return rule, attrs.evolve(rule, name="report again", key=Key(POD, rule.key.fields, finished_pods_run))


def end_before_stop(pod: Pod | None, _runtime: PodRuntime | None, _worker: PodWorker | None) -> Report | None:
    """The view of a status report that knows the end of a pod as soon as its deletion was asked for."""
    if pod is None or not pod.metadata.terminating or is_terminal(pod) or not pod.spec.node_name:
        return None
    return Report(pod.spec.node_name, None, ReportStatus(FAILED, False))


def reporting_first(rule: Rule) -> tuple[Rule, ...]:
    return rule, attrs.evolve(rule, name="report early", key=Key(POD, rule.key.fields, end_before_stop))


def anywhere(_pod: Pod, nodes: tuple[tuple[Node, int], ...], **_answers: Any) -> Iterable[Alternative]:
    """Scheduling without filters."""
    for found, _ in nodes:
        name = found.metadata.name
        bind = Call(KEY, ApiCall(Verb.BIND, POD, Binding(name)), memory=(("assumed", Set(name)),))
        yield Alternative((bind,), "every node will do")


def ignoring_order(rule: Rule) -> tuple[Rule, ...]:
    def decide(pod: Pod, more_urgent: bool, **answers: Any) -> Iterable[Alternative]:
        return rule.decide(pod, more_urgent=False, **answers)

    return (attrs.evolve(rule, decide=decide),)


def with_more_priority(pod: Pod) -> Pod:
    return attrs.evolve(pod, spec=attrs.evolve(pod.spec, priority=(pod.spec.priority or 0) + 1))


def heedless_of_gates(rule: Rule) -> tuple[Rule, ...]:
    """The scheduler takes pods with gates, too."""

    def view(pod: Pod | None, queue: str | None, assumed: str) -> Any:
        opened = None if pod is None else attrs.evolve(pod, spec=attrs.evolve(pod.spec, scheduling_gates=()))
        return rule.key.view(opened, queue, assumed)

    return (attrs.evolve(rule, key=Key(POD, rule.key.fields, view)),)


def without_tolerations(found: Any) -> Any:
    return attrs.evolve(found, tolerations=())


def one_pod_too_few(rule: Rule) -> tuple[Rule, ...]:
    def decide(replica_set: Any, active: int, **answers: Any) -> Iterable[Alternative]:
        return rule.decide(replica_set, active + 1, **answers) if active < replica_set.spec.replicas else ()

    return (attrs.evolve(rule, decide=decide),)


def with_limits(**limits: int) -> Callable[[Deployment], Deployment]:
    """A Deployment with other limits of its rolling update than it has."""

    def change(found: Deployment) -> Deployment:
        given = found.spec.strategy.rolling_update
        changed = attrs.evolve(given, **limits)
        assert isinstance(changed, RollingUpdateDeployment)
        return attrs.evolve(
            found, spec=attrs.evolve(found.spec, strategy=attrs.evolve(found.spec.strategy, rolling_update=changed))
        )

    return change


def as_rolling_update(found: Deployment) -> Deployment:
    strategy = attrs.evolve(found.spec.strategy, type=ROLLING_UPDATE)
    return attrs.evolve(found, spec=attrs.evolve(found.spec, strategy=strategy))


TWIN = "web-twin"


def creating_twins(model: Model) -> Model:
    """The controller names ReplicaSets by chance: it creates another one beside the first, of the same template."""
    kinds = tuple(
        attrs.evolve(kind, names=(*kind.names, TWIN)) if kind.name == REPLICA_SET else kind for kind in model.kinds
    )

    def decide(found: Deployment, twin: bool) -> Iterable[Alternative]:
        if not twin:
            made = new_replica_set(found, ())
            made = attrs.evolve(made, metadata=attrs.evolve(made.metadata, name=TWIN))
            yield Alternative((Call(Named(REPLICA_SET, TWIN), ApiCall(Verb.CREATE, REPLICA_SET, made)),), "by chance")

    def there(_parameter: None, found: Any) -> bool | None:
        return True if found is not None and found.metadata.name == TWIN else None

    def edit(rule: Rule) -> tuple[Rule, ...]:
        twin = Query(REPLICA_SET, ("object",), there, ANY, no_parameter)
        return rule, Rule("create twin", rule.key, decide, {"twin": twin})

    return edited(DEPLOYMENTS, "create ReplicaSet", edit)(attrs.evolve(model, kinds=kinds))


def reporting_without_probe(rule: Rule) -> tuple[Rule, ...]:
    def view(pod: Pod | None, runtime: PodRuntime | None, worker: PodWorker | None) -> Any:
        return rule.key.view(pod, runtime, attrs.evolve(worker, ready=True) if worker is not None else None)

    return (attrs.evolve(rule, key=Key(POD, rule.key.fields, view)),)


def unschedulable_again(_pod: Pod) -> Iterable[Alternative]:
    yield Alternative((Write(KEY, "queue", Set(UNSCHEDULABLE)),), "its back-off is over, and no event has come")


def counting_anew(rule: Rule) -> tuple[Rule, ...]:
    """The Job controller writes what it counts now, and forgets what was counted before."""

    def written(step: Any, counted: int) -> Any:
        if not isinstance(step, Call) or not isinstance(step.request, ApiCall):
            return step
        body = step.request.body
        if not isinstance(body, WriteJobStatus):
            return step
        status = attrs.evolve(body.status, succeeded=max(body.status.succeeded - counted, 0))
        return attrs.evolve(step, request=attrs.evolve(step.request, body=WriteJobStatus(status)))

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        for found in rule.decide(key, **answers):
            plan = tuple(written(step, key.job.status.succeeded) for step in found.plan)
            yield attrs.evolve(found, plan=plan)

    return (attrs.evolve(rule, decide=decide),)


def _paused_leader(**settings: Any) -> Scenario:
    """Two controller managers, of which the leader may stand still in the middle of its work."""
    return scenario(replica_set(1), candidates={_MANAGER: 2}, faults={"leader-pause": 1}, **settings)


def overwriting(rule: Rule) -> tuple[Rule, ...]:
    """Whoever had the Lease is not told that it has lost it."""

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        for found in rule.decide(key, **answers):
            kept = (step for step in found.plan if step not in become_deposed(answers["holder"]))
            yield attrs.evolve(found, plan=tuple(kept))

    return (attrs.evolve(rule, decide=decide),)


def become_deposed(holder: str) -> tuple[Write, ...]:
    """What a holder is told when another one takes its Lease."""
    return (Write(Named(CANDIDATE, holder), "holds", Set(False)),)


def impatient(rule: Rule) -> tuple[Rule, ...]:
    """A candidate does not look whether the Lease is renewed."""
    return (attrs.evolve(rule, decide=lambda key, runs, renewing, holder: rule.decide(key, runs, (), holder)),)


def unfenced(model: Model) -> Model:
    """The API server acts for whoever asks."""
    components = (
        attrs.evolve(it, guards=it.guards[:-1]) if it.process.startswith(_MANAGER) else it for it in model.components
    )
    return attrs.evolve(model, components=tuple(components))


def never_cancelling(rule: Rule) -> tuple[Rule, ...]:
    """What is scheduled stays so, even if no taint is left."""

    def decide(key: Any, taints: Any) -> Iterable[Alternative]:
        return rule.decide(key, taints) if taints else ()

    return (attrs.evolve(rule, decide=decide),)


def without_zone_rules(model: Model) -> Model:
    """The node lifecycle controller taints every node that is not ready, whatever becomes of the others."""
    anywhere = replaced(NODES, "taint NoExecute", queries={}, decide=lambda key: TAINT_NO_EXECUTE.decide(key, ()))
    return without(NODES, "master disruption")(anywhere(model))


def forgetting_removals(rule: Rule) -> tuple[Rule, ...]:
    """The Job controller does not know which finalizers it took away."""
    pods = rule.queries["pods"]
    blind = attrs.evolve(
        pods, classify=lambda name, pod, listed, _removing, runtime: pods.classify(name, pod, listed, False, runtime)
    )
    return (attrs.evolve(rule, queries={**rule.queries, "pods": blind}),)


def creating_one_more(rule: Rule) -> tuple[Rule, ...]:
    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        for found in rule.decide(key, **answers):
            first, *_ = found.plan
            creates = isinstance(first, Call) and first.request.verb is Verb.CREATE
            yield attrs.evolve(found, plan=(first, *found.plan)) if creates else found

    return (attrs.evolve(rule, decide=decide),)


def reopening(rule: Rule) -> tuple[Rule, ...]:
    """The Job controller forgets the end of a Job that is Complete."""

    def complete(found: Any, *_memory: Any) -> Any:
        done = found is not None and condition_is_true(found.status.conditions, COMPLETE)
        return found.status if done else None

    def reopen(status: Any) -> Iterable[Alternative]:
        change = WriteJobStatus(attrs.evolve(status, conditions=()))
        yield Alternative((Call(KEY, ApiCall(Verb.PATCH, JOB, change, "status")),), "opens it again")

    return rule, Rule("reopen", Key(JOB, ("object",), complete), reopen)


def heedless_of_the_end(rule: Rule) -> tuple[Rule, ...]:
    """Jobs that run are seen as finished, too."""

    def decide(key: Any, still: bool) -> Iterable[Alternative]:
        return rule.decide(key, still=True)

    def there(found: Any) -> Any:
        return found if found is not None and not found.metadata.terminating else None

    return (attrs.evolve(rule, key=Key(JOB, ("object",), there), decide=decide, duration=0.0),)


def early_end(rule: Rule) -> tuple[Rule, ...]:
    """The Job controller calls a Job Complete as soon as it has started."""

    def started(found: Any, *_memory: Any) -> Any:
        return found if found is not None and found.status.start_time is not None and not is_finished(found) else None

    def end(found: Any) -> Iterable[Alternative]:
        status = attrs.evolve(found.status, succeeded=found.spec.completions, conditions=(Condition(COMPLETE, "True"),))
        yield Alternative((Call(KEY, ApiCall(Verb.PATCH, JOB, WriteJobStatus(status), "status")),), "ends early")

    return rule, Rule("end early", Key(JOB, ("object",), started), end)


def forgetting_counts(rule: Rule) -> tuple[Rule, ...]:
    """The Job controller drops its counters when it writes that a Job is Complete."""

    def written(step: Any) -> Any:
        body = step.request.body if isinstance(step, Call) else None
        if not isinstance(body, WriteJobStatus) or not condition_is_true(body.status.conditions, COMPLETE):
            return step
        status = attrs.evolve(body.status, succeeded=0)
        return attrs.evolve(step, request=attrs.evolve(step.request, body=WriteJobStatus(status)))

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        for found in rule.decide(key, **answers):
            yield attrs.evolve(found, plan=tuple(map(written, found.plan)))

    return (attrs.evolve(rule, decide=decide),)


def listing_nothing(rule: Rule) -> tuple[Rule, ...]:
    """The Job controller takes finalizers away without listing the pods in the status first."""

    def decide(key: Any, **answers: Any) -> Iterable[Alternative]:
        for found in rule.decide(key, **answers):
            plan = tuple(it for it in found.plan if not (isinstance(it, Write) and it.field == "uncounted"))
            yield attrs.evolve(found, plan=plan)

    return (attrs.evolve(rule, decide=decide),)


# What is wrong with the kubelet


def unstopped(pod: Pod | None, _runtime: PodRuntime | None) -> Ended | None:
    if pod is None or not pod.spec.node_name or not pod.metadata.terminating:
        return None
    return Ended(pod.spec.node_name, pod.metadata.uid)


def at_once_too(rule: Rule) -> tuple[Rule, ...]:
    return rule, attrs.evolve(rule, name="restart without back-off", duration=0.0)


def always_restarting(key: Unfinished) -> Unfinished:
    return attrs.evolve(key, spec=attrs.evolve(key.spec, restart_policy="Always"))


# What is wrong with the descheduler


def evicting_any(_policy: Any, nodes: Any, pods: tuple[tuple[Placed, int], ...]) -> Iterable[Alternative]:
    for placed, _ in pods:
        if placed.evictable:
            asked = Eviction(REQUESTED, placed.pod.spec.node_name)
            yield Alternative((Write(Chosen("pods", placed, label=0), "eviction", Set(asked)),), "any pod will do")


# What is wrong with the CronJob controller


def without_last_time(key: Any) -> Any:
    status = attrs.evolve(key.cron_job.status, last_schedule_time=None)
    return attrs.evolve(key, cron_job=attrs.evolve(key.cron_job, status=status))


def with_any_policy(key: Any) -> Any:
    spec = attrs.evolve(key.cron_job.spec, concurrency_policy="Allow")
    return attrs.evolve(key, cron_job=attrs.evolve(key.cron_job, spec=spec))


# The scenarios

_APART = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "web"}}}
        ]
    }
}
_TAINTED = node("node-2", taints=[{"key": "reserved", "effect": "NoSchedule"}])
_MANAGER = "kube-controller-manager"
_TAKE_OVER = f"take over {_MANAGER}"
_FOR_A_MINUTE = {"key": "broken", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}
_CRASH = {"node-crash": 1}
_GATED = pod_spec(schedulingGates=[{"name": "example.com/gate"}])
_SAME_SIZE = rolling(1, 0)
_DRAINED = scenario(deployment(2), budget(minAvailable=1), nodes=2, users=[[{"drain": "node-1"}]])
_NO_SURGE = rolling(0, 1)
_CLASSES = (priority_class("urgent", 1000),)
_LARGE = pod_spec(container=needing("3"))
_PREEMPTING = scenario(
    *_CLASSES, bare_pod(_LARGE), replica_set(2, {**_LARGE, "priorityClassName": "urgent"}, "urgent", "urgent")
)
_LIKE_WEB = {"matchLabels": {"app": "web"}}
_APART = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": _LIKE_WEB, "topologyKey": "kubernetes.io/hostname"}
        ]
    }
}
_SPREAD = {
    "maxSkew": 1,
    "topologyKey": "kubernetes.io/hostname",
    "whenUnsatisfiable": "DoNotSchedule",
    "labelSelector": _LIKE_WEB,
}


def _held_deployment() -> Scenario:
    """A Deployment with a finalizer is deleted; later the finalizer is taken off."""
    wanted = scenario(deployment(finalizers=["example.com/held"]), users=[[{"delete": "deployment/web"}]])
    return attrs.evolve(wanted, users=((*wanted.users[0], users.release("web")),))


def _watched(name: str) -> Scenario:
    """A ReplicaSet whose controller has a slow watch of pods, which may end."""
    return scenario(
        replica_set(),
        faults={"watch-end": 1},
        lag={REPLICA_SETS: {"Pod": 2}},
        slow=[f"{REPLICA_SETS}/Pod"],
        properties=[name],
    )


SERVED = served()

CASES: Mapping[str, Case] = {
    "readiness-gates-traffic-eventually": Case(
        holds=scenario(
            bare_pod(),
            bare_pod(pod_spec(readinessGates=[{"conditionType": "example.com/gate"}]), name="web-2"),
            service(),
            **CLIENT,
        ),
        mutation="the EndpointSlice controller lists pods that are not ready as ready",
        mutate=edited(ENDPOINTS, "sync Service", services.listing_as_ready),
        besides=frozenset({"endpointslice-matches-pods"}),
    ),
    "endpointslice-matches-pods": Case(
        holds=scenario(bare_pod(), service(), users=[[{"delete": "pod/web"}]], **CLIENT),
        mutation="the EndpointSlice controller goes on listing pods that are gone",
        mutate=edited(ENDPOINTS, "sync Service", services.listing_for_ever),
        besides=frozenset({"readiness-gates-traffic-eventually"}),
    ),
    "slice-size-bound": Case(
        holds=scenario(
            bare_pod(), bare_pod(name="web-2"), service(), constants={"max-endpoints-per-slice": 1}, **CLIENT
        ),
        mutation="the EndpointSlice controller fills slices beyond their size",
        mutate=services.with_large_slices,
    ),
    "terminating-never-ready": Case(
        holds=scenario(
            bare_pod(pod_spec(container=pre_stop(10))), service(), users=[[{"delete": "pod/web"}]], **CLIENT
        ),
        mutation="the EndpointSlice controller lists pods that terminate as ready",
        mutate=edited(ENDPOINTS, "sync Service", services.listing_as_ready),
    ),
    "proxy-converges": Case(
        holds=scenario(bare_pod(), service(), **CLIENT),
        mutation="kube-proxy loads no rules",
        mutate=without("kube-proxy", "sync rules"),
    ),
    "local-policy-keeps-locality": Case(
        holds=scenario(bare_pod(), service(internalTrafficPolicy="Local"), nodes=2, **CLIENT),
        mutation="kube-proxy takes every endpoint for one of its own node",
        mutate=edited("kube-proxy", "sync rules", services.all_local),
        besides=frozenset({"proxy-converges"}),
    ),
    "session-affinity-sticky": Case(
        holds=scenario(
            bare_pod(pod_spec(container=pre_stop(10))),
            bare_pod(pod_spec(container=pre_stop(10)), name="web-2"),
            service(sessionAffinity="ClientIP"),
            users=[[{"delete": "pod/web"}]],
            **CLIENT,
        ),
        mutation="kube-proxy forgets which endpoint a client had",
        mutate=edited("client", "connect", services.forgetful),
    ),
    "connection-reaches-serving-backend": Case(
        holds=scenario(
            deployment(1, pod_spec(container={**PROBED, **pre_stop(10)})),
            service(),
            users=[[{"apply": "0.yaml"}]],
            applied={"0.yaml": [deployment(1, pod_spec("web:2", {**PROBED, **pre_stop(10)}))]},
            **CLIENT,
        ),
        mutation="the kubelet does not wait for preStop hooks",
        mutate=edited(KUBELET, "stop pod after preStop 10 s", services.at_once),
        broken=scenario(bare_pod(pod_spec(container=PROBED)), service(), faults={"probe-failure": 1}, **CLIENT),
    ),
    "addons-stay-as-written": Case(
        holds=SERVED["an addon is scaled and put back"],
        mutation="the addon manager looks at nothing",
        mutate=without("addon-manager", "put addon back"),
    ),
    "traffic-stays-near": Case(
        holds=SERVED["traffic stays in its zone while an endpoint is there"],
        mutation="kube-proxy does not heed hints",
        mutate=edited("kube-proxy", "sync rules", services.without_hints),
        besides=frozenset({"proxy-converges"}),
    ),
    "ipvs-takes-turns": Case(
        holds=scenario(
            bare_pod(),
            bare_pod(name="web-2"),
            bare_pod(name="web-3"),
            service(),
            switches={"proxy-mode": "ipvs"},
            **CLIENT,
        ),
        mutation="the virtual server chooses any endpoint",
        mutate=edited("client", "connect in turn", services.out_of_turn),
    ),
    "udp-flows-follow-endpoints": Case(
        holds=scenario(
            bare_pod(),
            bare_pod(name="web-2"),
            service(ports=[{"port": 53, "protocol": "UDP"}]),
            users=[[{"delete": "pod/web"}]],
            clients=[{**CLIENT["clients"][0], "keepsFlow": True}],
        ),
        mutation="kube-proxy does not flush connection tracking",
        mutate=edited("kube-proxy", "sync rules", services.without_flushing),
    ),
    "dns-eventually-correct": Case(
        holds=scenario(
            bare_pod(), service(clusterIP="None"), *dns_server(), users=[[{"delete": "pod/web"}]], **BY_NAME
        ),
        mutation="the DNS server never loads what slices list",
        mutate=without("cluster-dns", "load records"),
    ),
    "lookups-answered": Case(
        holds=scenario(bare_pod(), service(), *dns_server(), start="running", **BY_NAME),
        mutation="kube-proxy leads nowhere what is meant for the DNS server",
        mutate=edited("kube-proxy", "sync rules", services.nowhere("kube-dns")),
        broken=scenario(
            bare_pod(),
            service(),
            *dns_server(pod_spec(container=PROBED)),
            faults={"probe-failure": 1},
            start="running",
            **BY_NAME,
        ),
        besides=frozenset({"proxy-converges"}),
    ),
    "answers-eventually-current": Case(
        holds=scenario(
            bare_pod(),
            service(),
            *dns_server(),
            users=[[{"delete": "service/web"}, {"apply": "0.yaml"}]],
            applied={"0.yaml": [service()]},
            start="running",
            **BY_NAME,
        ),
        mutation="the resolver keeps what it was told for ever",
        mutate=without("resolver", "answer expires"),
    ),
    "outside-names-stay-outside": Case(
        holds=scenario(
            {**bare_pod(), "metadata": {"name": "web", "namespace": "com", "labels": {"app": "web"}}},
            {**service(), "metadata": {"name": "web", "namespace": "com"}},
            *dns_server(),
            start="running",
            clients=[{**OUTSIDE["clients"][0], "dnsConfig": {"ndots": 1}}],
        ),
        mutation="resolvers look for every name in the search path first, whatever its dots",
        mutate=edited("client", "look up", services.searching),
    ),
    "answers-current": Case(
        holds=scenario(
            bare_pod(),
            service(),
            *dns_server(),
            start="running",
            properties=["answers-current", "lookups-answered"],
            **BY_NAME,
        ),
        mutation="DNS servers say of every Service that there is no such name",
        mutate=edited("client", "look up", services.nameless),
    ),
    "node-name-write-once": Case(
        holds=scenario(deployment(), nodes=2),
        mutation="the scheduler moves pods that have a node, and the API server lets a binding overwrite another",
        mutate=both(edited(SCHEDULER, "schedule", rebinding), api_server(binding_overwrites)),
    ),
    "deletion-timestamp-irrevocable": Case(
        holds=scenario(deployment(), users=[[{"delete": "pod/web"}]]),
        mutation="the API server takes a deletion back where a status report does not mention it",
        mutate=api_server(status_report_undeletes),
    ),
    "finalizers-block-removal": Case(
        holds=also(_held_deployment(), "finalizers-block-removal"),
        mutation="the API server removes what is deleted, whatever finalizers it has",
        mutate=api_server(deletion_ignores_finalizers),
    ),
    "phase-terminal-absorbing": Case(
        holds=scenario(deployment(), users=[[{"delete": "pod/web"}]]),
        mutation="the kubelet reports a Failed pod as Running",
        mutate=edited(KUBELET, "report status", reporting_finished_pods_as_running),
        besides=frozenset({"undeclared-transition"}),
    ),
    "terminal-phase-implies-stopped": Case(
        holds=scenario(deployment(), users=[[{"delete": "pod/web"}]]),
        mutation="the kubelet reports the end of a pod before it has stopped its containers",
        mutate=edited(KUBELET, "report status", reporting_first),
        broken=scenario(deployment(), nodes=2, faults={"link-cut": 1}, users=[[{"delete": "node/node-1"}]]),
    ),
    "assigned-node-feasible-at-decision": Case(
        holds=scenario(deployment(), nodes=[node("node-1"), _TAINTED]),
        mutation="the scheduler binds to any node, without filters",
        mutate=replaced(SCHEDULER, "schedule", decide=anywhere),
    ),
    "no-overcommit-of-requests": Case(
        holds=scenario(deployment(2, pod_spec(container=needing("3"))), nodes=2),
        mutation="the scheduler does not count the pods that nodes have already",
        mutate=edited(SCHEDULER, "schedule", query_blind("pods")),
        broken=scenario(
            *(bare_pod(pod_spec(container=needing("3"), nodeName="node-1"), name) for name in ("one", "two"))
        ),
        besides=frozenset({"scheduled-pods-admitted"}),
    ),
    "higher-priority-first": Case(
        holds=scenario(*_CLASSES, bare_pod({**_LARGE, "priorityClassName": "urgent"}, "urgent"), bare_pod(_LARGE)),
        mutation="the scheduler does not look at who else waits",
        mutate=edited(SCHEDULER, "schedule", ignoring_order),
    ),
    "preemption-only-lower-priority": Case(
        holds=_PREEMPTING,
        mutation="the scheduler takes itself for more urgent than it is, so that equals make each other go",
        mutate=edited(SCHEDULER, "schedule", key_seen(with_more_priority)),
        besides=frozenset({"preemptor-eventually-bound", "replicaset-stable-count"}),
    ),
    "preemptor-eventually-bound": Case(
        holds=_PREEMPTING,
        mutation="a pod for which room was made is never tried again",
        mutate=without(SCHEDULER, "requeue"),
        besides=frozenset({"schedulable-pod-eventually-bound"}),
    ),
    "required-anti-affinity-holds-at-bind": Case(
        holds=scenario(deployment(2, pod_spec(affinity=_APART)), nodes=2),
        mutation="the scheduler binds to any node, without filters",
        mutate=replaced(SCHEDULER, "schedule", decide=anywhere),
        broken=scenario(*(bare_pod(pod_spec(affinity=_APART, nodeName="node-1"), name) for name in ("one", "two"))),
        besides=frozenset({"assigned-node-feasible-at-decision"}),
    ),
    "topology-spread-skew-at-bind": Case(
        holds=scenario(deployment(2, pod_spec(topologySpreadConstraints=[_SPREAD])), nodes=2),
        mutation="the scheduler binds to any node, without filters",
        mutate=replaced(SCHEDULER, "schedule", decide=anywhere),
        besides=frozenset({"assigned-node-feasible-at-decision"}),
    ),
    "gated-pod-never-bound": Case(
        holds=scenario(bare_pod(_GATED)),
        mutation="neither the scheduler nor the API server looks at gates",
        mutate=both(edited(SCHEDULER, "schedule", heedless_of_gates), api_server(binding_overwrites)),
        besides=frozenset({UNDECLARED_TRANSITION}),
    ),
    "schedulable-pod-eventually-bound": Case(
        holds=scenario(bare_pod(), users=[[{"cordon": "node-1"}, {"uncordon": "node-1"}]], start="created"),
        mutation="no event brings an unschedulable pod back into the queue",
        mutate=without(SCHEDULER, "requeue"),
    ),
    "replicaset-no-overshoot": Case(
        holds=scenario(replica_set(), lag={REPLICA_SETS: {"Pod": 1}}),
        mutation="the ReplicaSet controller acts again before it has seen what it did (no expectations)",
        mutate=edited(
            REPLICA_SETS,
            "manage replicas",
            lambda rule: (attrs.evolve(rule, queries={**rule.queries, "expected": NOTHING_EXPECTED}),),
        ),
        besides=frozenset({"replicaset-stable-count"}),
        broken=scenario(deployment(2, strategy=_NO_SURGE), users=[[{"scale": "web=1"}]]),
    ),
    "replicaset-stable-count": Case(
        holds=scenario(replica_set(2)),
        mutation="the ReplicaSet controller creates one pod too few",
        mutate=edited(REPLICA_SETS, "manage replicas", one_pod_too_few),
    ),
    "replicationcontroller-stable-count": Case(
        holds=scenario(replication_controller(2)),
        mutation="the controller of ReplicationControllers creates one pod too few",
        mutate=edited("replicationcontroller-controller", "manage replicas", one_pod_too_few),
    ),
    "deployment-min-available": Case(
        holds=updated(deployment(2), deployment(2, V2)),
        mutation="the Deployment controller scales old ReplicaSets down as if all pods might be unavailable",
        mutate=edited(DEPLOYMENTS, "scale down old ReplicaSets", key_seen(with_limits(max_unavailable=2))),
        broken=scenario(deployment(), users=[[{"delete": "pod/web"}]]),
    ),
    "deployment-max-surge-spec": Case(
        holds=updated(deployment(2), deployment(2, V2)),
        mutation="the Deployment controller scales the new ReplicaSet up as if maxSurge were larger",
        mutate=edited(DEPLOYMENTS, "scale up new ReplicaSet", key_seen(with_limits(max_surge=2))),
        broken=scenario(deployment(2, strategy=_NO_SURGE), users=[[{"scale": "web=1"}]]),
    ),
    "at-most-one-new-replicaset": Case(
        holds=scenario(deployment()),
        mutation="the name of a ReplicaSet does not follow from its template, so that a second one is created",
        mutate=creating_twins,
    ),
    "recreate-no-overlap": Case(
        holds=updated(deployment(strategy=RECREATE), deployment(1, V2, strategy=RECREATE)),
        mutation="the Deployment controller creates the new ReplicaSet without waiting for the old pods to go",
        mutate=edited(DEPLOYMENTS, "create ReplicaSet", key_seen(as_rolling_update)),
        broken=updated(deployment(), deployment(1, V2), deployment(1, V2, strategy=RECREATE)),
    ),
    "deployment-eventually-complete": Case(
        holds=updated(deployment(2), deployment(2, V2)),
        mutation="the Deployment controller does not scale the new ReplicaSet up",
        mutate=without(DEPLOYMENTS, "scale up new ReplicaSet"),
        broken=updated(deployment(), deployment(1, V2, paused=True)),
    ),
    "deployment-min-serving": Case(
        holds=also(
            updated(deployment(1, pod_spec(container=PROBED)), deployment(1, pod_spec("web:2", PROBED))),
            "deployment-min-serving",
        ),
        mutation="the kubelet reports a pod ready without regard to its readiness probe",
        mutate=edited(KUBELET, "report status", reporting_without_probe),
        broken=also(
            scenario(deployment(1, pod_spec(container=PROBED)), faults={"probe-failure": 1}), "deployment-min-serving"
        ),
    ),
    "rollout-within-deadline": Case(
        holds=also(updated(deployment(2), deployment(2, V2)), "rollout-within-deadline"),
        mutation="the Deployment controller does not scale the new ReplicaSet up",
        mutate=without(DEPLOYMENTS, "scale up new ReplicaSet"),
        broken=also(scenario(deployment(2, pod_spec(affinity=_APART)), nodes=1), "rollout-within-deadline"),
        besides=frozenset({"deployment-eventually-complete"}),
    ),
    "deployment-survives-faults": Case(
        holds=also(
            scenario(deployment(2, pod_spec(affinity=_APART)), nodes=3, faults=_CRASH), "deployment-survives-faults"
        ),
        mutation="the scheduler does not see the pods that it must keep apart",
        mutate=edited(SCHEDULER, "schedule", query_blind("pods")),
        broken=also(scenario(deployment(), users=[[{"delete": "pod/web"}]]), "deployment-survives-faults"),
        besides=frozenset({"required-anti-affinity-holds-at-bind"}),
    ),
    "dead-node-eventually-unknown-and-tainted": Case(
        holds=scenario(deployment(0), nodes=2, faults=_CRASH),
        mutation="the node lifecycle controller adds no NoExecute taint",
        mutate=without("node-lifecycle-controller", "taint NoExecute"),
        broken=also(scenario(deployment(0), faults=_CRASH), "dead-node-eventually-unknown-and-tainted"),
    ),
    "dead-node-pods-replaced": Case(
        holds=scenario(replica_set(), nodes=2, faults=_CRASH),
        mutation="the taint eviction controller does not delete pods once their toleration is over",
        mutate=without("taint-eviction-controller", "evict after 300 s"),
        broken=scenario(deployment(0), nodes=4, faults={"node-crash": 3}),
    ),
    "hpa-within-bounds": Case(
        holds=scenario(deployment(), autoscaler(2, 3)),
        mutation="the autoscaler does not know minReplicas",
        mutate=edited(AUTOSCALER, "sync Deployment", key_seen(without_minimum)),
    ),
    "hpa-no-oscillation": Case(
        holds=scenario(deployment(), autoscaler(), **loaded(20)),
        mutation="the autoscaler asks for another count than the target has, however the metrics are",
        mutate=edited(AUTOSCALER, "sync Deployment", always_rescaling),
        besides=frozenset({"replicaset-stable-count", "deployment-eventually-complete"}),
    ),
    "hpa-no-turn": Case(
        holds=also(scenario(deployment(), autoscaler(), **loaded(20)), "hpa-no-turn"),
        mutation="the autoscaler asks for another count than the target has, however the metrics are",
        mutate=edited(AUTOSCALER, "sync Deployment", always_rescaling),
        besides=frozenset({"hpa-no-oscillation", "replicaset-stable-count", "deployment-eventually-complete"}),
    ),
    "statefulset-at-most-one-object-per-ordinal": Case(
        holds=scenario(stateful_set(), start="created"),
        mutation="the StatefulSet controller does not see its pods, and posts them as if their names were generated",
        mutate=both(edited(STATEFUL, "sync", query_blind("pods")), edited(STATEFUL, "sync", posting_without_names)),
    ),
    "statefulset-at-most-one-process-per-ordinal": Case(
        holds=scenario(stateful_set(), nodes=2, users=[[{"delete": "pod/db-0"}]]),
        mutation="the API server removes pods that are being deleted without waiting for the kubelet",
        mutate=api_server(deletion_at_once),
        broken=scenario(stateful_set(), nodes=2, faults={"link-cut": 1}, users=[[{"force-delete": "pod/db-0"}]]),
    ),
    "statefulset-ordered-start": Case(
        holds=scenario(stateful_set(2), start="created"),
        mutation="the StatefulSet controller passes over the first ordinal",
        mutate=edited(STATEFUL, "sync", key_seen(without_first)),
    ),
    "statefulset-ordered-update": Case(
        holds=updated(_partitioned(), _partitioned(V2)),
        mutation="the StatefulSet controller does not see the partition",
        mutate=edited(STATEFUL, "sync", key_seen(without_partition)),
    ),
    "statefulset-progress-after-template-fix": Case(
        holds=updated(stateful_set(), stateful_set(1, V2)),
        mutation="the StatefulSet controller leaves updates to users",
        mutate=edited(STATEFUL, "sync", key_seen(on_delete)),
        broken=scenario(
            stateful_set(2),
            nodes=2,
            faults={"link-cut": 1},
            users=[[{"apply": "0.yaml"}]],
            applied={"0.yaml": [stateful_set(2, V2)]},
        ),
    ),
    "statefulset-identity-exclusive": Case(
        holds=also(
            scenario(stateful_set(), nodes=2, users=[[{"delete": "pod/db-0"}]]), "statefulset-identity-exclusive"
        ),
        mutation="the API server removes pods that are being deleted without waiting for the kubelet",
        mutate=api_server(deletion_at_once),
        besides=frozenset({"statefulset-at-most-one-process-per-ordinal"}),
    ),
    "eviction-spares-next-incarnation": Case(
        holds=also(
            scenario(stateful_set(), nodes=2, users=[[{"drain": "node-1"}]]), "eviction-spares-next-incarnation"
        ),
        mutation="the client remembers another incarnation than it had listed",
        mutate=edited("user", "act", remembering_another),
    ),
    "no-needless-recreation": Case(
        holds=also(scenario(stateful_set()), "no-needless-recreation"),
        mutation="the StatefulSet controller deletes a pod that runs, once",
        mutate=edited(STATEFUL, "sync", lambda rule: (rule, deleting_once("creations", 1))),
        broken=also(
            scenario(stateful_set(), users=[[{"delete": "pod/db-0"}]], start="created"), "no-needless-recreation"
        ),
    ),
    "statefulset-pods-stay": Case(
        holds=also(scenario(stateful_set()), "statefulset-pods-stay"),
        mutation="the StatefulSet controller deletes a pod that runs, once",
        mutate=edited(STATEFUL, "sync", lambda rule: (rule, deleting_once("removals", 0))),
    ),
    "deleted-pods-stay-gone": Case(
        holds=also(scenario(stateful_set()), "deleted-pods-stay-gone"),
        mutation="the StatefulSet controller deletes a pod that runs, once",
        mutate=edited(STATEFUL, "sync", lambda rule: (rule, deleting_once("removals", 0))),
    ),
    "pvc-retained-by-default": Case(
        holds=CLAIMED["claims stay"],
        mutation="the StatefulSet controller deletes the claims of pods that are scaled away, whatever the policy says",
        mutate=edited(STATEFUL, "sync", volumes.with_claims_deleted),
        besides=frozenset({UNDECLARED_TRANSITION}),
        broken=CLAIMED["a user deletes a claim"],
    ),
    "statefulset-keeps-its-data": Case(
        holds=also(CLAIMED["claims stay"], "statefulset-keeps-its-data"),
        mutation="the StatefulSet controller deletes the claims of pods that are scaled away, whatever the policy says",
        mutate=edited(STATEFUL, "sync", volumes.with_claims_deleted),
        besides=frozenset({UNDECLARED_TRANSITION, "pvc-retained-by-default"}),
        broken=also(CLAIMED["a user deletes a claim"], "statefulset-keeps-its-data"),
    ),
    "volume-topology-respected": Case(
        holds=CLAIMED["a volume is made where the pod can run"],
        mutation="the scheduler binds a pod that waited for its volumes to another node than the one that it chose",
        mutate=edited(SCHEDULER, BIND_WITH_VOLUMES, volumes.to_the_other_node),
        broken=also(CLAIMED["a pod is put where its volume is not"], "volume-topology-respected"),
    ),
    "volume-attached-to-one-node": Case(
        holds=CLAIMED["a rollout waits for a volume"],
        mutation="the attach/detach controller attaches a volume to a second node while the first one has it",
        mutate=edited("attachdetach-controller", "attach volume", volumes.attached_elsewhere),
    ),
    "volume-written-by-one-node": Case(
        holds=also(CLAIMED["a rollout waits for a volume"], "volume-written-by-one-node"),
        mutation="the attach/detach controller attaches a volume to a second node while the first one has it",
        mutate=edited("attachdetach-controller", "attach volume", volumes.attached_elsewhere),
        broken=also(CLAIMED["a node is cut off that has a volume"], "volume-written-by-one-node"),
        besides=frozenset({"volume-attached-to-one-node"}),
    ),
    "statefulset-survives-faults": Case(
        holds=also(scenario(stateful_set(2), users=[[{"delete": "pod/db-0"}]]), "statefulset-survives-faults"),
        mutation="the StatefulSet controller does not see its pods, so that it comes no further than the first",
        mutate=edited(STATEFUL, "sync", query_blind("pods")),
    ),
    "cronjob-no-duplicate-per-slot": Case(
        holds=scenario(cron_job(successfulJobsHistoryLimit=0), scheduledTimes=1),
        mutation="the CronJob controller does not know the last time for which it created a Job",
        mutate=edited(CRON_JOBS, "sync", key_seen(without_last_time)),
        besides=frozenset({"job-eventually-finished"}),
        broken=scenario(
            cron_job(successfulJobsHistoryLimit=0), faults={"controller-manager-crash": 2}, scheduledTimes=1
        ),
    ),
    "cronjob-forbid-exclusive": Case(
        holds=scenario(cron_job("Forbid")),
        mutation="the CronJob controller does not look at concurrencyPolicy",
        mutate=edited(CRON_JOBS, "sync", key_seen(with_any_policy)),
    ),
    "job-pod-not-lost-before-counting": Case(
        holds=scenario(job()),
        mutation="the Job controller takes finalizers away without listing the pods in the status first",
        mutate=edited(JOBS, "sync", listing_nothing),
    ),
    "job-runs-at-least-once-not-exactly-once": Case(
        holds=scenario(job()),
        mutation="the Job controller drops its counters when it writes that a Job is Complete",
        mutate=edited(JOBS, "sync", forgetting_counts),
    ),
    "job-terminal-implies-no-running": Case(
        holds=scenario(job()),
        mutation="the Job controller calls a Job Complete as soon as it has started",
        mutate=edited(JOBS, "sync", early_end),
        besides=frozenset(
            {"undeclared-transition", "job-finalizers-eventually-removed", "job-succeeded-by-distinct-pods"}
        ),
    ),
    "job-finalizers-eventually-removed": Case(
        holds=scenario(cron_job("Replace")),
        mutation="the Job controller does not look after pods whose Job is gone",
        mutate=without(JOBS, "release orphan"),
    ),
    "api-removal-implies-stopped": Case(
        holds=scenario(deployment(), users=[[{"delete": "pod/web"}]]),
        mutation="the kubelet removes pods from the API before it has stopped them",
        mutate=replaced(KUBELET, "complete deletion", key=Key(POD, ("object", "runtime"), unstopped)),
    ),
    "restart-policy-respected": Case(
        holds=scenario(bare_pod(pod_spec(restartPolicy="Never")), faults={"container-exit": 1}),
        mutation="the kubelet starts containers again whatever the restart policy says",
        mutate=edited(KUBELET, "restart containers", key_seen(always_restarting)),
    ),
    "active-deadline-enforced": Case(
        holds=scenario(bare_pod(pod_spec(activeDeadlineSeconds=30))),
        mutation="the kubelet never looks at how long a pod has been active",
        mutate=without(KUBELET, "active deadline 30 s"),
        broken=scenario(bare_pod(pod_spec(activeDeadlineSeconds=30)), nodes=2, faults={"node-crash": 1}),
    ),
    "crashloop-backoff": Case(
        holds=scenario(bare_pod(), faults={"container-exit": 2}),
        mutation="the kubelet starts containers again without back-off",
        mutate=edited(KUBELET, "restart containers after back-off", at_once_too),
    ),
    "init-containers-in-order": Case(
        holds=scenario(bare_pod(several(INIT)), start="created"),
        mutation="the kubelet starts the main containers as soon as the init container runs",
        mutate=edited(KUBELET, "start next containers", containers.init_containers_done),
        besides=frozenset({UNDECLARED_TRANSITION}),
    ),
    "sidecars-outlive-main": Case(
        holds=scenario(job(1, several(SIDECAR))),
        mutation="the kubelet takes main containers for ended as soon as they run, and stops the sidecars",
        mutate=edited(KUBELET, "stop sidecars", containers.main_containers_done),
    ),
    "startup-gates-probes": Case(
        holds=scenario(bare_pod(pod_spec(container={**SLOW, **PROBED})), start="created"),
        mutation="the kubelet counts readiness probes of containers that have not started",
        mutate=edited(KUBELET, "readiness probe succeeds", containers.heedless_of_startup),
    ),
    "hanging-containers-stopped": Case(
        holds=scenario(bare_pod(pod_spec(container=LIVELY)), faults={"application-hang": 1}),
        mutation="the kubelet does nothing where a liveness probe fails",
        mutate=without(KUBELET, "liveness probe fails"),
    ),
    "probes-stop-their-own-container": Case(
        holds=scenario(bare_pod(several({**SIDECAR, **LIVELY})), start="created", faults={"application-hang": 1}),
        mutation="the kubelet stops all containers of a pod where the liveness probe of a sidecar fails",
        mutate=edited(KUBELET, "sidecar's liveness probe fails", containers.stopping_all),
    ),
    "post-start-before-the-next": Case(
        holds=scenario(bare_pod(hooked(5)), start="created"),
        mutation="the kubelet starts the next container without waiting for the postStart hook of the last",
        mutate=edited(KUBELET, "start next containers", containers.heedless_of_hooks),
    ),
    "image-present-at-start": Case(
        holds=scenario(bare_pod(), start="created", faults={"image-pull-error": 1}),
        mutation="the kubelet creates containers without looking for their images",
        mutate=edited(KUBELET, "restart containers", containers.heedless_of_images),
    ),
    "critical-pods-stay": Case(
        holds=crowded(),
        mutation="the kubelet ends critical pods, too, to make room for critical ones",
        mutate=containers.ending_critical_pods,
    ),
    "one-running-instance-per-container": Case(
        holds=scenario(bare_pod(), start="created", faults={"cri-reply-lost": 1}),
        mutation="the runtime makes a second sandbox although it has one of that name",
        mutate=edited(KUBELET, "relist sandboxes", containers.taken_for_two),
    ),
    "grace-period-lower-bound": Case(
        holds=scenario(deployment(), users=[[{"delete": "pod/web"}]], switches={"termination": "in-steps"}),
        mutation="the kubelet kills containers without waiting for their end",
        mutate=edited(KUBELET, "stop pod", containers.killing_at_once),
        besides=frozenset({UNDECLARED_TRANSITION}),
    ),
    "mirror-reflects-static": Case(
        holds=scenario(static_pod(), start="created"),
        mutation="the kubelet makes no mirrors",
        mutate=without(KUBELET, "create mirror pod"),
        broken=scenario(static_pod(), start="created", faults={"link-cut": 1}),
    ),
    "static-pod-outlives-mirror": Case(
        holds=scenario(static_pod(), start="created"),
        mutation="the kubelet ends static pods that their source declares",
        mutate=edited(KUBELET, "stop static pod", containers.ending_what_is_declared),
    ),
    "unmanaged-containers-untouched": Case(
        holds=scenario(static_pod(), start="created"),
        mutation="the kubelet ends what else runs on the node when it starts a static pod",
        mutate=edited(KUBELET, "start static pod", containers.ending_foreign_containers),
    ),
    "job-counters-monotonic": Case(
        holds=scenario(job(2)),
        mutation="the Job controller counts the pods that it sees anew, without what was counted before",
        mutate=edited(JOBS, "sync", counting_anew),
        besides=frozenset({"job-runs-at-least-once-not-exactly-once"}),
    ),
    "job-each-pod-counted-once": Case(
        holds=scenario(job(2), lag={JOBS: {"Pod": 1}}),
        mutation="the Job controller, which sees pods late, does not remember which finalizers it took away",
        mutate=edited(JOBS, "sync", forgetting_removals),
        besides=frozenset({"job-succeeded-by-distinct-pods"}),
    ),
    "job-succeeded-by-distinct-pods": Case(
        holds=scenario(job(2), lag={JOBS: {"Pod": 1}}),
        mutation="the Job controller, which sees pods late, does not remember which finalizers it took away",
        mutate=edited(JOBS, "sync", forgetting_removals),
        broken=scenario(job(), faults=_CRASH, users=[[{"force-delete": "pod/work"}]], start="created"),
        besides=frozenset({"job-each-pod-counted-once"}),
    ),
    "job-parallelism-bound": Case(
        holds=scenario(job(2, parallelism=2)),
        mutation="the Job controller creates one pod more than it should",
        mutate=edited(JOBS, "sync", creating_one_more),
    ),
    "job-terminal-sticky": Case(
        holds=scenario(job()),
        mutation="the Job controller takes the conditions of a Complete Job away",
        mutate=edited(JOBS, "sync", reopening),
        besides=frozenset({"undeclared-transition", "job-eventually-finished"}),
    ),
    "job-eventually-finished": Case(
        holds=scenario(job(2, parallelism=2)),
        mutation="no program ever ends",
        mutate=without("container-runtime", "program finishes"),
        broken=scenario(job(), faults=_CRASH),
    ),
    "scheduled-pods-admitted": Case(
        holds=scenario(job(2, pod_spec(container=needing("3")))),
        mutation="a kubelet counts pods that have finished until it has cleaned them up",
        mutate=edited(KUBELET, "admit pod", lambda _rule: (admit(serving=True, early_phase=True),)),
        broken=scenario(bare_pod(), start="created", faults={"memory-pressure": 1}),
    ),
    "shutdown-ends-critical-pods-last": Case(
        holds=with_agent(),
        mutation="a kubelet whose node is shut down ends its pods in any order",
        mutate=edited(KUBELET, "terminate for shutdown", containers.ending_any),
    ),
    "silent-runtime-reported": Case(
        holds=scenario(bare_pod(), start="created", faults={"runtime-silent": 1}),
        mutation="a kubelet does not mind that it cannot list what its runtime holds",
        mutate=without(KUBELET, "post NotReady for PLEG"),
    ),
    "shutdown-ends-pods": Case(
        holds=scenario(bare_pod(), faults={"node-shutdown": 1}, alsoCheck=["shutdown-ends-pods"], **GRACEFUL),
        mutation="a kubelet does not care that its node is shut down",
        mutate=without(KUBELET, "terminate for shutdown"),
    ),
    "node-pressure-ranking": Case(
        holds=scenario(
            priority_class("high", 1000),
            bare_pod(pod_spec(container=needing("3")), "low", "low"),
            bare_pod(pod_spec(container=needing("1"), priorityClassName="high"), "high", "high"),
            faults={"memory-pressure": 1},
            start="created",
        ),
        mutation="a kubelet under pressure evicts whichever pod it comes upon",
        mutate=edited(KUBELET, "evict for node pressure", containers.evicting_any),
    ),
    "soft-eviction-waits": Case(
        holds=scenario(bare_pod(), start="created", faults={"memory-pressure": 1}, **SOFT),
        mutation="a kubelet evicts past a soft threshold without waiting",
        mutate=edited(KUBELET, "evict past soft threshold", containers.impatient),
    ),
    "node-pressure-tainted": Case(
        holds=scenario(bare_pod(), start="created", faults={"memory-pressure": 1}),
        mutation="the node lifecycle controller gives nodes no taints for their conditions",
        mutate=without(NODES, "taint by condition"),
    ),
    "toleration-seconds-honoured": Case(
        holds=scenario(
            bare_pod(pod_spec(tolerations=[_FOR_A_MINUTE])),
            nodes=2,
            users=[[{"taint": "node-1 broken:NoExecute"}, {"taint": "node-1 broken:NoExecute-"}]],
            start="created",
        ),
        mutation="the taint eviction controller cancels no deletion when a taint goes",
        mutate=edited("taint-eviction-controller", "schedule eviction", never_cancelling),
    ),
    "untolerated-taint-leads-to-eviction": Case(
        holds=also(
            scenario(
                stateful_set(pod=pod_spec(tolerations=[{**_FOR_A_MINUTE, "key": "worn"}])),
                nodes=[node("node-1", taints=[{"key": "worn", "effect": "NoExecute"}])],
                switches={"witness": "always"},
            ),
            "untolerated-taint-leads-to-eviction",
        ),
        mutation="the taint eviction controller lets a pod stay once its time is over",
        mutate=without("taint-eviction-controller", "evict after 60 s"),
    ),
    "lease-single-holder": Case(
        holds=_paused_leader(),
        mutation="a candidate writes the Lease without naming the version that it has read",
        mutate=edited("leader-election", _TAKE_OVER, overwriting),
        besides=frozenset({"undeclared-transition"}),
    ),
    "single-active-leader": Case(
        holds=scenario(bare_pod(), candidates={_MANAGER: 2}),
        mutation="a candidate takes the Lease although its holder renews it",
        mutate=edited("leader-election", _TAKE_OVER, impatient),
        broken=_paused_leader(),
        besides=frozenset({"undeclared-transition"}),
    ),
    "leader-eventually": Case(
        holds=_paused_leader(),
        mutation="nobody takes over a Lease that has expired",
        mutate=without("leader-election", _TAKE_OVER),
        besides=frozenset({"replicaset-stable-count"}),
    ),
    "deposed-leader-writes-nothing": Case(
        holds=also(_paused_leader(switches={"leader-fencing": "on"}), "deposed-leader-writes-nothing"),
        mutation="the API server does not know the Lease: Kubernetes as it is",
        mutate=unfenced,
    ),
    "no-mass-eviction-on-control-plane-partition": Case(
        holds=scenario(bare_pod(), nodes=2, faults={"control-plane-cut": 1}),
        mutation="the node lifecycle controller looks at no other node before it taints one",
        mutate=without_zone_rules,
        broken=scenario(bare_pod(), nodes=2, faults={"control-plane-cut": 1, **_CRASH}),
    ),
    "job-index-runs-once-at-a-time": Case(
        holds=scenario(indexed(2, parallelism=2)),
        mutation="the Job controller creates every pod for index 0",
        mutate=edited(JOBS, "sync", job_indexes.with_index_zero),
        besides=frozenset({"job-eventually-finished"}),
    ),
    "job-complete-has-every-index": Case(
        holds=scenario(indexed(2)),
        mutation="the Job controller forgets its completed indexes when it is done",
        mutate=edited(JOBS, "sync", job_indexes.forgetting_indexes),
    ),
    "finished-job-eventually-deleted": Case(
        holds=scenario(job(ttlSecondsAfterFinished=60)),
        mutation="the controller of finished Jobs deletes none",
        mutate=without(EXPIRING, "delete Job 60 s after it finished"),
    ),
    "ttl-deletes-only-finished": Case(
        holds=scenario(job(ttlSecondsAfterFinished=60)),
        mutation="the controller of finished Jobs does not look whether they have finished",
        mutate=edited(EXPIRING, "delete Job 60 s after it finished", heedless_of_the_end),
        besides=frozenset({"job-pod-not-lost-before-counting"}),
    ),
    "eviction-respects-budget": Case(
        holds=_DRAINED,
        mutation="the API server grants evictions without taking a disruption from the budget",
        mutate=both(
            edited(API_SERVER, "evict", granting_for_nothing),
            edited(API_SERVER, "evict on retry", granting_for_nothing),
        ),
        besides=frozenset({"evictions-keep-desired-pods"}),
    ),
    "deployment-survives-drains": Case(
        holds=also(_DRAINED, "deployment-survives-drains"),
        mutation="the API server grants evictions without taking a disruption from the budget",
        mutate=both(
            edited(API_SERVER, "evict", granting_for_nothing),
            edited(API_SERVER, "evict on retry", granting_for_nothing),
        ),
        broken=also(scenario(deployment(), users=[[{"delete": "pod/web"}]]), "deployment-survives-drains"),
        besides=frozenset({"eviction-respects-budget", "evictions-keep-desired-pods"}),
    ),
    "pdb-allowed-sound": Case(
        holds=_DRAINED,
        mutation="the disruption controller counts pods that are not ready",
        mutate=edited(BUDGETS, "update budget status", counting_pods_as(ready=True)),
        besides=frozenset({"evictions-keep-desired-pods"}),
    ),
    "evictions-keep-desired-pods": Case(
        holds=_DRAINED,
        mutation="the disruption controller counts pods whose eviction was granted",
        mutate=edited(BUDGETS, "update budget status", counting_pods_as(entry=None)),
        broken=scenario(
            replica_set(2), budget(minAvailable=1), faults={"container-exit": 1}, users=[[{"drain": "node-1"}]]
        ),
    ),
    "drain-completes": Case(
        holds=_DRAINED,
        mutation="clients that were refused do not ask again",
        mutate=without(API_SERVER, "evict on retry"),
    ),
    "descheduler-comes-to-rest": Case(
        holds=scenario(
            replica_set(2, pod_spec(**SPREAD)),
            nodes=2,
            descheduler=SPREADING,
            switches={"scoring": "default-profile"},
        ),
        mutation="the descheduler does not look at constraints",
        mutate=replaced("descheduler", TOPOLOGY_SPREAD, decide=evicting_any),
        besides=frozenset({"replicaset-stable-count"}),
    ),
    "gc-deletes-only-ownerless": Case(
        holds=scenario(deployment(), users=[[{"delete": "deployment/web"}]], start="created"),
        mutation="the garbage collector deletes pods whose owner is there",
        mutate=edited(COLLECTOR, "collect Pod", collecting_all),
        besides=frozenset({"deployment-min-available", "replicaset-stable-count", "deployment-eventually-complete"}),
    ),
    "dependents-eventually-collected": Case(
        holds=scenario(deployment(), users=[[{"delete": "deployment/web"}]]),
        mutation="the garbage collector does not know pods",
        mutate=without(COLLECTOR, "collect Pod"),
    ),
    "foreground-order": Case(
        holds=scenario(deployment(), users=[[{"delete": "deployment/web --cascade=foreground"}]]),
        mutation="the garbage collector lets owners go while dependents block them",
        mutate=edited(COLLECTOR, "finish foreground deletion of Deployment", letting_go),
    ),
    "orphan-keeps-dependents": Case(
        holds=scenario(deployment(), users=[[{"delete": "deployment/web --cascade=orphan"}]]),
        mutation="the garbage collector takes the finalizer orphan away without looking for dependents",
        mutate=edited(COLLECTOR, "orphan dependents of Deployment", query_blind("dependents of kind ReplicaSet")),
    ),
    "pod-has-service-account": Case(
        holds=scenario(deployment(), users=[[{"delete": "serviceaccount/default/default"}]], start="created"),
        mutation="the API server does not look accounts up",
        mutate=api_server(without_reads),
    ),
    "default-service-account-eventually-exists": Case(
        holds=scenario(deployment(), users=[[{"delete": "serviceaccount/default/default"}]], start="created"),
        mutation="the service account controller creates nothing",
        mutate=without("serviceaccount-controller", "create default account"),
        besides=frozenset({"replicaset-stable-count", "deployment-eventually-complete"}),
    ),
    "no-create-in-terminating-namespace": Case(
        holds=deleted(replica_set(1)),
        mutation="the API server admits by a cache of namespaces that never changes",
        mutate=api_server(namespaces.admitting_by_an_old_cache),
    ),
    "namespace-empty-before-gone": Case(
        holds=deleted(replica_set(1)),
        mutation="the namespace controller does not list pods before it lets the namespace go",
        mutate=edited(namespaces.NAMESPACES, "sync", query_blind("listing of Pod")),
    ),
    "terminating-namespace-eventually-gone": Case(
        holds=deleted(replica_set(1)),
        mutation="the namespace controller never takes its finalizer away",
        mutate=without(namespaces.NAMESPACES, "sync"),
    ),
    "quota-not-exceeded": Case(
        holds=scenario(
            deployment(1, strategy=_NO_SURGE),
            quota(pods="1"),
            users=[[{"apply": "0.yaml"}]],
            applied={"0.yaml": [deployment(1, V2, strategy=_NO_SURGE)]},
        ),
        mutation="the API server does not look at quotas",
        mutate=api_server(without_reads),
        besides=frozenset({"undeclared-transition"}),
        broken=also(scenario(bare_pod(name="one"), bare_pod(name="two"), quota(pods="1")), "quota-not-exceeded"),
    ),
    "quota-usage-correct": Case(
        holds=also(scenario(bare_pod(), quota(pods="3"), users=[[{"delete": "pod/web"}]]), "quota-usage-correct"),
        mutation="the resource quota controller never recalculates",
        mutate=without("resourcequota-controller", "recalculate usage"),
    ),
    "orphan-pod-collected": Case(
        holds=scenario(bare_pod(), nodes=2, faults={"link-cut": 1}, users=[[{"delete": "node/node-1"}]]),
        mutation="the pod garbage collector does not look for pods of missing nodes",
        mutate=without("pod-garbage-collector", "collect pod of missing node"),
    ),
    "daemonset-one-per-node": Case(
        holds=updated(daemon_set(), daemon_set(V2)),
        mutation="the DaemonSet controller does not see its nodes, so that it creates no pod after it deleted one",
        mutate=edited(DAEMON_SETS, "manage daemon pods", query_blind("nodes")),
        broken=updated(daemon_set(_GATED, finalizers=["example.com/held"]), daemon_set(_GATED)),
    ),
    "daemonset-not-evicted-by-not-ready": Case(
        holds=scenario(daemon_set(), nodes=2, faults=_CRASH),
        mutation="the taint eviction controller does not look at the tolerations of pods",
        mutate=edited("taint-eviction-controller", "evict now", key_seen(without_tolerations)),
    ),
    "watch-no-gap-no-reorder": Case(
        holds=_watched("watch-no-gap-no-reorder"),
        mutation="a watch that ends while changes are on their way goes on behind them",
        mutate=edited("fault", "watch-end replicaset-controller/Pod", watches.resumed_with_a_gap),
    ),
    "bookmark-sound": Case(
        holds=_watched("bookmark-sound"),
        mutation="the API server sends bookmarks ahead of the events that come before them",
        mutate=edited("watch-cache", "send bookmark", watches.overtaking),
    ),
    "no-puts-without-space": Case(
        holds=scenario(replica_set(), start="created", faults={"etcd-space-exhausted": 1}),
        mutation="the API server writes although etcd has no space",
        mutate=lambda model: attrs.evolve(model, api_server=watches.Heedless(model.api_server)),
    ),
    "kubernetes-service-lists-running-servers": Case(
        holds=_servers("kubernetes-service-lists-running-servers"),
        mutation="an instance that returns does not write its masterlease again",
        mutate=without("endpoint-reconciler", "write masterlease"),
    ),
    "kubernetes-service-never-empty": Case(
        holds=_servers("kubernetes-service-never-empty"),
        mutation="an instance that finds no masterlease empties the endpoints",
        mutate=replaced("endpoint-reconciler", "reconcile endpoints", decide=_emptying),
    ),
    "expectations-met-by-watch": Case(
        holds=also(
            scenario(
                deployment(0),
                faults={"watch-end": 1},
                lag={REPLICA_SETS: {"Pod": 2}},
                users=[[{"scale": "web=1"}, {"delete": "pod/web"}]],
            ),
            "expectations-met-by-watch",
        ),
        mutation="the API server sends no bookmarks",
        mutate=watches.without_bookmarks,
    ),
    "undeclared-transition": Case(
        holds=updated(
            deployment(1, pod_spec(container=needing("3")), strategy=_NO_SURGE),
            deployment(1, pod_spec("web:2", needing("3")), strategy=_NO_SURGE),
        ),
        mutation="the scheduler takes a pod for unschedulable when its back-off is over",
        mutate=replaced(SCHEDULER, "back-off completes", decide=unschedulable_again),
    ),
}
"""A case for each property of the catalogue, and for the property that all changes are declared arrows."""
