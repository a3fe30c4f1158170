"""No eviction takes more than its budget allows (kube-apiserver §5, controllers-cluster §9; invariants 19, 99).

Clients ask for evictions, the API server charges the budget by compare-and-swap and then deletes the pod, the
disruption controller writes anew how many may go. Counted are the pods that the budget selects: healthy ones, those of
them whose eviction was granted (they stand in ``disruptedPods``), and those that are not ready yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import attrs

from ....spec.control_plane.apiserver import eviction, handling
from ....spec.control_plane.controllers import disruption_decisions as controller
from ....spec.control_plane.controllers.disruption_decisions import Covered
from ....spec.language.arithmetic import Number, Truth, select
from ..law import Claim, Hypothesis, Law, Mutation, Provable, Step, Values
from ..truth import every, implies, some

NAME = "disruption-budget"

_SERVERS = ("first", "second")
"""Two requests stand for any number: every claim speaks of one of them, and the other does what any other may do."""

_LISTED = "listed"
_STANDS = Covered(None, ready=True, terminating=False, entry=None)
_GRANTED = Covered(None, ready=True, terminating=False, entry=_LISTED)
_STARTS = Covered(None, ready=False, terminating=False, entry=None)

_API_SERVER, _CONTROLLER, _USER, _KUBELET = "kube-apiserver", "disruption-controller", "user", "kubelet"


def _allowed(healthy: Number, desired: Number, expected: Number) -> Number:
    return controller.disruptions_allowed(healthy, desired, expected)


@attrs.frozen
class Rules:
    """What a mutation changes.

    ``evictions_checked``, ``status_checked``: whether the API server compares the versions of such writes.
    ``remembered``: pods in ``disruptedPods`` do not count as healthy. ``pods_last``: no healthy pod fails by itself.
    ``in_time``: what was granted is carried out within two minutes, or never.
    """

    allowed: Callable[[Number, Number, Number], Number] = _allowed
    evictions_checked: bool = True
    status_checked: bool = True
    remembered: bool = True
    pods_last: bool = True
    in_time: bool = True


def _refused(checked: bool, current: Truth) -> Truth:
    return checked and handling.conflicts(True, current) == 1


def _seen_healthy(at: Values, rules: Rules) -> Number:
    """What the controller counts as healthy, of representatives with as many pods as each stands for."""
    listed = at.granted + at.given_up
    pods = ((_STANDS, at.healthy - listed), (_GRANTED, listed), (_STARTS, at.starting))
    return controller.healthy_pods(pods, (_LISTED,) if rules.remembered else ())


def _under_way(at: Values, rules: Rules) -> Number:
    """Healthy pods whose eviction was granted once: no other eviction is of one of them."""
    listed = at.granted + at.given_up
    return listed if rules.in_time else listed + at.late


def _outdated(at: Values, refused: Truth, *but: str) -> Mapping[str, Number]:
    """The budget has a new version, so that what others hold of it is out of date."""
    holders = [name for name in (*_SERVERS, "status") if name not in but]
    return {f"{name}_current": select(refused, at[f"{name}_current"], 0) for name in holders}


def _server_steps(name: str, rules: Rules) -> Iterator[Step]:
    waits, copy, current = f"{name}_waits", f"{name}_allowed", f"{name}_current"

    def charge(at: Values, _chosen: Values) -> Mapping[str, Number]:
        refused = _refused(rules.evictions_checked, at[current] == 1)
        return {
            "allowed": select(refused, at.allowed, eviction.charged(at[copy])),
            "granted": select(refused, at.granted, at.granted + 1),
            **_outdated(at, refused, name),
            waits: 0,
            copy: 0,
            current: 0,
        }

    yield Step(
        f"{name} request: read budget",
        _API_SERVER,
        lambda at, _: {waits: 1, copy: at.allowed, current: 1},
        lambda at, _: every(at[waits] == 0, eviction.may_charge(at.allowed)),
        meaning="POST pods/eviction: the budget allows some",
        reference="kube-apiserver §5",
    )
    yield Step(
        f"{name} request: charge budget",
        _API_SERVER,
        charge,
        lambda at, _: every(at[waits] == 1, _under_way(at, rules) < at.healthy),
        meaning="one fewer is allowed, and the pod stands in disruptedPods; after a conflict it reads again",
        reference="kube-apiserver §5",
    )


def _controller_steps(rules: Rules) -> Iterator[Step]:
    def write(at: Values, _chosen: Values) -> Mapping[str, Number]:
        refused = _refused(rules.status_checked, at.status_current == 1)
        allowed = rules.allowed(at.status_healthy, at.desired, at.healthy + at.starting)
        return {
            "allowed": select(refused, at.allowed, allowed),
            **_outdated(at, refused, "status"),
            "status_waits": 0,
            "status_healthy": 0,
            "status_current": 0,
        }

    yield Step(
        "count pods",
        _CONTROLLER,
        lambda at, _: {"status_waits": 1, "status_healthy": _seen_healthy(at, rules), "status_current": 1},
        lambda at, _: at.status_waits == 0,
        reference="controllers-cluster §9",
    )
    yield Step(
        "update budget status",
        _CONTROLLER,
        write,
        lambda at, _: at.status_waits == 1,
        meaning="what is healthy beyond the desired number may go; after a conflict it counts again",
        reference="controllers-cluster §9",
    )
    yield Step(
        "granted eviction expires",
        _CONTROLLER,
        lambda at, _: {"given_up": at.given_up - 1, **_outdated(at, False)},
        lambda at, _: at.given_up > 0,
        meaning="its pod was not deleted for two minutes",
        reference="controllers-cluster §9",
    )
    if not rules.in_time:
        yield Step(
            "granted eviction expires too early",
            _CONTROLLER,
            lambda at, _: {"granted": at.granted - 1, "late": at.late + 1, **_outdated(at, False)},
            lambda at, _: at.granted > 0,
            meaning="its pod was not deleted for two minutes, and still will be",
        )
        yield Step(
            "delete pod late",
            _API_SERVER,
            lambda at, _: {"late": at.late - 1, "healthy": at.healthy - 1, "evicted": 1},
            lambda at, _: at.late > 0,
        )


def _pod_steps(rules: Rules) -> Iterator[Step]:
    yield Step(
        "delete pod",
        _API_SERVER,
        lambda at, _: {"granted": at.granted - 1, "healthy": at.healthy - 1, "evicted": 1},
        lambda at, _: at.granted > 0,
        meaning="its eviction was granted",
        reference="kube-apiserver §5",
    )
    yield Step(
        "crash before deletion",
        "fault",
        lambda at, _: {"granted": at.granted - 1, "given_up": at.given_up + 1},
        lambda at, _: at.granted > 0,
        meaning="the API server ends after it has charged the budget: the pod stays",
        reference="kube-apiserver §5",
    )
    yield Step(
        "pod becomes ready",
        _KUBELET,
        lambda at, _: {"starting": at.starting - 1, "healthy": at.healthy + 1},
        lambda at, _: at.starting > 0,
        reference="kubelet §5",
    )
    if not rules.pods_last:
        yield Step(
            "pod fails",
            "fault",
            lambda at, _: {"healthy": at.healthy - 1, "starting": at.starting + 1},
            lambda at, _: at.healthy > at.granted + at.given_up,
        )


def _free(at: Values) -> Number:
    """Healthy pods that no eviction has been granted for and that the budget can do without."""
    return at.healthy - at.granted - at.given_up - at.desired


def _waits(name: str) -> Claim:
    def holds(at: Values) -> Truth:
        binary = (every(at[f"{name}_{it}"] >= 0, at[f"{name}_{it}"] <= 1) for it in ("waits", "current"))
        return every(*binary, implies(at[f"{name}_waits"] == 0, at[f"{name}_current"] == 0))

    return Claim(f"the {name} request is under way or not, its version of the budget is the stored one or not", holds)


def _copy(name: str) -> Claim:
    def holds(at: Values) -> Truth:
        copy, current = at[f"{name}_allowed"], at[f"{name}_current"] == 1
        return implies(current, every(eviction.may_charge(copy), copy == at.allowed))

    return Claim(f"the {name} request holds what is stored where its version is the stored one", holds)


def _counted(at: Values) -> Truth:
    return implies(at.status_current == 1, at.status_healthy <= at.healthy - at.granted - at.given_up)


def _sound(at: Values) -> Truth:
    return every(at.allowed >= 0, some(at.allowed == 0, at.allowed <= _free(at)))


def _promise(at: Values) -> Truth:
    return implies(at.evicted == 1, at.healthy >= at.desired)


_HYPOTHESES = (
    Hypothesis("no-pod-fails", "no healthy pod becomes unhealthy but by an eviction", "invariants 19"),
    Hypothesis("only-evictions", "nobody deletes pods but by the eviction API", "invariants 19"),
    Hypothesis(
        "constant-budget", "the budget, and the replicas that it counts from, do not change", "this abstraction"
    ),
    Hypothesis(
        "deleted-in-time",
        "an eviction that was granted deletes its pod within two minutes, or never",
        "controllers-cluster §9",
    ),
    Hypothesis(
        "desired-is-a-count",
        "how many pods must be healthy is a count; minAvailable and maxUnavailable come to one",
        "controllers-cluster §9, proved as budget-percentages",
    ),
    Hypothesis("one-budget", "one budget selects the pods; several refuse every eviction", "kube-apiserver §5"),
    Hypothesis(
        "ready-pods-evicted",
        "pods that are not ready are not healthy: letting them go costs the budget nothing",
        "kube-apiserver §5",
    ),
    Hypothesis(
        "listed-until-seen",
        "the controller takes a pod from disruptedPods only once it has seen its deletion, so that a late cache counts "
        "no pod twice",
        "controllers-cluster §9",
    ),
)


def law(rules: Rules = Rules()) -> Law:
    """The law, under ``rules``."""
    names = ("allowed", "granted", "given_up", "evicted", "status_waits", "status_healthy", "status_current")
    late = {} if rules.in_time else {"late": 0}
    requests = {f"{name}_{it}": 0 for name in _SERVERS for it in ("waits", "allowed", "current")}
    return Law(
        name=NAME,
        statement="an eviction never leaves fewer healthy pods than the budget wants",
        for_all="all minAvailable and maxUnavailable, counts and percentages from 0 to 100; all replicas; any number "
        "of evictions at once, conflicts and crashes between charging and deleting",
        reference="kube-apiserver §5; controllers-cluster §9; invariants 19, 99",
        parameters={"desired": 1, "ready": 2, "unready": 1},
        assumes=lambda at: every(at.desired >= 0, at.ready >= 0, at.unready >= 0),
        start=lambda at: {
            "healthy": at.ready,
            "starting": at.unready,
            **dict.fromkeys(names, 0),
            **requests,
            **late,
        },
        steps=(
            *(step for name in _SERVERS for step in _server_steps(name, rules)),
            *_controller_steps(rules),
            *_pod_steps(rules),
        ),
        invariant=(
            Claim("the budget allows no more than can go", _sound),
            Claim(
                "granted evictions are of healthy pods",
                lambda at: every(
                    at.granted >= 0,
                    at.given_up >= 0,
                    at.granted + at.given_up <= at.healthy,
                    at.starting >= 0,
                    at.evicted >= 0,
                    at.evicted <= 1,
                ),
            ),
            Claim(
                "what is granted leaves enough",
                lambda at: implies(some(at.granted > 0, at.evicted == 1), at.healthy - at.granted >= at.desired),
            ),
            *map(_waits, (*_SERVERS, "status")),
            *map(_copy, _SERVERS),
            Claim("the controller counts no pod that may be gone, where its version is the stored one", _counted),
        ),
        promise=_promise,
        broken=lambda at: f"{at.healthy} pods are healthy after an eviction, {at.desired} must be",
        hypotheses=_HYPOTHESES,
    )


PROVABLE = Provable(
    law,
    (
        Mutation(
            "no-conflict-check",
            "the API server charges the budget that it read, whatever has become of it since",
            lambda: law(Rules(evictions_checked=False)),
        ),
        Mutation(
            "status-overwritten",
            "the disruption controller writes its status over what was charged meanwhile, as it once did",
            lambda: law(Rules(status_checked=False)),
        ),
        Mutation(
            "allowed-off-by-one",
            "the disruption controller allows one more than is healthy beyond the desired number",
            lambda: law(Rules(allowed=lambda healthy, desired, expected: _allowed(healthy + 1, desired, expected))),
        ),
        Mutation(
            "granted-forgotten",
            "the disruption controller counts pods as healthy whose eviction was granted",
            lambda: law(Rules(remembered=False)),
        ),
        Mutation("without-no-pod-fails", "pods fail by themselves", lambda: law(Rules(pods_last=False))),
        Mutation(
            "without-deleted-in-time",
            "an eviction that was granted deletes its pod when it no longer counts",
            lambda: law(Rules(in_time=False)),
        ),
    ),
)
