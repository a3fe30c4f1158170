"""What would have to be wrong with watches and their history for the properties of them to be violated."""

from __future__ import annotations

import attrs
from kubemodel.spec.control_plane.apiserver import watch_history
from kubemodel.spec.control_plane.apiserver.watch_history import Position
from kubemodel.spec.language.component import Key, Rule
from kubemodel.spec.language.model import Model


def resumed_with_a_gap(rule: Rule) -> tuple[Rule, ...]:
    """A watch that could be resumed begins anew instead, at what is stored now."""

    def view(name: str, pending: int, beyond: int) -> tuple[int, int] | None:
        return rule.key.view(name, pending, 1) if pending else rule.key.view(name, pending, beyond)

    return (attrs.evolve(rule, key=Key(rule.key.kind, rule.key.fields, view)),)


def overtaking(rule: Rule) -> tuple[Rule, ...]:
    """A bookmark does not wait for the events before it."""

    def view(name: str, pending: int, beyond: int) -> Position | None:
        return rule.key.view(name, 0, beyond) if pending else None

    return (attrs.evolve(rule, key=Key(rule.key.kind, rule.key.fields, view)),)


def without_bookmarks(model: Model) -> Model:
    """The API server sends none."""
    changed = watch_history.component(bookmarks=False)
    components = tuple(changed if it.name == watch_history.NAME else it for it in model.components)
    return attrs.evolve(model, components=components)
