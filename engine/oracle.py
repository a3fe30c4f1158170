"""The legality oracle: a machine of the specification as a live ``transitions`` machine.

Two uses of the one declaration: driving an object by hand, one trigger after the other, and asking of an observed
change whether it was legal. What is not a declared arrow raises ``transitions.MachineError`` and changes nothing.
"""

from __future__ import annotations

import keyword
import re
from typing import Any

import transitions

from ..spec.language.machine import Arrow, Machine

_ANY_TRIGGER = "take_any_arrow"


class AmbiguousTriggers(ValueError):
    """Two triggers of a machine, or a trigger and what every oracle has, would be the same method."""


class _Event(transitions.Event):
    """An event that never declines in silence: where no arrow fits component and dest, the move is illegal."""

    def trigger(self, model: object, *args: Any, **kwargs: Any) -> bool:
        if not super().trigger(model, *args, **kwargs):
            asked = ", ".join(f"{name}={value!r}" for name, value in kwargs.items())
            state = self.machine.get_model_state(model).name
            raise transitions.MachineError(f"{self.machine.name}no arrow fits {self.name}({asked}) from {state}")
        return True


class _Live(transitions.Machine):
    event_cls = _Event


class _Fits:
    """Whether an arrow is what the caller asked for; ``component`` and ``dest`` left out fit any."""

    def __init__(self, arrow: Arrow) -> None:
        self.arrow = arrow
        self.__name__ = "fits"  # what ``transitions`` writes to its log

    def __call__(self, event: transitions.EventData) -> bool:
        component = event.kwargs.get("component", self.arrow.component)
        dest = event.kwargs.get("dest", self.arrow.dest)
        return bool(component == self.arrow.component and dest == self.arrow.dest)


class Oracle:
    """One object's life, driven by hand.

    Each trigger of the machine is a method (``method_name`` says how it is spelt), with the optional keywords
    ``component`` and ``dest``; where several arrows fit, the first declared one is taken. It returns True, or raises
    ``transitions.MachineError``.
    """

    state: str

    def __init__(self, machine: Machine, state: str | None = None) -> None:
        """``state``: where to start, the machine's initial state unless given; ValueError if it has no such state."""
        self.machine = machine
        _refuse_ambiguous(machine)
        self._live = _Live(
            model=self,
            name=machine.name,
            states=[each.name for each in machine.states],
            initial=machine.initial if state is None else state,
            auto_transitions=False,
            send_event=True,
        )
        for arrow in machine.arrows:
            for event in (method_name(arrow.trigger), _ANY_TRIGGER):
                self._live.add_transition(event, arrow.source, arrow.dest, conditions=_Fits(arrow))

    def fire(self, trigger: str, **asked: str) -> None:
        """Move by ``trigger``, spelt as declared; ``asked``: ``component`` and ``dest``, as for its method."""
        self._take(method_name(trigger), trigger, asked)

    def observe(self, dest: str, component: str) -> None:
        """Follow a change that ``component`` made, whatever its trigger; MachineError if no arrow declares it."""
        self._take(_ANY_TRIGGER, _ANY_TRIGGER, {"dest": dest, "component": component})

    def allows(self, dest: str, component: str) -> bool:
        """Whether ``observe`` would follow; the oracle stays where it is."""
        may = getattr(self, f"may_{_ANY_TRIGGER}", None)
        return may is not None and bool(may(dest=dest, component=component))

    def moves(self) -> tuple[Arrow, ...]:
        """The declared arrows that leave the present state."""
        return tuple(self.machine.arrows_from(self.state))

    def _take(self, event: str, trigger: str, asked: dict[str, str]) -> None:
        if event not in self._live.events:
            raise transitions.MachineError(f"{self.machine.name}: no arrow has the trigger {trigger!r}")
        self._live.events[event].trigger(self, **asked)


def build(machine: Machine, state: str | None = None) -> Oracle:
    """An oracle for ``machine`` that starts in ``state``, the initial one unless given."""
    return Oracle(machine, state)


def method_name(trigger: str) -> str:
    """A trigger as a Python name: what is neither letter nor digit is an underscore (``probe_fails``)."""
    name = re.sub(r"\W+", "_", trigger).strip("_").lower()
    return f"on_{name}" if not name or name[0].isdigit() or keyword.iskeyword(name) else name


def _refuse_ambiguous(machine: Machine) -> None:
    taken = {name: f"the oracle's own {name}" for name in (*dir(Oracle), "state", "trigger", "machine", _ANY_TRIGGER)}
    for trigger in dict.fromkeys(arrow.trigger for arrow in machine.arrows):
        name = method_name(trigger)
        if name in taken:
            raise AmbiguousTriggers(f"machine {machine.name}: trigger {trigger!r} and {taken[name]} are both {name}()")
        taken[name] = repr(trigger)
