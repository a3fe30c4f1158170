"""Which containers of a pod may start, start again or stop: the decisions as plain functions."""

from __future__ import annotations

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given
from kubemodel.spec.kinds import ABSENT, CREATED, EXITED, INIT, MAIN, RUNNING, SIDECAR, ContainerRuntime
from kubemodel.spec.node.pod_containers import (
    Each,
    containers_of,
    in_new_sandbox,
    next_to_start,
    over,
    started,
    to_restart,
    to_stop,
    told_apart,
)
from kubemodel.spec.objects.containers import Container
from kubemodel.spec.objects.pod import PodSpec

SPEC = PodSpec(
    init_containers=(Container("migrate"), Container("proxy", restart_policy="Always"), Container("fill")),
    containers=(Container("web"), Container("cache")),
)
FRESH = containers_of(SPEC)


def now(**states: str | int) -> Each:
    """The containers of SPEC, absent but for these: a state, or the exit code of one that has ended."""

    def one(fresh: ContainerRuntime) -> ContainerRuntime:
        state = states.get(fresh.name, ABSENT)
        if isinstance(state, int):
            return attrs.evolve(fresh, state=EXITED, exit_code=state)
        return attrs.evolve(fresh, state=state)

    return tuple(map(one, FRESH))


def policy(name: str) -> PodSpec:
    return attrs.evolve(SPEC, restart_policy=name)


def test_containers_are_told_apart_where_there_are_several() -> None:
    assert told_apart(SPEC)
    assert told_apart(PodSpec(init_containers=(Container("a"),), containers=(Container("b"),)))
    assert not told_apart(PodSpec(containers=(Container("a"),)))


def test_each_has_its_role_in_the_order_of_the_spec() -> None:
    assert [(it.name, it.role) for it in FRESH] == [
        ("migrate", INIT),
        ("proxy", SIDECAR),
        ("fill", INIT),
        ("web", MAIN),
        ("cache", MAIN),
    ]


@pytest.mark.parametrize(
    ("states", "due"),
    [
        ({}, ("migrate",)),
        ({"migrate": CREATED}, ("migrate",)),
        ({"migrate": RUNNING}, ()),
        ({"migrate": 1}, ()),
        ({"migrate": 0}, ("proxy",)),
        ({"migrate": 0, "proxy": RUNNING}, ("fill",)),
        ({"migrate": 0, "proxy": 1}, ()),
        ({"migrate": 0, "proxy": RUNNING, "fill": RUNNING}, ()),
        ({"migrate": 0, "proxy": RUNNING, "fill": 0}, ("web", "cache")),
        ({"migrate": 0, "proxy": RUNNING, "fill": 0, "web": RUNNING}, ("cache",)),
        ({"migrate": 0, "proxy": 1, "fill": 0, "web": RUNNING}, ("cache",)),
        ({"migrate": 0, "proxy": RUNNING, "fill": 0, "web": 1, "cache": RUNNING}, ()),
    ],
)
def test_init_containers_start_in_order_and_the_main_ones_after_them(
    states: dict[str, str | int], due: tuple[str, ...]
) -> None:
    assert next_to_start(now(**states)) == due


READY = {"migrate": 0, "proxy": RUNNING, "fill": 0}


@pytest.mark.parametrize(
    ("name", "states", "again"),
    [
        ("Always", {"migrate": 1}, ("migrate",)),
        ("OnFailure", {"migrate": 1}, ("migrate",)),
        ("Never", {"migrate": 1}, ()),
        ("Always", {**READY, "web": 0, "cache": RUNNING}, ("web",)),
        ("OnFailure", {**READY, "web": 0, "cache": RUNNING}, ()),
        ("OnFailure", {**READY, "web": 1, "cache": RUNNING}, ("web",)),
        ("Never", {**READY, "web": 1, "cache": RUNNING}, ()),
        ("Never", {"migrate": 0, "proxy": 0, "fill": 0, "web": RUNNING, "cache": RUNNING}, ("proxy",)),
        ("Never", {"migrate": 0, "proxy": 0, "fill": 0, "web": 0, "cache": 0}, ()),
    ],
)
def test_what_ended_starts_again_as_its_policy_says(
    name: str, states: dict[str, str | int], again: tuple[str, ...]
) -> None:
    assert to_restart(policy(name), now(**states), again=False) == again


def test_what_was_restarted_before_waits_for_its_back_off() -> None:
    each = tuple(attrs.evolve(it, restarts=1) if it.name == "migrate" else it for it in now(migrate=1))
    assert to_restart(SPEC, each, again=False) == ()
    assert to_restart(SPEC, each, again=True) == ("migrate",)


def test_sidecars_stop_last_one_first_once_all_else_is_over() -> None:
    spec = PodSpec(
        init_containers=(Container("proxy", restart_policy="Always"), Container("logs", restart_policy="Always")),
        containers=(Container("web"),),
        restart_policy="Never",
    )
    sidecars = started(started(containers_of(spec), "proxy"), "logs")
    runs = started(sidecars, "web")
    ended = tuple(attrs.evolve(it, state=EXITED) if it.name == "web" else it for it in runs)
    assert to_stop(spec, runs) == ()
    assert to_stop(spec, ended) == ("logs", "proxy")


def test_a_pod_whose_init_container_failed_for_good_is_over() -> None:
    assert over(policy("Never"), now(migrate=1))
    assert not over(policy("OnFailure"), now(migrate=1))


def test_a_new_sandbox_runs_init_containers_again_and_keeps_what_succeeded_on_failure() -> None:
    ran = now(**READY, web=0, cache=1)
    assert in_new_sandbox(policy("Never"), ran) is None
    assert in_new_sandbox(policy("Always"), ran) == FRESH
    kept = in_new_sandbox(policy("OnFailure"), ran)
    assert kept == now(web=0)
    assert next_to_start(kept or ()) == ("migrate",)


STATES = st.sampled_from([ABSENT, CREATED, RUNNING, 0, 1])


@given(
    st.sampled_from(["Always", "OnFailure", "Never"]),
    st.fixed_dictionaries(dict.fromkeys((*READY, "web", "cache"), STATES)),
)
def test_nothing_is_started_that_runs_and_nothing_restarted_that_never_ended(
    name: str, states: dict[str, str | int]
) -> None:
    each = now(**states)
    running = {it.name for it in each if it.state == RUNNING}
    assert not running.intersection(next_to_start(each))
    again = {*to_restart(policy(name), each, again=False), *to_restart(policy(name), each, again=True)}
    assert again <= {it.name for it in each if it.state == EXITED}
    assert not (over(policy(name), each) and again)
