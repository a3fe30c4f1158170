"""How long a pod waits before it is tried again: twice as long after each attempt that failed (kube-scheduler §2).

Only where a scenario asks for it (switch ``scheduling-back-off``, docs/decisions/0028); otherwise each pod that an
event may have helped waits for the first back-off, counted from that event. Where it doubles, it counts from the
attempt: 1 s, 2 s, 4 s, 8 s, and 10 s from then on. A pod that an event helps goes to the back-off queue while its
back-off lasts, and is active at once afterwards. An attempt that an error ended, no plug-in, puts the pod into the
back-off queue right away; such attempts are counted by themselves, from the last that a plug-in ended. Since v1.33 the
most urgent pod that waits for no error is taken early where no other pod is active. All of this is memory: a scheduler
that restarts forgets it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import attrs

from ...kinds import BACKOFF, POD, UNSCHEDULABLE
from ...language.component import Countdown, Key, Rule
from ...language.plan import KEY, Alternative, Set, Step, Write
from ...language.query import ANY, Query, no_parameter
from ...objects.pod import Pod, effective_priority
from .queue import waits_for_node
from .views import pending

INITIAL_BACKOFF = 1.0
"""Seconds that a pod waits after its first attempt (kube-scheduler §2)."""

LONGEST_BACKOFF = 10.0
"""Seconds that a pod waits at most (kube-scheduler §2)."""

ATTEMPTS = "attempts"
"""The field of pods that holds their ``Attempts``, None before the first that fails."""

_SHARED = Countdown(shared="scheduling back-off")
"""One back-off counts on, wherever in the queue the pod waits."""


@attrs.frozen(cache_hash=True)
class Attempts:
    """What the scheduler remembers of a pod that it could not place.

    ``rejected``: how many attempts plug-ins have ended; ``errors``: how many errors have, since the last of those; each
    up to the number of different back-offs. ``over``: the back-off after the last attempt has passed.
    """

    rejected: int = 0
    errors: int = 0
    over: bool = False


NONE = Attempts()


@attrs.frozen(cache_hash=True)
class Rejected:
    """The edit by which an attempt is counted that plug-ins have ended; ``most``: the number that stands for more."""

    most: int

    def __call__(self, attempts: Attempts | None, /) -> Attempts:
        """What is remembered afterwards."""
        return Attempts(min((attempts or NONE).rejected + 1, self.most))


@attrs.frozen(cache_hash=True)
class Erred:
    """The edit by which an attempt is counted that an error has ended; ``most``: the number that stands for more."""

    most: int

    def __call__(self, attempts: Attempts | None, /) -> Attempts:
        """What is remembered afterwards."""
        before = attempts or NONE
        return Attempts(before.rejected, min(before.errors + 1, self.most))


@attrs.frozen(cache_hash=True)
class Passed:
    """The edit by which the back-off of a pod is over that still waits for an event."""

    def __call__(self, attempts: Attempts | None, /) -> Attempts:
        """What is remembered afterwards."""
        return attrs.evolve(attempts or NONE, over=True)


def forget_attempts(attempts: Attempts | None, _before: Pod | None, after: Pod | None) -> Attempts | None:
    """What is remembered of a pod after the scheduler saw it change: nothing once it is bound, finished or deleted."""
    return attempts if waits_for_node(after) else None


def delays(initial: float = INITIAL_BACKOFF, longest: float = LONGEST_BACKOFF) -> tuple[float, ...]:
    """Seconds after the first attempt that failed, the second, and so on; the last stands for all that follow."""
    found = [initial]
    while found[-1] != longest:
        found.append(min(2 * found[-1], longest))
    return tuple(found)


@attrs.frozen
class BackOff:
    """How pods are tried again. ``doubles``: as this page says; ``pops_early``: since v1.33."""

    doubles: bool = False
    pops_early: bool = False
    delays: tuple[float, ...] = (INITIAL_BACKOFF,)

    @property
    def rejected(self) -> tuple[Step, ...]:
        """What is written to memory when plug-ins have ended an attempt."""
        return (Write(KEY, "queue", Set(UNSCHEDULABLE)), *self._counted(Rejected(len(self.delays))))

    @property
    def erred(self) -> tuple[Step, ...]:
        """What is written to memory when an error has ended an attempt."""
        return (Write(KEY, "queue", Set(BACKOFF)), *self._counted(Erred(len(self.delays))))

    def _counted(self, change: Rejected | Erred) -> tuple[Step, ...]:
        return (Write(KEY, ATTEMPTS, change),) if self.doubles else ()

    def due(self, attempts: Attempts | None) -> int:
        """Which of the delays a pod waits for after its last attempt."""
        found = attempts or NONE
        return max(found.errors or found.rejected, 1) - 1


def rule_name(number: int, most: int, verb: str) -> str:
    """The name of the rule by which the back-off that comes ``number``-th, from 0 on, of ``most`` is over."""
    if number == 0:
        return f"back-off {verb}"
    return f"longest back-off {verb}" if number == most - 1 else f"back-off after {number + 1} attempts {verb}"


Served = Collection[str]


def _in_queue(served: Served, wanted: str, holds: Callable[[Attempts], bool]) -> Key:
    """Pods in a part of the queue of which something holds: that is all that a timer knows of them."""

    def view(pod: Pod | None, queue: str | None, assumed: str, attempts: Attempts | None) -> bool | None:
        return True if pending(pod, queue, assumed, wanted, served) and holds(attempts or NONE) else None

    return Key(POD, ("object", "queue", "assumed", ATTEMPTS), view)


def _active_again(_key: bool) -> Iterable[Alternative]:
    yield Alternative((Write(KEY, "queue", Set(None)),), "its back-off is over")


def _passed(_key: bool) -> Iterable[Alternative]:
    yield Alternative((Write(KEY, ATTEMPTS, Passed()),), "from now on an event that helps makes it active at once")


def _completes(back_off: BackOff, served: Served, number: int) -> Rule:
    return Rule(
        name=rule_name(number, len(back_off.delays), "completes"),
        key=_in_queue(served, BACKOFF, lambda attempts: back_off.due(attempts) == number),
        decide=_active_again,
        duration=back_off.delays[number],
        countdown=_SHARED,
        reference="kube-scheduler §2",
        meaning="a pod whose back-off is over is active again",
    )


def _passes(back_off: BackOff, served: Served, number: int) -> Rule:
    return Rule(
        name=rule_name(number, len(back_off.delays), "passes"),
        key=_in_queue(served, UNSCHEDULABLE, lambda attempts: not attempts.over and back_off.due(attempts) == number),
        decide=_passed,
        duration=back_off.delays[number],
        countdown=_SHARED,
        reference="kube-scheduler §2",
        meaning="the back-off of a pod is over that still waits for an event",
    )


def _early(served: Served) -> Rule:
    fields = ("object", "queue", "assumed", ATTEMPTS)

    def priority(pod: Pod | None, queue: str | None, assumed: str, attempts: Attempts | None) -> int | None:
        waits = pending(pod, queue, assumed, BACKOFF, served)
        return effective_priority(waits) if waits is not None and not (attempts or NONE).errors else None

    def more_urgent(
        than: int, pod: Pod | None, queue: str | None, assumed: str, attempts: Attempts | None
    ) -> bool | None:
        found = priority(pod, queue, assumed, attempts)
        return True if found is not None and found > than else None

    def active(_parameter: None, pod: Pod | None, queue: str | None, assumed: str) -> bool | None:
        return True if pending(pod, queue, assumed, None, served) is not None else None

    def decide(_priority: int, active: bool, more_urgent: bool) -> Iterable[Alternative]:
        if not active and not more_urgent:
            yield Alternative((Write(KEY, "queue", Set(None)),), "no pod is active, and none in back-off more urgent")

    return Rule(
        name="pop from back-off early",
        key=Key(POD, fields, priority),
        queries={
            "active": Query(POD, ("object", "queue", "assumed"), active, ANY, no_parameter),
            "more_urgent": Query(POD, fields, more_urgent, ANY, lambda priority: priority),
        },
        decide=decide,
        reference="kube-scheduler §2",
        meaning="where no pod is active, the most urgent one in back-off that waits for no error is taken early",
    )


def rules(back_off: BackOff, served: Served, *, hints_missed: bool) -> tuple[Rule, ...]:
    """The rules of a back-off that doubles.

    ``hints_missed``: no event moves a pod, and when it is flushed any back-off is over.
    """
    numbers = range(len(back_off.delays))
    return (
        *(_completes(back_off, served, number) for number in numbers),
        *(() if hints_missed else (_passes(back_off, served, number) for number in numbers)),
        *((_early(served),) if back_off.pops_early and not hints_missed else ()),
    )
