from __future__ import annotations

from kubemodel.spec.objects.conditions import Condition, condition_is_true, find_condition, with_condition
from kubemodel.spec.objects.pod import Pod, PodSpec, PodStatus, effective_priority, is_ready, is_terminal

READY = Condition("Ready", "True", last_transition_time=1.0)
OTHER = Condition("Initialized", "True")


def test_a_change_of_status_takes_the_new_transition_time() -> None:
    unready = Condition("Ready", "False", "NodeNotReady", 5.0)
    assert with_condition((READY, OTHER), unready) == (unready, OTHER)


def test_an_equal_status_keeps_the_old_transition_time() -> None:
    again = with_condition((READY,), Condition("Ready", "True", "Checked", 5.0))
    assert again == (Condition("Ready", "True", "Checked", 1.0),)


def test_a_new_type_is_appended() -> None:
    assert with_condition((READY,), OTHER) == (READY, OTHER)
    assert find_condition((READY,), "Initialized") is None


def test_only_true_is_true() -> None:
    assert condition_is_true((READY,), "Ready")
    assert not condition_is_true((Condition("Ready"),), "Ready")
    assert not condition_is_true((), "Ready")


def test_questions_about_pods() -> None:
    assert is_ready(Pod(status=PodStatus(conditions=(READY,))))
    assert not is_ready(Pod())
    assert is_terminal(Pod(status=PodStatus(phase="Succeeded")))
    assert not is_terminal(Pod(status=PodStatus(phase="Running")))
    assert effective_priority(Pod()) == 0
    assert effective_priority(Pod(spec=PodSpec(priority=7))) == 7
