"""The witness: one of many interchangeable objects that is told apart, so that a property can follow it (design §5).

Objects with generated names are kept as a multiset: of one that waits for ever and of many that wait a little, one
after the other, the states are the same. So an observer, who is part of the environment and changes nothing else, picks
any one object at any moment and marks it for good; all others stay a multiset.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from .component import Component, Key, Rule
from .model import Field, Kind, Model
from .plan import KEY, Alternative, Named, Set, Write
from .property import Property, Shape, TemporalProperty
from .query import NONE, Query, no_parameter

WITNESS_SWITCH = "witness=always"
"""How a scenario asks for a witness wherever a property could follow one."""

OBSERVER, WITNESS, WATCHED = "observer", "Witness", "watched"
"""The component that picks the witness; the kind that remembers whether it has; the field that marks it."""

_THE_WITNESS, _PICKED = "witness", "picked"


def interchangeable(model: Model, prop: Property) -> bool:
    """Whether a property follows one of several objects that nothing tells apart."""
    if not isinstance(prop, TemporalProperty) or prop.key is None:
        return False
    followed = [kind for kind in model.kinds if kind.name == prop.key.kind and kind.slots]
    return any(all(field.name != WATCHED for field in kind.fields) for kind in followed)


def with_witness(model: Model, *, always: bool = True) -> Model:
    """The model in which one object is watched, of any kind that a temporal property follows; as it is if none.

    Unless ``always``, only for properties that cannot be decided otherwise even where everything comes to rest: those
    that are owed from some moment on.
    """
    followed = [prop for prop in model.properties if interchangeable(model, prop) and (always or _owed(prop))]
    kinds = {prop.key.kind for prop in followed if isinstance(prop, TemporalProperty) and prop.key is not None}
    if not kinds:
        return model
    rules = tuple(_pick(kind.name) for kind in model.kinds if kind.name in kinds)
    return attrs.evolve(
        model,
        kinds=(
            *(_marked(kind) if kind.name in kinds else kind for kind in model.kinds),
            Kind(WITNESS, (Field(_PICKED, False),), names=(_THE_WITNESS,)),
        ),
        components=(*model.components, Component(OBSERVER, rules, place="outside", environment=True)),
        properties=tuple(_following(prop) if prop in followed else prop for prop in model.properties),
    )


def _owed(prop: Property) -> bool:
    return isinstance(prop, TemporalProperty) and prop.shape in (Shape.EVENTUALLY, Shape.LEADS_TO)


def _marked(kind: Kind) -> Kind:
    # What is left of a witness that is gone keeps its mark, and with it a slot of its own.
    return attrs.evolve(kind, fields=(*kind.fields, Field(WATCHED, False)), slots=kind.slots + 1)


def _pick(kind: str) -> Rule:
    plan = (Write(KEY, WATCHED, Set(True)), Write(Named(WITNESS, _THE_WITNESS), _PICKED, Set(True)))
    none_yet = Query(WITNESS, (_PICKED,), lambda _parameter, picked: picked or None, NONE, no_parameter)

    def decide(_key: Any, none_yet: bool) -> list[Alternative]:
        return [Alternative(plan, "any of them may be the one that this is about")] if none_yet else []

    return Rule("watch", Key(kind, (WATCHED,), lambda watched: not watched or None), decide, {"none_yet": none_yet})


def _following(prop: Property) -> Property:
    assert isinstance(prop, TemporalProperty) and prop.key is not None
    return attrs.evolve(prop, key=Key(prop.key.kind, (*prop.key.fields, WATCHED), _if_watched(prop.key.view)))


def _if_watched(view: Callable[..., Any]) -> Callable[..., Any]:
    def watched_view(*values: Any) -> Any:
        *seen, watched = values
        return view(*seen) if watched else None

    return watched_view


__all__ = ["OBSERVER", "WATCHED", "WITNESS", "WITNESS_SWITCH", "interchangeable", "with_witness"]
